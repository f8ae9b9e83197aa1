/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_defrag.c - reassemble reordered, duplicate, overlapping, missing and
 * late fragments.
 */
#include <stdio.h>

#include "engine/packet/decode.h"
#include "engine/packet/defrag.h"
#include "unit.h"

#define SECOND_NS 1000000000u
#define HEADER4 20
#define HEADER6 48

/* A piece is "start-end" in units of eight bytes, with "+" when more follow:
 * a UDP datagram of 64 bytes is "0-4+ 4-8". With "!" its bytes differ. */
static const struct row {
	const char *name;
	const char *pieces;
	int done_at;		/* the completing fragment; -1: none */
	int done_at_v6;
} rows[] = {
	{ "in order", "0-2+ 2-4+ 4-8", 2, 2 },
	{ "reversed", "4-8 2-4+ 0-2+", 2, 2 },
	{ "middle last", "0-2+ 4-8 2-4+", 2, 2 },
	{ "duplicate", "0-2+ 0-2+ 2-8", 2, 2 },
	{ "part of an earlier one", "0-4+ 1-2+ 4-8", 2, 2 },
	{ "overlap with the next", "0-4+ 3-8", 1, -1 },
	{ "v6 overlap drops the datagram", "0-4+ 3-8 4-8", 1, -1 },
	{ "overlap on both sides", "2-4+ 0-6+ 6-8", 2, -1 },
	{ "a hole", "0-2+ 3-8", -1, -1 },
	{ "no end", "0-4+ 4-8+", -1, -1 },
	{ "no start", "2-4+ 4-8", -1, -1 },
	{ "two ends", "0-2+ 4-8 2-6 2-4+", -1, -1 },
	{ "past the end", "4-8 8-9+ 0-4+", -1, -1 },
	{ "end before earlier data", "4-8+ 0-2 0-4+", -1, -1 },
	{ "one by one", "0-1+ 2-3+ 4-5+ 6-7+ 7-8 5-6+ 3-4+ 1-2+", 7, 7 },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

struct piece {
	unsigned int start, end;
	bool has_more, is_other;
};

/* 64 bytes of UDP; the payload encodes the offset. */
static void fill(uint8_t *data, const struct piece *piece)
{
	static const uint8_t udp[8] = { 0, 53, 4, 0, 0, 64, 0, 0 };
	unsigned int i;

	for (i = piece->start * 8; i < piece->end * 8; i++)
		*data++ = piece->is_other ? 0xee : i < 8 ? udp[i] : (uint8_t)i;
}

static struct packet fragment_of(int family, uint32_t id, uint64_t time_ns,
				 const struct piece *piece, uint8_t *bytes)
{
	unsigned int len = (piece->end - piece->start) * 8;
	struct packet pkt = { .data = bytes, .time_ns = time_ns };
	unsigned int place;

	if (family == 4) {
		place = piece->start | (piece->has_more ? 0x2000 : 0);
		memcpy(bytes, "\x45\x10\0\0\0\0\0\0\x40\x11\0\0"
			      "\x0a\0\0\1\x0a\0\0\2", HEADER4);
		bytes[3] = (uint8_t)(HEADER4 + len);
		bytes[4] = (uint8_t)(id >> 8);
		bytes[5] = (uint8_t)id;
		bytes[6] = (uint8_t)(place >> 8);
		bytes[7] = (uint8_t)place;
		pkt.len = HEADER4 + len;
		fill(bytes + HEADER4, piece);
	} else {
		place = piece->start * 8 | (piece->has_more ? 1 : 0);
		memset(bytes, 0, HEADER6);
		bytes[0] = 0x61;
		bytes[5] = (uint8_t)(8 + len);
		bytes[6] = 44;
		bytes[40] = 17;
		bytes[42] = (uint8_t)(place >> 8);
		bytes[43] = (uint8_t)place;
		bytes[46] = (uint8_t)(id >> 8);
		bytes[47] = (uint8_t)id;
		pkt.len = HEADER6 + len;
		fill(bytes + HEADER6, piece);
	}
	decode_ip(&pkt);
	return pkt;
}

static bool give(struct defrag *defrag, int family, uint32_t id,
		 uint64_t time_ns, struct piece piece, struct packet *whole)
{
	uint8_t bytes[HEADER6 + 256];
	struct packet pkt = fragment_of(family, id, time_ns, &piece, bytes);

	return defrag_take(defrag, &pkt, whole);
}

static const char *next_piece(const char *text, struct piece *piece)
{
	int used = 0;

	memset(piece, 0, sizeof(*piece));
	ck_assert_int_eq(sscanf(text, "%u-%u%n", &piece->start, &piece->end,
				&used), 2);
	for (text += used; *text != '\0' && *text != ' '; text++) {
		piece->has_more |= *text == '+';
		piece->is_other |= *text == '!';
	}
	return *text == ' ' ? text + 1 : text;
}

static void assert_whole(const struct packet *whole, int family)
{
	unsigned int i;

	ck_assert_int_eq(whole->status, DECODE_OK);
	ck_assert(!whole->is_fragment);
	ck_assert_uint_eq(whole->family, family);
	ck_assert_uint_eq(whole->tos, 0x10);
	ck_assert_uint_eq(whole->sport, 53);
	ck_assert_uint_eq(whole->dport, 1024);
	ck_assert_uint_eq(whole->payload_len, 56);
	for (i = 0; i < 56; i++)
		ck_assert_uint_eq(whole->payload[i], i + 8);
}

static void try_row(const struct row *row, int family, int done_at)
{
	struct defrag *defrag = defrag_new(4);
	const char *text = row->pieces;
	struct packet whole;
	struct piece piece;
	int i;

	for (i = 0; *text != '\0'; i++) {
		bool done;

		text = next_piece(text, &piece);
		done = give(defrag, family, 7, 1, piece, &whole);
		ck_assert_msg(done == (i == done_at), "%s, IPv%d, piece %d",
			      row->name, family, i);
		if (done)
			assert_whole(&whole, family);
	}
	defrag_free(defrag);
}

START_TEST(pieces_v4)
{
	try_row(&rows[_i], 4, rows[_i].done_at);
}
END_TEST

START_TEST(pieces_v6)
{
	try_row(&rows[_i], 6, rows[_i].done_at_v6);
}
END_TEST

static const struct piece head = { 0, 4, true, false };
static const struct piece tail = { 4, 8, false, false };

/* IPv4 keeps the first copy of overlapping data. */
START_TEST(first_copy_wins)
{
	struct defrag *defrag = defrag_new(1);
	struct packet whole;

	ck_assert(!give(defrag, 4, 1, 1, (struct piece){ 2, 4, true, false },
			&whole));
	ck_assert(!give(defrag, 4, 1, 1, (struct piece){ 0, 2, true, false },
			&whole));
	ck_assert(!give(defrag, 4, 1, 1, (struct piece){ 3, 5, true, true },
			&whole));
	ck_assert(give(defrag, 4, 1, 1, tail, &whole));
	ck_assert_uint_eq(whole.payload[3 * 8 - 8], 3 * 8);
	ck_assert_uint_eq(whole.payload[4 * 8 - 8], 0xee);
	ck_assert_uint_eq(whole.payload[5 * 8 - 8], 5 * 8);
	defrag_free(defrag);
}
END_TEST

START_TEST(ids_are_separate)
{
	struct defrag *defrag = defrag_new(4);
	struct packet whole;

	ck_assert(!give(defrag, 4, 1, 1, head, &whole));
	ck_assert(!give(defrag, 4, 2, 1, tail, &whole));
	ck_assert(!give(defrag, 6, 1, 1, tail, &whole));
	ck_assert(give(defrag, 4, 2, 1, head, &whole));
	ck_assert(give(defrag, 6, 1, 1, head, &whole));
	ck_assert(give(defrag, 4, 1, 1, tail, &whole));
	/* A completed identifier starts a new datagram. */
	ck_assert(!give(defrag, 4, 1, 1, tail, &whole));
	defrag_free(defrag);
}
END_TEST

START_TEST(timeout)
{
	struct defrag *defrag = defrag_new(4);
	struct packet whole;

	ck_assert(!give(defrag, 4, 1, SECOND_NS, head, &whole));
	ck_assert(give(defrag, 4, 1, 31ull * SECOND_NS, tail, &whole));
	ck_assert_uint_eq(whole.time_ns, 31ull * SECOND_NS);
	ck_assert(!give(defrag, 4, 2, SECOND_NS, head, &whole));
	ck_assert(!give(defrag, 4, 2, 31ull * SECOND_NS + 1, tail, &whole));
	defrag_free(defrag);
}
END_TEST

START_TEST(full)
{
	struct defrag *defrag = defrag_new(2);
	struct packet whole;

	ck_assert(!give(defrag, 4, 1, 1, head, &whole));
	ck_assert(!give(defrag, 4, 2, 1, head, &whole));
	ck_assert(!give(defrag, 4, 3, 1, head, &whole));
	ck_assert(give(defrag, 4, 2, 1, tail, &whole));
	ck_assert(give(defrag, 4, 3, 1, tail, &whole));
	ck_assert(!give(defrag, 4, 1, 1, tail, &whole));
	defrag_free(defrag);
}
END_TEST

/* Too many gaps drop only that datagram. */
START_TEST(too_many_gaps)
{
	struct defrag *defrag = defrag_new(2);
	struct packet whole;
	unsigned int i;

	for (i = 0; i < 200; i++)
		ck_assert(!give(defrag, 4, 1, 1,
				(struct piece){ 2 * i, 2 * i + 1, true, false },
				&whole));
	ck_assert(!give(defrag, 4, 2, 1, head, &whole));
	ck_assert(give(defrag, 4, 2, 1, tail, &whole));
	defrag_free(defrag);
}
END_TEST

/* A truncated fragment is ignored. */
START_TEST(truncated_fragment)
{
	struct defrag *defrag = defrag_new(2);
	uint8_t bytes[HEADER6 + 256];
	struct packet whole, pkt;

	ck_assert(!give(defrag, 4, 1, 1, head, &whole));
	pkt = fragment_of(4, 1, 1, &tail, bytes);
	pkt.len--;
	decode_ip(&pkt);
	ck_assert_int_eq(pkt.status, DECODE_FRAGMENT);
	ck_assert(!defrag_take(defrag, &pkt, &whole));
	ck_assert(give(defrag, 4, 1, 1, tail, &whole));
	defrag_free(defrag);
}
END_TEST

START_TEST(not_a_fragment)
{
	struct defrag *defrag = defrag_new(2);
	struct packet whole;

	ck_assert(!give(defrag, 4, 1, 1, (struct piece){ 0, 8, false, false },
			&whole));
	defrag_free(defrag);
	defrag_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("defrag");
	TCase *tc = tcase_create("defrag");

	tcase_add_loop_test(tc, pieces_v4, 0, ROW_COUNT);
	tcase_add_loop_test(tc, pieces_v6, 0, ROW_COUNT);
	tcase_add_test(tc, first_copy_wins);
	tcase_add_test(tc, ids_are_separate);
	tcase_add_test(tc, timeout);
	tcase_add_test(tc, full);
	tcase_add_test(tc, too_many_gaps);
	tcase_add_test(tc, truncated_fragment);
	tcase_add_test(tc, not_a_fragment);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
