/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_status.c - waymark status: what the running engine has counted. */
#include <stdbool.h>
#include <stdio.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"
#include "tools/status.h"

int cmd_status(int argc, char *argv[])
{
	struct options options;
	json_t *data;
	int status;

	if (!options_read(argc, argv, true, 0, 0, &options))
		return cmd_usage(argv[0]);
	status = client_ask("status", options.state_dir,
			    json_pack("{s:s}", "do", "status"), &data);
	if (data != NULL && options.json) {
		json_dumpf(data, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else if (data != NULL) {
		status_print(data, stdout);
	}
	json_decref(data);
	return status;
}
