/* cmd_run.c - waymark run: the engine in the foreground, and nothing else. */
#include <stddef.h>
#include <unistd.h>

#include "tools/cmd.h"
#include "tools/daemon/foreground.h"
#include "tools/options.h"

static int run(const char *path, const char *state_dir)
{
	struct foreground *fg = foreground_start(path, state_dir);
	int rc;

	if (fg == NULL)
		return EXIT_FAILURE;
	foreground_look(fg);
	rc = foreground_wait(fg);
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
