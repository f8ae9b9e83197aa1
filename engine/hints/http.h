/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http.h - an HTTP request that follows another protocol's bytes. */
#ifndef WAYMARK_HTTP_H
#define WAYMARK_HTTP_H

#include "engine/hints/hint.h"

/* Match an HTTP/1 or HTTP/2 request and yield its host; yield->app is left
 * alone. */
enum hint_verdict http_request(const struct hint_input *in, struct cursor c,
			       struct hint_yield *yield);

#endif
