/* cmd_up.c - waymark up: the kernel's part set up, and the engine on it. */
#include <stdio.h>
#include <unistd.h>

#include "tools/cmd.h"
#include "tools/daemon/foreground.h"
#include "tools/options.h"

/* The engine comes first: nothing is queued before it listens, and a queue
 * that somebody else holds is found before anything is changed. */
static int up(const char *path, const char *state_dir)
{
	struct foreground *fg = foreground_start(path, state_dir);
	int rc;

	if (fg == NULL)
		return EXIT_FAILURE;
	rc = foreground_set_up(fg);
	if (rc < 0)
		goto out;
	rc = foreground_wait(fg);
	foreground_stop(fg);
	fg = NULL;
	fprintf(stderr, "waymark: %s: the set-up stays, so that settled flows "
		"keep their uplink; 'waymark down' undoes it\n", path);
out:
	foreground_stop(fg);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_up(int argc, char *argv[])
{
	struct options options;

	if (!options_read(argc, argv, false, 1, 1, &options))
		return cmd_usage(argv[0]);
	return up(argv[optind], options.state_dir);
}
