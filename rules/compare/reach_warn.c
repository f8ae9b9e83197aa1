/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reach_warn.c - put what reach.h finds into warnings, see reach_warn.h. */
#include "rules/compare/reach_warn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compare/reach.h"
#include "rules/compare/region.h"
#include "rules/policy/policy_private.h"
#include "rules/util/clock.h"
#include "rules/util/source.h"

#define FIX_MAX 256

/* Routes that a warning names. */
#define NAMED_MAX 8

struct warner {
	struct reach reach;
	const struct policy *policy;
	const struct reach_options *options;
	struct diag *diag;
	uint64_t until_ms;
};

static struct diagram *diagram_of(const struct warner *w)
{
	return w->reach.outcomes.space.diagram;
}

static struct place place_of(const struct warner *w, size_t route)
{
	return w->options->place(w->options->ctx,
				 w->policy->routes[route].place);
}

/* "line 3", or "line 3 of FILE" seen from another file. */
static void print_line(const struct warner *w, size_t from, size_t route,
		       FILE *out)
{
	const struct place *here = &w->policy->routes[from].place;
	const struct place *there = &w->policy->routes[route].place;

	fprintf(out, "line %u", there->line);
	if (strcmp(here->source->name, there->source->name) != 0)
		fprintf(out, " of %s", there->source->name);
}

/* ---- routes that are never reached ---- */

/* The flows of `rest` that are left after all routes of `by` but one. */
static uint32_t left_without(const struct warner *w, uint32_t rest,
			     const size_t *by, size_t count, size_t except)
{
	for (size_t i = 0; i < count; i++)
		if (i != except)
			rest = diagram_choose(diagram_of(w),
					      w->reach.routes[by[i]].covers,
					      DIAGRAM_FALSE, rest);
	return rest;
}

/* One route above that alone takes all flows of `rest`; SIZE_MAX: none. */
static size_t find_one(const struct warner *w, size_t route, uint32_t rest)
{
	for (size_t i = 0; i < route; i++)
		if (!w->reach.routes[i].is_unsure &&
		    left_without(w, rest, &i, 1, 1) == DIAGRAM_FALSE)
			return i;
	return SIZE_MAX;
}

/* The routes above that together take all flows of `rest`, none of them without
 * need; 0: more than a warning names. */
static size_t find_several(const struct warner *w, size_t route, uint32_t rest,
			   size_t by[NAMED_MAX])
{
	size_t count = 0;
	uint32_t left = rest;

	for (size_t i = 0; i < route && left != DIAGRAM_FALSE; i++) {
		uint32_t after;

		if (w->reach.routes[i].is_unsure)
			continue;
		after = left_without(w, left, &i, 1, 1);
		if (after == left)
			continue;
		if (count == NAMED_MAX)
			return 0;
		by[count++] = i;
		left = after;
	}
	for (size_t i = 0; i < count;) {
		if (left_without(w, rest, by, count, i) != DIAGRAM_FALSE)
			i++;
		else
			memmove(by + i, by + i + 1,
				(--count - i) * sizeof(*by));
	}
	return count;
}

static void print_several(const struct warner *w, size_t route, const size_t *by,
			  size_t count, FILE *out)
{
	if (count == 0) {
		fputs("the routes above together match all of these flows",
		      out);
		return;
	}
	fputs(count == 1 ? "the route in " : "the routes in ", out);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputs(i + 1 == count ? " and " : ", ", out);
		print_line(w, route, by[i], out);
	}
	fputs(count == 1 ? " matches all of these flows" :
	      " together match all of these flows", out);
}

static void warn_covered(struct warner *w, size_t route, uint32_t rest)
{
	size_t by[NAMED_MAX], count = 1;
	char fix[FIX_MAX] = "";
	FILE *out = fmemopen(fix, sizeof(fix) - 1, "w");

	if (out == NULL)
		return;
	by[0] = find_one(w, route, rest);
	if (by[0] == SIZE_MAX)
		count = find_several(w, route, rest, by);
	print_several(w, route, by, count, out);
	fclose(out);
	diag_add(w->diag, DIAG_WARNING, place_of(w, route), fix,
		 "this route is never reached");
}

static void warn_unreached(struct warner *w, size_t route)
{
	const struct reach_route *r = &w->reach.routes[route];
	uint32_t exempt = outcomes_exempt(&w->reach.outcomes, 0);
	uint32_t rest = diagram_choose(diagram_of(w), exempt, DIAGRAM_FALSE,
				       r->matches);

	/* What was proven before there was no room is right. */
	if (diagram_is_full(diagram_of(w)))
		diag_add(w->diag, DIAG_WARNING, place_of(w, route),
			 "delete it, or move it up",
			 "this route is never reached");
	else if (r->matches == DIAGRAM_FALSE)
		diag_add(w->diag, DIAG_WARNING, place_of(w, route),
			 "its condition contradicts itself",
			 "this route can never match");
	else if (rest == DIAGRAM_FALSE)
		diag_add(w->diag, DIAG_WARNING, place_of(w, route),
			 "all of its flows are exempt",
			 "this route is never reached");
	else
		warn_covered(w, route, rest);
}

static void warn_all_unreached(struct warner *w)
{
	for (size_t r = 0; r < w->reach.count; r++)
		if (!w->reach.routes[r].is_unsure &&
		    w->reach.routes[r].reaches == DIAGRAM_FALSE)
			warn_unreached(w, r);
}

/* ---- overlaps ---- */

static bool same_way(const struct route *a, const struct route *b)
{
	return strcmp(a->way, b->way) == 0 && a->late == b->late;
}

/*
 * The flows of `route` that `above` decides, if each matches flows that the other
 * does not: a route for some of the flows of the one below is an exception, and
 * is meant.
 */
static uint32_t overlap(const struct warner *w, size_t above, size_t route)
{
	const struct reach_route *a = &w->reach.routes[above];
	const struct reach_route *r = &w->reach.routes[route];
	struct diagram *d = diagram_of(w);

	if (a->is_unsure || r->reaches == DIAGRAM_FALSE ||
	    same_way(&w->policy->routes[above], &w->policy->routes[route]) ||
	    diagram_choose(d, r->matches, DIAGRAM_FALSE, a->matches) ==
		    DIAGRAM_FALSE)
		return DIAGRAM_FALSE;
	return diagram_and(d, r->matches, diagram_and(d, a->covers,
						      a->reaches));
}

/* Print a flow of the region, as `explain` takes it, to `fix`. */
static void print_flow(struct warner *w, uint32_t region, FILE *out)
{
	struct region_flow flow;

	if (region_pick(&w->reach.outcomes.space, region, &flow))
		region_print_flow(&w->reach.outcomes.space, &flow, out);
}

static void warn_overlap(struct warner *w, size_t above, size_t route,
			 uint32_t region)
{
	char fix[FIX_MAX] = "", text[FIX_MAX] = "";
	FILE *out = fmemopen(fix, sizeof(fix) - 1, "w");
	FILE *line = fmemopen(text, sizeof(text) - 1, "w");

	if (out != NULL && line != NULL) {
		fputs("such as ", out);
		print_flow(w, region, out);
		print_line(w, route, above, line);
	}
	if (out != NULL)
		fclose(out);
	if (line != NULL)
		fclose(line);
	diag_add(w->diag, DIAG_WARNING, place_of(w, route), fix,
		 "the route in %s takes some flows of this one", text);
}

static void warn_class_overlap(struct warner *w, size_t route, size_t a,
			       size_t b)
{
	struct outcomes *o = &w->reach.outcomes;
	const struct policy_class *first = &w->policy->classes[a];
	const struct policy_class *second = &w->policy->classes[b];
	uint32_t region = diagram_and(
		diagram_of(w), w->reach.routes[route].reaches,
		diagram_and(diagram_of(w),
			    outcomes_condition(o, 0, first->node, VIEW_FULL),
			    outcomes_condition(o, 0, second->node, VIEW_FULL)));
	char fix[FIX_MAX] = "";
	FILE *out;

	if (region == DIAGRAM_FALSE)
		return;
	out = fmemopen(fix, sizeof(fix) - 1, "w");
	if (out != NULL) {
		fputs("such as ", out);
		print_flow(w, region, out);
		fclose(out);
	}
	diag_add(w->diag, DIAG_WARNING, place_of(w, route), fix,
		 "flows of class '%s' count as '%s' here", second->name,
		 first->name);
}

static void warn_classes(struct warner *w, size_t route)
{
	const struct route_test *test = &w->policy->tests[route];

	for (size_t i = 0; i < test->class_count; i++)
		for (size_t j = i + 1; j < test->class_count; j++)
			warn_class_overlap(w, route, test->classes[i],
					   test->classes[j]);
}

static bool has_reached_limit(const struct warner *w)
{
	return diagram_is_full(diagram_of(w)) || clock_ms() >= w->until_ms;
}

static void warn_overlaps_of(struct warner *w, size_t route)
{
	for (size_t above = 0; above < route; above++) {
		uint32_t region = overlap(w, above, route);

		if (has_reached_limit(w))
			return;
		if (region != DIAGRAM_FALSE)
			warn_overlap(w, above, route, region);
	}
	warn_classes(w, route);
}

static void warn_overlaps(struct warner *w)
{
	for (size_t r = 0; r < w->reach.count; r++) {
		if (!w->reach.routes[r].is_unsure)
			warn_overlaps_of(w, r);
		if (!has_reached_limit(w))
			continue;
		diag_add(w->diag, DIAG_WARNING, place_of(w, r),
			 "the routes are too many or too complex",
			 "from here on, overlaps are not found");
		return;
	}
}

/* ---- all ---- */

int reach_warn(const struct policy *policy, const struct vocabulary *vocabulary,
	       const struct reach_options *options, struct diag *diag)
{
	struct warner w = {
		.policy = policy, .options = options, .diag = diag,
	};
	int rc;

	if (policy->route_count < 2)
		return 0;
	rc = reach_init(&w.reach, policy, vocabulary, options->max_nodes,
			options->max_ms);
	w.until_ms = clock_ms() + options->max_ms;
	if (rc == 0)
		warn_all_unreached(&w);
	if (rc == 0 && w.reach.is_complete && options->overlaps)
		warn_overlaps(&w);
	if (rc == 0 && !w.reach.is_complete)
		diag_add(diag, DIAG_WARNING, place_of(&w, w.reach.count),
			 "the routes are too many or too complex",
			 "from here on, routes that are never reached are not "
			 "found");
	reach_fini(&w.reach);
	return rc;
}
