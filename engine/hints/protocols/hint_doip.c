/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_doip.c - DoIP: a version and its inverse, a type of payload and the
 * length (ISO 13400-2, 9.2).
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 8
#define VERSION_MAX 4
#define VERSION_ANY 0xff	/* in requests for identification */
#define PAYLOAD_MAX (UINT32_C(1) << 24)

static bool is_type(uint16_t type)
{
	return type <= 8 || (type >= 0x4001 && type <= 0x4004) ||
	       (type >= 0x8001 && type <= 0x8003);
}

static enum hint_verdict read_header(struct cursor *c, uint32_t *ret_len)
{
	uint8_t version = cursor_u8(c);
	uint8_t inverse = cursor_u8(c);
	uint16_t type = cursor_be16(c);

	*ret_len = cursor_be32(c);
	if ((version == 0 || version > VERSION_MAX) && version != VERSION_ANY)
		return HINT_NO;
	if (c->is_short)
		return HINT_MORE;
	return (inverse ^ version) == UINT8_MAX && is_type(type) &&
	       *ret_len <= PAYLOAD_MAX ? HINT_YES : HINT_NO;
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint32_t len;

	(void)yield;
	return read_header(&c, &len) == HINT_YES && len == cursor_left(&c) ?
		HINT_YES : HINT_NO;
}

static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint32_t len;

	(void)yield;
	return read_header(&c, &len);
}

const struct hint hint_doip_udp = {
	.name = "doip",
	.family = "industrial",
	.about = "DoIP: diagnostics of vehicles",
	.transport = IPPROTO_UDP,
	.ports = { 13400 },
	.tests = { { 0, 0xff, BYTES("\1\2\3\4\xff") },
		   { 1, 0xff, BYTES("\xfe\xfd\xfc\xfb\0") } },
	.min = HEADER_LEN,
	.match = udp_match,
};

const struct hint hint_doip_tcp = {
	.name = "doip",
	.family = "industrial",
	.about = "DoIP: diagnostics of vehicles",
	.transport = IPPROTO_TCP,
	.ports = { 13400 },
	.first = BYTES("\1\2\3\4\xff"),
	.match = tcp_match,
};
