/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_setup.c - waymark setup: what a policy asks of the kernel. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "rules/policy/strict.h"
#include "rules/setup/exempts.h"
#include "rules/setup/setup.h"
#include "tools/cmd.h"
#include "tools/daemon/engine_lock.h"
#include "tools/load/load.h"

struct choice {
	struct setup_options options;
	bool script;		/* --dry-run */
	bool check;
	bool guard;		/* before the network starts */
	bool resolve;		/* names, also when nothing is changed */
};

/* false: the words make no sense. */
static bool read_words(int argc, char *argv[], struct choice *choice)
{
	static const struct option options[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ "diff", no_argument, NULL, 'd' },
		{ "check", no_argument, NULL, 'c' },
		{ "guard", no_argument, NULL, 'g' },
		{ "resolve", no_argument, NULL, 'r' },
		{ "state-dir", required_argument, NULL, 's' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			choice->script = true;
			break;
		case 'd':
			choice->options.dry_run = true;
			choice->options.steps = stdout;
			break;
		case 'c':
			choice->check = true;
			choice->options.down_links = true;
			choice->options.dry_run = true;
			choice->options.steps = stdout;
			break;
		case 'g':
			choice->guard = true;
			choice->options.down_links = true;
			break;
		case 'r':
			choice->resolve = true;
			break;
		case 's':
			choice->options.state_dir = optarg;
			break;
		default:
			return false;
		}
	}
	return argc - optind == 1;
}

/* Exemptions made on the running system stay. */
static int apply(const struct policy *policy,
		 const struct setup_options *given, struct setup_report *report,
		 char error[static SETUP_ERROR_MAX])
{
	struct setup_options options = *given;
	const struct clock_stamp now = clock_stamp_now();
	struct exempts exempts;
	int rc = exempts_load_valid(&exempts, options.state_dir, &now,
				    options.dry_run, stderr);

	if (rc < 0) {
		set_error(error, rc, "exempt.json: %s", strerror(-rc));
	} else {
		options.exempts = &exempts.plan;
		rc = setup_apply(policy, &options, report, error);
	}
	exempts_fini(&exempts);
	return rc;
}

static bool has_strict(const struct policy *policy)
{
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (policy_uplink_is_strict(policy, i))
			return true;
	return false;
}

static int set_up(const struct policy *policy, const char *path,
		  const struct choice *choice)
{
	char error[SETUP_ERROR_MAX];
	struct setup_report report;
	pid_t owner;
	int rc;

	if (choice->guard && !has_strict(policy)) {
		printf("%s: no uplink is strict, nothing has to be guarded\n",
		       path);
		return EXIT_SUCCESS;
	}
	if (choice->script)
		rc = setup_print(policy, stdout, error);
	else
		rc = apply(policy, &choice->options, &report, error);
	if (rc < 0) {
		fprintf(stderr, "%s: %s\n", path, error);
		return EXIT_FAILURE;
	}
	if (choice->check)
		return report.changes == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	if (choice->script || choice->options.dry_run)
		return EXIT_SUCCESS;
	owner = engine_lock_owner(choice->options.state_dir);
	if (owner > 0 && report.changes > 0)
		fprintf(stderr, "waymark setup: the engine, process %d, goes "
			"on with the policy it has; 'waymark reload' makes it "
			"read its own file again\n", (int)owner);
	if (report.changes == 0)
		printf("%s: all is set up, nothing was changed\n", path);
	else
		printf("%s: set up, %u change%s\n", path, report.changes,
		       report.changes == 1 ? "" : "s");
	return EXIT_SUCCESS;
}

int cmd_setup(int argc, char *argv[])
{
	struct choice choice = { 0 };
	struct load_options load = { 0 };
	struct policy *policy;
	int status;

	if (!read_words(argc, argv, &choice))
		return cmd_usage(argv[0]);
	/* A dry run resolves no names, unless --resolve is given, and before
	 * the network starts nothing answers. */
	load.remember = !choice.script && !choice.options.dry_run &&
			!choice.guard;
	load.resolve = load.remember || choice.resolve;
	load.here = true;
	load.run_expects = true;
	load.warn_foreign = !choice.script;
	load.state_dir = choice.options.state_dir;
	policy = load_policy(argv[optind], &load);
	if (policy == NULL)
		return EXIT_FAILURE;
	status = set_up(policy, argv[optind], &choice);
	policy_free(policy);
	return status;
}
