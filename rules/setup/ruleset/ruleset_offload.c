/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_offload.c - write header-only routes as nft chains.
 *
 * A jump returns when the chain at its end runs out, also after a goto. So a
 * chain that decides must end in accept or drop. Tests of addresses and TOS
 * apply to one family: such a rule is written once for each.
 */
#include "rules/setup/ruleset/ruleset_guard.h"
#include "rules/setup/ruleset/ruleset_offload.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "rules/offload/offload.h"
#include "rules/setup/plan/big_set.h"
#include "rules/setup/kernel/counters.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/ruleset/ruleset_balance.h"
#include "rules/setup/ruleset/ruleset_count.h"
#include "rules/setup/ruleset/ruleset_names.h"

/* Longer lists become named sets, which rules share. */
#define INLINE_MAX 16
#define LENGTH_MAX 65535u	/* and all that is longer (facts.h) */
enum family { FAMILY_ANY, FAMILY_4, FAMILY_6 };

struct writer {
	const struct plan *plan;
	const struct offload *offload;
	uint8_t path_drop;
	bool is_per_packet;
	bool is_stateless;
	const uint64_t *ids;	/* of routes */
	const struct offload_chain *chain;
	FILE *out;
};

static uint32_t number_of(const struct address *a)
{
	return ntohl(a->be32[3]);
}

static const char *comma(size_t i)
{
	return i > 0 ? ", " : "";
}

static void write_range(uint32_t first, uint32_t last, FILE *out)
{
	fprintf(out, "%" PRIu32, first);
	if (last != first)
		fprintf(out, "-%" PRIu32, last);
}

static int keep_prefix(void *ctx, const struct prefix *prefix)
{
	*(struct prefix *)ctx = *prefix;
	return 1;
}

/* Write a range as a prefix where it is exactly one. */
static void write_addresses(const struct offload_range *range, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];
	struct prefix prefix = { .len = 0 };
	struct address last;

	address_range_split(&range->first, &range->last, keep_prefix, &prefix);
	last = prefix_last(&prefix);
	if (address_equal(&last, &range->last)) {
		fputs(prefix_print(&prefix, text), out);
		return;
	}
	fprintf(out, "%s-", address_print(&range->first, text));
	fputs(address_print(&range->last, text), out);
}

/* ---- sets ---- */

/* The ranges of one family in `set`. */
static const struct offload_range *ranges_of(const struct offload_set *set,
					     enum family family,
					     size_t *ret_count)
{
	size_t v4 = set->count - set->count6;

	*ret_count = family == FAMILY_6 ? set->count6 : v4;
	return family == FAMILY_6 ? set->ranges + v4 : set->ranges;
}

static void write_elements(const struct offload_range *ranges, size_t count,
			   const char *between, FILE *out)
{
	for (size_t i = 0; i < count; i++) {
		fputs(i > 0 ? between : "", out);
		write_addresses(&ranges[i], out);
	}
}

#define SET_NAME_MAX BIG_SET_NAME_MAX

static const char *name_set(const struct plan *plan, size_t number,
			    enum family family, char name[static SET_NAME_MAX])
{
	bool is_v6 = family == FAMILY_6;
	const struct big_set *big = big_set_of(plan, false, number, is_v6);

	if (big != NULL)
		return big->name;
	snprintf(name, SET_NAME_MAX, "addresses%d_%zu", is_v6 ? 6 : 4, number);
	return name;
}

static void write_set(const struct plan *plan, size_t number,
		      enum family family, bool with_big, FILE *out)
{
	char name[SET_NAME_MAX];
	size_t count;
	const struct offload_range *ranges =
		ranges_of(&plan->offload->sets[number], family, &count);

	if (count <= INLINE_MAX || (!with_big && count > BIG_SET_ABOVE))
		return;
	fprintf(out,
		"\tset %s {\n"
		"\t\ttype %s\n"
		"\t\tflags interval\n"
		"\t\telements = { ",
		name_set(plan, number, family, name),
		family == FAMILY_6 ? "ipv6_addr" : "ipv4_addr");
	write_elements(ranges, count, ",\n\t\t\t     ", out);
	fputs(" }\n\t}\n\n", out);
}

static void write_sets(const struct plan *plan, bool with_big, FILE *out)
{
	const struct offload *offload = plan->offload;

	for (size_t i = 0; i < offload->set_count; i++) {
		if (offload->sets[i].count <= INLINE_MAX ||
		    !offload_has_addresses(offload, i))
			continue;
		write_set(plan, i, FAMILY_4, with_big, out);
		write_set(plan, i, FAMILY_6, with_big, out);
	}
}

/* ---- tests ---- */

static void write_bits(const struct bitmap *bitmap, unsigned int step,
		       FILE *out)
{
	size_t count = 0;

	for (uint32_t n = 0; n < 256; n += step) {
		uint32_t first = n;

		if (!offload_has(bitmap, n))
			continue;
		while (n + step < 256 && offload_has(bitmap, n + step))
			n += step;
		fputs(comma(count++), out);
		write_range(first / step, n / step, out);
	}
}

static bool is_only(const struct bitmap *bitmap, uint8_t n)
{
	struct bitmap one = { { 0 } };

	one.words[n / 64] = UINT64_C(1) << n % 64;
	return memcmp(&one, bitmap, sizeof(one)) == 0;
}

static void write_proto(const struct writer *w, const struct bitmap *proto)
{
	static const struct {
		uint8_t number;
		const char *name;
	} named[] = {
		{ IPPROTO_TCP, "tcp" },
		{ IPPROTO_UDP, "udp" },
		{ IPPROTO_ICMP, "icmp" },
		{ IPPROTO_ICMPV6, "icmpv6" },
	};
	struct bitmap others;
	unsigned int count = 0;

	if (offload_covers(proto, &w->chain->proto))
		return;
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (is_only(proto, named[i].number)) {
			fprintf(w->out, "meta l4proto %s ", named[i].name);
			return;
		}
	for (int i = 0; i < 4; i++) {
		others.words[i] = ~proto->words[i];
		count += (unsigned int)__builtin_popcountll(proto->words[i]);
	}
	fprintf(w->out, "meta l4proto %s{ ", count > 128 ? "!= " : "");
	write_bits(count > 128 ? &others : proto, 1, w->out);
	fputs(" } ", w->out);
}

/* Whether the two lower bits, ECN (RFC 3168, 5), are irrelevant. */
static bool is_dscp(const struct bitmap *tos)
{
	for (int i = 0; i < 4; i++) {
		uint64_t lowest = tos->words[i] & UINT64_C(0x1111111111111111);

		if (tos->words[i] != lowest * 0xf)
			return false;
	}
	return true;
}

/* The IPv6 traffic class spans two bytes, after the version. */
static const char *tos_word(enum family family, bool dscp)
{
	if (dscp)
		return family == FAMILY_6 ? "ip6 dscp" : "ip dscp";
	return family == FAMILY_6 ? "@nh,0,16 & 0x0ff0" : "@nh,8,8";
}

static void write_tos_range(enum family family, bool dscp, uint32_t first,
			    uint32_t last, FILE *out)
{
	unsigned int shift = family == FAMILY_6 ? 4 : 0;

	if (dscp)
		write_range(first / 4, last / 4, out);
	else if (first == last)
		fprintf(out, "0x%" PRIx32, first << shift);
	else
		fprintf(out, "0x%" PRIx32 "-0x%" PRIx32, first << shift,
			last << shift);
}

static void write_tos(const struct writer *w, const struct bitmap *tos,
		      enum family family)
{
	bool dscp = is_dscp(tos);
	size_t count = 0;

	if (offload_covers(tos, &offload_any))
		return;
	fprintf(w->out, "%s { ", tos_word(family, dscp));
	for (uint32_t n = 0; n < 256; n++) {
		uint32_t first = n;

		if (!offload_has(tos, n))
			continue;
		while (n < 255 && offload_has(tos, n + 1))
			n++;
		fputs(comma(count++), w->out);
		write_tos_range(family, dscp, first, n, w->out);
	}
	fputs(" } ", w->out);
}

static const char *field_word(uint8_t field, enum family family)
{
	static const char *const words[OFFLOAD_FIELDS] = {
		[OFFLOAD_PROTO] = "meta l4proto", [OFFLOAD_SPORT] = "th sport",
		[OFFLOAD_DPORT] = "th dport", [OFFLOAD_LENGTH] = "meta length",
		[OFFLOAD_UID] = "meta skuid",
	};

	if (field == OFFLOAD_FROM)
		return family == FAMILY_6 ? "ip6 saddr" : "ip saddr";
	if (field == OFFLOAD_TO)
		return family == FAMILY_6 ? "ip6 daddr" : "ip daddr";
	return words[field];
}

static void write_number(uint8_t field, const struct offload_range *range,
			 FILE *out)
{
	uint32_t last = number_of(&range->last);

	if (field == OFFLOAD_LENGTH && last == LENGTH_MAX)
		last = UINT32_MAX;
	write_range(number_of(&range->first), last, out);
}

static void write_address_test(const struct writer *w,
			       const struct offload_test *test,
			       enum family family)
{
	const struct offload_set *set = &w->offload->sets[test->set];
	size_t count;
	const struct offload_range *ranges = ranges_of(set, family, &count);
	char name[SET_NAME_MAX];

	if (count == 0)
		return;		/* negated: always true */
	fprintf(w->out, "%s %s", field_word(test->field, family),
		test->is_negated ? "!= " : "");
	if (count > INLINE_MAX) {
		fprintf(w->out, "@%s ",
			name_set(w->plan, test->set, family, name));
		return;
	}
	fputs("{ ", w->out);
	write_elements(ranges, count, ", ", w->out);
	fputs(" } ", w->out);
}

static void write_test(const struct writer *w, const struct offload_test *test,
		       enum family family, size_t *variant)
{
	const struct offload_set *set = &w->offload->sets[test->set];

	if (offload_is_address(test->field)) {
		write_address_test(w, test, family);
		return;
	}
	if (test->field == OFFLOAD_IN) {
		size_t rules = test->is_negated ? 1 :
						  ruleset_names_rules(set);

		ruleset_names_write(set, test->is_negated, *variant % rules,
				    w->out);
		*variant /= rules;
		return;
	}
	fprintf(w->out, "%s { ", field_word(test->field, family));
	for (size_t i = 0; i < set->count; i++) {
		fputs(comma(i), w->out);
		write_number(test->field, &set->ranges[i], w->out);
	}
	fputs(" } ", w->out);
}

/* ---- rules ---- */

/* Without conntrack, only the path of a host on the LAN is set. */
static void write_stateless_end(const struct writer *w,
				struct offload_target target)
{
	bool on_lan = false;

	if (target.route > 0)
		target = w->offload->routes[target.route - 1];
	for (size_t i = 0; i < w->plan->uplink_count; i++)
		on_lan |= w->plan->uplinks[i].on_lan &&
			  w->plan->uplinks[i].path == target.value;
	if (target.verdict == OFFLOAD_JUMP)
		fprintf(w->out, "jump stateless_headers_%u", target.value);
	else if (target.verdict == OFFLOAD_PATH && target.value == w->path_drop)
		fputs("drop", w->out);
	else if (target.verdict == OFFLOAD_PATH && on_lan)
		fprintf(w->out, "goto stateless_%u", target.value);
	else
		fputs("accept", w->out);
}

static void write_end(const struct writer *w, struct offload_target target)
{
	if (target.verdict == OFFLOAD_QUEUE)
		fputs(ruleset_guard_inspect(w->plan, target.value != 0), w->out);
	else if (target.verdict == OFFLOAD_BALANCE)
		fprintf(w->out, "goto balance_%u", target.value);
	else if (target.verdict == OFFLOAD_JUMP)
		fprintf(w->out, "jump headers_%u", target.value);
	else if (target.value == w->path_drop && w->is_per_packet)
		fputs("drop", w->out);
	else
		fprintf(w->out, "goto %s_%u",
			w->is_per_packet ? "packet" : "settle", target.value);
}

/* Lead to the target through the route's chain, which counts. */
static void write_target(const struct writer *w, struct offload_target target)
{
	char name[COUNTER_NAME_MAX];

	if (w->is_stateless)
		write_stateless_end(w, target);
	else if (target.route > 0)
		fprintf(w->out, "goto %s",
			counter_route(w->ids[target.route - 1], name));
	else
		write_end(w, target);
}

static bool is_dscp_map(const struct offload_map *map)
{
	for (size_t i = 0; i < map->counts[0]; i++)
		if (number_of(&map->cases[0][i].range.first) % 4 != 0 ||
		    number_of(&map->cases[0][i].range.last) % 4 != 3)
			return false;
	return true;
}

static void write_map(const struct writer *w, const struct offload_map *map,
		      enum family family)
{
	int which = offload_is_address(map->field) && family == FAMILY_6;
	bool is_tos = map->field == OFFLOAD_TOS;
	bool dscp = is_tos && is_dscp_map(map);

	fprintf(w->out, "%s vmap { ", is_tos ? tos_word(family, dscp) :
				       field_word(map->field, family));
	for (size_t i = 0; i < map->counts[which]; i++) {
		const struct offload_case *one = &map->cases[which][i];

		fputs(i > 0 ? ",\n\t\t\t" : "", w->out);
		if (is_tos)
			write_tos_range(family, dscp,
					number_of(&one->range.first),
					number_of(&one->range.last), w->out);
		else if (offload_is_address(map->field))
			write_addresses(&one->range, w->out);
		else
			write_number(map->field, &one->range, w->out);
		fputs(" : ", w->out);
		write_target(w, one->target);
	}
	fputs(" }", w->out);
}

static bool has_family(const struct offload_rule *rule)
{
	if (!offload_covers(&rule->tos, &offload_any) ||
	    (rule->map != NULL && (offload_is_address(rule->map->field) ||
			   rule->map->field == OFFLOAD_TOS)))
		return true;
	for (size_t i = 0; i < rule->test_count; i++)
		if (offload_is_address(rule->tests[i].field))
			return true;
	return false;
}

/* Whether packets of the family can pass the rule. */
static bool is_for(const struct writer *w, const struct offload_rule *rule,
		   enum family family)
{
	size_t count;

	if (rule->map != NULL && offload_is_address(rule->map->field) &&
	    rule->map->counts[family == FAMILY_6] == 0)
		return false;
	for (size_t i = 0; i < rule->test_count; i++) {
		const struct offload_test *test = &rule->tests[i];

		if (!offload_is_address(test->field) || test->is_negated)
			continue;
		ranges_of(&w->offload->sets[test->set], family, &count);
		if (count == 0)
			return false;
	}
	return true;
}

static void write_one(const struct writer *w, const struct offload_rule *rule,
		      enum family family, size_t variant)
{
	fputs("\t\t", w->out);
	if (family != FAMILY_ANY)
		fprintf(w->out, "meta nfproto ipv%d ",
			family == FAMILY_6 ? 6 : 4);
	write_proto(w, &rule->proto);
	write_tos(w, &rule->tos, family);
	for (size_t i = 0; i < rule->test_count; i++)
		write_test(w, &rule->tests[i], family, &variant);
	if (rule->map != NULL)
		write_map(w, rule->map, family);
	else
		write_target(w, rule->target);
	putc('\n', w->out);
}

static void write_rule(const struct writer *w, const struct offload_rule *rule)
{
	bool split = has_family(rule);
	size_t variants = 1;

	for (size_t i = 0; i < rule->test_count; i++)
		if (rule->tests[i].field == OFFLOAD_IN &&
		    !rule->tests[i].is_negated)
			variants *= ruleset_names_rules(
				&w->offload->sets[rule->tests[i].set]);
	for (size_t i = 0; i < variants; i++) {
		if (!split)
			write_one(w, rule, FAMILY_ANY, i);
		if (split && is_for(w, rule, FAMILY_4))
			write_one(w, rule, FAMILY_4, i);
		if (split && is_for(w, rule, FAMILY_6))
			write_one(w, rule, FAMILY_6, i);
	}
}

/* ---- chains ---- */

/* Write chains in reverse: a chain refers to chains with higher numbers. */
static void write_chains(struct writer *w, uint32_t first, uint32_t end,
			 const char *name)
{
	for (uint32_t i = end; i-- > first;) {
		w->chain = &w->offload->chains[i];
		if (i > first)
			fprintf(w->out, "\tchain %sheaders_%u {\n",
				w->is_stateless ? "stateless_" : "", i);
		else
			fprintf(w->out, "\tchain %s {\n", name);
		for (size_t r = 0; r < w->chain->count; r++)
			write_rule(w, &w->chain->rules[r]);
		fputs("\t}\n\n", w->out);
	}
}

static void write_path(const struct plan *plan, const struct plan_path *path,
		       bool has_packets, FILE *out)
{
	uint32_t mark = path->mark | plan->settled;

	ruleset_count_write_path(plan, path, out);
	if (has_packets && !path->is_drop)
		fprintf(out,
			"\tchain packet_%u {\n"
			"\t\tmeta mark set meta mark & 0x%08" PRIx32
			" | 0x%08" PRIx32 " accept comment \"%s\"\n"
			"\t}\n\n",
			path->number, ~plan->mask, mark, path->name);
}

/* Write a chain for each route that the kernel decides. */
static void write_routes(struct writer *w)
{
	char name[COUNTER_NAME_MAX];

	for (size_t i = 0; i < w->offload->route_count; i++) {
		if (w->offload->routes[i].verdict == OFFLOAD_QUEUE)
			continue;
		counter_route(w->ids[i], name);
		w->is_per_packet = i >= w->offload->flow_route_count;
		fprintf(w->out, "\tchain %s {\n\t\tcounter name %s ", name,
			name);
		write_end(w, w->offload->routes[i]);
		fputs("\n\t}\n\n", w->out);
	}
}

void ruleset_offload_write(const struct plan *plan, bool with_big, FILE *out)
{
	const struct offload *offload = plan->offload;
	bool has_packets = offload->packets != OFFLOAD_NONE;
	uint32_t count = (uint32_t)offload->chain_count;
	struct writer writer = {
		.plan = plan, .offload = offload,
		.ids = plan->route_ids, .out = out,
	};

	for (size_t i = 0; i < plan->path_count; i++) {
		if (plan->paths[i].is_drop)
			writer.path_drop = plan->paths[i].number;
		write_path(plan, &plan->paths[i], has_packets, out);
	}
	ruleset_balance_write(plan, out);
	write_routes(&writer);
	write_sets(plan, with_big, out);
	writer.is_per_packet = false;
	write_chains(&writer, offload->flows,
		     has_packets ? offload->packets : count, "headers");
	if (ruleset_offload_has_stateless(plan)) {
		writer.is_stateless = true;
		write_chains(&writer, offload->flows,
			     has_packets ? offload->packets : count,
			     "stateless_headers");
		ruleset_offload_write_stateless(plan, out);
		writer.is_stateless = false;
	}
	writer.is_per_packet = true;
	if (has_packets)
		write_chains(&writer, offload->packets, count, "per_packet");
}
