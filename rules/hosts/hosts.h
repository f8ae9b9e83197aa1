/*
 * hosts.h - names of hosts in address lists, and the addresses that each was
 * last known to have.
 * A table belongs to one thread. Asking is for refresh.h.
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
#define HOST_CHANGE_MAX 512

/* What `resolve` says of them. */
struct name_limits {
	uint32_t ttl_min_s, ttl_max_s;	/* bounds of when to ask again */
	uint32_t grace_s;	/* that an address stays without an answer */
};

struct host_address {
	struct address address;
	uint64_t seen_ms;	/* when an answer had it last */
};

struct host {
	char *name;		/* canonical */
	struct host_address *items;
	size_t count, room;
	uint32_t ttl_s;		/* the longest that was seen */
	bool is_wanted;		/* the policy has it; others are forgotten */
	char why[HOST_WHY_MAX];	/* it was not answered last time; or "" */
	/* For whoever asks. */
	bool is_asked;		/* right now */
	uint64_t due_ms;
	uint64_t pause_ms;	/* after the latest failure; 0: none */
};

/* All zeros is an empty table. */
struct hosts {
	struct host *items;
	size_t count, room;
};

void hosts_fini(struct hosts *hosts);

/* NULL when it is not there. */
const struct host *hosts_find(const struct hosts *hosts, const char *name);
/* The host of that name, added if it is new; NULL when out of memory. Borrowed
 * until the next is added. */
struct host *hosts_add(struct hosts *hosts, const char *name);
/* Add those of `from` that are wanted. 0 or -ENOMEM. */
int hosts_copy(struct hosts *hosts, const struct hosts *from);

/* The addresses go on as if the answer had been now. 0, -ENOMEM, or -E2BIG
 * when the host has too many. */
int host_remember(struct host *host, const struct address *address,
		  uint64_t now_ms);

/* An answer to both questions, A and AAAA, or to one. */
struct host_answer {
	const struct address *items;
	size_t count;
	uint32_t ttl_s;		/* the least of all records */
	bool lacks4, lacks6;	/* that question was not answered */
	const char *why;	/* there is no address; else NULL */
};

/* What an answer changed, in words: "192.0.2.4, 192.0.2.5", or "". */
struct host_change {
	char added[HOST_CHANGE_MAX];
	char removed[HOST_CHANGE_MAX];
};

/*
 * Take an answer in. What it no longer has goes once it was not seen for the
 * time of grace, or for the longest TTL if that is more; without any address
 * it changes nothing. True when other addresses count now, said in `change`.
 */
bool host_take(struct host *host, const struct host_answer *answer,
	       const struct name_limits *limits, uint64_t now_ms,
	       struct host_change *change);

/*
 * Whether a word that stands where an address may is a name: 1, and `name`
 * has its canonical form. 0: it is not meant as one. -EINVAL: it is meant as
 * one, with what is wrong, and the mend, in `why`.
 */
int host_name(const char *text, size_t len,
	      char name[static DOMAIN_MAX + 1],
	      char why[static ADDRESS_WHY_MAX]);

#endif
