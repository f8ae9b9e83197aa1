/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_control.c - the control socket with well-behaved and hostile
 * clients. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/control.h"
#include "engine/nfqueue/queue_health.h"
#include "unit.h"

static char base_dir[] = "/tmp/check_control.XXXXXX";
static char dir[512];
static struct control *control;
static unsigned asked;

#define HUGE_LEN ((size_t)4 << 20)

/* Echo the request; "huge" and "none" get such an answer. */
static char *echo(void *ctx, const char *line, size_t len, size_t *ret_len)
{
	char *text = malloc(HUGE_LEN);

	ck_assert_ptr_eq(ctx, &asked);
	asked++;
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(line[len], '\0');
	if (strcmp(line, "none") == 0) {
		free(text);
		return NULL;
	}
	if (strcmp(line, "huge") == 0) {
		memset(text, 'h', HUGE_LEN);
		*ret_len = HUGE_LEN;
		return text;
	}
	memcpy(text, line, len);
	*ret_len = len;
	return text;
}

/* The path of the directory is longer than a socket's may be. */
static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(base_dir));
	snprintf(dir, sizeof(dir), "%s/%0150d", base_dir, 0);
	ck_assert_int_eq(mkdir(dir, 0755), 0);
	ck_assert_int_eq(control_open(dir, echo, &asked, &control), 0);
}

static void tear_down(void)
{
	control_close(control);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(rmdir(base_dir), 0);
}

static int dial(void)
{
	int fd = control_connect(dir);

	ck_assert_int_ge(fd, 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void say(int fd, const char *text, size_t len)
{
	ck_assert_int_eq(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void turns(int count, uint64_t now_ms)
{
	while (count-- > 0)
		control_turn(control, now_ms);
}

/* Returns the length received, -1 if nothing yet, 0 at the end. */
static ssize_t observe(int fd, char *text, size_t size)
{
	return recv(fd, text, size, 0);
}

static const struct {
	const char *name;
	const char *line;
	size_t len;
	const char *want;
	size_t want_len;
} lines[] = {
	{ "one line", "status\n", 7, "status", 6 },
	{ "an empty line", "\n", 1, "", 0 },
	{ "the second line is ignored", "one\ntwo\n", 8, "one", 3 },
	{ "zeros", "a\0b\n", 4, "a\0b", 3 },
	{ "no answer", "none\n", 5, "", 0 },
};

START_TEST(line)
{
	char text[64];
	int fd = dial();

	say(fd, lines[_i].line, lines[_i].len);
	turns(4, 0);
	for (size_t at = 0; at < lines[_i].want_len;) {
		ssize_t got = observe(fd, text + at, sizeof(text) - at);

		ck_assert_msg(got > 0, "%s", lines[_i].name);
		at += (size_t)got;
	}
	ck_assert_mem_eq(text, lines[_i].want, lines[_i].want_len);
	ck_assert_int_le(observe(fd, text, sizeof(text)), 0);
	ck_assert_uint_eq(asked, 1);
	ck_assert_int_eq(control_wait_ms(control, 0), -1);
	close(fd);
}
END_TEST

START_TEST(byte_by_byte)
{
	char text[8];
	int fd = dial();

	for (const char *at = "hello\n"; *at != '\0'; at++) {
		say(fd, at, 1);
		turns(2, 0);
	}
	turns(2, 0);
	ck_assert_int_eq(observe(fd, text, sizeof(text)), 5);
	ck_assert_mem_eq(text, "hello", 5);
	close(fd);
}
END_TEST

START_TEST(only_for_its_user)
{
	struct stat there;
	char path[600];

	snprintf(path, sizeof(path), "%s/control", dir);
	ck_assert_int_eq(stat(path, &there), 0);
	ck_assert(S_ISSOCK(there.st_mode));
	ck_assert_int_eq(there.st_mode & 0777, 0600);
}
END_TEST

/* Left by an engine that was killed. */
START_TEST(replaces_what_is_there)
{
	struct control *second;
	int fd;

	ck_assert_int_eq(control_open(dir, echo, &asked, &second), 0);
	fd = dial();
	say(fd, "x\n", 2);
	for (int i = 0; i < 4; i++)
		control_turn(second, 0);
	ck_assert_uint_eq(asked, 1);
	close(fd);
	control_close(second);
	ck_assert_int_eq(control_connect(dir), -ENOENT);
	ck_assert_int_eq(control_connect("/nowhere"), -ENOENT);
}
END_TEST

START_TEST(too_long)
{
	static char text[CONTROL_REQUEST_MAX];
	char seen[8];
	int fd = dial();

	memset(text, 'x', sizeof(text));
	for (size_t sent = 0; sent < sizeof(text);) {
		ssize_t more = send(fd, text + sent, sizeof(text) - sent,
				    MSG_NOSIGNAL);

		turns(4, 0);
		if (more > 0)
			sent += (size_t)more;
	}
	turns(4, 0);
	ck_assert_int_eq(observe(fd, seen, sizeof(seen)), 0);
	ck_assert_uint_eq(asked, 0);
	close(fd);
}
END_TEST

START_TEST(slow_to_ask)
{
	char text[8];
	int fd = dial();

	turns(2, 1000);
	ck_assert_int_eq(control_wait_ms(control, 1000), CONTROL_REQUEST_MS);
	say(fd, "st", 2);
	turns(2, 1000 + CONTROL_REQUEST_MS - 1);
	ck_assert_int_eq(observe(fd, text, sizeof(text)), -1);
	ck_assert_int_eq(control_wait_ms(control,
					 1000 + CONTROL_REQUEST_MS - 1), 1);
	turns(2, 1000 + CONTROL_REQUEST_MS);
	ck_assert_int_eq(observe(fd, text, sizeof(text)), 0);
	ck_assert_int_eq(control_wait_ms(control, 9999), -1);
	close(fd);
}
END_TEST

static size_t observe_all(int fd, uint64_t now_ms)
{
	static char text[1 << 16];
	size_t all = 0;
	ssize_t got;

	for (;;) {
		got = observe(fd, text, sizeof(text));
		if (got == 0)
			return all;
		if (got > 0)
			all += (size_t)got;
		turns(1, now_ms);
	}
}

START_TEST(long_answer)
{
	int fd = dial();

	say(fd, "huge\n", 5);
	turns(3, 0);
	ck_assert_int_ge(control_wait_ms(control, 0), CONTROL_REQUEST_MS);
	ck_assert_uint_eq(observe_all(fd, 1), HUGE_LEN);
	close(fd);
}
END_TEST

START_TEST(slow_to_listen)
{
	int fd = dial();

	say(fd, "huge\n", 5);
	turns(3, 0);
	turns(3, CONTROL_ANSWER_MS);
	ck_assert_int_eq(control_wait_ms(control, 0), -1);
	ck_assert_uint_lt(observe_all(fd, 1), HUGE_LEN);
	close(fd);
}
END_TEST

/* The client closes before its answer is prepared, and while it is sent. */
START_TEST(gone)
{
	int fd = dial();

	say(fd, "huge\n", 5);
	close(fd);
	turns(5, 0);
	fd = dial();
	say(fd, "huge\n", 5);
	turns(4, 0);
	close(fd);
	turns(4, 0);
	ck_assert_int_eq(control_wait_ms(control, 0), -1);
}
END_TEST

/* Idle clients occupy all places until they time out. */
START_TEST(many)
{
	int idle[CONTROL_CLIENTS], fd;
	char text[8];

	for (int i = 0; i < CONTROL_CLIENTS; i++)
		idle[i] = dial();
	turns(CONTROL_CLIENTS, 0);
	fd = dial();
	say(fd, "x\n", 2);
	turns(4, 1);
	ck_assert_int_eq(observe(fd, text, sizeof(text)), -1);
	turns(1, CONTROL_REQUEST_MS);
	turns(4, CONTROL_REQUEST_MS);
	ck_assert_int_eq(observe(fd, text, sizeof(text)), 1);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		close(idle[i]);
	close(fd);
}
END_TEST

static const struct {
	const char *name;
	uint16_t queue;
	struct queue_health want;
} queues[] = {
	{ "the first queue", 0, { true, 1234, 3, 4096, 5, 6, 789 } },
	{ "the last queue", 41, { true, 4294967295, 0, 65531, 0, 0, 1 } },
	{ "a queue without a program", 4, { 0 } },
};

START_TEST(health)
{
	static char text[] =
		"    0   1234     3 2  4096     5     6      789  1\n"
		"   40   1235     0 2  4096     0     0        0  1\n"
		"   41 4294967295     0 2 65531     0     0        1  1\n";
	FILE *file = fmemopen(text, sizeof(text) - 1, "r");
	struct queue_health got;

	ck_assert_ptr_nonnull(file);
	queue_health_find(file, queues[_i].queue, &got);
	fclose(file);
	ck_assert_msg(memcmp(&got, &queues[_i].want, sizeof(got)) == 0, "%s",
		      queues[_i].name);
}
END_TEST

/* ---- streams ---- */

static int streams;			/* that have begun and not ended */
static size_t produced;			/* bytes so far, of all */
static bool is_quiet;

static bool begin_stream(void *ctx, const char *text, size_t len, void *state)
{
	ck_assert_ptr_eq(ctx, &asked);
	ck_assert_uint_eq(strlen(text), len);
	*(int *)state = 7;
	streams += strcmp(text, "stream") == 0;
	return strcmp(text, "stream") == 0;
}

static size_t more_stream(void *ctx, void *state, char *text, size_t size)
{
	ck_assert_ptr_eq(ctx, &asked);
	ck_assert_int_eq(*(int *)state, 7);
	if (is_quiet)
		return 0;
	memset(text, 's', size);
	produced += size;
	return size;
}

static void end_stream(void *ctx, void *state)
{
	ck_assert_ptr_eq(ctx, &asked);
	ck_assert_int_eq(*(int *)state, 7);
	streams--;
}

static const struct control_stream stream = {
	begin_stream, more_stream, end_stream,
};

static int dial_stream(void)
{
	int fd = dial();

	say(fd, "stream\n", 7);
	turns(3, 0);
	return fd;
}

/* A client that does not read costs its buffers; others are served. It ends
 * when it closes, not by a time limit. */
START_TEST(stream_waits)
{
	char text[64];
	size_t before;
	int slow, other;

	control_set_stream(control, &stream);
	slow = dial_stream();
	ck_assert_int_eq(streams, 1);
	before = produced;
	turns(50, CONTROL_ANSWER_MS * 9);
	ck_assert_uint_eq(produced, before);	/* nothing more is fetched */
	ck_assert_int_eq(streams, 1);
	ck_assert_int_eq(control_wait_ms(control, 0), -1);
	other = dial();
	say(other, "status\n", 7);
	turns(4, 0);
	ck_assert_int_eq(observe(other, text, sizeof(text)), 6);
	while (observe(slow, text, sizeof(text)) > 0)
		;
	turns(1, 0);
	ck_assert_uint_gt(produced, before);	/* it goes on */
	close(slow);
	close(other);
	turns(2, 0);
	ck_assert_int_eq(streams, 0);
}
END_TEST

START_TEST(stream_limit)
{
	int fds[CONTROL_STREAMS], one_more;
	char text[64];

	is_quiet = true;
	control_set_stream(control, &stream);
	for (int i = 0; i < CONTROL_STREAMS; i++)
		fds[i] = dial_stream();
	ck_assert_int_eq(streams, CONTROL_STREAMS);
	one_more = dial_stream();	/* is answered instead */
	ck_assert_int_eq(observe(one_more, text, sizeof(text)), 6);
	ck_assert_mem_eq(text, "stream", 6);
	close(one_more);
	close(fds[0]);
	turns(2, 0);
	ck_assert_int_eq(streams, CONTROL_STREAMS - 1);
	fds[0] = dial_stream();
	ck_assert_int_eq(streams, CONTROL_STREAMS);
	for (int i = 0; i < CONTROL_STREAMS; i++)
		close(fds[i]);
	turns(2, 0);
	ck_assert_int_eq(streams, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = tcase_create("socket");
	TCase *queue = tcase_create("queue");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, line, 0, ROWS(lines));
	tcase_add_test(tcase, byte_by_byte);
	tcase_add_test(tcase, only_for_its_user);
	tcase_add_test(tcase, replaces_what_is_there);
	tcase_add_test(tcase, too_long);
	tcase_add_test(tcase, slow_to_ask);
	tcase_add_test(tcase, long_answer);
	tcase_add_test(tcase, slow_to_listen);
	tcase_add_test(tcase, gone);
	tcase_add_test(tcase, many);
	tcase_add_test(tcase, stream_waits);
	tcase_add_test(tcase, stream_limit);
	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(queue, health, 0, ROWS(queues));
	suite_add_tcase(suite, queue);
	return unit_run(suite);
}
