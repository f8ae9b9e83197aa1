/* cmd_run.c - waymark run: the engine in the foreground, and nothing else. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "tools/cmd.h"
#include "tools/engine_lock.h"
#include "tools/foreground.h"

static const struct option options[] = {
	{ "state-dir", required_argument, NULL, 's' },
	{ 0 },
};

static int run(const char *path, const char *state_dir)
{
	struct policy *policy = NULL;
	struct foreground *fg = NULL;
	struct diag *diag = diag_new();
	int rc;

	if (diag == NULL)
		return EXIT_FAILURE;
	rc = policy_load(path, hints_vocabulary(), diag, &policy);
	diag_print(diag, stderr);
	if (rc < 0)
		goto out;
	fg = foreground_start(path, policy, state_dir);
	rc = fg != NULL ? foreground_wait(fg) : -1;
out:
	foreground_stop(fg);
	policy_free(policy);
	diag_free(diag);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_run(int argc, char *argv[])
{
	const char *state_dir = ENGINE_STATE_DIR;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 's')
			return cmd_usage(argv[0]);
		state_dir = optarg;
	}
	if (argc - optind != 1)
		return cmd_usage(argv[0]);
	return run(argv[optind], state_dir);
}
