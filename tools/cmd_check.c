/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_check.c - waymark check: read a policy, warn, run its expect lines. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "rules/parse/ast.h"
#include "rules/util/source.h"
#include "tools/cmd.h"
#include "tools/load/expects.h"
#include "tools/load/load.h"

static int print_canonical(const char *path)
{
	struct diag *diag = diag_new();
	struct ast *ast = diag == NULL ? NULL : ast_load(path, diag);
	int status = EXIT_FAILURE;

	if (diag != NULL && ast != NULL && diag_errors(diag) == 0) {
		ast_print(ast, stdout);
		status = EXIT_SUCCESS;
	} else if (diag != NULL) {
		diag_print(diag, stderr);
	}
	ast_free(ast);
	diag_free(diag);
	return status;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

int cmd_check(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "print", no_argument, NULL, 'p' },
		{ "resolve", no_argument, NULL, 'r' },
		{ "state-dir", required_argument, NULL, 's' },
		{ 0 },
	};
	struct load_options load = { .warn_foreign = true };
	struct policy *policy;
	size_t expects, broken, routes, uplinks;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'p')
			load = (struct load_options){ .quiet = true };
		else if (option == 'r')
			load.resolve = true;
		else if (option == 's')
			load.state_dir = optarg;
		else
			return cmd_usage(argv[0]);
	}
	if (argc - optind != 1)
		return cmd_usage(argv[0]);
	policy = load_policy(argv[optind], &load);
	if (policy == NULL)
		return EXIT_FAILURE;
	if (load.quiet) {
		policy_free(policy);
		return print_canonical(argv[optind]);
	}
	broken = expects_run(policy, "error", stderr);
	expects = policy_expects(policy) + policy_nevers(policy);
	uplinks = policy_uplinks(policy);
	routes = policy_routes(policy) + policy_packet_routes(policy);
	printf("%s: %zu uplink%s, %zu route%s with the default",
	       argv[optind], uplinks, plural(uplinks), routes, plural(routes));
	if (expects == 0)
		printf("\n");
	else if (broken == 0)
		printf(", %zu expectation%s hold%s\n", expects,
		       plural(expects), expects == 1 ? "s" : "");
	else
		printf(", %zu of %zu expectations %s not hold\n", broken,
		       expects, broken == 1 ? "does" : "do");
	policy_free(policy);
	return broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
