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
	ck_assert_int_eq(learned_file_load(again, now_s, path), -ENOENT);
	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "a.example", NOW);
	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "b.example",
			  NOW + 1);
	learned_add_server(learned, &stores_client, &server, IPPROTO_TCP, 22,
			   SSH, "", NOW);
	ck_assert_int_eq(learned_file_save(learned, now_s, path), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(learned_file_load(again, now_s, path), 0);
	ck_assert_uint_eq(stores_count(again), 3);
	ck_assert(stores_find_server(again, &server, IPPROTO_TCP, 22, NOW,
				     &item));
	ck_assert_uint_eq(item.app, SSH);
	ck_assert_uint_eq(item.seen_s, now_s);
	learned_each(again, check_since, &now_s);
	/* Loading twice changes nothing; expired items are not loaded. */
	ck_assert_int_eq(learned_file_load(again, now_s, path), 0);
	ck_assert_uint_eq(stores_count(again), 3);
	learned_free(again);
	again = stores_new(64);
	ck_assert_int_eq(learned_file_load(again, now_s + 60, path), 0);
	ck_assert_uint_eq(stores_count(again), 1);
	learned_free(again);
	/* The clock was ahead when the file was written. */
	again = stores_new(64);
	ck_assert_int_eq(learned_file_load(again, 5, path), 0);
	ck_assert(stores_find_server(again, &server, IPPROTO_TCP, 22,
				     6 * SECOND, &item));
	ck_assert_uint_eq(item.seen_s, 5);
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
	ck_assert_int_eq(learned_file_save(learned, 1000, path), 0);
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
		ck_assert_int_eq(learned_file_load(learned, 1000, path),
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
	ck_assert_int_eq(learned_file_save(learned, 1000, path), 0);
	change_file(version, 1);
	ck_assert_int_eq(learned_file_load(learned, 1000, path), -EBADMSG);
	change_file(version, -1);
	ck_assert_int_eq(learned_file_load(learned, 1000, path), 0);
	learned_free(learned);
	remove_path();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("learned_file");
	TCase *tcase = tcase_create("learned_file");

	tcase_add_test(tcase, save_and_load);
	tcase_add_test(tcase, broken_file);
	tcase_add_test(tcase, another_version);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
