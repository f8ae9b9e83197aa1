/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_table_owner.c - the process that keeps the socket of a table: it gives
 * it to others, outlives them, and is replaced when it was killed. */
#include "pcap-tests/unit/unit.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "rules/setup/kernel/table_owner.h"

#define END_MS 10000

static char dir[] = "/tmp/waymark-owner.XXXXXX";
static char name[sizeof(dir) + sizeof("/table")];
static struct table_owner owner;

static void start(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/table", dir);
	owner = TABLE_OWNER_NONE;
}

static void end(void)
{
	table_owner_end(&owner, dir);
	ck_assert_int_eq(rmdir(dir), 0);
}

static bool has_ended(int holder)
{
	struct pollfd ended = { .fd = holder, .events = POLLIN };

	return poll(&ended, 1, END_MS) == 1;
}

START_TEST(another_process_gets_the_socket)
{
	struct table_owner other = TABLE_OWNER_NONE;
	struct stat st;

	ck_assert_int_eq(table_owner_keep(&owner, dir), 1);
	ck_assert_int_eq(table_owner_keep(&owner, dir), 0);
	ck_assert_int_eq(stat(name, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	for (int i = 0; i < 3; i++) {
		table_owner_find(&other, dir);
		ck_assert_int_ge(other.socket, 0);
		ck_assert_uint_ne(other.port, 0);
		ck_assert_uint_eq(other.port, owner.port);
		table_owner_fini(&other);
	}
	ck_assert(!table_owner_is_lost(&owner));
}
END_TEST

START_TEST(it_outlives_the_first_user)
{
	struct table_owner other = TABLE_OWNER_NONE;
	uint32_t port;

	ck_assert_int_eq(table_owner_keep(&owner, dir), 1);
	port = owner.port;
	table_owner_fini(&owner);
	table_owner_find(&other, dir);
	ck_assert_uint_eq(other.port, port);
	table_owner_end(&other, dir);
	ck_assert_int_lt(other.socket, 0);
	ck_assert_int_ne(access(name, F_OK), 0);
}
END_TEST

START_TEST(killed)
{
	uint32_t port;

	ck_assert_int_eq(table_owner_keep(&owner, dir), 1);
	port = owner.port;
	ck_assert_int_eq(syscall(SYS_pidfd_send_signal, owner.holder, SIGKILL,
				 NULL, 0), 0);
	ck_assert(has_ended(owner.holder));
	ck_assert(table_owner_is_lost(&owner));
	ck_assert(!table_owner_is_lost(&owner));
	table_owner_find(&owner, dir);
	ck_assert_int_lt(owner.holder, 0);
	ck_assert_int_eq(table_owner_keep(&owner, dir), 1);
	ck_assert_uint_eq(owner.port, port);
	ck_assert(!table_owner_is_lost(&owner));
}
END_TEST

START_TEST(ended)
{
	struct table_owner other = TABLE_OWNER_NONE;

	ck_assert_int_eq(table_owner_keep(&owner, dir), 1);
	table_owner_find(&other, dir);
	table_owner_end(&other, dir);
	ck_assert(has_ended(owner.holder));
	ck_assert(table_owner_is_lost(&owner));
}
END_TEST

/* A name without a process, as after the end of the machine. */
START_TEST(left_over_name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, name);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	close(fd);
	table_owner_find(&owner, dir);
	ck_assert_int_lt(owner.socket, 0);
	ck_assert_int_eq(table_owner_keep(&owner, dir), 1);
	ck_assert_int_ge(owner.holder, 0);
}
END_TEST

/* Clients that send nothing, or something else, get nothing and stop nothing. */
START_TEST(strange_clients)
{
	struct table_owner other = TABLE_OWNER_NONE;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char byte;

	ck_assert_int_eq(table_owner_keep(&owner, dir), 1);
	strcpy(address.sun_path, name);
	for (int i = 0; i < 2; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		ck_assert_int_eq(connect(fd, (struct sockaddr *)&address,
					 sizeof(address)), 0);
		if (i == 0) {
			ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), 1);
			ck_assert_int_eq(recv(fd, &byte, 1, 0), 0);
		}
		close(fd);
	}
	table_owner_find(&other, dir);
	ck_assert_uint_eq(other.port, owner.port);
	table_owner_fini(&other);
}
END_TEST

/* The same directory, used in another network namespace. */
START_TEST(another_namespace)
{
	struct table_owner other = TABLE_OWNER_NONE;

	ck_assert_int_eq(table_owner_keep(&owner, dir), 1);
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	table_owner_find(&other, dir);
	ck_assert_int_lt(other.socket, 0);
	ck_assert_int_lt(other.holder, 0);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tests;

	/* Only CAP_NET_ADMIN is shown the network namespace of a socket. */
	if (geteuid() != 0) {
		puts("1..0 # SKIP needs root");
		return EXIT_SUCCESS;
	}
	suite = suite_create("table owner");
	tests = tcase_create("table owner");
	tcase_add_checked_fixture(tests, start, end);
	tcase_add_test(tests, another_process_gets_the_socket);
	tcase_add_test(tests, it_outlives_the_first_user);
	tcase_add_test(tests, killed);
	tcase_add_test(tests, ended);
	tcase_add_test(tests, left_over_name);
	tcase_add_test(tests, strange_clients);
	tcase_add_test(tests, another_namespace);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
