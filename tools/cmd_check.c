/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_check.c - waymark check: read a policy, warn, run its expect lines. */
#include <getopt.h>
#include <stdio.h>

#include "rules/parse/ast.h"
#include "rules/util/source.h"
#include "tools/cmd.h"
#include "tools/diagnostics.h"
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

static void print_summary(const struct policy *policy, const char *path,
			  size_t broken)
{
	size_t expects = policy_expects(policy) + policy_nevers(policy);
	size_t uplinks = policy_uplinks(policy);
	size_t routes = policy_routes(policy) + policy_packet_routes(policy);

	printf("%s: %zu uplink%s, %zu route%s with the default",
	       path, uplinks, plural(uplinks), routes, plural(routes));
	if (expects == 0)
		printf("\n");
	else if (broken == 0)
		printf(", %zu expectation%s hold%s\n", expects,
		       plural(expects), expects == 1 ? "s" : "");
	else
		printf(", %zu of %zu expectations %s not hold\n", broken,
		       expects, broken == 1 ? "does" : "do");
}

static void report_json(void *ctx, const struct diag *diag)
{
	(void)ctx;
	diagnostics_json(diag, stdout);
}

static void report_foreign(void *ctx, const char *line, const char *fix)
{
	(void)ctx;
	diagnostics_json_foreign(line, fix, stdout);
}

static int check(const char *path, struct load_options *load, bool json)
{
	struct policy *policy;
	size_t broken;

	if (json) {
		load->report = report_json;
		load->report_foreign = report_foreign;
	}
	policy = load_policy(path, load);
	if (policy == NULL)
		return EXIT_FAILURE;
	if (json)
		broken = diagnostics_json_expects(policy, stdout);
	else
		broken = expects_run(policy, "error", stderr);
	if (!json)
		print_summary(policy, path, broken);
	policy_free(policy);
	return broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void correct(void *ctx, const struct diag *diag)
{
	int *count = ctx;

	*count = diagnostics_fix(diag, stdout);
}

/* A statement with several errors takes several rounds. */
#define ROUNDS_MAX 8

/* Correct the files of the policy; false after an error message. */
static bool fix(const char *path, const struct load_options *options)
{
	struct load_options load = *options;
	int count = 1, total = 0;

	load.warn_foreign = false;
	load.prove = false;
	load.report = correct;
	load.report_ctx = &count;
	for (int round = 0; round < ROUNDS_MAX && count > 0; round++) {
		count = -1;
		policy_free(load_policy(path, &load));
		total += count > 0 ? count : 0;
	}
	if (count == 0 && total == 0)
		fprintf(stderr, "%s: nothing is corrected: no message proposes "
			"a word\n", path);
	return count >= 0 && total > 0;
}

static int print(const char *path)
{
	struct load_options load = { .quiet = true };
	struct policy *policy = load_policy(path, &load);

	if (policy == NULL)
		return EXIT_FAILURE;
	policy_free(policy);
	return print_canonical(path);
}

int cmd_check(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "fix", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ "overlaps", no_argument, NULL, 'o' },
		{ "print", no_argument, NULL, 'p' },
		{ "resolve", no_argument, NULL, 'r' },
		{ "state-dir", required_argument, NULL, 's' },
		{ 0 },
	};
	struct load_options load = { .warn_foreign = true, .prove = true };
	bool is_fix = false, is_print = false, json = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'f')
			is_fix = true;
		else if (option == 'j')
			json = true;
		else if (option == 'o')
			load.overlaps = true;
		else if (option == 'p')
			is_print = true;
		else if (option == 'r')
			load.resolve = true;
		else if (option == 's')
			load.state_dir = optarg;
		else
			return cmd_usage(argv[0]);
	}
	if (argc - optind != 1 || is_fix + is_print + json > 1)
		return cmd_usage(argv[0]);
	if (is_print)
		return print(argv[optind]);
	if (is_fix && !fix(argv[optind], &load))
		return EXIT_FAILURE;
	return check(argv[optind], &load, json);
}
