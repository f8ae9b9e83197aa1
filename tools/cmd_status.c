/* cmd_status.c - waymark status: what the running engine has counted. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/status.h"

int cmd_status(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "state-dir", required_argument, NULL, 's' }, { 0 },
	};
	const char *state_dir = NULL;
	bool json = false;
	json_t *data;
	int option, status;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (option == 'j')
			json = true;
		else if (option == 's')
			state_dir = optarg;
		else
			return cmd_usage(argv[0]);
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	status = client_ask(argv[0], state_dir,
			    json_pack("{s:s}", "do", "status"), &data);
	if (data != NULL && json) {
		json_dumpf(data, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else if (data != NULL) {
		status_print(data, stdout);
	}
	json_decref(data);
	return status;
}
