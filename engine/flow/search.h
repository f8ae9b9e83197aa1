/*
 * search.h - looks for the policy's `payload` patterns in the first bytes of
 * each side of a flow. A search is its worker's own; after search_init()
 * nothing here allocates.
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
	uint32_t horizon[2];	/* bytes of client and server that matter */
};

/* `flows` is how many may be searched at a time, `bytes` the most of each of
 * their sides. The policy is borrowed. 0 or -ENOMEM. */
int search_init(struct search *search, const struct policy *policy,
		size_t flows, uint32_t bytes);
void search_fini(struct search *search);

/* Whether more bytes of this side can matter to `flow`. */
bool search_is_open(const struct search *search, const struct flow *flow,
		    bool from_server);

/* All of a TCP side that has come in order so far: goes on where it left. */
void search_stream(struct search *search, struct flow *flow, bool from_server,
		   struct cursor stream);
/* A datagram. Patterns are looked for in each by itself. */
void search_datagram(struct search *search, struct flow *flow,
		     bool from_server, struct cursor payload);

/* Give back what the flow holds. */
void search_release(struct search *search, struct flow *flow);

#endif
