/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expects.c - the expect lines of a policy, see expects.h. */
#include "tools/expects.h"

#include "engine/expect.h"
#include "tools/load.h"

#define PLACE_MAX 512

/* What a balance makes of the flow. */
static void print_paths(const struct policy *policy,
			const struct expect_result *result, FILE *out)
{
	const char *between = "  the flow takes ";
	int count = 0;

	if (result->route->balance == NULL)
		return;
	for (int path = 0; path < 256; path++) {
		if (!path_set_has(&result->paths, (uint8_t)path))
			continue;
		fprintf(out, "%s%s", between,
			policy_path_name(policy, (uint8_t)path));
		between = " or ";
		count++;
	}
	fputs(count > 1 ? ", depending on the ports: write both ports, or "
			  "name all of these uplinks in braces\n" : "\n", out);
}

static void print_broken(const struct policy *policy,
			 const struct expect *expect,
			 const struct expect_result *result, const char *what,
			 FILE *out)
{
	char place[PLACE_MAX], line[PLACE_MAX];

	load_place(&expect->place, place, sizeof(place));
	fprintf(out, "%s:%u: %s: this does not hold: %s\n", place,
		expect->place.column, what, expect->text);
	if (result->exempt != NULL)
		fprintf(out, "  the flow is exempt by %s\n",
			load_place(&result->exempt->place, line, sizeof(line)));
	else {
		fprintf(out, "  %s decides: %s\n",
			load_place(&result->route->place, line, sizeof(line)),
			result->route->text);
		print_paths(policy, result, out);
	}
}

size_t expects_run(const struct policy *policy, const char *what, FILE *out)
{
	size_t broken = 0;

	for (size_t i = 0; i < policy_expects(policy); i++) {
		const struct expect *expect = policy_expect(policy, i);
		struct expect_result result;

		expect_check(policy, expect, &result);
		if (result.holds)
			continue;
		print_broken(policy, expect, &result, what, out);
		broken++;
	}
	return broken;
}
