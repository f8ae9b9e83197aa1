/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * search.h - search the policy's `payload` patterns in the first bytes of each
 * side of a flow. A search belongs to one worker; nothing allocates after
 * search_init().
 */
#ifndef WAYMARK_SEARCH_H
#define WAYMARK_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/cursor.h"
#include "engine/flow/flow.h"
#include "rules/policy/policy.h"

struct pattern_scanner;
struct pattern_set;

struct search {
	const struct pattern_set *set;	/* NULL: no pattern */
	struct pattern_scanner *scanner;
	uint32_t horizon[2];	/* bytes searched of client and server */
};

/* Set up for `flows` searches at a time over at most `bytes` of each side. The
 * policy is borrowed. 0 or -ENOMEM. */
int search_init(struct search *search, const struct policy *policy,
		size_t flows, uint32_t bytes);
void search_fini(struct search *search);

/* Whether more bytes of this side can change the result. */
bool search_is_open(const struct search *search, const struct flow *flow,
		    bool from_server);

/* Search a TCP side, from where the last call stopped; `stream` is everything
 * that has arrived in order. */
void search_stream(struct search *search, struct flow *flow, bool from_server,
		   struct cursor stream);
/* Search a datagram. No pattern matches across datagrams. */
void search_datagram(struct search *search, struct flow *flow,
		     bool from_server, struct cursor payload);

/* Release what the flow holds. */
void search_release(struct search *search, struct flow *flow);

#endif
