/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nevers.c - prove the `expect never` lines of a policy, see expects.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "rules/compare/query.h"
#include "rules/policy/policy.h"
#include "tools/load/expects.h"
#include "tools/load/load.h"

#define PLACE_MAX 512

/* The flows, one of them, and the line that decides it. */
static void print_details(struct query *query, const struct policy *policy,
			  FILE *out)
{
	const struct answer *answer = &query->answers[0];
	const struct outcomes *o = &query->outcomes;
	const struct route *route;
	struct course course;
	char place[PLACE_MAX];

	fputs("  ", out);
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

static void report(struct query *query, const struct policy *policy,
		   const struct never *never, expects_sink sink, void *ctx)
{
	struct expects_details details;

	expects_details_open(&details);
	if (details.out != NULL)
		print_details(query, policy, details.out);
	expects_details_pass(&details, &never->place, never->text, sink, ctx);
}

/* One question; 1 if it does not hold. */
static size_t run_one(struct query *query, const struct policy *policy,
		      const struct never *never, expects_sink sink, void *ctx)
{
	int rc = query_ask(query, never);
	char text[PLACE_MAX];

	snprintf(text, sizeof(text), "this cannot be proven: %s", reason(rc));
	if (rc < 0)
		sink(ctx, &never->place, text, "");
	else if (query->count > 0)
		report(query, policy, never, sink, ctx);
	return rc < 0 || query->count > 0;
}

size_t nevers_each(const struct policy *policy, expects_sink sink, void *ctx)
{
	char text[PLACE_MAX];
	size_t broken = 0;
	struct query query;
	int rc;

	if (policy_nevers(policy) == 0)
		return 0;
	rc = query_init(&query, policy, hints_vocabulary(), COMPARE_NODES);
	if (rc < 0) {
		snprintf(text, sizeof(text), "'expect never' cannot be proven: "
			 "%s", reason(rc));
		sink(ctx, NULL, text, "");
		broken = policy_nevers(policy);
	}
	for (size_t i = 0; rc == 0 && i < policy_nevers(policy); i++)
		broken += run_one(&query, policy, policy_never(policy, i),
				  sink, ctx);
	query_fini(&query);
	return broken;
}
