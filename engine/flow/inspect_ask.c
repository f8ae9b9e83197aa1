/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inspect_ask.c - ask hints about a payload, and keep what they yield. */
#include "engine/flow/inspect_private.h"

#include <string.h>

#include "engine/hints/hint_set.h"
#include "engine/hints/ja4.h"

void inspect_close_side(struct flow *flow, bool side)
{
	flow->has_candidates[side] = true;
	flow->candidates[side] = (struct hint_set){ 0 };
}

/* Close the question for hints; patterns may still be open. */
void inspect_know_hints(struct flow *flow)
{
	flow->facts.known |= INSPECT_FACTS;
	inspect_close_side(flow, false);
	inspect_close_side(flow, true);
}

/* ---- what a hint yields ---- */

static void keep_host(struct inspector *inspector, struct flow *flow,
		      struct flow_names *names, const struct hint_yield *yield)
{
	/* Names are rarely cached: they are written without being read. */
	char host[DOMAIN_MAX + 1], canonical[DOMAIN_MAX + 1];
	const char *why, *kept = host;
	bool is_ascii = true;
	size_t len = yield->host_len;

	flow->facts.host_sets = policy_resolve_host(inspector->policy,
						    yield->host, len);
	flow->facts.known |= FACT_HOST;
	flow->has_host = true;
	for (size_t i = 0; i < len; i++) {
		host[i] = yield->host[i];
		is_ascii &= (uint8_t)yield->host[i] < 0x80;
	}
	host[len] = '\0';
	/* Other names would need libidn2, which allocates. */
	if (is_ascii && domain_canonical(host, len, canonical, &why) > 0)
		kept = canonical;
	memcpy(names->host, kept, strlen(kept) + 1);
}

static void keep_alpn(const struct inspector *inspector, struct facts *facts,
		      const struct hint_yield *yield)
{
	for (size_t i = 0; i < yield->alpn_count; i++)
		facts->alpn_bits |= policy_resolve_alpn(
			inspector->policy, (const char *)yield->alpn[i].name,
			yield->alpn[i].len);
	facts->known |= FACT_ALPN;
}

static void keep_ja4(const struct inspector *inspector, struct flow *flow,
		     struct flow_names *names, const struct hint_yield *yield)
{
	struct facts *facts = &flow->facts;

	facts->known |= FACT_JA4;
	if (!inspector->wants_ja4 ||
	    !ja4_of(yield->hello, (enum hello_kind)yield->hello_kind,
		    names->ja4))
		return;
	flow->has_ja4 = true;
	facts->ja4_bits = policy_resolve_ja4(inspector->policy, names->ja4);
}

/*
 * Keep asking the hint that matched, on the sides that it reads and where the
 * budget allows it. A stream that it refused stays refused; a datagram that it
 * refused does not rule out the next one.
 */
static void ask_only(struct inspector *inspector, struct flow *flow,
		     size_t hint)
{
	uint8_t sides = hints_at(hint)->sides;

	for (int side = 0; side < 2; side++) {
		bool reads = sides == 0 ||
			     sides & (side ? HINT_SERVER : HINT_CLIENT);
		bool refused = flow->facts.proto == IPPROTO_TCP &&
			       flow->has_candidates[side] &&
			       !hint_set_has(&flow->candidates[side], hint);

		inspect_close_side(flow, side);
		if (reads && !refused &&
		    flow->payload_bytes[side] < inspector->budget.bytes)
			flow->candidates[side] = hint_set_of(hint);
	}
}

static void take_yield(struct inspector *inspector, struct flow *flow,
		       struct flow_names *names, size_t hint,
		       const struct hint_yield *yield)
{
	struct facts *facts = &flow->facts;

	if (flow->hint < 0) {
		flow->hint = (int16_t)hint;
		facts->app = hints_app(hint, yield->app);
		facts->known |= FACT_APP;
	}
	if (yield->host_len > 0 && !(facts->known & FACT_HOST))
		keep_host(inspector, flow, names, yield);
	if (yield->alpn_count > 0 && !(facts->known & FACT_ALPN))
		keep_alpn(inspector, facts, yield);
	if (yield->ech && !(facts->known & FACT_ECH)) {
		facts->ech = true;
		flow->ech_config = yield->ech_config;
		facts->known |= FACT_ECH;
	}
	if (yield->hello_kind != HELLO_NONE && !(facts->known & FACT_JA4))
		keep_ja4(inspector, flow, names, yield);
	if (yield->more)
		ask_only(inspector, flow, hint);
	else
		inspect_know_hints(flow);
}

/* Ask one hint; true if it matched. */
static bool ask_one(struct inspector *inspector, struct flow *flow,
		    struct flow_names *names, size_t hint,
		    const struct hint_input *input)
{
	struct hint_yield yield;

	yield.more = false;
	yield.app = 0;
	yield.host_len = 0;
	yield.alpn_count = 0;
	yield.ech = false;
	yield.ech_config = 0;
	yield.hello_kind = HELLO_NONE;
	switch (hints_at(hint)->match(input, &yield)) {
	case HINT_YES:
		take_yield(inspector, flow, names, hint, &yield);
		return true;
	case HINT_NO:
		hint_set_remove(&flow->candidates[input->from_server], hint);
		return false;
	case HINT_MORE:
		break;
	}
	return false;
}

void inspect_ask(struct inspector *inspector, struct flow *flow,
		struct flow_names *names, const struct hint_input *input)
{
	struct hint_set set = flow->candidates[input->from_server];
	int first = hints_preferred(input->transport, input->dport);

	if (first >= 0 && hint_set_has(&set, (size_t)first)) {
		if (ask_one(inspector, flow, names, (size_t)first, input))
			return;
		hint_set_remove(&set, (size_t)first);
	}
	for (size_t word = 0; word < HINTS_MAX / 64; word++) {
		uint64_t *bits = &set.bits[word];

		for (; *bits != 0; *bits &= *bits - 1) {
			size_t hint = word * 64 +
				(size_t)__builtin_ctzll(*bits);

			if (ask_one(inspector, flow, names, hint, input))
				return;
		}
	}
}

void inspect_find_candidates(struct flow *flow, bool side,
			    const struct cursor *payload)
{
	if (flow->has_candidates[side])
		return;
	flow->has_candidates[side] = true;
	flow->candidates[side] = hints_candidates(flow->facts.proto, side,
						  *payload);
}
