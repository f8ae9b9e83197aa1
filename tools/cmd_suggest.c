/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_suggest.c - waymark suggest: lines for a policy, from captures. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "rules/compile/policy_load.h"
#include "rules/util/diag.h"
#include "tools/cmd.h"
#include "tools/load/load.h"
#include "tools/options.h"
#include "tools/suggest/suggest.h"

#define ROWS 10
/* The stand-alone policies need the name of an uplink that is not main. */
#define ANY "any"

struct job {
	const struct policy *policy;	/* NULL: none */
	const char *interface, *via;
	char **captures;
	unsigned long rows;
};

static int fail(const char *why)
{
	fprintf(stderr, "waymark suggest: %s\n", why);
	return -1;
}

static struct policy *compile(const char *text)
{
	struct policy *policy = NULL;
	struct diag *diag = diag_new();

	if (text != NULL && diag != NULL &&
	    policy_parse("suggestions", text, strlen(text), hints_vocabulary(),
			 diag, &policy) < 0)
		diag_print(diag, stderr);
	diag_free(diag);
	return policy;
}

/* NULL after an error message. */
static struct replay *read_captures(const struct job *job,
				    const struct policy *policy)
{
	const struct replay_options options = { .interface = job->interface };
	struct replay *replay = policy != NULL ? replay_new(policy, &options) :
						 NULL;
	char error[SOURCE_ERROR_MAX];

	if (replay == NULL)
		fail("out of memory");
	for (char **path = job->captures; replay != NULL && *path != NULL;
	     path++)
		if (replay_file(replay, *path, error) < 0) {
			fprintf(stderr, "%s\n", error);
			replay_free(replay);
			replay = NULL;
		}
	return replay;
}

/* Whether a line of the policy, other than its default, decides the flow. */
static bool is_covered(const struct policy *policy,
		       const struct replay_flow *flow)
{
	return flow->exempt != NULL ||
	       (flow->route >= 0 &&
		(size_t)flow->route + 1 < policy_routes(policy));
}

/* Call `each` for all flows, with those of the policy beside them. */
static int walk(const struct job *job, const struct policy *policy,
		struct replay *covered,
		int (*each)(struct suggestions *all, const struct policy *policy,
			    const struct replay_flow *flow, bool is_covered),
		struct suggestions *all)
{
	struct replay *replay = read_captures(job, policy);
	int rc = replay != NULL ? 0 : -1;

	if (rc == 0 && covered != NULL &&
	    replay_flows(covered) != replay_flows(replay))
		rc = fail("the policy splits the captures into other flows");
	for (size_t i = 0; rc == 0 && i < replay_flows(replay); i++) {
		const struct replay_flow *flow = replay_flow(replay, i);
		const struct replay_flow *by_policy = covered != NULL ?
			replay_flow(covered, i) : NULL;

		if (flow == NULL || (covered != NULL && by_policy == NULL))
			rc = fail("the temporary file cannot be read");
		else if (each(all, policy, flow, by_policy != NULL &&
			      is_covered(job->policy, by_policy)) < 0)
			rc = fail("out of memory");
	}
	replay_free(replay);
	return rc;
}

static int identify(struct suggestions *all, const struct policy *policy,
		    const struct replay_flow *flow, bool covered)
{
	(void)policy;
	return suggest_add(all, flow, covered);
}

static int count(struct suggestions *all, const struct policy *policy,
		 const struct replay_flow *flow, bool covered)
{
	if (covered)
		return 0;
	if (flow->exempt != NULL)
		suggest_count(all, flow->exempt->place.line, flow);
	else if (flow->route >= 0)
		suggest_count(all, policy_route(policy, (size_t)flow->route)->
			      place.line, flow);
	return 0;
}

static int suggest(const struct job *job)
{
	struct suggestions all = { 0 };
	struct policy *analysis = NULL, *lines = NULL;
	struct replay *covered = NULL;
	size_t left_out = 0;
	char *text = NULL;
	int rc = -1;

	if (job->policy != NULL) {
		covered = read_captures(job, job->policy);
		if (covered == NULL)
			goto out;
	}
	analysis = compile(suggest_analysis);
	if (walk(job, analysis, covered, identify, &all) < 0)
		goto out;
	left_out = suggest_choose(&all, job->rows);
	text = suggest_lines(&all, ANY);
	lines = compile(text);
	if (walk(job, lines, covered, count, &all) < 0)
		goto out;
	suggest_print(&all, job->via, stdout);
	if (left_out > 0)
		printf("\n# %zu smaller ones are left out, see --rows\n",
		       left_out);
	rc = 0;
out:
	suggest_fini(&all);
	replay_free(covered);
	policy_free(analysis);
	policy_free(lines);
	free(text);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool is_policy(const char *path)
{
	size_t len = strlen(path);

	return len > strlen(".policy") &&
	       strcmp(path + len - strlen(".policy"), ".policy") == 0;
}

int cmd_suggest(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "in", required_argument, NULL, 'i' },
		{ "rows", required_argument, NULL, 'n' },
		{ "via", required_argument, NULL, 'v' },
		{ "state-dir", required_argument, NULL, 's' },
		{ 0 },
	};
	struct load_options load = { .quiet = true };
	struct job job = { .via = "main", .rows = ROWS };
	struct policy *policy = NULL;
	int option, status;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 'i')
			job.interface = optarg;
		else if (option == 'v')
			job.via = optarg;
		else if (option == 's')
			load.state_dir = optarg;
		else if (option != 'n' || !options_count(optarg, &job.rows))
			return cmd_usage(argv[0]);
	}
	if (argc - optind > 1 && is_policy(argv[argc - 1])) {
		policy = load_policy(argv[argc - 1], &load);
		if (policy == NULL)
			return EXIT_FAILURE;
		argv[argc - 1] = NULL;
	}
	job.policy = policy;
	job.captures = argv + optind;
	status = job.captures[0] != NULL ? suggest(&job) : cmd_usage(argv[0]);
	policy_free(policy);
	return status;
}
