/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_metrics.c - waymark metrics: what was counted, for Prometheus. */
#include <stdio.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"
#include "tools/status.h"

int cmd_metrics(int argc, char *argv[])
{
	struct options options;
	json_t *data;
	int status;

	if (!options_read(argc, argv, false, 0, 0, &options))
		return cmd_usage(argv[0]);
	status = client_ask("metrics", options.state_dir,
			    json_pack("{s:s}", "do", "status"), &data);
	if (data != NULL)
		status_print_metrics(data, stdout);
	json_decref(data);
	return status;
}
