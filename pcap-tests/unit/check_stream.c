/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_stream.c - segments in any order give the same stream. */
#include <stdlib.h>

#include "engine/flow/stream.h"
#include "unit.h"

#define SIZE 64

static const struct address any_client = { .be64 = { 0, 7 } };

static struct stream_pool *pool;
static struct stream *stream;

static void setup(void)
{
	pool = stream_pool_new(2, SIZE);
	ck_assert_ptr_nonnull(pool);
	stream_take(pool, &stream, &any_client);
	ck_assert_ptr_nonnull(stream);
}

static void teardown(void)
{
	stream_pool_free(pool);
}

static bool put(uint32_t offset, const char *text)
{
	size_t len = strlen(text);
	uint8_t *exact = malloc(len);
	bool grown;

	memcpy(exact, text, len);
	grown = stream_segment(stream, offset, exact, len);
	free(exact);
	return grown;
}

static void assert_data(const char *want, const char *what)
{
	struct cursor data = stream_data(stream);

	ck_assert_msg(cursor_left(&data) == strlen(want) &&
			      memcmp(data.at, want, strlen(want)) == 0,
		      "%s: %.*s instead of %s", what, (int)cursor_left(&data),
		      (const char *)data.at, want);
}

static const struct {
	const char *name;
	struct {
		uint32_t offset;
		const char *text;
		bool grows;
	} put[5];
	const char *want;
} rows[] = {
	{ "in order", { { 0, "abc", true }, { 3, "def", true } }, "abcdef" },
	{ "swapped", { { 3, "def", false }, { 0, "abc", true } }, "abcdef" },
	{ "a gap stays", { { 0, "abc", true }, { 4, "e", false } }, "abc" },
	{ "a gap is filled",
	  { { 0, "ab", true }, { 4, "ef", false }, { 2, "cd", true } },
	  "abcdef" },
	{ "retransmitted", { { 0, "abc", true }, { 0, "abc", false } }, "abc" },
	{ "retransmitted with more data",
	  { { 0, "abc", true }, { 0, "xyzdef", true } }, "abcdef" },
	{ "the first copy is kept",
	  { { 2, "cd", false }, { 0, "XXXXX", true } }, "XXcdX" },
	{ "an overlap at the end",
	  { { 0, "abcd", true }, { 2, "XXef", true } }, "abcdef" },
	{ "one segment over two pieces",
	  { { 1, "b", false }, { 4, "e", false }, { 0, "aXXXXX", true } },
	  "abXXeX" },
	{ "one segment between two pieces",
	  { { 0, "ab", true }, { 4, "ef", false }, { 1, "XcdX", true } },
	  "abcdef" },
	{ "neighbours join",
	  { { 2, "c", false }, { 1, "b", false }, { 3, "d", false },
	    { 0, "a", true } }, "abcd" },
	{ "before the start", { { (uint32_t)-3, "xyz", false } }, "" },
	{ "a keep-alive's byte",
	  { { (uint32_t)-1, "x", false }, { 0, "abc", true } }, "abc" },
	{ "from before the start into the stream",
	  { { (uint32_t)-3, "xyzabc", true } }, "abc" },
	{ "past the limit", { { SIZE, "x", false } }, "" },
	{ "across the limit", { { SIZE - 1, "xy", false } }, "" },
	{ "nothing", { { 0, "", false } }, "" },
	{ "a distance of 2 GiB counts as before",
	  { { 0x80000000u, "abc", false } }, "" },
};

START_TEST(segments)
{
	for (size_t i = 0; i < 5 && rows[_i].put[i].text != NULL; i++)
		ck_assert_msg(put(rows[_i].put[i].offset,
				  rows[_i].put[i].text) ==
				      rows[_i].put[i].grows,
			      "%s: segment %zu", rows[_i].name, i);
	assert_data(rows[_i].want, rows[_i].name);
}
END_TEST

/* Row _i is a permutation of five segments: all orders give one stream. */
START_TEST(permutation)
{
	static const char text[] = "the quick brown fox jumps";
	bool used[5] = { false };
	int left = _i;

	for (int n = 5; n > 0; n--) {
		int pick = left % n;
		int k = 0;

		left /= n;
		while (used[k] || pick-- > 0)
			k++;
		used[k] = true;
		stream_segment(stream, (uint32_t)k * 5,
			       (const uint8_t *)text + k * 5, 5);
	}
	assert_data(text, "permutation");
}
END_TEST

START_TEST(full)
{
	uint8_t bytes[SIZE + 10] = { 0 };

	ck_assert(!stream_is_full(stream));
	ck_assert(stream_segment(stream, 0, bytes, SIZE - 1));
	ck_assert(!stream_is_full(stream));
	ck_assert(stream_segment(stream, SIZE - 1, bytes, 10));
	ck_assert(stream_is_full(stream));
	ck_assert(!stream_segment(stream, 0, bytes, sizeof(bytes)));
}
END_TEST

START_TEST(max_pieces)
{
	for (uint32_t i = 0; i < STREAM_RANGES; i++)
		ck_assert(!put(2 + 3 * i, "x"));
	ck_assert(!put(2 + 3 * STREAM_RANGES, "left out"));
	ck_assert(put(0, "ab"));		/* joins the first piece */
	assert_data("abx", "start");
	ck_assert(put(3, "cd"));
	assert_data("abxcdx", "next");
}
END_TEST

START_TEST(start_has_a_place)
{
	for (uint32_t i = 0; i < STREAM_RANGES; i++)
		ck_assert(!put(4 + 3 * i, "x"));
	ck_assert(put(0, "ab"));
	ck_assert(!put(40, "no"));
	ck_assert(put(2, "cd"));
	assert_data("abcdx", "start");
}
END_TEST

/* Compare with a model that has a flag for each byte. */
START_TEST(random_model)
{
	uint8_t model[SIZE];
	bool has[SIZE] = { false };
	unsigned seed = (unsigned)_i + 1;

	for (int n = 0; n < 12; n++) {
		int first = rand_r(&seed) % (SIZE + 8) - 4;
		int len = rand_r(&seed) % 24;
		uint8_t bytes[24];
		size_t whole = 0;
		struct cursor data;

		for (int k = 0; k < len; k++)
			bytes[k] = (uint8_t)rand_r(&seed);
		stream_segment(stream, (uint32_t)first, bytes, (size_t)len);
		for (int k = 0; k < len; k++) {
			int at = first + k;

			if (at < 0 || at >= SIZE || has[at])
				continue;
			has[at] = true;
			model[at] = bytes[k];
		}
		while (whole < SIZE && has[whole])
			whole++;
		data = stream_data(stream);
		ck_assert_uint_eq(cursor_left(&data), whole);
		ck_assert_int_eq(memcmp(data.at, model, whole), 0);
	}
}
END_TEST

START_TEST(datagrams)
{
	uint8_t big[SIZE] = { 0 };
	struct cursor data;

	ck_assert(stream_datagram(stream, false, (const uint8_t *)"abc", 3));
	ck_assert(stream_datagram(stream, true, (const uint8_t *)"de", 2));
	ck_assert(!stream_datagram(stream, true, big, SIZE));
	data = stream_data(stream);
	ck_assert_uint_eq(cursor_left(&data), 11);
	ck_assert_int_eq(memcmp(data.at, "\0\0\3abc\1\0\2de", 11), 0);
}
END_TEST

START_TEST(pool_is_bounded)
{
	struct stream *second = NULL, *third = NULL;

	stream_take(pool, &second, &any_client);
	ck_assert_ptr_nonnull(second);
	ck_assert_ptr_ne(second, stream);
	ck_assert_uint_eq(stream_pool_reclaimed(pool), 0);
	put(0, "old");
	stream_take(pool, &third, &any_client);		/* evicts the oldest */
	ck_assert_uint_eq(stream_pool_reclaimed(pool), 1);
	ck_assert_ptr_null(stream);
	ck_assert_ptr_nonnull(second);
	stream = third;
	assert_data("", "a stream used again");
}
END_TEST

/* The client with the most streams loses one, not the oldest stream. */
START_TEST(fair_shares)
{
	struct stream_pool *small = stream_pool_new(8, 16);
	struct stream *victims[2] = { NULL }, *flood[100] = { NULL };
	struct address victim = address_from_v4(1), flooder;

	/* An IPv6 network is one client, whatever addresses it uses. */
	flooder = (struct address){ .be32 = { 1, 2, 3, 4 } };
	for (size_t i = 0; i < 2; i++)
		stream_take(small, &victims[i], &victim);
	for (size_t i = 0; i < 100; i++) {
		flooder.be32[3] = (uint32_t)i;
		stream_take(small, &flood[i], &flooder);
	}
	ck_assert_ptr_nonnull(victims[0]);
	ck_assert_ptr_nonnull(victims[1]);
	ck_assert_ptr_nonnull(flood[99]);
	ck_assert_ptr_null(flood[93]);
	ck_assert_uint_eq(stream_pool_reclaimed(small), 94);
	stream_give_back(small, &victims[0]);
	stream_take(small, &victims[0], &victim);
	ck_assert_uint_eq(stream_pool_reclaimed(small), 94);
	stream_pool_free(small);
}
END_TEST

START_TEST(given_back)
{
	struct stream *second = NULL, *third = NULL;

	stream_take(pool, &second, &any_client);
	stream_give_back(pool, &stream);
	ck_assert_ptr_null(stream);
	stream_give_back(pool, &stream);	/* no effect */
	stream_take(pool, &third, &any_client);
	ck_assert_uint_eq(stream_pool_reclaimed(pool), 0);
	/* the second is now the oldest */
	stream_take(pool, &stream, &any_client);
	ck_assert_ptr_null(second);
	ck_assert_ptr_nonnull(third);
	ck_assert_uint_eq(stream_pool_reclaimed(pool), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tcase = tcase_create("stream");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, segments, 0, ROWS(rows));
	tcase_add_loop_test(tcase, permutation, 0, 120);
	tcase_add_test(tcase, full);
	tcase_add_test(tcase, max_pieces);
	tcase_add_test(tcase, start_has_a_place);
	tcase_add_loop_test(tcase, random_model, 0, 200);
	tcase_add_test(tcase, datagrams);
	tcase_add_test(tcase, pool_is_bounded);
	tcase_add_test(tcase, fair_shares);
	tcase_add_test(tcase, given_back);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
