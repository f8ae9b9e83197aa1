/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_rpc.c - ONC RPC: a call, with its program, and over TCP behind a record
 * mark (RFC 5531, 9 and 11). NFS and what belongs to it are an application of
 * their own. An answer counts where the call was not seen.
 */
#include "engine/hints/hint.h"

#define CALL 0
#define REPLY 1
#define RPC_VERSION 2
#define LAST_FRAGMENT UINT32_C(0x80000000)
#define NFS 100003
#define MOUNT 100005
#define NFS_ACL 100227
#define LOCKS 100021
#define STATUS 100024
/* The numbers that are given out, and those for anybody (RFC 5531, 8.1). */
#define PROGRAM_MAX UINT32_C(0x5fffffff)
#define AUTH_MAX 400
#define CALL_LEN 40
#define REPLY_LEN 24

static bool is_nfs(uint32_t program)
{
	return program == NFS || program == MOUNT || program == NFS_ACL ||
	       program == LOCKS || program == STATUS;
}

static bool is_flavor(uint32_t flavor)
{
	return flavor <= 7 || (flavor >= 390000 && flavor <= 390255);
}

static enum hint_verdict read_call(struct cursor c, struct hint_yield *yield)
{
	uint32_t version = cursor_be32(&c);
	uint32_t program = cursor_be32(&c);
	uint32_t program_version = cursor_be32(&c);
	uint32_t procedure = cursor_be32(&c);
	uint32_t flavor = cursor_be32(&c);
	uint32_t auth_len = cursor_be32(&c);

	if (c.is_short)
		return HINT_MORE;
	if (version != RPC_VERSION || program == 0 || program > PROGRAM_MAX ||
	    program_version > 255 || procedure > 1024 ||
	    !is_flavor(flavor) || auth_len > AUTH_MAX)
		return HINT_NO;
	yield->app = is_nfs(program);
	return HINT_YES;
}

/* Accepted, no verifier, success. */
static bool is_reply(struct cursor c)
{
	return cursor_be32(&c) == 0 && cursor_be32(&c) == 0 &&
	       cursor_be32(&c) == 0 && cursor_be32(&c) == 0 && !c.is_short;
}

/* `c` is at the transaction's number. */
static enum hint_verdict match_message(struct cursor c,
				       struct hint_yield *yield)
{
	uint32_t kind;

	cursor_skip(&c, 4);
	kind = cursor_be32(&c);
	if (c.is_short)
		return HINT_MORE;
	return kind == CALL ? read_call(c, yield) : HINT_NO;
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload, earlier = in->earlier, datagram;
	enum hint_verdict verdict = match_message(c, yield);
	uint32_t number = cursor_be32(&c);
	bool from_server;

	if (verdict != HINT_NO)
		return verdict == HINT_YES ? HINT_YES : HINT_NO;
	if (cursor_be32(&c) != REPLY || !is_reply(c))
		return HINT_NO;
	/* Of replies alone it takes two, of different transactions. */
	while (hint_earlier_next(&earlier, &from_server, &datagram)) {
		uint32_t other = cursor_be32(&datagram);

		if (cursor_be32(&datagram) == REPLY && is_reply(datagram) &&
		    other != number)
			return HINT_YES;
	}
	return HINT_MORE;
}

static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint32_t mark = cursor_be32(&c);

	if (c.is_short)
		return (in->payload.at[0] & 0x7f) == 0 ? HINT_MORE : HINT_NO;
	mark &= ~LAST_FRAGMENT;
	if (mark < CALL_LEN || mark > UINT32_C(1) << 22)
		return HINT_NO;
	return match_message(c, yield);
}

static const struct hint_app apps[] = {
	{ "nfs", "fileshare", "NFS, its mounts and locks" },
	{ 0 }
};

const struct hint hint_rpc_udp = {
	.name = "rpc",
	.family = "infra",
	.about = "ONC RPC, its port mapper",
	.also = apps,
	.transport = IPPROTO_UDP,
	.ports = { 111, 2049 },
	/* A call is 0, a reply 1. */
	.tests = { { 4, 0xff, BYTES("\0") }, { 5, 0xff, BYTES("\0") } },
	.min = REPLY_LEN,
	.match = udp_match,
};

const struct hint hint_rpc_tcp = {
	.name = "rpc",
	.family = "infra",
	.about = "ONC RPC, its port mapper",
	.also = apps,
	.transport = IPPROTO_TCP,
	.sides = HINT_CLIENT,
	.ports = { 111, 2049 },
	.first = BYTES("\x80\0"),
	.match = tcp_match,
};
