/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_records.c - waymark records: a line of JSON for each flow that ends, or a
 * record of IPFIX, which another process sends (records_ipfix.h).
 *
 * Connection tracking reports the end of a flow with its counters; the engine,
 * asked when records begin and followed from then on, what the flow was. Both
 * meet here, in a table of fixed size: the engine does nothing more than for
 * `waymark events --flows`.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"
#include "tools/records.h"
#include "tools/records_ipfix.h"

struct options_records {
	const char *state_dir;
	const char *collector;	/* NULL: print lines */
	uint32_t domain;
	unsigned long count;	/* 0: until interrupted */
};

struct stream {
	int fd;
	char text[65536];
	size_t len;
};

/* Take an event, or report why the engine refuses to send any. */
static bool take_line(const char *line, size_t len, struct records *records)
{
	json_t *event = json_loadb(line, len, 0, NULL);
	const char *message = json_string_value(json_object_get(event,
								"message"));
	bool is_event = json_object_get(event, "exit") == NULL;

	if (is_event)
		records_take_event(records, event);
	else if (message != NULL)
		fputs(message, stderr);
	json_decref(event);
	return is_event;
}

/* The last line of a stream may be a refusal, which has no line end. */
static bool end_events(const struct stream *stream, struct records *records)
{
	if (take_line(stream->text, stream->len, records))
		fputs("waymark records: the engine has ended\n", stderr);
	return false;
}

/* Take the whole lines that have arrived; false: the stream has ended. */
static bool read_events(struct stream *stream, struct records *records)
{
	ssize_t got = read(stream->fd, stream->text + stream->len,
			   sizeof(stream->text) - stream->len);
	char *line = stream->text, *end;

	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0)
		return end_events(stream, records);
	stream->len += (size_t)got;
	while ((end = memchr(line, '\n', stream->len -
			     (size_t)(line - stream->text))) != NULL) {
		if (!take_line(line, (size_t)(end - line), records))
			return false;
		line = end + 1;
	}
	stream->len -= (size_t)(line - stream->text);
	memmove(stream->text, line, stream->len);
	return stream->len < sizeof(stream->text);
}

static int follow(struct stream *stream, struct records *records,
		  const struct options_records *options, FILE *out)
{
	struct pollfd fds[] = {
		{ .fd = stream->fd, .events = POLLIN },
		{ .fd = records_fd(records), .events = POLLIN },
		/* Reports the end of the process that reads. */
		{ .fd = options->collector != NULL ? fileno(out) : -1 },
	};

	while (options->count == 0 ||
	       records_printed(records) < options->count) {
		if (poll(fds, 3, -1) < 0)
			continue;
		if (fds[2].revents != 0)
			return EXIT_FAILURE;
		/* Events first: a flow is settled before it ends. */
		if (fds[0].revents != 0 && !read_events(stream, records))
			return EXIT_FAILURE;
		if (fds[1].revents != 0 && records_turn(records, out) < 0)
			return EXIT_FAILURE;
		if (fflush(out) != 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* Follow first, then ask for what there is: nothing falls in between. */
static int run(const struct options_records *options, FILE *out)
{
	static struct stream stream;
	struct records *records = NULL;
	FILE *events = NULL;
	int status = client_follow("records", options->state_dir, json_pack(
		"{s:s, s:b}", "do", "events", "flows", 1), &events);

	if (status != EXIT_SUCCESS)
		return status;
	stream.fd = fileno(events);
	status = EXIT_FAILURE;
	if (records_open(options->state_dir, &records) == 0)
		status = records_begin(records);
	if (status == EXIT_SUCCESS)
		status = follow(&stream, records, options, out);
	records_close(records);
	fclose(events);
	return status;
}

static int run_ipfix(const struct options_records *options)
{
	struct records_ipfix ipfix;
	int status = records_ipfix_start(options->collector, options->domain,
					 &ipfix);

	if (status != EXIT_SUCCESS)
		return status;
	status = run(options, ipfix.input);
	return records_ipfix_finish(&ipfix, status);
}

static bool read_domain(const char *text, uint32_t *ret)
{
	unsigned long domain;

	if (!options_count(text, &domain) || domain > UINT32_MAX)
		return false;
	*ret = (uint32_t)domain;
	return true;
}

int cmd_records(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' },
		{ "ipfix", required_argument, NULL, 'i' },
		{ "domain", required_argument, NULL, 'd' }, { 0 },
	};
	struct options_records options = { .domain = 1 };
	int option;

	while ((option = getopt_long(argc, argv, "n:", words, NULL)) != -1) {
		if (option == 's')
			options.state_dir = optarg;
		else if (option == 'i')
			options.collector = optarg;
		else if (option == 'd' ?
			 !read_domain(optarg, &options.domain) :
			 option != 'n' ||
			 !options_count(optarg, &options.count))
			return cmd_usage(argv[0]);
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	return options.collector != NULL ? run_ipfix(&options) :
	       run(&options, stdout);
}
