/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_reach.c - a route that is proven to be never reached decides no flow, at
 * no time; of each other route, the proof gives a flow that it decides: random
 * policies and flows, by the engine's decision.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comparisons.h"
#include "engine/flow/decide.h"
#include "engine/hints/hint.h"
#include "random_text.h"
#include "rules/compare/reach.h"
#include "rules/policy/policy_private.h"
#include "unit.h"

#define POLICIES 40		/* per row; COMPARE_PAIRS=N for a longer run */
#define FLOWS 150
#define MOMENTS 6		/* of each flow: some of its payload is known */

/* Forget what is not in `known`. */
static void forget(struct facts *facts, uint8_t known)
{
	facts->known &= known;
	if ((known & FACT_APP) == 0)
		facts->app = APP_NONE;
	if ((known & FACT_HOST) == 0)
		facts->host_sets = NULL;
	if ((known & FACT_ALPN) == 0)
		facts->alpn_bits = 0;
	if ((known & FACT_PAYLOAD) == 0)
		facts->patterns_seen = 0;
	if ((known & FACT_ECH) == 0)
		facts->ech = false;
	if ((known & FACT_JA4) == 0)
		facts->ja4_bits = 0;
}

static bool is_never(const struct reach *reach, size_t route)
{
	return route < reach->count && !reach->routes[route].is_unsure &&
	       reach->routes[route].reaches == DIAGRAM_FALSE;
}

static void check_flow(const struct reach *reach)
{
	const struct space *space = &reach->outcomes.space;
	const struct policy *p = space->policies[0];
	struct region_flow flow = comparisons_flow(space);

	if (policy_exempt_of(p, &flow.client, &flow.server) != NULL)
		return;
	for (int i = 0; i < MOMENTS; i++) {
		struct decision decision;
		struct facts facts;

		region_facts(space, 0, &flow, &facts);
		forget(&facts, i == 0 ? FACT_ALL : (uint8_t)pick(FACT_ALL + 1));
		decide(p, &facts, &decision);
		ck_assert_msg(!is_never(reach, decision.route),
			      "reached: %s\n%s", p->routes[decision.route].text,
			      random_text);
	}
}

/* Whether payload that is not known yet can let a flow pass a drop, or claim
 * it: then the route may be reached only for a while. */
static bool is_simple(const struct policy *p, size_t route)
{
	for (size_t i = 0; i < route; i++)
		if (p->routes[i].balance == NULL &&
		    p->routes[i].path == p->marks.path_drop &&
		    condition_facts(&p->pool, p->tests[i].node) != 0)
			return false;
	return !p->strict_first;
}

/* Whether it is one of the routes that can be checked. */
static bool check_example(struct reach *reach, size_t route)
{
	struct space *space = &reach->outcomes.space;
	const struct policy *p = space->policies[0];
	const struct reach_route *r = &reach->routes[route];
	struct decision decision;
	struct region_flow flow;
	struct facts facts;

	if (r->is_unsure || r->reaches == DIAGRAM_FALSE || !is_simple(p, route))
		return false;
	ck_assert(region_pick(space, r->reaches, &flow));
	ck_assert_ptr_null(policy_exempt_of(p, &flow.client, &flow.server));
	region_facts(space, 0, &flow, &facts);
	decide(p, &facts, &decision);
	ck_assert_msg(decision.route == route, "not reached: %s\n%s",
		      p->routes[route].text, random_text);
	return true;
}

static const size_t routes_of[] = { 2, 4, 8, 16 };

START_TEST(random_policies)
{
	size_t never = 0, checked = 0;
	const char *more = getenv("COMPARE_PAIRS");
	int policies = more != NULL ? atoi(more) : POLICIES;

	random_seed(362436069 + (uint64_t)_i);
	for (int n = 0; n < policies; n++) {
		struct policy *policy = comparisons_never(routes_of[_i]);
		struct reach reach;

		ck_assert_int_eq(reach_init(&reach, policy, hints_vocabulary(),
					    COMPARE_NODES, 600000), 0);
		ck_assert(reach.is_complete);
		for (int i = 0; i < FLOWS; i++)
			check_flow(&reach);
		for (size_t r = 0; r < reach.count; r++) {
			never += is_never(&reach, r);
			checked += check_example(&reach, r);
		}
		reach_fini(&reach);
		policy_free(policy);
	}
	/* Both must be frequent enough. */
	ck_assert_uint_gt(never, (size_t)policies / 40);
	ck_assert_uint_gt(checked, (size_t)policies / 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reach");
	TCase *tcase = tcase_create("reach");

	tcase_set_timeout(tcase, 600);
	tcase_add_loop_test(tcase, random_policies, 0, ROWS(routes_of));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
