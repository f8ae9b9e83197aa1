/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * web_check.h - what a request has to be before it is answered. The page shows
 * which client visits which host, so a web page of another origin must not read
 * it, not even under a name that it resolves to this address (DNS rebinding).
 * Any thread may call these.
 */
#ifndef WAYMARK_WEB_CHECK_H
#define WAYMARK_WEB_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#define WEB_HOSTS_MAX 8
#define WEB_HOST_MAX 256

struct web_hosts {
	char names[WEB_HOSTS_MAX][WEB_HOST_MAX];	/* without port */
	size_t count;
};

/* Add a name or an address; false: no room, or not one. */
bool web_hosts_add(struct web_hosts *hosts, const char *name);

/* Whether the Host header, with or without port, is "localhost", a loopback
 * address or one of `hosts`. */
bool web_check_host(const struct web_hosts *hosts, const char *header);

/* Whether a browser sends the request for a page of this origin, or for its
 * user; headers may be NULL. */
bool web_check_origin(const char *origin, const char *host,
		      const char *fetch_site);

#endif
