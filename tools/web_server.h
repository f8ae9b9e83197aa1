/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web_server.h - answer HTTP requests with the files of the page and with what
 * the broker opens.
 */
#ifndef WAYMARK_WEB_SERVER_H
#define WAYMARK_WEB_SERVER_H

#include "tools/web_check.h"

struct web_server;

/* Serve at `listener`, whose ownership passes; `hosts` and `broker` are
 * borrowed. The page offers what is `allowed`, see web_change.h; the broker
 * decides. NULL: it cannot start. */
struct web_server *web_server_start(int listener, int broker,
				    const struct web_hosts *hosts,
				    unsigned allowed);
void web_server_stop(struct web_server *server);

#endif
