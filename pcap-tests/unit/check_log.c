/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_log.c - levels and the journal's priorities of log lines. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/util/log.h"
#include "unit.h"

static char path[] = "/tmp/check_log.XXXXXX";

/* Send standard error to a file; it is the journal if `to_journal`. */
static void capture(bool to_journal, bool is_verbose)
{
	struct stat st;
	char stream[64];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino + !to_journal);
	setenv("JOURNAL_STREAM", stream, 1);
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
	log_init(is_verbose);
}

static void check_written(const char *want)
{
	char text[512] = "";
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	unlink(path);
	ck_assert_str_eq(text, want);
}

START_TEST(terminal)
{
	capture(false, false);
	log_error("uplink %s: no interface", "lte");
	log_warning("two");
	log_notice("three");
	log_info("four");
	log_debug("five");
	log_lines(LOG_LEVEL_ERROR, "a.policy:1:1: error: x\n  | ^\n");
	check_written("waymark: error: uplink lte: no interface\n"
		      "waymark: warning: two\n"
		      "waymark: notice: three\n"
		      "waymark: info: four\n"
		      "a.policy:1:1: error: x\n  | ^\n");
}
END_TEST

START_TEST(journal)
{
	capture(true, false);
	log_error("one");
	log_warning("two");
	log_notice("three");
	log_info("four");
	log_debug("five");
	log_lines(LOG_LEVEL_WARNING, "first\n\n  second");
	check_written("<3>one\n<4>two\n<5>three\n<6>four\n"
		      "<4>first\n<4>\n<4>  second\n");
}
END_TEST

START_TEST(stream)
{
	struct log_stream log;

	capture(true, false);
	fprintf(log_open(&log), "a.policy:%d: error: x\n", 7);
	log_close(&log, LOG_LEVEL_ERROR);
	log_open(&log);
	log_close(&log, LOG_LEVEL_ERROR);
	check_written("<3>a.policy:7: error: x\n");
}
END_TEST

START_TEST(debug)
{
	capture(true, true);
	log_debug("%d", 5);
	log_lines(LOG_LEVEL_DEBUG, "lines\n");
	check_written("<7>5\n<7>lines\n");
}
END_TEST

/* A line that is too long is cut, and still ends. */
START_TEST(long_line)
{
	static char text[5000];
	struct stat st;

	capture(false, false);
	memset(text, 'x', sizeof(text) - 1);
	log_error("%s", text);
	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	ck_assert_int_gt(st.st_size, 2000);
	ck_assert_int_lt(st.st_size, 2100);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *lines = tcase_create("lines");

	tcase_add_test(lines, terminal);
	tcase_add_test(lines, journal);
	tcase_add_test(lines, stream);
	tcase_add_test(lines, debug);
	tcase_add_test(lines, long_line);
	suite_add_tcase(suite, lines);
	return unit_run(suite);
}
