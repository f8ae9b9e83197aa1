/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expects.c - the expect lines of a policy, see expects.h. */
#include "tools/load/expects.h"

#include <stdlib.h>

#include "engine/expect.h"
#include "tools/load/load.h"

#define PLACE_MAX 512

/* Print the names of the paths with " or " between them; return how many. */
static int print_paths(const struct policy *policy,
		       const struct path_set *paths, FILE *out)
{
	int count = 0;

	for (int path = 0; path < 256; path++)
		if (path_set_has(paths, (uint8_t)path))
			fprintf(out, "%s%s", count++ > 0 ? " or " : "",
				policy_path_name(policy, (uint8_t)path));
	return count;
}

/* What a route makes of a packet. */
static void print_route(const struct policy *policy, const char *when,
			const struct route *route,
			const struct path_set *paths, FILE *out)
{
	char line[PLACE_MAX];
	int count;

	fprintf(out, "  %s%s decides: %s\n", when,
		load_place(&route->place, line, sizeof(line)), route->text);
	if (route->balance == NULL)
		return;
	fprintf(out, "  the flow takes ");
	count = print_paths(policy, paths, out);
	fputs(count > 1 ? ", depending on the ports: write both ports, or "
			  "name all of these uplinks in braces\n" : "\n", out);
}

static void print_late(const struct expect_course *course, FILE *out)
{
	static const char *const what[] = {
		[1u << LATE_AUTO] = "it does not change its uplink",
		[1u << LATE_KEEP] = "it stays on the uplink of its first "
				    "packet (late keep)",
		[1u << LATE_MOVE] = "it moves to another uplink (late move)",
		[1u << LATE_RESET] = "it is reset (late reset)",
	};
	bool is_sure = (course->late & (course->late - 1)) == 0;

	fprintf(out, "  when the flow is identified, %s\n",
		is_sure ? what[course->late] :
			  "what happens depends on the ports: write both");
}

static void print_details(const struct policy *policy,
			  const struct expect_result *result, FILE *out)
{
	const struct expect_course *course = &result->course;
	char line[PLACE_MAX];

	if (result->exempt != NULL) {
		fprintf(out, "  the flow is exempt by %s\n",
			load_place(&result->exempt->place, line, sizeof(line)));
		return;
	}
	if (!result->first_holds && course->first.is_claimed)
		fprintf(out, "  the first packet takes %s, as a route to it is "
			"not decided yet (strict first)\n",
			policy_path_name(policy, course->first.path));
	else if (!result->first_holds)
		print_route(policy, "for the first packet, ",
			    policy_route(policy, course->first.route),
			    &course->first_paths, out);
	if (!result->last_holds)
		print_route(policy, "", result->route, &result->paths, out);
	if (!result->late_holds)
		print_late(course, out);
}

void expects_details_open(struct expects_details *details)
{
	*details = (struct expects_details){ 0 };
	details->out = open_memstream(&details->text, &details->len);
}

void expects_details_pass(struct expects_details *details,
			  const struct place *place, const char *text,
			  expects_sink sink, void *ctx)
{
	char *line;

	if (details->out != NULL)
		fclose(details->out);
	if (asprintf(&line, "this does not hold: %s", text) < 0)
		line = NULL;
	sink(ctx, place, line != NULL ? line : "this does not hold",
	     details->text != NULL ? details->text : "");
	free(line);
	free(details->text);
}

static void report(const struct policy *policy, const struct expect *expect,
		   const struct expect_result *result, expects_sink sink,
		   void *ctx)
{
	struct expects_details details;

	expects_details_open(&details);
	if (details.out != NULL)
		print_details(policy, result, details.out);
	expects_details_pass(&details, &expect->place, expect->text, sink, ctx);
}

size_t expects_each(const struct policy *policy, expects_sink sink, void *ctx)
{
	size_t broken = 0;

	for (size_t i = 0; i < policy_expects(policy); i++) {
		const struct expect *expect = policy_expect(policy, i);
		struct expect_result result;

		expect_check(policy, expect, &result);
		if (result.holds)
			continue;
		report(policy, expect, &result, sink, ctx);
		broken++;
	}
	return broken + nevers_each(policy, sink, ctx);
}

struct printer {
	const char *what;
	FILE *out;
};

static void print_broken(void *ctx, const struct place *place,
			 const char *text, const char *details)
{
	const struct printer *printer = ctx;
	char file[PLACE_MAX];

	if (place != NULL)
		fprintf(printer->out, "%s:%u: ",
			load_place(place, file, sizeof(file)), place->column);
	fprintf(printer->out, "%s: %s\n%s", printer->what, text, details);
}

size_t expects_run(const struct policy *policy, const char *what, FILE *out)
{
	struct printer printer = { what, out };

	return expects_each(policy, print_broken, &printer);
}
