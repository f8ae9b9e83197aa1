/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_mongodb.c - MongoDB: a message's header and how its body begins
 * ("MongoDB Wire Protocol").
 */
#include "engine/hints/hint.h"

#define OP_REPLY 1
#define OP_QUERY 2004
#define OP_COMPRESSED 2012
#define OP_MSG 2013
#define MESSAGE_MAX (48u * 1000 * 1000)

static enum hint_verdict mongodb_match(const struct hint_input *in,
				       struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint32_t len = cursor_le32(&c);
	uint32_t answers, opcode, flags, inner;

	(void)yield;
	if (c.is_short)
		return HINT_MORE;
	if (len < 26 || len > MESSAGE_MAX)
		return HINT_NO;
	cursor_skip(&c, 4);
	answers = cursor_le32(&c);
	opcode = cursor_le32(&c);
	flags = cursor_le32(&c);
	inner = cursor_le32(&c);
	if (c.is_short)
		return HINT_MORE;
	/* A request answers nothing; some write -1. */
	if (!in->from_server && answers != 0 && answers != UINT32_MAX)
		return HINT_NO;
	switch (opcode) {
	case OP_QUERY:		/* flags, "admin.$cmd" */
		return (flags & ~0xffu) == 0 && (inner & 0xff) > ' ' ?
			HINT_YES : HINT_NO;
	case OP_MSG:		/* flags, a section of kind 0 or 1 */
		return (flags & ~0x10003u) == 0 && (inner & 0xff) <= 1 ?
			HINT_YES : HINT_NO;
	case OP_COMPRESSED:	/* what is in it, its length */
		return flags == OP_MSG || flags == OP_QUERY ||
		       flags == OP_REPLY ? HINT_YES : HINT_NO;
	case OP_REPLY:		/* flags, no cursor */
		return in->from_server && flags <= 15 && inner == 0 ?
			HINT_YES : HINT_NO;
	default:
		return HINT_NO;
	}
}

const struct hint hint_mongodb = {
	.name = "mongodb",
	.family = "database",
	.about = "MongoDB",
	.transport = IPPROTO_TCP,
	.ports = { 27017 },
	.match = mongodb_match,
};
