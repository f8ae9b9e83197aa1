/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_flows.c - waymark flows: those that the engine has not settled. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"
#include "tools/status.h"

#define ENDPOINT_MAX 64
#define NEEDS_MAX 64

static const char *text_of(const json_t *flow, const char *key)
{
	const char *text = json_string_value(json_object_get(flow, key));

	return text != NULL ? text : "-";
}

static const char *endpoint(const json_t *flow, const char *address,
			    const char *port, char *text)
{
	const char *plain = text_of(flow, address);

	snprintf(text, ENDPOINT_MAX, strchr(plain, ':') != NULL ?
		 "[%s]:%" PRIu64 : "%s:%" PRIu64, plain,
		 status_number(flow, port));
	return text;
}

static const char *needs_of(const json_t *flow, char *text)
{
	const json_t *need;
	size_t i, len = 0;

	text[0] = '\0';
	json_array_foreach(json_object_get(flow, "needs"), i, need) {
		const char *word = json_string_value(need);

		if (word == NULL)
			continue;
		len += (size_t)snprintf(text + len, NEEDS_MAX - len, "%s%s",
					len > 0 ? "," : "", word);
		if (len >= NEEDS_MAX)	/* truncated */
			break;
	}
	return text[0] != '\0' ? text : "-";
}

static void print_row(const json_t *flow)
{
	char src[ENDPOINT_MAX], dst[ENDPOINT_MAX], needs[NEEDS_MAX];

	printf("%-5s %-24s %-24s %-8s %-11s %6" PRIu64 " %6.1f %-18s %s\n",
	       text_of(flow, "proto"), endpoint(flow, "src", "sport", src),
	       endpoint(flow, "dst", "dport", dst), text_of(flow, "uplink"),
	       text_of(flow, "app"), status_number(flow, "packets"),
	       json_real_value(json_object_get(flow, "idle_seconds")),
	       needs_of(flow, needs), text_of(flow, "host"));
}

static void print(const json_t *data, bool json)
{
	const json_t *flow;
	size_t i;

	if (!json)
		printf("%-5s %-24s %-24s %-8s %-11s %6s %6s %-18s %s\n",
		       "PROTO", "CLIENT", "SERVER", "BY", "APP", "PKTS",
		       "IDLE", "WAITS FOR", "HOST");
	json_array_foreach(json_object_get(data, "flows"), i, flow) {
		if (!json) {
			print_row(flow);
			continue;
		}
		json_dumpf(flow, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	}
	if (json_is_true(json_object_get(data, "more")))
		fputs("waymark flows: there are more\n", stderr);
}

int cmd_flows(int argc, char *argv[])
{
	struct options options;
	json_t *data;
	int status;

	if (!options_read(argc, argv, true, 0, 0, &options))
		return cmd_usage(argv[0]);
	status = client_ask("flows", options.state_dir,
			    json_pack("{s:s}", "do", "flows"), &data);
	if (data != NULL)
		print(data, options.json);
	json_decref(data);
	return status;
}
