/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_reload.c - waymark reload: have the running engine read its policy again,
 * or another one. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"

/* At most a day, see tools/daemon/trial.h. */
#define SECONDS_MAX 86400

/* The request; NULL after an error message. The daemon has another working
 * directory. */
static json_t *request_of(const char *policy, int64_t seconds)
{
	char path[PATH_MAX];
	json_t *request;

	if (policy == NULL)
		return json_pack("{s:s, s:I}", "do", "reload", "for",
				 (json_int_t)seconds);
	if (realpath(policy, path) == NULL) {
		fprintf(stderr, "waymark reload: cannot read '%s': %s\n",
			policy, strerror(errno));
		return NULL;
	}
	request = json_pack("{s:s, s:s, s:I}", "do", "reload", "policy", path,
			    "for", (json_int_t)seconds);
	if (request == NULL)
		fprintf(stderr, "waymark reload: '%s': the path is not "
			"UTF-8\n", policy);
	return request;
}

static bool read_for(const char *text, int64_t *ret_seconds)
{
	if (options_time(text, ret_seconds) && *ret_seconds <= SECONDS_MAX)
		return true;
	fprintf(stderr, "waymark reload: --for %s: write a number followed by "
		"s, m or h, such as 90s or 5m; at most 24h\n", text);
	return false;
}

int cmd_reload(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "for", required_argument, NULL, 'f' },
		{ "state-dir", required_argument, NULL, 's' }, { 0 },
	};
	const char *state_dir = NULL, *time = NULL;
	json_t *data, *request;
	int64_t seconds = 0;
	int option, status;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (option == 's')
			state_dir = optarg;
		else if (option == 'f')
			time = optarg;
		else
			return cmd_usage(argv[0]);
	}
	if (argc - optind > 1)
		return cmd_usage(argv[0]);
	if (time != NULL && !read_for(time, &seconds))
		return EXIT_USAGE;
	request = request_of(argv[optind], seconds);
	if (request == NULL)
		return EXIT_FAILURE;
	status = client_ask("reload", state_dir, request, &data);
	if (status == EXIT_SUCCESS)
		printf("%s: reloaded", json_string_value(
			       json_object_get(data, "policy")));
	if (status == EXIT_SUCCESS && time != NULL)
		printf(" for %s; `waymark confirm` keeps it", time);
	if (status == EXIT_SUCCESS)
		putchar('\n');
	json_decref(data);
	return status;
}
