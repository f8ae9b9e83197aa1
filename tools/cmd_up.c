/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_up.c - waymark up: set up the kernel and run the engine. */
#include <unistd.h>

#include "rules/util/log.h"
#include "tools/cmd.h"
#include "tools/daemon/foreground.h"
#include "tools/daemon/hooks.h"
#include "tools/options.h"

/* The engine starts first: nothing is queued before it is bound, and a queue
 * that another process holds is an error before anything is changed. */
static int up(const char *path, const char *state_dir, const char *events_dir)
{
	int status;
	struct foreground *fg = foreground_start(path, state_dir, events_dir,
						 &status);
	int rc;

	if (fg == NULL)
		return status;
	rc = foreground_set_up(fg);
	if (rc < 0)
		goto out;
	rc = foreground_wait(fg);
	foreground_stop(fg);
	fg = NULL;
	log_info("%s: the set-up stays, so that settled flows keep their "
		 "uplinks; `waymark down` undoes it", path);
out:
	foreground_stop(fg);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_up(int argc, char *argv[])
{
	struct options options;

	if (!options_read_daemon(argc, argv, true, &options))
		return cmd_usage(argv[0]);
	log_init(options.verbose);
	return up(argv[optind], options.state_dir, options.events_dir != NULL ?
		  options.events_dir : HOOKS_DIR);
}
