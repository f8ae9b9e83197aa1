/* cmd_run.c - waymark run: the engine in the foreground, and nothing else. */
#include <stddef.h>
#include <unistd.h>

#include "tools/cmd.h"
#include "tools/foreground.h"
#include "tools/load.h"
#include "tools/options.h"

static int run(const char *path, const char *state_dir)
{
	struct policy *policy = load_policy_here(path, false, state_dir);
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
	struct options options;

	if (!options_read(argc, argv, false, 1, 1, &options))
		return cmd_usage(argv[0]);
	return run(argv[optind], options.state_dir);
}
