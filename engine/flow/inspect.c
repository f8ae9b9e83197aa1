/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect.c - run the hints over a flow's first payload. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "engine/hints/hint_set.h"
#include "engine/flow/inspect_private.h"
#include "engine/flow/segment.h"
#include "rules/policy/exceptions.h"

#define SECOND_NS 1000000000u
/* Packets of any kind, for each packet of payload that the budget allows. */
#define PACKETS_FACTOR 16

/* Whether the streams of `prev`, which flows hold, can be kept: long enough,
 * and as much memory in total as is wanted now. */
static bool streams_fit(const struct inspector *inspector,
			const struct inspector *prev)
{
	struct queues q = policy_queues(inspector->policy);
	uint64_t share = inspector->budget.memory / (q.last - q.first + 1u);
	uint64_t total = prev->stream_bytes * prev->stream_count;

	return prev->stream_bytes >= inspector->stream_bytes &&
	       total <= share &&
	       (prev->stream_count == inspector->stream_count ||
		total == inspector->stream_bytes * inspector->stream_count);
}

/* `prev` has everything that does not depend on the policy. */
static bool make_parts(struct inspector *inspector, size_t streams,
		       const struct inspector *prev)
{
	inspector->stream_bytes = inspector->budget.bytes;
	inspector->stream_count = streams;
	if (prev != NULL && streams_fit(inspector, prev)) {
		inspector->stream_bytes = prev->stream_bytes;
		inspector->stream_count = prev->stream_count;
	} else {
		inspector->pool = stream_pool_new(streams,
						  inspector->stream_bytes);
		if (inspector->pool == NULL)
			return false;
	}
	if (prev == NULL)
		inspector->scratch = malloc(HINT_SCRATCH);
	return prev != NULL || inspector->scratch != NULL;
}

int inspect_init(struct inspector *inspector, const struct policy *policy,
		 size_t streams, const struct inspector *prev)
{
	*inspector = (struct inspector){
		.policy = policy,
		.budget = policy_inspect(policy),
		.wants_ja4 = (policy_needs(policy) & FACT_JA4) != 0,
	};
	if (!make_parts(inspector, streams, prev) ||
	    search_init(&inspector->search, policy, streams,
			inspector->budget.bytes) < 0) {
		inspect_fini(inspector);
		return -ENOMEM;
	}
	return 0;
}

bool inspect_inherit(struct inspector *inspector, struct inspector *prev)
{
	inspector->scratch = prev->scratch;
	prev->scratch = NULL;
	if (inspector->pool != NULL)
		return false;
	inspector->pool = prev->pool;
	prev->pool = NULL;
	return true;
}

void inspect_fini(struct inspector *inspector)
{
	stream_pool_free(inspector->pool);
	search_fini(&inspector->search);
	free(inspector->scratch);
	inspector->pool = NULL;
	inspector->scratch = NULL;
}

void inspect_release(struct inspector *inspector, struct flow *flow)
{
	for (int side = 0; side < 2; side++)
		stream_give_back(inspector->pool, &flow->streams[side]);
	search_release(&inspector->search, flow);
}

/* ---- the sides of a flow ---- */

/* Whether a hint can still learn from payload of this side. */
static bool hints_are_open(const struct flow *flow, bool side)
{
	if (!flow->has_candidates[side])
		return hints_read(flow->facts.proto, side);
	return !hint_set_is_empty(&flow->candidates[side]);
}

/* The same, or a pattern can still match. */
static bool is_open(const struct inspector *inspector, const struct flow *flow,
		    bool side)
{
	return hints_are_open(flow, side) ||
	       search_is_open(&inspector->search, flow, side);
}

static void know_all(struct inspector *inspector, struct flow *flow)
{
	inspect_know_hints(flow);
	flow->facts.known = FACT_ALL;
	inspect_release(inspector, flow);
}

static struct hint_input input_of(struct inspector *inspector,
				  const struct flow *flow, bool from_server,
				  struct cursor payload)
{
	return (struct hint_input){
		.payload = payload,
		.from_server = from_server,
		.transport = flow->facts.proto,
		.sport = flow->facts.sport,
		.dport = flow->facts.dport,
		.scratch = inspector->scratch,
	};
}

/* ---- streams ---- */

static void take_stream(struct inspector *inspector, struct flow *flow,
			bool side)
{
	stream_take(inspector->pool, &flow->streams[side],
		    &flow->facts.client);
	flow->streams_taken |= (uint8_t)(1u << side);
}

/* Whether a stream that the flow took was reclaimed: what it held was not read
 * to the end. */
static bool has_lost_stream(const struct flow *flow)
{
	for (int side = 0; side < 2; side++)
		if (flow->streams_taken >> side & 1 &&
		    flow->streams[side] == NULL)
			return true;
	return false;
}

/* ---- TCP ---- */

static void ask_stream(struct inspector *inspector, struct flow *flow,
		       struct flow_names *names, bool side,
		       struct cursor payload)
{
	struct hint_input input = input_of(inspector, flow, side, payload);

	if (flow->streams[!side] != NULL)
		input.opposite = stream_data(flow->streams[!side]);
	inspect_find_candidates(flow, side, &payload);
	inspect_ask(inspector, flow, names, &input);
	search_stream(&inspector->search, flow, side, payload);
}

/* The zeros were data if the stream continues behind them. */
static void take_padding(struct inspector *inspector, struct flow *flow,
			 bool side, uint32_t offset)
{
	static const uint8_t zeros[SEGMENT_PADDING_MAX];
	uint8_t len = flow->padding[side];

	flow->padding[side] = 0;
	if (len == 0 || offset != len)
		return;
	take_stream(inspector, flow, side);
	stream_segment(flow->streams[side], 0, zeros, len);
}

static void inspect_segment(struct inspector *inspector, struct flow *flow,
			    struct flow_names *names,
			    const struct packet *pkt, bool side)
{
	bool is_syn = pkt->tcp_flags & TCP_SYN;
	uint32_t offset = pkt->tcp_seq + is_syn - flow->isn[side];
	uint32_t max = inspector->budget.bytes;
	struct cursor payload = cursor_of(pkt->payload, pkt->payload_len);
	struct stream **stream = &flow->streams[side];

	/* A keep-alive repeats the byte before the stream (RFC 9293, 3.8.4). */
	if ((int32_t)offset < 0) {
		cursor_skip(&payload, -offset);
		offset = 0;
	}
	if (cursor_left(&payload) == 0 || offset >= max)
		return;
	if (cursor_left(&payload) > max)
		payload.end = payload.at + max;
	if (pkt->tcp_urgent != 0)
		segment_note_urgent(flow, pkt, side, max);
	if (flow->urgent_count[side] > 0) {
		if (*stream == NULL)
			take_stream(inspector, flow, side);
		if (segment_insert(flow, side, offset, payload))
			ask_stream(inspector, flow, names, side,
				   stream_data(*stream));
		return;
	}
	if (*stream == NULL && !flow->has_candidates[side]) {
		if (segment_put_aside(flow, side, payload, offset))
			return;
		take_padding(inspector, flow, side, offset);
	}
	/* Most flows are recognised by their first payload: no copy. */
	if (*stream == NULL && offset == 0) {
		ask_stream(inspector, flow, names, side, payload);
		if (!is_open(inspector, flow, side))
			return;
		take_stream(inspector, flow, side);
		stream_segment(*stream, 0, payload.at, cursor_left(&payload));
		return;
	}
	if (*stream == NULL)
		take_stream(inspector, flow, side);
	if (stream_segment(*stream, offset, payload.at, cursor_left(&payload)))
		ask_stream(inspector, flow, names, side, stream_data(*stream));
}

/* ---- UDP and SCTP ---- */

static void inspect_datagram(struct inspector *inspector, struct flow *flow,
			     struct flow_names *names,
			     const struct packet *pkt, bool side)
{
	struct cursor payload = cursor_of(pkt->payload, pkt->payload_len);
	struct hint_input input = input_of(inspector, flow, side, payload);

	search_datagram(&inspector->search, flow, side, payload);
	if (hint_is_blank(payload))
		return;
	if (flow->streams[0] != NULL)
		input.earlier = stream_data(flow->streams[0]);
	inspect_find_candidates(flow, side, &payload);
	inspect_ask(inspector, flow, names, &input);
	/* What follows a keep-alive may be another protocol's first message. */
	if (flow->hint < 0 && hint_is_keep_alive(pkt->proto, payload))
		flow->has_candidates[side] = false;
	if (!hints_are_open(flow, side))
		return;
	/* A full history keeps what it has. */
	if (flow->streams[0] == NULL)
		take_stream(inspector, flow, 0);
	stream_datagram(flow->streams[0], side, pkt->payload, pkt->payload_len);
}

/* ---- the budget ---- */

static void count_payload(struct inspector *inspector, struct flow *flow,
			  bool side, uint32_t len)
{
	uint32_t max = inspector->budget.bytes;
	uint32_t *bytes = &flow->payload_bytes[side];

	*bytes = len < max - *bytes ? *bytes + len : max;
}

/*
 * Packets count when they carry payload, and seconds from the first of these:
 * acknowledgements, an idle connection or the keep-alives of a NAT mapping
 * must not use the budget up. All packets together have a limit, too.
 */
static void count_packet(struct flow *flow, const struct packet *pkt)
{
	struct cursor payload = cursor_of(pkt->payload, pkt->payload_len);

	if (pkt->payload_len == 0 || flow->payload_packets == UINT16_MAX ||
	    hint_is_keep_alive(pkt->proto, payload))
		return;
	if (flow->payload_packets++ == 0)
		flow->first_ns = pkt->time_ns;
}

static bool is_spent(const struct inspector *inspector,
		     const struct flow *flow, uint64_t now_ns)
{
	return flow->payload_packets >= inspector->budget.packets ||
	       flow->packets / PACKETS_FACTOR >= inspector->budget.packets ||
	       (flow->payload_packets > 0 &&
		now_ns - flow->first_ns >=
			(uint64_t)inspector->budget.seconds * SECOND_NS);
}

void inspect_start(const struct inspector *inspector, struct flow *flow)
{
	uint8_t proto = flow->facts.proto;
	bool has_hints = proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
			 proto == IPPROTO_SCTP;

	if (!has_hints)
		flow->facts.known = FACT_ALL;
	else if (inspector->search.set == NULL)
		flow->facts.known |= FACT_PAYLOAD;
}

/* ALPN names are not kept, nor is a fingerprint that was not requested. The
 * hint may yield them again from what the flow still holds. */
static void ask_again_for(const struct inspector *inspector, struct flow *flow,
		   uint8_t facts)
{
	facts &= policy_needs(inspector->policy) & flow->facts.known;
	if (flow->hint < 0 || facts == 0)
		return;
	for (int side = 0; side < 2; side++) {
		if (flow->streams[side] == NULL)
			continue;
		flow->facts.known &= (uint8_t)~facts;
		flow->candidates[side] = hint_set_of((size_t)flow->hint);
	}
}

void inspect_renew(const struct inspector *inspector, struct flow *flow,
		   const struct flow_names *names)
{
	const struct policy *policy = inspector->policy;
	struct facts *facts = &flow->facts;

	facts->alpn_bits = 0;
	facts->ja4_bits = 0;
	facts->host_sets = NULL;
	ask_again_for(inspector, flow,
		      flow->has_ja4 ? FACT_ALPN : FACT_ALPN | FACT_JA4);
	if (flow->has_ja4)
		facts->ja4_bits = policy_resolve_ja4(policy, names->ja4);
	if (flow->has_host)
		facts->host_sets = policy_resolve_host(policy, names->host,
						       strlen(names->host));
	facts->patterns_seen = 0;
	facts->patterns_gone = 0;
	flow->searched[0] = 0;
	flow->searched[1] = 0;
	facts->known &= (uint8_t)~FACT_PAYLOAD;
	if (inspector->search.set == NULL)
		facts->known |= FACT_PAYLOAD;
}

static void give_up(struct flow *flow, enum exception cause)
{
	flow->given_up |= (uint8_t)(1u << cause);
}

/* Note which of `facts` will be known only because something was given up. */
static void assume(struct flow *flow, uint8_t facts)
{
	if (flow->given_up != 0)
		flow->assumed |= facts & (uint8_t)~flow->facts.known;
}

static void observe(struct inspector *inspector, struct flow *flow,
		    struct flow_names *names, const struct packet *pkt,
		    bool side)
{
	bool is_tcp = pkt->proto == IPPROTO_TCP;

	if (has_lost_stream(flow))
		give_up(flow, EXCEPTION_STREAM_RECLAIMED);
	if (is_tcp)
		segment_note_isn(flow, pkt, side);
	/* Data in a reset is not part of the stream. */
	if (pkt->payload_len == 0 || !is_open(inspector, flow, side) ||
	    (is_tcp && (pkt->tcp_flags & TCP_RST || !flow->has_isn[side])))
		return;
	if (is_tcp)
		inspect_segment(inspector, flow, names, pkt, side);
	else
		inspect_datagram(inspector, flow, names, pkt, side);
	count_payload(inspector, flow, side, pkt->payload_len);
	if (flow->payload_bytes[side] < inspector->budget.bytes)
		return;
	if (hints_are_open(flow, side))
		give_up(flow, EXCEPTION_BUDGET_SPENT);
	inspect_close_side(flow, side);
}

void inspect_packet(struct inspector *inspector, struct flow *flow,
		    struct flow_names *names, const struct packet *pkt,
		    bool from_server)
{
	struct search *search = &inspector->search;

	if (flow->facts.known == FACT_ALL)
		return;
	count_packet(flow, pkt);
	observe(inspector, flow, names, pkt, from_server);
	if (!hints_are_open(flow, false) && !hints_are_open(flow, true)) {
		assume(flow, INSPECT_FACTS);
		inspect_know_hints(flow);
	}
	if (!search_is_open(search, flow, false) &&
	    !search_is_open(search, flow, true))
		flow->facts.known |= FACT_PAYLOAD;
	if (flow->facts.known != FACT_ALL &&
	    !is_spent(inspector, flow, pkt->time_ns))
		return;
	if (flow->facts.known != FACT_ALL)
		give_up(flow, EXCEPTION_BUDGET_SPENT);
	assume(flow, FACT_ALL);
	know_all(inspector, flow);
}
