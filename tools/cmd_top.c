/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_top.c - waymark top: the status, again each second, with rates. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "rules/util/clock.h"
#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"
#include "tools/status.h"

struct top {
	const char *name;
	const char *state_dir;
	unsigned long count;	/* 0: until it is interrupted */
	bool is_terminal;
};

/* ECMA-48: cursor to the corner, and erase what is below. */
static void show(const struct top *top, const json_t *status,
		 const json_t *prev, double seconds)
{
	if (top->is_terminal)
		fputs("\033[H\033[J", stdout);
	status_print_rates(status, prev, seconds, stdout);
	if (top->is_terminal) {
		putchar('\n');
		status_print(status, stdout);
	}
	fflush(stdout);
}

static int watch(const struct top *top)
{
	json_t *prev = NULL, *status;
	double then = 0, now;
	unsigned long shown = 0;
	int rc = EXIT_SUCCESS;

	while (rc == EXIT_SUCCESS && (top->count == 0 || shown < top->count)) {
		if (prev != NULL)
			sleep(1);
		rc = client_ask(top->name, top->state_dir,
				json_pack("{s:s}", "do", "status"), &status);
		now = (double)clock_ms() / 1000;
		if (prev != NULL && rc == EXIT_SUCCESS) {
			show(top, status, prev, now - then);
			shown++;
		}
		json_decref(prev);
		prev = status;
		then = now;
		if (ferror(stdout))
			rc = EXIT_FAILURE;
	}
	json_decref(prev);
	return rc;
}

int cmd_top(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' }, { 0 },
	};
	struct top top = {
		.name = "top",
		.is_terminal = isatty(STDOUT_FILENO) == 1,
	};
	int option;

	while ((option = getopt_long(argc, argv, "n:", words, NULL)) != -1) {
		if (option == 's')
			top.state_dir = optarg;
		else if (option != 'n' || !options_count(optarg, &top.count))
			return cmd_usage(argv[0]);
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	return watch(&top);
}
