/* cmd_reload.c - waymark reload: the running engine reads its policy anew. */
#include <getopt.h>
#include <stdio.h>

#include "tools/client.h"
#include "tools/cmd.h"

int cmd_reload(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' }, { 0 },
	};
	const char *state_dir = NULL;
	json_t *data;
	int option, status;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (option != 's')
			return cmd_usage(argv[0]);
		state_dir = optarg;
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	status = client_ask(argv[0], state_dir,
			    json_pack("{s:s}", "do", "reload"), &data);
	if (status == EXIT_SUCCESS)
		printf("%s: reloaded\n", json_string_value(
			       json_object_get(data, "policy")));
	json_decref(data);
	return status;
}
