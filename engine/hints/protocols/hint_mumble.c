/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_mumble.c - Mumble's ping over UDP: the answer repeats the question's
 * identifier behind a version (Mumble's protocol, "UDP connectivity"). */
#include "engine/hints/hint.h"

#define QUESTION_LEN 12
#define ANSWER_LEN 24

static bool is_answer(struct cursor answer, struct cursor question)
{
	const uint8_t *mine, *theirs;

	if (cursor_left(&question) != QUESTION_LEN ||
	    cursor_be32(&question) != 0 || cursor_be16(&answer) != 1)
		return false;
	cursor_skip(&answer, 2);
	mine = cursor_bytes(&answer, 8);
	theirs = cursor_bytes(&question, 8);
	return mine != NULL && theirs != NULL && memcmp(mine, theirs, 8) == 0;
}

static enum hint_verdict mumble_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, earlier = in->earlier, datagram;
	bool from_server;

	(void)yield;
	if (cursor_left(&c) == QUESTION_LEN)
		return cursor_be32(&c) == 0 ? HINT_MORE : HINT_NO;
	if (cursor_left(&c) != ANSWER_LEN)
		return HINT_NO;
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (from_server != in->from_server && is_answer(c, datagram))
			return HINT_YES;
	return HINT_NO;
}

const struct hint hint_mumble = {
	.name = "mumble",
	.family = "voip",
	.about = "Mumble's pings",
	.transport = IPPROTO_UDP,
	.ports = { 64738 },
	.first = BYTES("\0"),
	.min = QUESTION_LEN,
	.match = mumble_match,
};
