/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offload_private.h - shared by the files that build a struct offload.
 *
 * offload.c lists the rules route by route; offload_terms.c turns conditions
 * into rules; offload_chain.c arranges them in chains, and offload_map.c turns
 * runs of rules into maps.
 */
#ifndef WAYMARK_OFFLOAD_PRIVATE_H
#define WAYMARK_OFFLOAD_PRIVATE_H

#include "rules/offload/offload.h"
#include "rules/policy/policy_private.h"
#include "rules/policy/strict.h"

/* A condition with more alternatives stays in the engine. */
#define TERMS_MAX 256

/* Rules, or the alternatives of a condition: it matches if one of them does. */
struct terms {
	struct offload_rule *items;
	size_t count;
	size_t room;
};

struct builder {
	const struct policy *policy;
	struct offload *offload;
	/* For each set of the policy, the set here plus one; 0: none yet. */
	uint32_t *address_sets;
	uint32_t *number_sets[2];	/* the set, and its complement */
	uint32_t *interface_sets;
	uint32_t uid_sets[UIDS_MAX];
	size_t range_count;		/* of all lists so far */
	bool is_too_long;		/* the current route has a long list */
};

/* Initialise a zeroed builder: 0 or -ENOMEM. Call offload_builder_fini() in
 * both cases. */
int offload_builder_init(struct builder *builder, const struct policy *policy);
void offload_builder_fini(struct builder *builder);

int offload_terms_add(struct terms *terms, const struct offload_rule *term);

/*
 * The alternatives of a condition. With `certain`: those in which headers alone
 * make it true; else those in which headers do not make it false. A packet is
 * in one of *ret_terms if and only if that is so. 0, -ENOMEM, or -E2BIG when
 * there are too many.
 */
int offload_terms_of(struct builder *builder, uint32_t node, bool certain,
		     struct terms *ret_terms);
/* Whether `outer` applies to all packets that `inner` applies to. */
bool offload_terms_cover(const struct offload_rule *outer,
			 const struct offload_rule *inner);

/* ---- offload_chain.c ---- */

void offload_chain_fini(struct offload_chain *chain);

/* Build a chain of the rules, of which the first that matches decides. */
int offload_chain_build(struct builder *builder, const struct terms *rules,
			uint32_t *ret_chain);
/* The same for rules that only `proto` reaches, below `depth` maps. */
int offload_chain_part(struct builder *builder,
		       const struct offload_rule *rules, size_t count,
		       const struct bitmap *proto, unsigned depth,
		       uint32_t *ret_chain);

/* ---- offload_map.c ---- */

/* A run of rules that a map replaces. */
struct run {
	const struct offload_rule *rules;
	size_t count;
	enum offload_field field;
	struct bitmap proto;	/* protocols that reach the map */
	unsigned depth;
};

/* The test of a field that a map can replace; NULL for none. */
const struct offload_test *offload_map_test(const struct builder *builder,
					    const struct offload_rule *rule,
					    enum offload_field field);
/* Build the map of a run: 0, -ENOMEM, or -E2BIG if it needs too many rules. */
int offload_map_new(struct builder *builder, const struct run *run,
		    struct offload_map **ret_map);
void offload_map_free(struct offload_map *map);

#endif
