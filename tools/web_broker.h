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
#define WEB_TOKEN_MAX 65	/* 64 hexadecimal digits, NUL */

/* "status", "traffic", "history", "flows", "events", "policy" or
 * "exempt-list", and options of the command of that name, without the dashes.
 * With is_change: see web_change.h. */
struct web_request {
	unsigned char is_change;	/* any value, until it is checked */
	char token[WEB_TOKEN_MAX];	/* NULs after its end */
	char what[16];
	struct {
		char name[16];
		char value[WEB_VALUE_MAX];
	} options[WEB_VALUES];
	size_t count;
};

struct web_broker {
	const char *state_dir;		/* NULL: the default */
	unsigned allowed;		/* changes: WEB_ALLOW_... */
	char token[WEB_TOKEN_MAX];
};

/* Serve requests until the other end of `fd` closes. Returns the exit status. */
int web_broker_serve(int fd, const struct web_broker *broker);

/*
 * Ask for a descriptor to read the answer from, which the caller closes; or
 * -errno. By one thread at a time. The answer to a change is what its command
 * prints, and a last byte: its exit status. Changes are refused with -EPERM: not
 * allowed; -EACCES: the token is wrong; -EINVAL.
 */
int web_broker_ask(int fd, const struct web_request *request);

#endif
