/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_diff.c - waymark diff: the flows that two policies treat differently. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "tools/cmd.h"
#include "tools/differences.h"
#include "tools/load/load.h"

/* As diff(1): 1 is a difference, 2 is trouble. */
#define EXIT_DIFFERENT 1
#define EXIT_TROUBLE 2

static int compare(struct policy *const policies[2], bool json)
{
	struct comparison comparison = { .count = 0 };
	int rc = comparison_make(&comparison, policies[0], policies[1],
				 hints_vocabulary(), COMPARE_NODES);
	int status = comparison.count > 0 ? EXIT_DIFFERENT : EXIT_SUCCESS;

	if (rc == 0)
		rc = json ? differences_json(&comparison, stdout) :
			    differences_print(&comparison, stdout);
	if (rc < 0) {
		fprintf(stderr, "waymark diff: %s\n", rc == -E2BIG ?
			"the policies are too complex to be compared: compare "
			"them by captures" : strerror(-rc));
		status = EXIT_TROUBLE;
	}
	comparison_fini(&comparison);
	return status;
}

static int compare_captures(struct policy *const policies[2], char *paths[],
			    const struct captures_options *options)
{
	int result = differences_captures(policies, paths, options, stdout);

	return result < 0 ? EXIT_TROUBLE :
	       result > 0 ? EXIT_DIFFERENT : EXIT_SUCCESS;
}

int cmd_diff(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "in", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "resolve", no_argument, NULL, 'r' },
		{ "state-dir", required_argument, NULL, 's' },
		{ 0 },
	};
	struct load_options load = { .quiet = true };
	struct captures_options options = { 0 };
	struct policy *policies[2] = { NULL, NULL };
	int option, status = EXIT_TROUBLE;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 'i')
			options.interface = optarg;
		else if (option == 'j')
			options.json = true;
		else if (option == 'r')
			load.resolve = true;
		else if (option == 's')
			load.state_dir = optarg;
		else
			return cmd_usage(argv[0]);
	}
	if (argc - optind < 2)
		return cmd_usage(argv[0]);
	policies[0] = load_policy(argv[optind], &load);
	policies[1] = load_policy(argv[optind + 1], &load);
	if (policies[0] != NULL && policies[1] != NULL)
		status = argc - optind == 2 ?
			 compare(policies, options.json) :
			 compare_captures(policies, argv + optind + 2,
					  &options);
	policy_free(policies[0]);
	policy_free(policies[1]);
	return status;
}
