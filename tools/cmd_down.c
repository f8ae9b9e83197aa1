/* cmd_down.c - waymark down: undo what setup did to the kernel. */
#include <getopt.h>
#include <stdio.h>

#include "rules/setup/setup.h"
#include "tools/cmd.h"

int cmd_down(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' }, { 0 },
	};
	struct setup_options options = { 0 };
	char error[SETUP_ERROR_MAX];
	struct setup_report report;
	int option;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (option != 's')
			return cmd_usage(argv[0]);
		options.state_dir = optarg;
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	if (setup_undo(&options, &report, error) < 0) {
		fprintf(stderr, "waymark down: %s\n", error);
		return EXIT_FAILURE;
	}
	if (report.changes == 0)
		printf("nothing was set up\n");
	else
		printf("undone, %u change%s\n", report.changes,
		       report.changes == 1 ? "" : "s");
	return EXIT_SUCCESS;
}
