/* SPDX-License-Identifier: GPL-2.0-or-later */
/* search.c - match `payload` patterns over the sides of a flow. */
#include "engine/flow/search.h"

#include <errno.h>
#include <string.h>

#include "rules/tables/pattern_set.h"

static uint8_t side_of(bool from_server)
{
	return from_server ? PATTERN_SERVER : PATTERN_CLIENT;
}

int search_init(struct search *search, const struct policy *policy,
		size_t flows, uint32_t bytes)
{
	const struct pattern_set *set = policy_patterns(policy);

	memset(search, 0, sizeof(*search));
	if (set == NULL)
		return 0;
	search->set = set;
	for (int side = 0; side < 2; side++) {
		search->horizon[side] = pattern_set_horizon(set, side_of(side));
		if (search->horizon[side] > bytes)
			search->horizon[side] = bytes;
	}
	search->scanner = pattern_scanner_new(set, flows * 2);
	return search->scanner == NULL ? -ENOMEM : 0;
}

void search_fini(struct search *search)
{
	pattern_scanner_free(search->scanner);
	search->scanner = NULL;
}

bool search_is_open(const struct search *search, const struct flow *flow,
		    bool from_server)
{
	return !(flow->facts.known & FACT_PAYLOAD) &&
	       flow->searched[from_server] < search->horizon[from_server];
}

static void note(struct search *search, struct flow *flow, bool from_server,
		 uint64_t seen, uint32_t more)
{
	flow->facts.patterns_seen |= seen;
	flow->searched[from_server] += more;
	flow->facts.patterns_gone =
		pattern_set_gone(search->set, flow->searched[0],
				 flow->searched[1]) &
		~flow->facts.patterns_seen;
}

/* Cut off what lies past the horizon. */
static struct cursor within(const struct search *search,
			    const struct flow *flow, bool from_server,
			    struct cursor bytes)
{
	size_t max = search->horizon[from_server] -
		      flow->searched[from_server];

	if (cursor_left(&bytes) > max)
		bytes.end = bytes.at + max;
	return bytes;
}

void search_stream(struct search *search, struct flow *flow, bool from_server,
		   struct cursor stream)
{
	struct pattern_stream **state = &flow->searches[from_server];
	uint64_t seen;

	if (!search_is_open(search, flow, from_server))
		return;
	cursor_skip(&stream, flow->searched[from_server]);
	stream = within(search, flow, from_server, stream);
	if (cursor_left(&stream) == 0)
		return;
	if (*state == NULL)
		*state = pattern_stream_take(search->scanner);
	if (*state == NULL) {
		/* Too many searches at a time: bytes that are not searched do
		 * not match. */
		note(search, flow, from_server, 0,
		     search->horizon[from_server] -
		     flow->searched[from_server]);
		return;
	}
	seen = pattern_stream_scan(search->scanner, *state,
				   side_of(from_server), stream.at,
				   cursor_left(&stream));
	note(search, flow, from_server, seen, (uint32_t)cursor_left(&stream));
}

void search_datagram(struct search *search, struct flow *flow,
		     bool from_server, struct cursor payload)
{
	uint64_t seen;

	if (!search_is_open(search, flow, from_server))
		return;
	payload = within(search, flow, from_server, payload);
	seen = pattern_scan(search->scanner, side_of(from_server), payload.at,
			    cursor_left(&payload));
	note(search, flow, from_server, seen, (uint32_t)cursor_left(&payload));
}

void search_release(struct search *search, struct flow *flow)
{
	for (int side = 0; side < 2; side++) {
		pattern_stream_give_back(search->scanner,
					 flow->searches[side]);
		flow->searches[side] = NULL;
	}
}
