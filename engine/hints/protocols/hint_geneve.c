/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_geneve.c - overlay networks over UDP: Geneve (RFC 8926), VXLAN
 * (RFC 7348), VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe) and GUE
 * (draft-ietf-intarea-gue). Their headers are mostly zeros, so the inner
 * packet must be plausible, too.
 */
#include <linux/if_ether.h>

#include "engine/hints/hint.h"

#define ETHERTYPE_ETHERNET 0x6558	/* RFC 1701 */
#define GUE_PORT 6080
#define TAGS_MAX 2
#define ARP_ETHERNET 1

enum { GENEVE, VXLAN, GUE };

static const struct hint_app also[] = {
	{ "vxlan", "tunnel", "VXLAN and VXLAN-GPE" },
	{ "gue", "tunnel", "GUE: generic UDP encapsulation" },
	{ 0 }
};

static bool is_ipv4(struct cursor c)
{
	uint8_t first = cursor_u8(&c);
	uint16_t len;

	cursor_skip(&c, 1);
	len = cursor_be16(&c);
	cursor_skip(&c, 16);
	return !c.is_short && first >> 4 == 4 && (first & 0x0f) >= 5 &&
	       len >= 20;
}

static bool is_ipv6(struct cursor c)
{
	uint8_t first = cursor_u8(&c);

	cursor_skip(&c, 39);
	return !c.is_short && first >> 4 == 6;
}

static bool is_type(uint16_t type, struct cursor c)
{
	for (int tags = 0; tags < TAGS_MAX; tags++) {
		if (type != ETH_P_8021Q && type != ETH_P_8021AD)
			break;
		cursor_skip(&c, 2);
		type = cursor_be16(&c);
	}
	switch (type) {
	case ETH_P_IP:
		return is_ipv4(c);
	case ETH_P_IPV6:
		return is_ipv6(c);
	case ETH_P_ARP:
		return cursor_be16(&c) == ARP_ETHERNET;
	}
	return false;
}

static bool is_content(uint16_t type, struct cursor c)
{
	if (type == ETHERTYPE_ETHERNET) {
		cursor_skip(&c, 2 * ETH_ALEN);
		type = cursor_be16(&c);
	}
	return is_type(type, c);
}

/* RFC 8926, 3.4: version 0; reserved bits are zero. */
static bool is_geneve(struct cursor c)
{
	uint8_t first = cursor_u8(&c);
	uint8_t flags = cursor_u8(&c);
	uint16_t type = cursor_be16(&c);
	uint8_t reserved;

	cursor_skip(&c, 3);
	reserved = cursor_u8(&c);
	cursor_skip(&c, (first & 0x3fu) * 4);
	return first >> 6 == 0 && (flags & 0x3f) == 0 && reserved == 0 &&
	       is_content(type, c);
}

/* The flag 0x08 marks a valid network identifier, 0x04 a next protocol. */
static bool is_vxlan(struct cursor c)
{
	static const uint16_t types[] = {
		0, ETH_P_IP, ETH_P_IPV6, ETHERTYPE_ETHERNET
	};
	uint8_t flags = cursor_u8(&c);
	uint16_t reserved = cursor_be16(&c);
	uint8_t next = cursor_u8(&c);

	cursor_skip(&c, 3);
	if (cursor_u8(&c) != 0 || reserved != 0)
		return false;
	if (flags == 0x08)
		return next == 0 && is_content(ETHERTYPE_ETHERNET, c);
	return flags == 0x0c && next < sizeof(types) / sizeof(types[0]) &&
	       is_content(types[next], c);
}

/* Variant 0 has a header with flags and options, variant 1 is IP itself. */
static bool is_gue(const struct hint_input *in)
{
	struct cursor c = in->payload;
	uint8_t first = cursor_u8(&c);
	uint8_t proto = cursor_u8(&c);
	uint16_t flags = cursor_be16(&c);

	if (first >> 6 == 1)
		return in->dport == GUE_PORT &&
		       (is_ipv4(in->payload) || is_ipv6(in->payload));
	if (first >> 5 != 0 || (flags != 0 && in->dport != GUE_PORT))
		return false;
	cursor_skip(&c, (first & 0x1fu) * 4);
	return (proto == IPPROTO_IPIP && is_ipv4(c)) ||
	       (proto == IPPROTO_IPV6 && is_ipv6(c));
}

static enum hint_verdict geneve_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	if (is_geneve(in->payload)) {
		yield->app = GENEVE;
		return HINT_YES;
	}
	if (is_vxlan(in->payload)) {
		yield->app = VXLAN;
		return HINT_YES;
	}
	yield->app = GUE;
	return is_gue(in) ? HINT_YES : HINT_NO;
}

const struct hint hint_geneve = {
	.name = "geneve",
	.family = "tunnel",
	.about = "Geneve",
	.also = also,
	.transport = IPPROTO_UDP,
	.ports = { 6081, 4789, 8472, 4790, GUE_PORT },
	/* Flags, a type's first byte, or that of a length. */
	.tests = { { 2, 0xff, BYTES("\0\1\2\3\4\5\x08\x65\x86") } },
	.min = 24,
	.match = geneve_match,
};
