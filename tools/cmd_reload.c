/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_reload.c - waymark reload: have the running engine read its policy again. */
#include <stdio.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"

int cmd_reload(int argc, char *argv[])
{
	struct options options;
	json_t *data;
	int status;

	if (!options_read(argc, argv, false, 0, 0, &options))
		return cmd_usage(argv[0]);
	status = client_ask("reload", options.state_dir,
			    json_pack("{s:s}", "do", "reload"), &data);
	if (status == EXIT_SUCCESS)
		printf("%s: reloaded\n", json_string_value(
			       json_object_get(data, "policy")));
	json_decref(data);
	return status;
}
