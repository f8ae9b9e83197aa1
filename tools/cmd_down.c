/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_down.c - waymark down: undo what setup did to the kernel. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rules/setup/setup.h"
#include "tools/cmd.h"
#include "tools/daemon/engine_lock.h"
#include "tools/options.h"

/* It answers what waits, which takes no time. */
#define END_MS 5000

/* End the engine before anything is undone: removing a chain drops the packets
 * that wait in its queue. An engine that hangs is left to the user; without the
 * diversion, traffic flows without it. */
static int end_engine(const char *state_dir)
{
	pid_t pid;
	int rc = engine_lock_end_owner(state_dir, END_MS, &pid);

	switch (rc) {
	case 0:
		return 0;
	case 1:
		printf("engine ended (process %d)\n", (int)pid);
		return 0;
	case -EXDEV:
		fprintf(stderr, "waymark down: the engine, process %d, runs "
			"in another network namespace; run down there, or "
			"choose another directory with --state-dir\n", (int)pid);
		return rc;
	default:
		fprintf(stderr, "waymark down: the engine, process %d, does "
			"not end (%s); what it needs of the kernel is undone "
			"without it; end it with: kill -9 %d\n", (int)pid,
			strerror(-rc), (int)pid);
		return rc;
	}
}

/* What can be known beforehand, so that nothing is done by halves. */
static bool may_undo(const char *state_dir)
{
	char error[SETUP_ERROR_MAX], dir[PATH_MAX];
	pid_t pid;

	if (setup_may_change(error) < 0) {
		fprintf(stderr, "waymark down: %s\n", error);
		return false;
	}
	pid = engine_lock_elsewhere(state_dir, dir);
	if (pid != 0)
		fprintf(stderr, "waymark down: the engine, process %d, maintains "
			"the set-up with another state directory; run: "
			"waymark down --state-dir %s\n", (int)pid, dir);
	return pid == 0;
}

static void print_undone(const struct setup_report *report)
{
	if (report->changes == 0)
		printf("nothing was set up\n");
	else
		printf("undone, %u change%s\n", report->changes,
		       report->changes == 1 ? "" : "s");
	if (report->masqueraded)
		fprintf(stderr, "waymark down: flows that an uplink "
			"masqueraded end: their NAT went with table inet "
			"waymark\n");
	if (report->changes > 0 && report->no_journal)
		fprintf(stderr, "waymark down: there is no journal of that "
			"set-up here (--state-dir?), so the uplinks' sysctls "
			"src_valid_mark and ignore_routes_with_linkdown were "
			"left as they are\n");
}

int cmd_down(int argc, char *argv[])
{
	struct setup_options undo = { 0 };
	char error[SETUP_ERROR_MAX];
	struct setup_report report;
	struct options options;
	int rc;

	if (!options_read(argc, argv, false, 0, 0, &options))
		return cmd_usage(argv[0]);
	undo.state_dir = options.state_dir;
	if (!may_undo(options.state_dir))
		return EXIT_FAILURE;
	rc = end_engine(options.state_dir);
	if (rc == -EXDEV)
		return EXIT_FAILURE;
	if (setup_undo(&undo, &report, error) < 0) {
		fprintf(stderr, "waymark down: %s\n", error);
		return EXIT_FAILURE;
	}
	print_undone(&report);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
