/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_query.c - `expect never` misses no flow and invents none: random
 * policies and flows, and the engine's decision for each.
 */
#include <string.h>

#include "comparisons.h"
#include "engine/hints/hint.h"
#include "random_text.h"
#include "rules/compare/query.h"
#include "rules/policy/policy_private.h"
#include "unit.h"

#define POLICIES 30		/* per row */
#define FLOWS 150		/* per policy */

static const size_t routes_of[] = { 1, 2, 4, 8, 16 };

static bool is_meant(const struct policy *p, const struct never *never,
		     const char *name)
{
	for (int path = 0; path < 256; path++)
		if (path_set_has(&never->paths, (uint8_t)path) &&
		    strcmp(policy_path_name(p, (uint8_t)path), name) == 0)
			return true;
	return false;
}

/* Whether the flow breaks the line, by the engine's decision. */
static bool breaks(const struct space *space, const struct never *never,
		   const struct region_flow *flow)
{
	const struct policy *p = space->policies[0];
	struct engine_answer answer = comparisons_answer(space, 0, flow);
	struct facts facts;
	uint8_t needs = 0;

	region_facts(space, 0, flow, &facts);
	if (condition_eval(&p->pool, never->node, &facts, &needs) !=
	    TRUTH_TRUE)
		return false;
	if (answer.exempt != NULL || never->outcome == OUTCOME_EXEMPT)
		return answer.exempt != NULL &&
		       never->outcome == OUTCOME_EXEMPT;
	if (is_meant(p, never, answer.first))
		return true;
	return !never->is_first &&
	       ((answer.late != 1u << LATE_KEEP &&
		 is_meant(p, never, answer.last)) ||
		is_meant(p, never, answer.packet));
}

/* The answer that has the flow, or NULL. */
static const struct answer *find_answer(const struct query *q,
					const struct region_flow *flow)
{
	for (size_t i = 0; i < q->count; i++)
		if (comparisons_has(&q->outcomes.space, q->answers[i].region,
				    flow))
			return &q->answers[i];
	return NULL;
}

static void check_never(struct query *q, const struct never *never)
{
	struct space *space = &q->outcomes.space;

	for (int i = 0; i < FLOWS; i++) {
		struct region_flow flow = comparisons_flow(space);
		const struct answer *answer;
		bool real = breaks(space, never, &flow);

		comparisons_locate(space, &flow);
		answer = find_answer(q, &flow);
		if (answer != NULL &&
		    comparisons_hashed(&q->outcomes, answer->outcome))
			continue;
		if (real != (answer != NULL))
			ck_abort_msg("%s: %s", real ? "missed" : "invented",
				     never->text);
	}
	for (size_t i = 0; i < q->count; i++)
		ck_assert(comparisons_hashed(&q->outcomes,
					  q->answers[i].outcome) ||
			  breaks(space, never, &q->answers[i].flow));
}

START_TEST(never)
{
	size_t holds = 0;

	random_seed(362436069 + (uint64_t)_i);
	for (int n = 0; n < POLICIES; n++) {
		struct policy *policy = comparisons_never(routes_of[_i]);
		struct query query;

		ck_assert_uint_eq(policy_nevers(policy), 1);
		ck_assert_int_eq(query_init(&query, policy, hints_vocabulary(),
					    COMPARE_NODES), 0);
		ck_assert_int_eq(query_ask(&query, policy_never(policy, 0)),
				 0);
		check_never(&query, policy_never(policy, 0));
		holds += query.count == 0;
		query_fini(&query);
		policy_free(policy);
	}
	ck_assert_uint_gt(holds, 0);
	ck_assert_uint_lt(holds, POLICIES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("query");
	TCase *tcase = tcase_create("query");

	tcase_set_timeout(tcase, 600);
	tcase_add_loop_test(tcase, never, 0, ROWS(routes_of));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
