/* cmd_metrics.c - waymark metrics: what was counted, for Prometheus. */
#include <getopt.h>
#include <stdio.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/status.h"

int cmd_metrics(int argc, char *argv[])
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
			    json_pack("{s:s}", "do", "status"), &data);
	if (data != NULL)
		status_print_metrics(data, stdout);
	json_decref(data);
	return status;
}
