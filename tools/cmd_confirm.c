/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_confirm.c - waymark confirm: keep the policy of `reload --for`. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "tools/client.h"
#include "tools/cmd.h"

int cmd_confirm(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "revert", no_argument, NULL, 'r' },
		{ "state-dir", required_argument, NULL, 's' }, { 0 },
	};
	const char *state_dir = NULL;
	bool reverts = false;
	json_t *data;
	int option, status;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (option == 's')
			state_dir = optarg;
		else if (option == 'r')
			reverts = true;
		else
			return cmd_usage(argv[0]);
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	status = client_ask("confirm", state_dir,
			    json_pack("{s:s, s:b}", "do", "confirm", "revert",
				      (int)reverts), &data);
	if (status == EXIT_SUCCESS)
		printf("%s: %s\n", json_string_value(
			       json_object_get(data, "policy")),
		       reverts ? "in force again" : "confirmed");
	json_decref(data);
	return status;
}
