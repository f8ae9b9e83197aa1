/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_nfqueue_message.c - netlink messages of a queue, complete and
 * truncated. */
#include "engine/nfqueue/nfqueue_message.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <string.h>

#include "unit.h"

/* A packet as sent by a little-endian kernel: id 0x01020304, mark 0x7f000001,
 * arrival 5, an ignored attribute, 6 bytes of packet. */
#define ID_END 32
#define MARK_END 40
#define IFINDEX_END 48
#define PAYLOAD_AT 64
#define WHOLE 70
static const uint8_t packet[] = {
	WHOLE, 0, 0, 0, NFQNL_MSG_PACKET, NFNL_SUBSYS_QUEUE, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
	AF_INET, 0, 0, 7,
	11, 0, NFQA_PACKET_HDR, 0, 1, 2, 3, 4, 8, 0, 0, 0,
	8, 0, NFQA_MARK, 0, 0x7f, 0, 0, 1,
	8, 0, NFQA_IFINDEX_INDEV, 0, 0, 0, 0, 5,
	9, 0, NFQA_HWADDR, 0, 1, 2, 3, 4, 5, 0, 0, 0,
	10, 0, NFQA_PAYLOAD, 0, 0x45, 0, 0, 6, 9, 9,
};

static const uint8_t refusal[] = {
	36, 0, 0, 0, NLMSG_ERROR, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0xfe, 0xff, 0xff, 0xff,			/* -ENOENT */
	32, 0, 0, 0, NFQNL_MSG_VERDICT, NFNL_SUBSYS_QUEUE, 1, 0,
	0, 0, 0, 0, 0, 0, 0, 0,
};

/* Read from a copy of exact size. */
static enum nfqueue_kind read_copy(const uint8_t *bytes, size_t len,
				   struct nfqueue_message *ret,
				   uint8_t **ret_copy)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, len);
	*ret_copy = copy;
	return nfqueue_message_read(copy, len, ret);
}

START_TEST(cut)
{
	size_t len = (size_t)_i;
	struct nfqueue_message got;
	uint8_t *copy;
	enum nfqueue_kind kind = read_copy(packet, len, &got, &copy);

	/* The ID is read although its attribute is truncated. */
	ck_assert_int_eq(kind, len >= ID_END - 4 ? NFQUEUE_PACKET
						 : NFQUEUE_OTHER);
	if (kind == NFQUEUE_PACKET)
		ck_assert_uint_eq(got.id, 0x01020304);
	ck_assert_uint_eq(got.mark, len >= MARK_END ? 0x7f000001 : 0);
	ck_assert_uint_eq(got.ifindex, len >= IFINDEX_END ? 5 : 0);
	ck_assert_uint_eq(got.len, len > PAYLOAD_AT ? len - PAYLOAD_AT : 0);
	ck_assert_ptr_nonnull(got.data);
	ck_assert_mem_eq(got.data, packet + PAYLOAD_AT, got.len);
	free(copy);
}
END_TEST

static const struct {
	const char *name;
	size_t at;
	uint8_t value;
	enum nfqueue_kind kind;
	uint32_t mark;
	uint32_t len;
} changes[] = {
	{ "unchanged",              0,  WHOLE,  NFQUEUE_PACKET, 0x7f000001, 6 },
	{ "length below the packet", 0, 66,     NFQUEUE_PACKET, 0x7f000001, 2 },
	{ "length past the end",    0,  255,    NFQUEUE_PACKET, 0x7f000001, 6 },
	{ "length 0",               0,  0,      NFQUEUE_OTHER,  0, 0 },
	{ "another message",        4,  2,      NFQUEUE_OTHER,  0, 0 },
	{ "another subsystem",      5,  1,      NFQUEUE_OTHER,  0, 0 },
	{ "id of two bytes",        20, 6,      NFQUEUE_OTHER,  0, 0 },
	{ "attribute of no length", 32, 0,      NFQUEUE_PACKET, 0, 0 },
	{ "attribute past the end", 32, 255,    NFQUEUE_PACKET, 0x7f000001, 0 },
	{ "mark of three bytes",    32, 7,      NFQUEUE_PACKET, 0, 6 },
	{ "payload of no bytes",    60, 4,      NFQUEUE_PACKET, 0x7f000001, 0 },
	{ "payload past the end",   60, 200,    NFQUEUE_PACKET, 0x7f000001, 6 },
	{ "type with flags",        35, 0x40,   NFQUEUE_PACKET, 0x7f000001, 6 },
};

START_TEST(changed)
{
	uint8_t bytes[sizeof(packet)];
	struct nfqueue_message got;
	uint8_t *copy;

	memcpy(bytes, packet, sizeof(bytes));
	bytes[changes[_i].at] = changes[_i].value;
	ck_assert_msg(read_copy(bytes, sizeof(bytes), &got, &copy) ==
			      changes[_i].kind &&
		      got.mark == changes[_i].mark &&
		      got.len == changes[_i].len, "%s: mark %x, len %u",
		      changes[_i].name, got.mark, got.len);
	free(copy);
}
END_TEST

/* A hardware address, after two bytes of length and two reserved bytes. */
static const struct {
	const char *name;
	uint8_t length;		/* in the message */
	uint8_t room;		/* of the attribute */
	uint64_t want;
} links[] = {
	{ "of Ethernet", 6, 16, UINT64_C(0x02005e100001) },
	{ "another length", 8, 16, 0 },
	{ "none", 0, 16, 0 },
	{ "cut", 6, 13, 0 },
};

START_TEST(of_a_link)
{
	static const uint8_t address[] = { 2, 0, 0x5e, 0x10, 0, 1, 0, 0 };
	uint8_t bytes[MARK_END + 16];
	struct nfqueue_message got;
	uint8_t *copy, *at = bytes + MARK_END;

	memcpy(bytes, packet, MARK_END);
	bytes[0] = sizeof(bytes);
	at[0] = links[_i].room;
	at[1] = 0;
	at[2] = NFQA_HWADDR;
	at[3] = 0;
	at[4] = 0;
	at[5] = links[_i].length;
	at[6] = at[7] = 0;
	memcpy(at + 8, address, sizeof(address));
	ck_assert_int_eq(read_copy(bytes, sizeof(bytes), &got, &copy),
			 NFQUEUE_PACKET);
	ck_assert_msg(got.hwaddr == links[_i].want, "%s", links[_i].name);
	free(copy);
}
END_TEST

/* The UID is at the offset that the mark has in other messages. */
START_TEST(of_a_user)
{
	uint8_t bytes[sizeof(packet)];
	struct nfqueue_message got;
	uint8_t *copy;

	ck_assert_int_eq(read_copy(packet, sizeof(packet), &got, &copy),
			 NFQUEUE_PACKET);
	ck_assert(!got.has_uid);
	free(copy);
	memcpy(bytes, packet, sizeof(bytes));
	bytes[MARK_END - 6] = NFQA_UID;
	ck_assert_int_eq(read_copy(bytes, sizeof(bytes), &got, &copy),
			 NFQUEUE_PACKET);
	ck_assert(got.has_uid);
	ck_assert_uint_eq(got.uid, 0x7f000001);
	free(copy);
}
END_TEST

START_TEST(refused)
{
	struct nfqueue_message got;
	uint8_t *copy;
	enum nfqueue_kind kind = read_copy(refusal, (size_t)_i, &got, &copy);

	ck_assert_int_eq(kind, _i >= 20 ? NFQUEUE_ERROR : NFQUEUE_OTHER);
	ck_assert_int_eq(got.error, _i >= 20 ? -2 : 0);
	free(copy);
}
END_TEST

START_TEST(acknowledged)
{
	uint8_t bytes[sizeof(refusal)];
	struct nfqueue_message got;

	memcpy(bytes, refusal, sizeof(bytes));
	memset(bytes + 16, 0, 4);
	ck_assert_int_eq(nfqueue_message_read(bytes, sizeof(bytes), &got),
			 NFQUEUE_OTHER);
}
END_TEST

/* Answers as `id mark verdict`, and the resulting messages. */
static const struct {
	const char *name;
	size_t count;
	uint32_t ids[4];
	struct verdict verdicts[4];
	const char *want;
} answers[] = {
	{ "none", 0, { 0 }, { { 0 } }, "" },
	{ "one", 1, { 9 }, { { .mark = 1 } }, "one 9 a1;" },
	{ "same mark and verdict", 4, { 9, 10, 11, 12 },
	  { { .mark = 1 }, { .mark = 1 }, { .mark = 1 }, { .mark = 1 } },
	  "to 12 a1;" },
	{ "a lost ID in between", 3, { 9, 11, 12 },
	  { { .mark = 1 }, { .mark = 1 }, { .mark = 1 } },
	  "one 9 a1;to 12 a1;" },
	{ "marks differ", 4, { 9, 10, 11, 12 },
	  { { .mark = 1 }, { .mark = 2 }, { .mark = 2 }, { .mark = 1 } },
	  "one 9 a1;to 11 a2;one 12 a1;" },
	{ "verdicts differ", 3, { 9, 10, 11 },
	  { { .mark = 1 }, { .mark = 1, .drop = true }, { .mark = 1 } },
	  "one 9 a1;one 10 d1;one 11 a1;" },
	{ "IDs wrap", 2, { UINT32_MAX, 0 },
	  { { .mark = 1 }, { .mark = 1 } }, "to 0 a1;" },
	{ "IDs in descending order", 2, { 9, 8 },
	  { { .mark = 1 }, { .mark = 1 } }, "one 9 a1;one 8 a1;" },
};

static void print_answer(const struct nfqueue_verdict *message, char *text,
			 size_t size)
{
	bool batch = (message->header.nlmsg_type & 0xff) ==
		     NFQNL_MSG_VERDICT_BATCH;
	bool drop = ntohl(message->verdict.verdict) == NF_DROP;

	snprintf(text + strlen(text), size - strlen(text), "%s %u %c%u;",
		 batch ? "to" : "one", ntohl(message->verdict.id),
		 drop ? 'd' : 'a', ntohl(message->mark));
}

START_TEST(answered)
{
	struct nfqueue_verdict messages[4];
	char text[256] = "";
	size_t used;

	nfqueue_message_prepare(messages, 4, 7);
	used = nfqueue_message_answer(messages, answers[_i].ids,
				      answers[_i].verdicts,
				      answers[_i].count);
	for (size_t i = 0; i < used; i++)
		print_answer(&messages[i], text, sizeof(text));
	ck_assert_msg(strcmp(text, answers[_i].want) == 0, "%s: %s",
		      answers[_i].name, text);
}
END_TEST

START_TEST(prepared)
{
	/* After the header, with queue 0x0102 and mark 3. */
	static const uint8_t want[] = {
		0, 0, 1, 2,
		12, 0, NFQA_VERDICT_HDR, 0, 0, 0, 0, NF_ACCEPT, 0, 0, 0, 8,
		8, 0, NFQA_MARK, 0, 0, 0, 0, 3,
	};
	struct nfqueue_verdict message;
	uint32_t id = 8;
	struct verdict verdict = { .mark = 3 };

	nfqueue_message_prepare(&message, 1, 0x0102);
	ck_assert_uint_eq(nfqueue_message_answer(&message, &id, &verdict, 1),
			  1);
	ck_assert_uint_eq(message.header.nlmsg_len, sizeof(message));
	ck_assert_uint_eq(message.header.nlmsg_flags, NLM_F_REQUEST);
	ck_assert_uint_eq(message.header.nlmsg_type,
			  NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT);
	ck_assert_mem_eq((uint8_t *)&message + NLMSG_HDRLEN, want,
			 sizeof(want));
}
END_TEST

START_TEST(bound)
{
	static const uint8_t want[] = {
		0, 0, 1, 2,
		8, 0, NFQA_CFG_CMD, 0, NFQNL_CFG_CMD_BIND, 0, 0, 0,
		9, 0, NFQA_CFG_PARAMS, 0, 0, 0, 16, 0, NFQNL_COPY_PACKET,
		0, 0, 0,
		8, 0, NFQA_CFG_QUEUE_MAXLEN, 0, 0, 0, 2, 0,
		8, 0, NFQA_CFG_FLAGS, 0, 0, 0, 0, 0,
		8, 0, NFQA_CFG_MASK, 0, 0, 0, 0,
		NFQA_CFG_F_GSO | NFQA_CFG_F_UID_GID | NFQA_CFG_F_FAIL_OPEN,
	};
	_Alignas(4) uint8_t bytes[NFQUEUE_CONFIG_MAX];
	uint8_t flags = NFQA_CFG_F_GSO | NFQA_CFG_F_UID_GID |
			(_i ? NFQA_CFG_F_FAIL_OPEN : 0);
	size_t len = nfqueue_message_bind(bytes, 0x0102, 4096, 512, _i);
	size_t flags_at = NLMSG_HDRLEN + sizeof(want) - 9;

	ck_assert_uint_eq(len, NLMSG_HDRLEN + sizeof(want));
	ck_assert_uint_eq(bytes[flags_at], flags);
	bytes[flags_at] = 0;
	ck_assert_mem_eq(bytes + NLMSG_HDRLEN, want, sizeof(want));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nfqueue_message");
	TCase *tcase = tcase_create("messages");

	tcase_add_loop_test(tcase, cut, 0, (int)sizeof(packet) + 1);
	tcase_add_loop_test(tcase, changed, 0, ROWS(changes));
	tcase_add_loop_test(tcase, of_a_link, 0, ROWS(links));
	tcase_add_test(tcase, of_a_user);
	tcase_add_loop_test(tcase, refused, 0, (int)sizeof(refusal) + 1);
	tcase_add_test(tcase, acknowledged);
	tcase_add_loop_test(tcase, answered, 0, ROWS(answers));
	tcase_add_test(tcase, prepared);
	tcase_add_loop_test(tcase, bound, 0, 2);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
