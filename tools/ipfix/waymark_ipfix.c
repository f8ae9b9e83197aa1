/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waymark_ipfix.c - send the records of `waymark records`, read from standard
 * input, to a collector of IPFIX: waymark-ipfix COLLECTOR DOMAIN.
 *
 * A separate program: the collector's delays stay here, it runs without
 * privileges, and libfixbuf (LGPL-3.0) is not linked with libnftables
 * (GPL-2.0-only).
 */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "rules/util/clock.h"
#include "tools/ipfix/ipfix_encoder.h"
#include "tools/ipfix/ipfix_sender.h"

#define EXIT_USAGE 2
#define NOBODY 65534

/* Records that wait for the collector, of 504 bytes each. */
#define QUEUED_MAX 16384
/* A message that is not full waits this long for more. */
#define FLUSH_MS 1000
/* Over UDP, for a collector that began later. */
#define TEMPLATES_MS 60000
#define REPORT_MS 60000
/* For what is left when the input ends. */
#define DRAIN_MS 3000

struct export {
	struct ipfix_queue *queue;
	struct ipfix_encoder *encoder;
	struct ipfix_sender sender;
	uint64_t dropped;	/* records: the queue was full */
	uint64_t discarded;	/* records: a connection ended */
	uint64_t flush_ms;	/* 0: nothing is encoded */
	uint64_t templates_ms;
	uint64_t reported, report_ms;
	bool has_ended;		/* the input */
	uint64_t end_ms;
	char text[65536];
	size_t len;
};

/* ---- input ---- */

static void take_line(struct export *export, const char *line, size_t len)
{
	struct ipfix_record record;

	if (ipfix_record_parse(line, len, &record) &&
	    !ipfix_queue_add(export->queue, &record))
		export->dropped++;
}

static void read_input(struct export *export, uint64_t now_ms)
{
	ssize_t got = read(STDIN_FILENO, export->text + export->len,
			   sizeof(export->text) - export->len);
	char *line = export->text, *end;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	export->has_ended = got <= 0;
	export->end_ms = now_ms + DRAIN_MS;
	if (got <= 0)
		return;
	export->len += (size_t)got;
	while ((end = memchr(line, '\n', export->len -
			     (size_t)(line - export->text))) != NULL) {
		take_line(export, line, (size_t)(end - line));
		line = end + 1;
	}
	export->len -= (size_t)(line - export->text);
	memmove(export->text, line, export->len);
	/* No record is that long. */
	if (export->len == sizeof(export->text))
		export->len = 0;
}

/* ---- output ---- */

static uint64_t lost(const struct export *export)
{
	return export->dropped + export->discarded + export->sender.lost +
	       ipfix_encoder_refused(export->encoder);
}

static void report_lost(struct export *export, uint64_t now_ms)
{
	uint64_t count = lost(export);

	if (count == export->reported || now_ms < export->report_ms)
		return;
	fprintf(stderr, "waymark records: collector %s: %" PRIu64
		" records are lost so far\n", export->sender.name, count);
	export->reported = count;
	export->report_ms = now_ms + REPORT_MS;
}

static void begin_session(struct export *export, uint64_t now_ms)
{
	size_t size;

	if (ipfix_sender_take_fresh(&export->sender, &size)) {
		export->discarded += ipfix_encoder_begin(export->encoder, size);
		export->templates_ms = now_ms + TEMPLATES_MS;
	} else if (export->sender.is_udp && now_ms >= export->templates_ms) {
		ipfix_encoder_repeat_templates(export->encoder);
		export->templates_ms = now_ms + TEMPLATES_MS;
	}
}

static bool is_due(const struct export *export, uint64_t now_ms)
{
	return export->has_ended ||
	       (export->flush_ms != 0 && now_ms >= export->flush_ms);
}

static void note_pending(struct export *export, uint64_t now_ms)
{
	if (ipfix_encoder_pending(export->encoder) == 0)
		export->flush_ms = 0;
	else if (export->flush_ms == 0)
		export->flush_ms = now_ms + FLUSH_MS;
}

static void send_records(struct export *export, uint64_t now_ms)
{
	const uint8_t *message;
	size_t len, records;

	ipfix_sender_turn(&export->sender, now_ms);
	while (ipfix_sender_is_ready(&export->sender)) {
		begin_session(export, now_ms);
		len = ipfix_encoder_next(export->encoder, export->queue,
					 is_due(export, now_ms), &message,
					 &records);
		note_pending(export, now_ms);
		if (len == 0)
			return;
		ipfix_sender_put(&export->sender, message, len, records);
		ipfix_sender_turn(&export->sender, now_ms);
	}
}

/* ---- the loop ---- */

static bool is_done(const struct export *export, uint64_t now_ms)
{
	if (!export->has_ended)
		return false;
	return now_ms >= export->end_ms ||
	       (ipfix_queue_count(export->queue) == 0 &&
		ipfix_encoder_pending(export->encoder) == 0 &&
		export->sender.len == 0);
}

/* At most until something is due; -1: for ever. */
static int wait_ms(const struct export *export, uint64_t now_ms)
{
	uint64_t until = UINT64_MAX;

	if (export->has_ended)
		until = export->end_ms;
	if (export->flush_ms != 0 && export->flush_ms < until &&
	    ipfix_sender_is_ready(&export->sender))
		until = export->flush_ms;
	if (export->sender.fd < 0 && export->sender.retry_ms < until)
		until = export->sender.retry_ms;
	if (until == UINT64_MAX)
		return -1;
	return until > now_ms ? (int)(until - now_ms) : 0;
}

static void run(struct export *export)
{
	uint64_t now_ms = clock_ms();

	while (!is_done(export, now_ms)) {
		struct pollfd fds[] = {
			{ .fd = export->has_ended ? -1 : STDIN_FILENO,
			  .events = POLLIN },
			ipfix_sender_poll(&export->sender),
		};

		poll(fds, 2, wait_ms(export, now_ms));
		now_ms = clock_ms();
		if (fds[0].revents != 0)
			read_input(export, now_ms);
		send_records(export, now_ms);
		report_lost(export, now_ms);
	}
	export->discarded += ipfix_queue_count(export->queue) +
			     ipfix_encoder_pending(export->encoder) +
			     export->sender.records;
	export->report_ms = now_ms;
	report_lost(export, now_ms);
}

/* ---- start ---- */

static bool drop_privileges(void)
{
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	     setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return false;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* The input ends with the process that writes it, and this one soon after. */
static bool prepare(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (drop_privileges())
		return true;
	fprintf(stderr, "waymark records: privileges: %s\n", strerror(errno));
	return false;
}

int main(int argc, char *argv[])
{
	static struct export export;

	if (argc != 3) {
		fputs("usage: waymark-ipfix COLLECTOR DOMAIN < RECORDS; see "
		      "'waymark records --ipfix'\n", stderr);
		return EXIT_USAGE;
	}
	if (!prepare())
		return EXIT_FAILURE;
	if (!ipfix_sender_init(&export.sender, argv[1]))
		return EXIT_USAGE;
	export.queue = ipfix_queue_new(QUEUED_MAX);
	export.encoder = ipfix_encoder_new((uint32_t)strtoul(argv[2], NULL,
							     10));
	if (export.queue == NULL || export.encoder == NULL) {
		fputs("waymark records: out of memory\n", stderr);
		return EXIT_FAILURE;
	}
	run(&export);
	ipfix_encoder_free(export.encoder);
	ipfix_queue_free(export.queue);
	ipfix_sender_fini(&export.sender);
	return EXIT_SUCCESS;
}
