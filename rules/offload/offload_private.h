/*
 * offload_private.h - what the files that make an offload share.
 *
 * offload.c lists the rules, route by route; offload_terms.c makes them of
 * conditions; offload_chain.c puts them into chains, offload_map.c runs
 * of them into maps.
 */
#ifndef WAYMARK_OFFLOAD_PRIVATE_H
#define WAYMARK_OFFLOAD_PRIVATE_H

#include "rules/offload/offload.h"
#include "rules/policy/policy_private.h"

/* A condition of more alternatives than this stays in the engine. */
#define TERMS_MAX 256

/* Rules, or alternatives of which one has to hold. */
struct terms {
	struct offload_rule *items;
	size_t count;
	size_t room;
};

struct maker {
	const struct policy *policy;
	struct offload *offload;
	/* The offload's set for one of the policy's, plus one; 0: none yet. */
	uint32_t *address_sets;
	uint32_t *number_sets[2];	/* as it is, and all but it */
	uint32_t *interface_sets;
	uint32_t uid_sets[UIDS_MAX];
	size_t range_count;		/* of all lists so far */
	bool is_too_long;		/* a list was; of the route at hand */
};

/* 0 or -ENOMEM; offload_maker_fini() in both cases. It starts as zeros. */
int offload_maker_init(struct maker *maker, const struct policy *policy);
void offload_maker_fini(struct maker *maker);

int offload_terms_add(struct terms *terms, const struct offload_rule *term);

/*
 * Of a condition: when headers say that it holds (`certain`), or when they do
 * not say that it does not. A packet is in one of *ret_terms if and only if
 * that is so. 0, -ENOMEM, or -E2BIG when there are too many.
 */
int offload_terms_of(struct maker *maker, uint32_t node, bool certain,
	     struct terms *ret_terms);
/* Whether all that `inner` is for, `outer` is for as well. */
bool offload_terms_cover(const struct offload_rule *outer,
		 const struct offload_rule *inner);

/* ---- offload_chain.c ---- */

void offload_chain_fini(struct offload_chain *chain);

/* The first rule that holds decides; *ret_chain does the same. */
int offload_chain_make(struct maker *maker, const struct terms *rules,
	       uint32_t *ret_chain);
/* The same for rules that only `proto` gets to, so many maps down. */
int offload_chain_part(struct maker *maker, const struct offload_rule *rules,
	       size_t count, const struct bitmap *proto, unsigned depth,
	       uint32_t *ret_chain);

/* ---- offload_map.c ---- */

/* A run of rules that a map stands for. */
struct run {
	const struct offload_rule *rules;
	size_t count;
	enum offload_field field;
	struct bitmap proto;	/* what may get into the map */
	unsigned depth;
};

/* The rule's test of a field that a map can make; NULL for none. */
const struct offload_test *offload_map_test(const struct maker *maker,
				    const struct offload_rule *rule,
				    enum offload_field field);
/* 0, -ENOMEM, or -E2BIG when it would take too many rules. */
int offload_map_make(struct maker *maker, const struct run *run,
	     struct offload_map **ret_map);
void offload_map_free(struct offload_map *map);

#endif
