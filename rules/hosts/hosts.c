/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hosts.c - keep the addresses of host names. */
#include "rules/hosts/hosts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

/*
 * A name ends in a label of two characters or more that begins with a letter,
 * as every top-level domain does (RFC 1123, 2.1). 192.168.1.300 and 10.0.0.l
 * are mistyped addresses.
 */
static bool ends_as_name(const char *text, size_t len)
{
	size_t label;

	if (len > 0 && text[len - 1] == '.')
		len--;
	label = len;
	while (label > 0 && text[label - 1] != '.')
		label--;
	return len - label >= 2 && (isalpha((unsigned char)text[label]) ||
				    (text[label] & 0x80) != 0);
}

static size_t find_any(const char *text, size_t len, const char *any)
{
	for (size_t i = 0; i < len; i++)
		if (strchr(any, text[i]) != NULL)
			return i;
	return len;
}

/* Explain common paste errors; NULL: not meant as a name. */
static const char *why_foreign(const char *text, size_t len)
{
	size_t end = find_any(text, len, "/:");

	if (end + 3 < len && memcmp(text + end, "://", 3) == 0)
		return "this looks like a URL: write its host name only";
	if (memchr(text, '*', len) != NULL && ends_as_name(text, len))
		return "a name in an address list cannot have a wildcard, "
		       "because it is resolved via DNS";
	if (end == len || !ends_as_name(text, end) ||
	    memchr(text, '.', end) == NULL)
		return NULL;
	return text[end] == '/' ? "a name cannot have a prefix length" :
				  "write the name without a port";
}

int host_name(const char *text, size_t len,
	      char name[static DOMAIN_MAX + 1],
	      char why[static ADDRESS_WHY_MAX])
{
	const char *reason = NULL;
	bool is_foreign = find_any(text, len, ":/%[]*") < len;

	if (is_foreign)
		reason = why_foreign(text, len);
	if (reason != NULL) {
		snprintf(why, ADDRESS_WHY_MAX, "%s", reason);
		return -EINVAL;
	}
	if (is_foreign || !ends_as_name(text, len))
		return 0;
	if (domain_canonical(text, len, name, &reason) < 0) {
		snprintf(why, ADDRESS_WHY_MAX, "%s", reason);
		return -EINVAL;
	}
	if (memchr(text, '.', len) != NULL)
		return 1;
	snprintf(why, ADDRESS_WHY_MAX, "not an address: write '@%.24s' for a "
		 "list, '%.24s.' or '%.24s.example' for a host",
		 name, name, name);
	return -EINVAL;
}

/* ---- the table ---- */

void hosts_fini(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		free(hosts->items[i].name);
		free(hosts->items[i].items);
	}
	free(hosts->items);
	*hosts = (struct hosts){ 0 };
}

static struct host *find(const struct hosts *hosts, const char *name)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (strcmp(hosts->items[i].name, name) == 0)
			return &hosts->items[i];
	return NULL;
}

const struct host *hosts_find(const struct hosts *hosts, const char *name)
{
	return find(hosts, name);
}

struct host *hosts_add(struct hosts *hosts, const char *name)
{
	struct host *host = find(hosts, name);
	char *copy;

	if (host != NULL)
		return host;
	if (hosts->count == hosts->room) {
		size_t room = hosts->room == 0 ? 8 : 2 * hosts->room;

		host = reallocarray(hosts->items, room, sizeof(*host));
		if (host == NULL)
			return NULL;
		hosts->items = host;
		hosts->room = room;
	}
	copy = strdup(name);
	if (copy == NULL)
		return NULL;
	host = &hosts->items[hosts->count++];
	*host = (struct host){ .name = copy };
	return host;
}

int hosts_copy(struct hosts *hosts, const struct hosts *from)
{
	int rc = 0;

	for (size_t i = 0; i < from->count && rc == 0; i++) {
		const struct host *old = &from->items[i];
		struct host *host;

		if (!old->is_wanted)
			continue;
		host = hosts_add(hosts, old->name);
		if (host == NULL)
			return -ENOMEM;
		host->ttl_s = old->ttl_s;
		for (size_t a = 0; a < old->count && rc == 0; a++)
			rc = host_remember(host, &old->items[a].address,
					   old->items[a].seen_ms);
	}
	return rc;
}

static struct host_address *address_of(const struct host *host,
				       const struct address *address)
{
	for (size_t i = 0; i < host->count; i++)
		if (address_equal(&host->items[i].address, address))
			return &host->items[i];
	return NULL;
}

int host_remember(struct host *host, const struct address *address,
		  uint64_t now_ms)
{
	struct host_address *item = address_of(host, address);

	if (item != NULL) {
		item->seen_ms = now_ms;
		return 0;
	}
	if (host->count == HOST_ADDRESSES_MAX)
		return -E2BIG;
	if (host->count == host->room) {
		size_t room = host->room == 0 ? 4 : 2 * host->room;

		item = reallocarray(host->items, room, sizeof(*item));
		if (item == NULL)
			return -ENOMEM;
		host->items = item;
		host->room = room;
	}
	host->items[host->count++] = (struct host_address){ *address, now_ms };
	return 0;
}

/* ---- answers ---- */

static void append(char text[static HOST_CHANGE_MAX],
		   const struct address *address)
{
	size_t used = strlen(text);
	char shown[ADDRESS_TEXT_MAX];

	if (used + ADDRESS_TEXT_MAX + 8 < HOST_CHANGE_MAX)
		snprintf(text + used, HOST_CHANGE_MAX - used, "%s%s",
			 used > 0 ? ", " : "", address_print(address, shown));
	else if (strcmp(text + used - 3, "...") != 0)
		snprintf(text + used, HOST_CHANGE_MAX - used, ", ...");
}

/* An address of a family whose query was not answered never expires. */
static bool is_over(const struct host_address *item,
		    const struct host_answer *answer, uint64_t grace_ms,
		    uint64_t now_ms)
{
	bool lacks = address_is_v4(&item->address) ? answer->lacks4 :
						     answer->lacks6;

	return !lacks && now_ms - item->seen_ms >= grace_ms;
}

bool host_take(struct host *host, const struct host_answer *answer,
	       const struct name_limits *limits, uint64_t now_ms,
	       struct host_change *change)
{
	size_t kept = 0;
	uint64_t grace_s;

	change->added[0] = change->removed[0] = '\0';
	snprintf(host->why, sizeof(host->why), "%s",
		 answer->why != NULL ? answer->why : "");
	if (answer->count == 0)
		return false;
	if (answer->ttl_s > host->ttl_s)
		host->ttl_s = answer->ttl_s < limits->ttl_max_s ?
			      answer->ttl_s : limits->ttl_max_s;
	for (size_t i = 0; i < answer->count; i++) {
		bool is_new = address_of(host, &answer->items[i]) == NULL;

		if (host_remember(host, &answer->items[i], now_ms) == 0 &&
		    is_new)
			append(change->added, &answer->items[i]);
	}
	grace_s = host->ttl_s > limits->grace_s ? host->ttl_s :
						  limits->grace_s;
	for (size_t i = 0; i < host->count; i++) {
		struct host_address *item = &host->items[i];

		if (item->seen_ms != now_ms &&
		    is_over(item, answer, grace_s * 1000, now_ms))
			append(change->removed, &item->address);
		else
			host->items[kept++] = *item;
	}
	host->count = kept;
	return change->added[0] != '\0' || change->removed[0] != '\0';
}
