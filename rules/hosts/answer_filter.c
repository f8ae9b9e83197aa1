/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer_filter.c - which addresses a name may have, see answer_filter.h. */
#include "rules/hosts/answer_filter.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Interfaces with more addresses are not expected; the others of such a router
 * are not filtered. */
#define LOCAL_MAX 1024

struct range {
	struct address first, last;
	const char *why;
};

struct answer_filter {
	char **private_domains;	/* NULL after the last */
	char **uplink_devs;
	struct range local[LOCAL_MAX];
	size_t local_count;
};

/* ---- addresses of no host ---- */

static const struct {
	const char *prefix;
	const char *why;
} never[] = {
	{ "0.0.0.0/8", "no address of a host (RFC 1122)" },
	{ "127.0.0.0/8", "a loopback address" },
	{ "169.254.0.0/16", "a link-local address" },
	{ "224.0.0.0/4", "a multicast address" },
	{ "240.0.0.0/4", "a reserved address" },
	{ "::/128", "no address of a host (RFC 4291)" },
	{ "::1/128", "a loopback address" },
	{ "fe80::/10", "a link-local address" },
	{ "ff00::/8", "a multicast address" },
};

static bool is_within(const struct address *address,
		      const struct address *first, const struct address *last)
{
	return address_is_v4(address) == address_is_v4(first) &&
	       address_compare(address, first) >= 0 &&
	       address_compare(address, last) <= 0;
}

const char *answer_filter_why_never(const struct address *address)
{
	struct address first, last;
	char why[ADDRESS_WHY_MAX];

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (address_range_parse(never[i].prefix,
					strlen(never[i].prefix), &first, &last,
					why) == 0 &&
		    is_within(address, &first, &last))
			return never[i].why;
	return NULL;
}

/* ---- addresses of the router ---- */

static bool is_listed(char *const *list, const char *text)
{
	while (*list != NULL && strcmp(*list, text) != 0)
		list++;
	return *list != NULL;
}

static void add_range(struct answer_filter *filter, const void *bytes,
		      const void *mask, size_t len, const char *why)
{
	uint8_t first[16], last[16];
	struct range *range;

	if (filter->local_count == LOCAL_MAX)
		return;
	for (size_t i = 0; i < len; i++) {
		uint8_t kept = mask != NULL ? ((const uint8_t *)mask)[i] : 255;

		first[i] = ((const uint8_t *)bytes)[i] & kept;
		last[i] = first[i] | (uint8_t)~kept;
	}
	range = &filter->local[filter->local_count++];
	range->why = why;
	if (len == 4) {
		uint32_t be[2];

		memcpy(&be[0], first, sizeof(be[0]));
		memcpy(&be[1], last, sizeof(be[1]));
		range->first = address_from_v4(be[0]);
		range->last = address_from_v4(be[1]);
	} else {
		range->first = address_from_v6(first);
		range->last = address_from_v6(last);
	}
}

static void add_interface(struct answer_filter *filter,
			  const struct ifaddrs *item, bool want_networks)
{
	const struct sockaddr *at = item->ifa_addr, *mask = item->ifa_netmask;
	const void *bytes, *bits = NULL;
	bool v4;

	if (at == NULL ||
	    (at->sa_family != AF_INET && at->sa_family != AF_INET6))
		return;
	v4 = at->sa_family == AF_INET;
	bytes = v4 ? (const void *)&((const struct sockaddr_in *)(const void *)
				     at)->sin_addr :
		     (const void *)&((const struct sockaddr_in6 *)(const void *)
				     at)->sin6_addr;
	if (!want_networks) {
		add_range(filter, bytes, NULL, v4 ? 4 : 16,
			  "an address of this router");
		return;
	}
	/* Hosts of an uplink's network are as far away as others. */
	if (mask == NULL || is_listed(filter->uplink_devs, item->ifa_name))
		return;
	bits = v4 ? (const void *)&((const struct sockaddr_in *)(const void *)
				    mask)->sin_addr :
		    (const void *)&((const struct sockaddr_in6 *)(const void *)
				    mask)->sin6_addr;
	add_range(filter, bytes, bits, v4 ? 4 : 16,
		  "in a local network of this router");
}

void answer_filter_look(struct answer_filter *filter)
{
	struct ifaddrs *all, *item;

	if (getifaddrs(&all) < 0)
		return;
	filter->local_count = 0;
	for (int networks = 0; networks < 2; networks++)
		for (item = all; item != NULL; item = item->ifa_next)
			add_interface(filter, item, networks != 0);
	freeifaddrs(all);
}

/* ---- names ---- */

static bool is_below(const char *name, const char *domain)
{
	size_t len = strlen(name), tail = strlen(domain);

	return len >= tail && strcmp(name + len - tail, domain) == 0 &&
	       (len == tail || name[len - tail - 1] == '.');
}

/* Public DNS servers never delegate these: RFC 6762, RFC 8375, and what home
 * routers use. */
static bool is_local_name(const char *name)
{
	static const char *const domains[] = {
		"home.arpa", "internal", "lan", "local",
	};

	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (is_below(name, domains[i]))
			return true;
	return false;
}

static bool is_private(const struct answer_filter *filter, const char *name)
{
	if (is_local_name(name))
		return true;
	for (char **domain = filter->private_domains; *domain != NULL; domain++)
		if (is_below(name, *domain))
			return true;
	return false;
}

const char *answer_filter_why(const struct answer_filter *filter,
			      const char *name, const struct address *address)
{
	const char *why = answer_filter_why_never(address);

	if (why != NULL || is_private(filter, name))
		return why;
	for (size_t i = 0; i < filter->local_count && why == NULL; i++)
		if (is_within(address, &filter->local[i].first,
			      &filter->local[i].last))
			why = filter->local[i].why;
	return why;
}

/* ---- creation ---- */

static void free_list(char **list)
{
	for (char **item = list; item != NULL && *item != NULL; item++)
		free(*item);
	free(list);
}

static char **copy_list(const char *const *from, size_t count)
{
	char **list = calloc(count + 1, sizeof(*list));

	for (size_t i = 0; list != NULL && i < count; i++) {
		list[i] = strdup(from[i]);
		if (list[i] == NULL) {
			free_list(list);
			return NULL;
		}
	}
	return list;
}

struct answer_filter *answer_filter_new(const struct name_limits *limits)
{
	struct answer_filter *filter = calloc(1, sizeof(*filter));

	if (filter == NULL)
		return NULL;
	filter->private_domains = copy_list(limits->private_domains,
					    limits->private_count);
	filter->uplink_devs = copy_list(limits->uplink_devs,
					limits->uplink_count);
	if (filter->private_domains != NULL && filter->uplink_devs != NULL) {
		answer_filter_look(filter);
		return filter;
	}
	answer_filter_free(filter);
	return NULL;
}

void answer_filter_free(struct answer_filter *filter)
{
	if (filter == NULL)
		return;
	free_list(filter->private_domains);
	free_list(filter->uplink_devs);
	free(filter);
}
