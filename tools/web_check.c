/* SPDX-License-Identifier: GPL-2.0-or-later */
/* web_check.c - check the headers of requests, see web_check.h. */
#include "tools/web_check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Of a host name, an IPv4 address, or an IPv6 address in brackets. */
static const char host_chars[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
static const char v6_chars[] = "0123456789abcdefABCDEF:.";
static const char digits[] = "0123456789";

bool web_hosts_add(struct web_hosts *hosts, const char *name)
{
	size_t len = strlen(name);

	if (hosts->count == WEB_HOSTS_MAX || len == 0 || len >= WEB_HOST_MAX ||
	    (strspn(name, host_chars) != len && strspn(name, v6_chars) != len))
		return false;
	memcpy(hosts->names[hosts->count++], name, len + 1);
	return true;
}

/* The length of the host in "HOST", "HOST:PORT" or "[HOST]:PORT", and where it
 * begins; 0: malformed. */
static size_t host_of(const char *header, const char **ret_host)
{
	bool is_v6 = header[0] == '[';
	const char *host = header + is_v6, *rest;
	size_t len = strspn(host, is_v6 ? v6_chars : host_chars);

	rest = host + len;
	if (is_v6 && *rest++ != ']')
		return 0;
	if (*rest == ':')
		rest += 1 + strspn(rest + 1, digits);
	*ret_host = host;
	return *rest == '\0' && len < WEB_HOST_MAX ? len : 0;
}

bool web_check_host(const struct web_hosts *hosts, const char *header)
{
	static const char *const own[] = { "localhost", "127.0.0.1", "::1" };
	const char *host;
	size_t len = header != NULL ? host_of(header, &host) : 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i]) == len &&
		    strncasecmp(own[i], host, len) == 0)
			return true;
	for (size_t i = 0; i < hosts->count; i++)
		if (strlen(hosts->names[i]) == len &&
		    strncasecmp(hosts->names[i], host, len) == 0)
			return true;
	return false;
}

/* An origin is "SCHEME://HOST[:PORT]"; a proxy may have taken TLS off. */
bool web_check_origin(const char *origin, const char *host,
		      const char *fetch_site)
{
	const char *authority;

	if (fetch_site != NULL && strcmp(fetch_site, "same-origin") != 0 &&
	    strcmp(fetch_site, "none") != 0)
		return false;
	if (origin == NULL)
		return true;
	authority = strstr(origin, "://");
	return authority != NULL && host != NULL &&
	       strcasecmp(authority + 3, host) == 0;
}
