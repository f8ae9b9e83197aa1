/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_confine.c - the system calls that a confined thread may make. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/confine.h"
#include "pcap-tests/unit/unit.h"

static int pair[2];

static int can_open(void)
{
	int fd = open("/dev/null", O_RDONLY);

	return fd < 0 ? -errno : close(fd);
}

static int can_make_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0) < 0 ? -errno : 0;
}

static int can_run_another(void)
{
	char *const argv[] = { NULL };

	/* The file does not exist, so that nothing runs even if allowed. */
	return syscall(SYS_execve, "/", argv, argv) < 0 ? -errno : 0;
}

static int can_map_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? -errno : munmap(at, 4096);
}

static int can_map_data(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? -errno : munmap(at, 4096);
}

static int can_allocate(void)
{
	void *volatile much = malloc(8 << 20);

	if (much == NULL)
		return -ENOMEM;
	memset(much, 1, 8 << 20);
	free(much);
	return 0;
}

static int can_talk(void)
{
	struct iovec vector = { (char[]){ "x" }, 1 };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &vector,
						.msg_iovlen = 1 } };

	if (sendmsg(pair[0], &message.msg_hdr, 0) != 1)
		return -errno;
	return recvmmsg(pair[1], &message, 1, MSG_DONTWAIT, NULL) == 1 ?
		0 : -errno;
}

static int can_sleep(void)
{
	return usleep(1) < 0 ? -errno : 0;
}

static int can_enter_namespace(void)
{
	return unshare(CLONE_NEWNET) < 0 ? -errno : 0;
}

/* 0 if no capability can be regained by executing a program. */
static int can_regain(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			return 0;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -EPERM : 0;
}

struct row {
	const char *name;
	int (*try)(void);
	int want;
};

static const struct row process_rows[] = {
	{ "open a file", can_open, 0 },
	{ "make a socket", can_make_socket, 0 },
	{ "allocate", can_allocate, 0 },
	{ "run a program", can_run_another, -EPERM },
	{ "enter a namespace", can_enter_namespace, -EPERM },
	{ "regain a capability", can_regain, -EPERM },
};

static const struct row rows[] = {
	{ "talk on a socket", can_talk, 0 },
	{ "sleep", can_sleep, 0 },
	{ "map memory", can_map_data, 0 },
	{ "allocate", can_allocate, 0 },
	{ "open a file", can_open, -EPERM },
	{ "make a socket", can_make_socket, -EPERM },
	{ "run a program", can_run_another, -EPERM },
	{ "map code", can_map_code, -EPERM },
	{ "regain a capability", can_regain, -EPERM },
};

static void *confined_process(void *arg)
{
	int *result = arg;
	int rc = confine_process();

	result[0] = rc;
	result[1] = rc == 0 ? process_rows[result[1]].try() : 0;
	return NULL;
}

START_TEST(whole_process)
{
	int result[2] = { 0, _i };
	pthread_t thread;

	if (geteuid() != 0)
		return;		/* only root has anything to lose */
	ck_assert_int_eq(pthread_create(&thread, NULL, confined_process,
					result), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(result[0], 0);
	if (CONFINE_HAS_SANITIZER)
		return;
	ck_assert_msg(result[1] == process_rows[_i].want, "%s: %s",
		      process_rows[_i].name, strerror(-result[1]));
}
END_TEST

static void *confined(void *arg)
{
	int *result = arg;
	int rc = confine_worker();

	result[0] = rc;
	result[1] = rc == 0 ? rows[result[1]].try() : 0;
	return NULL;
}

START_TEST(allowed)
{
	int result[2] = { 0, _i };
	pthread_t thread;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, confined, result), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(result[0], 0);
	if (CONFINE_HAS_SANITIZER)
		return;		/* then no privileges were dropped */
	ck_assert_msg(result[1] == rows[_i].want, "%s: %s", rows[_i].name,
		      strerror(-result[1]));
	/* Other threads are not confined. */
	ck_assert_int_eq(can_open(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("confine");
	TCase *tcase = tcase_create("confine");

	tcase_add_loop_test(tcase, allowed, 0, ROWS(rows));
	tcase_add_loop_test(tcase, whole_process, 0, ROWS(process_rows));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
