/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_keyed_hash.c - hashes of bytes depend on all bytes, the length and the
 * key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/keyed_hash.h"
#include "unit.h"

#define NAMES 20000

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

START_TEST(all_bytes_count)
{
	static const char zeros[40];
	const struct keyed_hash *key = keyed_hash_process();
	static uint64_t hashes[NAMES + sizeof(zeros)];
	size_t count = 0;
	char name[32];

	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "h%d.example", i);
		hashes[count++] = keyed_hash_bytes(key, name, strlen(name));
	}
	for (size_t len = 0; len < sizeof(zeros); len++)
		hashes[count++] = keyed_hash_bytes(key, zeros, len);
	qsort(hashes, count, sizeof(hashes[0]), by_value);
	for (size_t i = 1; i < count; i++)
		ck_assert(hashes[i - 1] != hashes[i]);
}
END_TEST

START_TEST(keys)
{
	struct keyed_hash fixed, same, random;

	ck_assert_int_eq(keyed_hash_init(&fixed, true), 0);
	ck_assert_int_eq(keyed_hash_init(&same, true), 0);
	ck_assert_int_eq(keyed_hash_init(&random, false), 0);
	ck_assert(keyed_hash_bytes(&fixed, "example", 7) ==
		  keyed_hash_bytes(&same, "example", 7));
	ck_assert(keyed_hash_bytes(&fixed, "example", 7) !=
		  keyed_hash_bytes(&random, "example", 7));
	ck_assert_ptr_eq(keyed_hash_process(), keyed_hash_process());
	ck_assert(keyed_hash_process()->factor != fixed.factor);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keyed_hash");
	TCase *tcase = tcase_create("keyed_hash");

	tcase_add_test(tcase, all_bytes_count);
	tcase_add_test(tcase, keys);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
