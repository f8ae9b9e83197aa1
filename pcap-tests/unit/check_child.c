/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_child.c - the output of child processes, and children that hang. */
#include "pcap-tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "rules/setup/kernel/child.h"

/* Shared by all processes: how many children there were, and how many of them
 * are to hang. */
static struct { int count, hanging; } *children;

static void share(int hanging)
{
	children = mmap(NULL, sizeof(*children), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(children, MAP_FAILED);
	children->hanging = hanging;
}

static int write_text(int fd, const void *arg)
{
	if (children->count++ < children->hanging)
		pause();
	return write(fd, arg, strlen(arg)) == (ssize_t)strlen(arg) ?
		       EXIT_SUCCESS : EXIT_FAILURE;
}

static int write_and_fail(int fd, const void *arg)
{
	(void)write_text(fd, arg);
	return EXIT_FAILURE;
}

/* Computes for longer than a child may stall. */
static int compute(int fd, const void *arg)
{
	struct timespec used = { 0 };

	while (used.tv_sec < CHILD_STALL_S + 1)
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return write_text(fd, arg);
}

static int write_much(int fd, const void *arg)
{
	for (int i = 0; i < 100000; i++)
		if (write_text(fd, arg) != EXIT_SUCCESS)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

static const struct {
	const char *name;
	int (*run)(int fd, const void *arg);
	int hanging;
	size_t want;		/* times the text; 0: NULL */
	int children;
} rows[] = {
	{ "all is read", write_text, 0, 1, 1 },
	{ "more than a pipe holds", write_much, 0, 100000, 100000 },
	{ "a failure, not tried again", write_and_fail, 0, 0, 1 },
	{ "one that hangs", write_text, 1, 1, 2 },
	{ "all hang", write_text, CHILD_TRIES, 0, CHILD_TRIES },
	{ "one that takes long", compute, 0, 1, 1 },
};

START_TEST(reads)
{
	char *text;

	share(rows[_i].hanging);
	text = child_read(rows[_i].run, "text\n");
	ck_assert_msg((text != NULL) == (rows[_i].want > 0), "%s",
		      rows[_i].name);
	if (text != NULL)
		ck_assert_msg(strlen(text) == 5 * rows[_i].want, "%s: %zu",
			      rows[_i].name, strlen(text));
	ck_assert_msg(children->count == rows[_i].children, "%s: %d",
		      rows[_i].name, children->count);
	free(text);
	munmap(children, sizeof(*children));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("child");
	TCase *tcase = tcase_create("child");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, reads, 0, ROWS(rows));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
