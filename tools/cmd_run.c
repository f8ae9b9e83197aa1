/* cmd_run.c - waymark run: the engine in the foreground, and nothing else. */
#include <getopt.h>
#include <stddef.h>

#include "tools/cmd.h"
#include "tools/foreground.h"
#include "tools/load.h"

static int run(const char *path, const char *state_dir)
{
	struct policy *policy = load_policy(path, false);
	struct foreground *fg = NULL;
	int rc = -1;

	if (policy != NULL)
		fg = foreground_start(path, policy, state_dir);
	if (fg != NULL)
		rc = foreground_wait(fg);
	else
		policy_free(policy);
	foreground_stop(fg);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_run(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' }, { 0 },
	};
	const char *state_dir = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (option != 's')
			return cmd_usage(argv[0]);
		state_dir = optarg;
	}
	if (argc - optind != 1)
		return cmd_usage(argv[0]);
	return run(argv[optind], state_dir);
}
