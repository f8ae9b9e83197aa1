/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_events.c - waymark events: follow what happens to the daemon. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"

struct events_options {
	const char *state_dir;
	unsigned long count;	/* 0: until it is interrupted */
	bool flows, json;
};

static const char *text_of(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text != NULL ? text : "-";
}

static bool has(const json_t *event, const char *key)
{
	return json_is_string(json_object_get(event, key));
}

static bool is(const json_t *event, const char *key, const char *text)
{
	return strcmp(text_of(event, key), text) == 0;
}

/* ---- one event as text ---- */

static void print_uplink(const json_t *event)
{
	printf("uplink %s: %s: %s", text_of(event, "uplink"),
	       is(event, "family", "ipv6") ? "IPv6" : "IPv4",
	       text_of(event, "state"));
	if (has(event, "reason"))
		printf(" (%s)", text_of(event, "reason"));
	if (!has(event, "active"))
		printf(", its traffic is rejected");
	else if (!is(event, "active", text_of(event, "uplink")))
		printf(", fails over to %s", text_of(event, "active"));
}

static void print_end(const json_t *event, const char *address,
		      const char *port)
{
	const char *text = text_of(event, address);
	json_int_t number = json_integer_value(json_object_get(event, port));

	printf(strchr(text, ':') != NULL ? "[%s]" : "%s", text);
	if (number != 0)
		printf(":%d", (int)number);
}

static void print_flow(const json_t *event)
{
	static const char *const keys[] = { "app", "host", "class" };

	if (has(event, "late"))
		printf("late, %s: ", text_of(event, "late"));
	else
		printf("settled: ");
	printf("%s ", text_of(event, "proto"));
	print_end(event, "src", "sport");
	printf(" > ");
	print_end(event, "dst", "dport");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (has(event, keys[i]))
			printf(" %s %s", keys[i], text_of(event, keys[i]));
	printf(" via %s", text_of(event, "uplink"));
	if (has(event, "route"))
		printf(" (%s)", text_of(event, "route"));
}

static void print_overflow(const json_t *event)
{
	json_int_t count = json_integer_value(json_object_get(event, "count"));
	const char *text = is(event, "what", "queue") ?
		"packets were lost to full queues" :
		is(event, "what", "flows") ?
		"flows were evicted before they were settled" :
		"payloads were given up for others";

	printf("overflow: %lld %s", (long long)count, text);
}

static void print_other(const json_t *event)
{
	const char *name = text_of(event, "event");

	if (strcmp(name, "reload") == 0)
		printf("reload %s: %s", text_of(event, "result"),
		       text_of(event, has(event, "message") ? "message" :
						      "policy"));
	else if (strcmp(name, "exempt") == 0)
		printf("exemption %s: %s", text_of(event, "action"),
		       text_of(event, "host"));
	else if (strcmp(name, "lost") == 0)
		printf("%lld events were lost", (long long)json_integer_value(
			json_object_get(event, "count")));
	else
		printf("%s", text_of(event, "message"));
}

static void print_text(const json_t *event)
{
	const char *name = text_of(event, "event");
	const char *time = strchr(text_of(event, "time"), 'T');

	if (strcmp(name, "start") == 0)
		return;
	printf("%.8s ", time != NULL ? time + 1 : "-");
	if (strcmp(name, "uplink") == 0)
		print_uplink(event);
	else if (strcmp(name, "settled") == 0 || strcmp(name, "late") == 0)
		print_flow(event);
	else if (strcmp(name, "overflow") == 0)
		print_overflow(event);
	else
		print_other(event);
	putchar('\n');
}

/* ---- the stream ---- */

/* An answer instead of a stream: the engine refuses. */
static int refused(const json_t *answer)
{
	fputs(text_of(answer, "message"), stderr);
	return EXIT_FAILURE;
}

static int follow(const struct events_options *options, FILE *stream)
{
	unsigned long shown = 0;
	char *line = NULL;
	size_t size = 0;
	int status = EXIT_SUCCESS;

	while (status == EXIT_SUCCESS && getline(&line, &size, stream) > 0) {
		json_t *event = json_loads(line, 0, NULL);

		if (event == NULL || !has(event, "event"))
			status = refused(event);
		else if (options->json)
			fputs(line, stdout);
		else
			print_text(event);
		if (event != NULL && !is(event, "event", "start"))
			shown++;
		json_decref(event);
		if (fflush(stdout) != 0)
			status = EXIT_FAILURE;
		if (options->count != 0 && shown >= options->count)
			break;
	}
	if (status == EXIT_SUCCESS && (feof(stream) || ferror(stream))) {
		fputs("waymark events: the engine has ended\n", stderr);
		status = EXIT_FAILURE;
	}
	free(line);
	return status;
}

int cmd_events(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' },
		{ "flows", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' }, { 0 },
	};
	struct events_options options = { 0 };
	FILE *stream;
	int option, status;

	while ((option = getopt_long(argc, argv, "n:", words, NULL)) != -1) {
		if (option == 's')
			options.state_dir = optarg;
		else if (option == 'f')
			options.flows = true;
		else if (option == 'j')
			options.json = true;
		else if (option != 'n' || !options_count(optarg, &options.count))
			return cmd_usage(argv[0]);
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	status = client_follow("events", options.state_dir, json_pack(
		"{s:s, s:b}", "do", "events", "flows", (int)options.flows),
		&stream);
	if (status != EXIT_SUCCESS)
		return status;
	status = follow(&options, stream);
	fclose(stream);
	return status;
}
