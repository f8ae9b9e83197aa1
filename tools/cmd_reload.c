/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_reload.c - waymark reload: have the running engine read its policy again,
 * or another one. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"

/* The request; NULL after an error message. The daemon has another working
 * directory. */
static json_t *request_of(const char *policy)
{
	char path[PATH_MAX];
	json_t *request;

	if (policy == NULL)
		return json_pack("{s:s}", "do", "reload");
	if (realpath(policy, path) == NULL) {
		fprintf(stderr, "waymark reload: cannot read '%s': %s\n",
			policy, strerror(errno));
		return NULL;
	}
	request = json_pack("{s:s, s:s}", "do", "reload", "policy", path);
	if (request == NULL)
		fprintf(stderr, "waymark reload: '%s': the path is not "
			"UTF-8\n", policy);
	return request;
}

int cmd_reload(int argc, char *argv[])
{
	struct options options;
	json_t *data, *request;
	int status;

	if (!options_read(argc, argv, false, 0, 1, &options))
		return cmd_usage(argv[0]);
	request = request_of(argv[optind]);
	if (request == NULL)
		return EXIT_FAILURE;
	status = client_ask("reload", options.state_dir, request, &data);
	if (status == EXIT_SUCCESS)
		printf("%s: reloaded\n", json_string_value(
			       json_object_get(data, "policy")));
	json_decref(data);
	return status;
}
