/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settings.h - the settings of the engine: queues, inspection, late flows,
 * learning.
 */
#ifndef WAYMARK_POLICY_SETTINGS_H
#define WAYMARK_POLICY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy/types.h"
#include "rules/tables/address.h"

struct policy;

#define QUEUES_MAX 64u

struct queues {
	uint16_t first;
	uint16_t last;
	bool fail_closed;	/* no engine or queue full: drop, not accept */
	enum unanswered unanswered;
	uint32_t per_client;	/* new flows per second; 0: no limit */
	uint16_t coalesce_us;	/* the longest sleep of a worker; 0: none */
};

struct inspect {
	uint32_t packets;
	uint32_t bytes;		/* of payload per direction */
	uint32_t seconds;
	uint64_t memory;	/* for the streams of all queues */
};

struct learn {
	bool dns;		/* from the answers that clients get */
	bool servers;		/* from flows, for later ones to the server */
	uint8_t min_percent;	/* the confidence that a server needs */
	uint32_t ttl_min_s;	/* limits for the TTL of DNS answers */
	uint32_t ttl_max_s;
	bool has_from;		/* only from some resolvers: */
	uint32_t from_set;	/* an address set of the policy */
};

struct queues policy_queues(const struct policy *policy);
struct inspect policy_inspect(const struct policy *policy);
/* The number of streams, each with `inspect bytes` and the state of a pattern
 * search, that the memory of one queue can hold. */
size_t policy_inspect_streams(const struct policy *policy);

enum late_policy policy_late(const struct policy *policy);
/* Whether some setting resets late flows. */
bool policy_may_reset(const struct policy *policy);

/* Whether the kernel decides header-only routes. */
bool policy_kernel_routes(const struct policy *policy);
/* Whether only waymark can change its nftables table. */
bool policy_own_table(const struct policy *policy);

struct learn policy_learn(const struct policy *policy);
/* Whether DNS answers are inspected: some route tests names and learning is on.
 * The kernel then queues them whatever their headers decide. */
bool policy_inspects_dns(const struct policy *policy);
/* Whether names are learned from the answers of this resolver. */
bool policy_learns_from(const struct policy *policy,
			const struct address *resolver);

#endif
