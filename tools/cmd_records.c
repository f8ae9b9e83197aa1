/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_records.c - waymark records: a line of JSON for each flow that ends.
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

struct stream {
	int fd;
	char text[65536];
	size_t len;
};

/* Take the whole lines that have arrived; false: the engine has ended. */
static bool read_events(struct stream *stream, struct records *records)
{
	ssize_t got = read(stream->fd, stream->text + stream->len,
			   sizeof(stream->text) - stream->len);
	char *line = stream->text, *end;

	if (got <= 0)
		return got < 0 && errno == EINTR;
	stream->len += (size_t)got;
	while ((end = memchr(line, '\n', stream->len -
			     (size_t)(line - stream->text))) != NULL) {
		json_t *event = json_loadb(line, (size_t)(end - line), 0, NULL);

		records_take_event(records, event);
		json_decref(event);
		line = end + 1;
	}
	stream->len -= (size_t)(line - stream->text);
	memmove(stream->text, line, stream->len);
	return stream->len < sizeof(stream->text);
}

static int follow(struct stream *stream, struct records *records,
		  unsigned long count)
{
	struct pollfd fds[] = {
		{ .fd = stream->fd, .events = POLLIN },
		{ .fd = records_fd(records), .events = POLLIN },
	};

	while (count == 0 || records_printed(records) < count) {
		if (poll(fds, 2, -1) < 0)
			continue;
		/* Events first: a flow is settled before it ends. */
		if (fds[0].revents != 0 && !read_events(stream, records)) {
			fputs("waymark records: the engine has ended\n",
			      stderr);
			return EXIT_FAILURE;
		}
		if (fds[1].revents != 0 && records_turn(records, stdout) < 0)
			return EXIT_FAILURE;
		if (fflush(stdout) != 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* Follow first, then ask for what there is: nothing falls in between. */
static int run(const char *state_dir, unsigned long count)
{
	static struct stream stream;
	struct records *records = NULL;
	FILE *events = NULL;
	int status = client_follow("records", state_dir, json_pack(
		"{s:s, s:b}", "do", "events", "flows", 1), &events);

	if (status != EXIT_SUCCESS)
		return status;
	stream.fd = fileno(events);
	status = EXIT_FAILURE;
	if (records_open(state_dir, &records) == 0)
		status = records_begin(records);
	if (status == EXIT_SUCCESS)
		status = follow(&stream, records, count);
	records_close(records);
	fclose(events);
	return status;
}

int cmd_records(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' }, { 0 },
	};
	const char *state_dir = NULL;
	unsigned long count = 0;
	int option;

	while ((option = getopt_long(argc, argv, "n:", words, NULL)) != -1) {
		if (option == 's')
			state_dir = optarg;
		else if (option != 'n' || !options_count(optarg, &count))
			return cmd_usage(argv[0]);
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	return run(state_dir, count);
}
