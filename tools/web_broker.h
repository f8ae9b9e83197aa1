/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web_broker.h - the two processes of `waymark web`. The one that serves has no
 * privileges; the other, which the user started, opens for it what it may read
 * and nothing else. Requests and descriptors pass through a socket between them.
 */
#ifndef WAYMARK_WEB_BROKER_H
#define WAYMARK_WEB_BROKER_H

#include <stddef.h>

#define WEB_VALUE_MAX 256
#define WEB_VALUES 12

/* "status", "traffic", "history", "flows", "events" or "policy", and options of
 * the command of that name, without the dashes. */
struct web_request {
	char what[16];
	struct {
		char name[16];
		char value[WEB_VALUE_MAX];
	} options[WEB_VALUES];
	size_t count;
};

/* Serve requests until the other end of `fd` closes. Returns the exit status. */
int web_broker_serve(int fd, const char *state_dir);

/* Ask for a descriptor to read the answer from, which the caller closes; or
 * -errno. By one thread at a time. */
int web_broker_ask(int fd, const struct web_request *request);

#endif
