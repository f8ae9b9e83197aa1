/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_learned_file.c - save and load the learned store. */
#include <errno.h>
#include <netinet/in.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/hints/hint.h"
#include "engine/learn/learned_file.h"
#include "stores.h"
#include "unit.h"

#define SSH hints_app_find("ssh")

static char dir[64], path[PATH_MAX];

static void make_path(void)
{
	strcpy(dir, "/tmp/check_learned.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(learned_file_path(dir, path), 0);
}

static void remove_path(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* A store whose second is that of the wall clock. */
static int save(const struct learned *learned, uint32_t now_s)
{
	const struct clock_stamp now = { .day_s = now_s };

	return learned_file_save(learned, now_s, &now, path);
}

static int load(struct learned *learned, uint32_t now_s)
{
	const struct clock_stamp now = { .day_s = now_s };

	return learned_file_load(learned, &now, path);
}

static void check_since(void *ctx, const struct learned_item *item)
{
	ck_assert_uint_eq(item->since_s, *(const uint32_t *)ctx);
}

START_TEST(save_and_load)
{
	struct learned *learned = stores_new(64), *again = stores_new(64);
	struct address server = stores_address("192.0.2.7");
	struct learned_found item;
	struct stat st;
	uint32_t now_s = learned_second(learned, NOW);

	make_path();
	ck_assert_int_eq(load(again, now_s), -ENOENT);
	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "a.example", NOW);
	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "b.example",
			  NOW + 1);
	learned_add_server(learned, &stores_client, &server, IPPROTO_TCP, 22,
			   SSH, "", NOW);
	ck_assert_int_eq(save(learned, now_s), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(load(again, now_s), 0);
	ck_assert_uint_eq(stores_count(again), 3);
	ck_assert(stores_find_server(again, &server, IPPROTO_TCP, 22, NOW,
				     &item));
	ck_assert_uint_eq(item.app, SSH);
	ck_assert_uint_eq(item.seen_s, now_s);
	learned_each(again, check_since, &now_s);
	/* Loading twice changes nothing; expired items are not loaded. */
	ck_assert_int_eq(load(again, now_s), 0);
	ck_assert_uint_eq(stores_count(again), 3);
	learned_free(again);
	again = stores_new(64);
	ck_assert_int_eq(load(again, now_s + 60), 0);
	ck_assert_uint_eq(stores_count(again), 1);
	learned_free(again);
	/* The clock was ahead when the file was written. */
	again = stores_new(64);
	ck_assert_int_eq(load(again, 5), 0);
	ck_assert(stores_find_server(again, &server, IPPROTO_TCP, 22,
				     6 * SECOND, &item));
	ck_assert_uint_eq(item.seen_s, 5);
	learned_free(again);
	learned_free(learned);
	remove_path();
}
END_TEST

static void keep_item(void *ctx, const struct learned_item *item)
{
	*(struct learned_item *)ctx = *item;
}

#define DAY_S 86400

/* The answer is good for a minute, of which 40 s are left at the time of
 * saving. Rows: what the clocks show 30 s later. */
static const struct {
	const char *name;
	struct clock_stamp now;
	uint32_t seen_ago_s;	/* 0: expired */
} loads[] = {
	{ "wall clock steps forward", { "a", 130, 9000000 + DAY_S }, 50 },
	{ "wall clock steps back", { "a", 130, 9000000 - DAY_S }, 50 },
	{ "it has not stepped", { "a", 130, 9000030 }, 50 },
	{ "after a reboot", { "b", 20, 9000030 }, 50 },
	{ "after a reboot, clock behind", { "b", 30, 8000000 }, 50 },
	{ "after a longer reboot", { "b", 20, 9000040 }, 0 },
};

START_TEST(clock_steps)
{
	const struct clock_stamp then = { "a", 100, 9000000 };
	const struct clock_stamp *now = &loads[_i].now;
	struct learned *learned = stores_new(8), *again = stores_new(8);
	struct learned_item item = { 0 };
	uint64_t saved_ns = NOW + 20 * SECOND;

	make_path();
	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "a.example", NOW);
	ck_assert_int_eq(learned_file_save(learned, learned_second(learned,
								   saved_ns),
					   &then, path), 0);
	ck_assert_int_eq(learned_file_load(again, now, path), 0);
	ck_assert_msg(stores_count(again) == (loads[_i].seen_ago_s != 0), "%s",
		      loads[_i].name);
	learned_each(again, keep_item, &item);
	if (loads[_i].seen_ago_s != 0) {
		ck_assert_msg(now->day_s - item.seen_s == loads[_i].seen_ago_s,
			      "%s", loads[_i].name);
		ck_assert_uint_eq(item.expires_s - item.seen_s, 60);
	}
	learned_free(again);
	learned_free(learned);
	remove_path();
}
END_TEST

/* Each changed byte and each truncation is detected. */
START_TEST(broken_file)
{
	struct learned *learned = stores_new(8);
	uint8_t bytes[1024];
	size_t len;
	FILE *file;

	make_path();
	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "a.example", NOW);
	ck_assert_int_eq(save(learned, 1000), 0);
	file = fopen(path, "rb");
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	for (size_t i = 0; i < 2 * len; i++) {
		bool is_cut = i >= len;

		file = fopen(path, "wb");
		if (!is_cut)
			bytes[i] ^= 0x41;
		fwrite(bytes, 1, is_cut ? i - len : len, file);
		if (!is_cut)
			bytes[i] ^= 0x41;
		fclose(file);
		ck_assert_int_eq(load(learned, 1000),
				 -EBADMSG);
	}
	learned_free(learned);
	remove_path();
}
END_TEST

/* Change the byte at `at` by `change`, and write a correct digest. */
static void change_file(size_t at, int change)
{
	uint8_t bytes[1024];
	struct sha256_ctx sha;
	FILE *file = fopen(path, "r+b");
	size_t len = fread(bytes, 1, sizeof(bytes), file);
	size_t body_len = len - SHA256_DIGEST_SIZE;

	bytes[at] = (uint8_t)(bytes[at] + change);
	sha256_init(&sha);
	sha256_update(&sha, body_len, bytes);
	sha256_digest(&sha, SHA256_DIGEST_SIZE, bytes + body_len);
	rewind(file);
	fwrite(bytes, 1, len, file);
	fclose(file);
}

START_TEST(another_version)
{
	static const size_t version = sizeof("waymark-learned\n") - 1;
	struct learned *learned = stores_new(8);

	make_path();
	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "a.example", NOW);
	ck_assert_int_eq(save(learned, 1000), 0);
	change_file(version, 1);
	ck_assert_int_eq(load(learned, 1000), -EBADMSG);
	change_file(version, -1);
	ck_assert_int_eq(load(learned, 1000), 0);
	learned_free(learned);
	remove_path();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("learned_file");
	TCase *tcase = tcase_create("learned_file");

	tcase_add_test(tcase, save_and_load);
	tcase_add_loop_test(tcase, clock_steps, 0, ROWS(loads));
	tcase_add_test(tcase, broken_file);
	tcase_add_test(tcase, another_version);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
