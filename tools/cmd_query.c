/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_query.c - waymark query: which flows of a policy take an uplink. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "rules/compare/query.h"
#include "tools/cmd.h"
#include "tools/differences.h"
#include "tools/load/load.h"
#include "tools/options.h"

/* As grep(1). */
#define EXIT_NONE 1
#define EXIT_TROUBLE 2

/* The query is the last `expect never` of the policy. */
static int ask(const struct policy *policy, bool json)
{
	const struct never *never =
		policy_never(policy, policy_nevers(policy) - 1);
	struct query query;
	int status = EXIT_TROUBLE;
	int rc = query_init(&query, policy, hints_vocabulary(), COMPARE_NODES);

	if (rc == 0)
		rc = query_ask(&query, never);
	if (rc == 0)
		rc = json ? differences_json_answers(&query, stdout) :
			    differences_print_answers(&query, stdout);
	if (rc == 0)
		status = query.count > 0 ? EXIT_SUCCESS : EXIT_NONE;
	else
		fprintf(stderr, "waymark query: %s\n", rc == -E2BIG ?
			"the policy is too complex" : strerror(-rc));
	query_fini(&query);
	return status;
}

int cmd_query(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "resolve", no_argument, NULL, 'r' },
		{ "state-dir", required_argument, NULL, 's' },
		{ 0 },
	};
	struct load_options load = { .quiet = true };
	struct policy *policy = NULL;
	bool json = false;
	char *words;
	int option, status = EXIT_TROUBLE;

	while ((option = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		if (option == 'j')
			json = true;
		else if (option == 'r')
			load.resolve = true;
		else if (option == 's')
			load.state_dir = optarg;
		else
			return cmd_usage(argv[0]);
	}
	if (argc - optind < 2)
		return cmd_usage(argv[0]);
	words = options_join(argc - optind - 1, argv + optind + 1);
	load.query = words;
	if (words != NULL)
		policy = load_policy(argv[optind], &load);
	if (policy != NULL && policy_nevers(policy) > 0)
		status = ask(policy, json);
	policy_free(policy);
	free(words);
	return status;
}
