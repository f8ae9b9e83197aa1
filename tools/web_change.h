/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web_change.h - check the requests by which the page changes something.
 *
 * A change is a POST of a JSON object of short texts. The token of this start
 * is in a header, which a page of another origin may not send: a browser asks
 * first (CORS), and is refused. The server checks headers and form; the broker,
 * which alone knows the token, checks the request again. Any thread may call
 * these.
 */
#ifndef WAYMARK_WEB_CHANGE_H
#define WAYMARK_WEB_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/web_broker.h"
#include "tools/web_check.h"

#define WEB_TOKEN_HEADER "X-Waymark-Token"
#define WEB_BODY_MAX 1024
#define WEB_WORDS 6

enum { WEB_ALLOW_UPLINK = 1, WEB_ALLOW_EXEMPT = 2 };

struct web_headers {
	const char *host, *origin, *fetch_site, *content_type;	/* or NULL */
};

/* Read the value of --allow, "exempt,uplink"; false: it has another word. */
bool web_change_allow(const char *words, unsigned *ret_allowed);

/* Whether /api/`what` is changed by POST. */
bool web_change_exists(const char *what);

/* Check all but the token. 0, or the HTTP status of the refusal and its
 * reason. */
unsigned web_change_check(const struct web_hosts *hosts,
			  const struct web_headers *headers,
			  const char **ret_why);

/* Make a request for `what` of a body. 0 or -EINVAL; then `request` has no
 * meaning. The token is the caller's to add. */
int web_change_read(const char *what, const char *body, size_t len,
		    struct web_request *request);

/* Write the words of the command that makes the change, borrowed from
 * `request`. Their number; 0: it is none. */
size_t web_change_words(const struct web_request *request,
			const char *words[static WEB_WORDS]);

/* Whether the change is among `allowed` (-EPERM) and has the token
 * (-EACCES). 0 or -errno. */
int web_change_permit(const struct web_request *request, unsigned allowed,
		      const char token[static WEB_TOKEN_MAX]);

#endif
