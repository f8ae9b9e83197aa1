/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offload_chain.c - turn a list of rules into chains: a run of rules that test
 * the same field becomes a map of its values.
 */
#include "rules/offload/offload_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUN_MIN 4	/* for fewer rules a map is no faster */
#define DEPTH_MAX 4	/* the kernel allows 16 nested jumps */

/* ---- runs ---- */

static bool tests(const struct builder *builder,
		  const struct offload_rule *rule, enum offload_field field,
		  const struct bitmap *proto)
{
	if (field == OFFLOAD_PROTO)
		return !offload_covers(&rule->proto, proto);
	if (field == OFFLOAD_TOS)
		return !offload_covers(&rule->tos, &offload_any);
	return field != OFFLOAD_IN && field != OFFLOAD_UID &&
	       offload_map_test(builder, rule, field) != NULL;
}

/* Whether two adjacent rules test different values. */
static bool differs(const struct builder *builder, const struct offload_rule *a,
		    const struct offload_rule *b, enum offload_field field)
{
	if (field == OFFLOAD_PROTO)
		return memcmp(&a->proto, &b->proto, sizeof(a->proto)) != 0;
	if (field == OFFLOAD_TOS)
		return memcmp(&a->tos, &b->tos, sizeof(a->tos)) != 0;
	return offload_map_test(builder, a, field)->set !=
	       offload_map_test(builder, b, field)->set;
}

/* The number of rules from the first on that test `field`; 0 if all test the
 * same value. */
static size_t run_of(const struct builder *builder, const struct run *run,
		     enum offload_field field, size_t *ret_different)
{
	const struct offload_rule *rules = run->rules;
	size_t count = 0;
	size_t different = 1;

	while (count < run->count &&
	       tests(builder, &rules[count], field, &run->proto)) {
		if (count > 0 && differs(builder, &rules[count - 1],
					 &rules[count], field))
			different++;
		count++;
	}
	*ret_different = different;
	return different > 1 ? count : 0;
}

/* The field that most rules from the first on test; false if too few do. */
static bool find_run(const struct builder *builder, struct run *run)
{
	size_t best = RUN_MIN - 1;
	size_t best_different = 0;
	bool found = false;

	for (int field = 0; field < OFFLOAD_FIELDS; field++) {
		size_t different;
		size_t count = run_of(builder, run, field, &different);

		if (count < best || count < RUN_MIN ||
		    (count == best && different <= best_different))
			continue;
		best = count;
		best_different = different;
		run->field = field;
		found = true;
	}
	if (found)
		run->count = best;
	return found;
}

/* ---- chains ---- */

static int new_chain(struct offload *offload, const struct bitmap *proto,
		     size_t room, uint32_t *ret_chain)
{
	struct offload_chain *chains =
		reallocarray(offload->chains, offload->chain_count + 1,
			     sizeof(*chains));

	if (chains == NULL)
		return -ENOMEM;
	offload->chains = chains;
	chains[offload->chain_count] = (struct offload_chain){
		.proto = *proto,
		.rules = calloc(room + 1, sizeof(*chains->rules)),
	};
	if (chains[offload->chain_count].rules == NULL)
		return -ENOMEM;
	*ret_chain = (uint32_t)offload->chain_count++;
	return 0;
}

/* The protocols that the rules of a run apply to and that have its field. */
static struct bitmap proto_of(const struct run *run)
{
	struct bitmap proto = { 0 };
	bool is_port = run->field == OFFLOAD_SPORT ||
		       run->field == OFFLOAD_DPORT;

	for (int w = 0; w < 4; w++) {
		for (size_t i = 0; i < run->count; i++)
			proto.words[w] |= run->rules[i].proto.words[w];
		proto.words[w] &= run->proto.words[w];
		if (is_port)
			proto.words[w] &= offload_ported.words[w];
	}
	return proto;
}

/* Replace the first rules by a map: their number, 0 if there is no map, or
 * -errno. */
static int try_map(struct builder *builder, struct run *run,
		   struct offload_rule *ret_rule)
{
	struct offload_map *map = NULL;
	size_t chains = builder->offload->chain_count;
	int rc;

	if (run->depth >= DEPTH_MAX || !find_run(builder, run))
		return 0;
	run->proto = proto_of(run);
	rc = offload_map_new(builder, run, &map);
	if (rc == -E2BIG) {
		while (builder->offload->chain_count > chains)
			offload_chain_fini(&builder->offload->chains[
				--builder->offload->chain_count]);
		return 0;
	}
	if (rc < 0)
		return rc;
	*ret_rule = (struct offload_rule){
		.proto = run->proto,
		.tos = offload_any,
		.target = { .verdict = OFFLOAD_MAP },
		.map = map,
	};
	return (int)run->count;
}

int offload_chain_part(struct builder *builder,
		       const struct offload_rule *rules, size_t count,
		       const struct bitmap *proto, unsigned depth,
		       uint32_t *ret_chain)
{
	uint32_t chain = 0;
	int rc = new_chain(builder->offload, proto, count, &chain);

	for (size_t i = 0; i < count && rc == 0;) {
		struct offload_rule rule = rules[i];
		struct run run = { .rules = &rules[i], .count = count - i,
				   .proto = *proto, .depth = depth };
		struct offload_chain *into;

		rc = try_map(builder, &run, &rule);
		if (rc < 0)
			break;
		i += rc > 0 ? (size_t)rc : 1;
		rc = 0;
		into = &builder->offload->chains[chain];
		into->rules[into->count++] = rule;
	}
	*ret_chain = chain;
	return rc;
}

int offload_chain_build(struct builder *builder, const struct terms *rules,
	       uint32_t *ret_chain)
{
	return offload_chain_part(builder, rules->items, rules->count,
				  &offload_any, 0, ret_chain);
}

void offload_chain_fini(struct offload_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		offload_map_free(chain->rules[i].map);
	free(chain->rules);
}
