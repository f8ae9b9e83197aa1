/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_kafka.c - Kafka: a request of the length it holds, the client's name,
 * and an answer with the same number ("Kafka protocol guide", Protocol
 * Primitive Types).
 */
#include "engine/hints/text.h"

#define KEY_MAX 100
#define METADATA 3
#define API_VERSIONS 18
#define VERSION_MAX 20
#define NAME_LEN_MAX 256

static enum hint_verdict read_request(struct cursor c, uint32_t *ret_number)
{
	uint32_t len = cursor_be32(&c);
	uint16_t key = cursor_be16(&c);
	uint16_t version = cursor_be16(&c);
	uint32_t number = cursor_be32(&c);
	uint16_t name_len = cursor_be16(&c);
	struct cursor name;

	if (c.is_short)
		return HINT_MORE;
	if (len < 10 || len > UINT32_C(1) << 20 || key > KEY_MAX ||
	    version > VERSION_MAX)
		return HINT_NO;
	*ret_number = number;
	if (name_len == UINT16_MAX)
		return HINT_YES;
	/* Empty, it would be all zeros with the first of all keys. */
	if (name_len == 0 || name_len > NAME_LEN_MAX || name_len + 10u > len)
		return HINT_NO;
	name = cursor_take(&c, name_len);
	if (c.is_short)
		return HINT_MORE;
	return text_is_plain(name) ? HINT_YES : HINT_NO;
}

/* A request for the API versions or the metadata, complete and alone. */
static bool is_opening(struct cursor c)
{
	uint32_t len = cursor_be32(&c);
	size_t left = cursor_left(&c);
	uint16_t key = cursor_be16(&c);

	cursor_skip(&c, 2 + 4);
	return (key == API_VERSIONS || key == METADATA) && len == left &&
	       cursor_be16(&c) - 1u < NAME_LEN_MAX && !c.is_short;
}

static enum hint_verdict kafka_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	struct cursor client = in->from_server ? in->opposite : in->payload;
	struct cursor server = in->from_server ? in->payload : in->opposite;
	uint32_t number = 0, len;
	enum hint_verdict verdict;

	(void)yield;
	if (cursor_left(&client) == 0)
		return HINT_NO;		/* the client sends first */
	verdict = read_request(client, &number);
	if (verdict != HINT_YES)
		return verdict;
	if (cursor_left(&server) < 8)
		return is_opening(client) ? HINT_YES : HINT_MORE;
	len = cursor_be32(&server);
	return len >= 4 && len < UINT32_C(1) << 26 &&
	       cursor_be32(&server) == number ? HINT_YES : HINT_NO;
}

const struct hint hint_kafka = {
	.name = "kafka",
	.family = "infra",
	.about = "Kafka",
	.transport = IPPROTO_TCP,
	.ports = { 9092 },
	.first = BYTES("\0\1\2\3"),
	.match = kafka_match,
};
