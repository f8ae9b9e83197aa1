/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nevers.c - prove the `expect never` lines of a policy, see expects.h. */
#include <errno.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "rules/compare/query.h"
#include "rules/policy/policy.h"
#include "tools/load/expects.h"
#include "tools/load/load.h"

#define PLACE_MAX 512

static void print_broken(struct query *query, const struct policy *policy,
			 const struct never *never, const char *what, FILE *out)
{
	const struct answer *answer = &query->answers[0];
	const struct outcomes *o = &query->outcomes;
	const struct route *route;
	struct course course;
	char place[PLACE_MAX];

	fprintf(out, "%s:%u: %s: this does not hold: %s\n  ",
		load_place(&never->place, place, sizeof(place)),
		never->place.column, what, never->text);
	if (region_print(&query->outcomes.space, answer->region, 1, "", out))
		fputs(", and others", out);
	fputs("\n  for example: ", out);
	region_print_flow(&query->outcomes.space, &answer->flow, out);
	comparison_course(o, 0, &o->items[answer->outcome], &answer->flow,
			  &course);
	if (course.is_exempt) {
		fputs(": exempt\n", out);
		return;
	}
	route = policy_route(policy, course.route);
	fprintf(out, "\n  %s decides: %s\n",
		load_place(&route->place, place, sizeof(place)), route->text);
}

static const char *reason(int rc)
{
	return rc == -E2BIG ? "the policy is too complex" : strerror(-rc);
}

/* One question; 1 if it does not hold. */
static size_t run_one(struct query *query, const struct policy *policy,
		      const struct never *never, const char *what, FILE *out)
{
	int rc = query_ask(query, never);
	char place[PLACE_MAX];

	if (rc < 0)
		fprintf(out, "%s:%u: %s: this cannot be proven: %s\n",
			load_place(&never->place, place, sizeof(place)),
			never->place.column, what, reason(rc));
	else if (query->count > 0)
		print_broken(query, policy, never, what, out);
	return rc < 0 || query->count > 0;
}

size_t nevers_run(const struct policy *policy, const char *what, FILE *out)
{
	size_t broken = 0;
	struct query query;
	int rc;

	if (policy_nevers(policy) == 0)
		return 0;
	rc = query_init(&query, policy, hints_vocabulary(), COMPARE_NODES);
	if (rc < 0) {
		fprintf(out, "%s: 'expect never' cannot be proven: %s\n", what,
			reason(rc));
		broken = policy_nevers(policy);
	}
	for (size_t i = 0; rc == 0 && i < policy_nevers(policy); i++)
		broken += run_one(&query, policy, policy_never(policy, i),
				  what, out);
	query_fini(&query);
	return broken;
}
