/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_kerberos.c - Kerberos 5 (RFC 4120, 5.4 and 5.10): one of its messages,
 * by tag, version and type; over TCP behind a length (7.2.2).
 */
#include "engine/hints/ber.h"
#include "engine/hints/hint.h"

#define VERSION 5
#define APPLICATION 0x60	/* with the message's type */
#define CONTEXT 0xa0
#define AS_REQ 10
#define TGS_REP 13
#define AP_REQ 14
#define AP_REP 15
#define ERROR 30

/* [n] INTEGER value */
static bool has_field(struct cursor *c, uint8_t n, int value)
{
	size_t len;

	return ber_header(c, &len) == (CONTEXT | n) && len == 3 &&
	       ber_small(c, BER_INTEGER) == value;
}

static bool is_message(struct cursor c)
{
	size_t len;
	uint8_t type = ber_header(&c, &len) - APPLICATION;
	/* Requests to the KDC begin their fields with 1. */
	uint8_t first = type == AS_REQ || type == AS_REQ + 2;

	if ((type < AS_REQ || type > AP_REP) && type != ERROR)
		return false;
	return ber_header(&c, &len) == BER_SEQUENCE &&
	       has_field(&c, first, VERSION) && has_field(&c, first + 1, type);
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	(void)yield;
	return is_message(in->payload) ? HINT_YES : HINT_NO;
}

/* Enough for two headers with long lengths and both fields. */
#define ENOUGH 24

static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint32_t len = cursor_be32(&c);

	(void)yield;
	if (c.is_short)
		return in->payload.at[0] == 0 ? HINT_MORE : HINT_NO;
	if (len < ENOUGH || len > UINT32_C(1) << 24)
		return HINT_NO;
	if (is_message(c))
		return HINT_YES;
	if (cursor_left(&c) >= ENOUGH)
		return HINT_NO;
	return cursor_left(&c) == 0 || (*c.at & 0xe0) == APPLICATION ?
		HINT_MORE : HINT_NO;
}

const struct hint hint_kerberos_tcp = {
	.name = "kerberos",
	.family = "infra",
	.about = "Kerberos 5",
	.transport = IPPROTO_TCP,
	.ports = { 88 },
	.first = BYTES("\0"),
	.match = tcp_match,
};

const struct hint hint_kerberos_udp = {
	.name = "kerberos",
	.family = "infra",
	.about = "Kerberos 5",
	.transport = IPPROTO_UDP,
	.ports = { 88 },
	.first = BYTES("\x6a\x6b\x6c\x6d\x6e\x6f\x7e"),
	.min = ENOUGH,
	.match = udp_match,
};
