/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_run.c - waymark run: run the engine without a set-up. */
#include <stddef.h>
#include <unistd.h>

#include "rules/util/log.h"
#include "tools/cmd.h"
#include "tools/daemon/foreground.h"
#include "tools/options.h"

static int run(const char *path, const char *state_dir)
{
	int status;
	struct foreground *fg = foreground_start(path, state_dir, NULL,
						 &status);
	int rc;

	if (fg == NULL)
		return status;
	foreground_look(fg);
	rc = foreground_wait(fg);
	foreground_stop(fg);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_run(int argc, char *argv[])
{
	struct options options;

	if (!options_read_daemon(argc, argv, false, &options))
		return cmd_usage(argv[0]);
	log_init(options.verbose);
	return run(argv[optind], options.state_dir);
}
