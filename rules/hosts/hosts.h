/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hosts.h - host names in address lists, and their last known addresses.
 * A table belongs to one thread. refresh.h resolves the names.
 */
#ifndef WAYMARK_HOSTS_H
#define WAYMARK_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"
#include "rules/tables/domain_table.h"

#define HOSTS_MAX 1024			/* names of one policy */
#define HOST_ADDRESSES_MAX 256		/* of one name */
#define HOST_WHY_MAX 80
#define HOST_LEFT_OUT_MAX 160
#define HOST_CHANGE_MAX 512

/* The parameters of the policy's `resolve`. */
struct name_limits {
	uint32_t ttl_min_s, ttl_max_s;	/* bounds of the query interval */
	uint32_t grace_s;	/* kept this long after its last answer */
	/* For answer_filter.h: names that may have local addresses, and the
	 * devices whose networks are not local. */
	const char *const *private_domains;
	size_t private_count;
	const char *const *uplink_devs;
	size_t uplink_count;
	/* The firewall mark of the sockets that ask the DNS; 0: none. It is
	 * that of uplink number `via`. */
	uint32_t mark;
	size_t via;
};

struct host_address {
	struct address address;
	uint64_t seen_ms;	/* last answer with this address */
};

struct host {
	char *name;		/* canonical */
	struct host_address *items;
	size_t count, room;
	uint32_t ttl_s;		/* the longest seen */
	bool is_wanted;		/* in the policy; others are not saved */
	char why[HOST_WHY_MAX];	/* why the latest query failed; or "" */
	/* Addresses of the latest answer that answer_filter.h refuses: their
	 * sum, to detect changes, and the first with the reason, or "". */
	uint64_t left_out_sum;
	char left_out[HOST_LEFT_OUT_MAX];
	/* Owned by the resolving code. */
	bool is_asked;		/* a query is pending */
	uint64_t due_ms;	/* next query */
	uint64_t pause_ms;	/* retry interval; 0: the latest succeeded */
};

/* All zeros is an empty table. */
struct hosts {
	struct host *items;
	size_t count, room;
};

void hosts_fini(struct hosts *hosts);

/* Look up a host; NULL when there is none. */
const struct host *hosts_find(const struct hosts *hosts, const char *name);
/* Return the host of that name, adding it if new; NULL when out of memory.
 * Borrowed until the next call. */
struct host *hosts_add(struct hosts *hosts, const char *name);
/* Add the hosts of `from` that are wanted. 0 or -ENOMEM. */
int hosts_copy(struct hosts *hosts, const struct hosts *from);

/* Add an address, or refresh it, as answered at `now_ms`. 0, -ENOMEM, or
 * -E2BIG when the host has too many. */
int host_remember(struct host *host, const struct address *address,
		  uint64_t now_ms);

/* The combined answer to an A and an AAAA query. */
struct host_answer {
	const struct address *items;
	size_t count;
	uint32_t ttl_s;		/* the minimum of all records */
	bool lacks4, lacks6;	/* that query got no answer */
	bool has_mapped;	/* records of ::ffff:0:0/96 were left out */
	const char *why;	/* why there is no address; else NULL */
};

/* The addresses an answer changed: "192.0.2.4, 192.0.2.5", or "". */
struct host_change {
	char added[HOST_CHANGE_MAX];
	char removed[HOST_CHANGE_MAX];
};

/*
 * Apply an answer. Addresses missing from it are removed after the grace
 * period, or after the longest TTL if that is more. An answer without any
 * address changes nothing. Returns true when the set of addresses changed,
 * with the difference in `change`.
 */
bool host_take(struct host *host, const struct host_answer *answer,
	       const struct name_limits *limits, uint64_t now_ms,
	       struct host_change *change);

/*
 * Classify a word found where an address may be. 1: a host name, with its
 * canonical form in `name`. 0: not meant as a name. -EINVAL: an invalid name,
 * with the error and its fix in `why`.
 */
int host_name(const char *text, size_t len,
	      char name[static DOMAIN_MAX + 1],
	      char why[static ADDRESS_WHY_MAX]);

#endif
