/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_tunnel.c - find the packet inside a tunnel packet.
 */
#include "engine/packet/decode.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "engine/packet/cursor.h"
#include "engine/packet/decode_link.h"

#define GRE_CHECKSUM 0x8000	/* RFC 2784, 2890 */
#define GRE_ROUTING 0x4000	/* RFC 1701; obsolete */
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK 0x0080		/* RFC 2637, 4.1 */
#define GRE_VERSION 0x0007
#define GRE_ERSPAN 0x88be	/* mirrored frames, types I and II */

#define VXLAN_PORT 4789		/* RFC 7348, 8 */
#define VXLAN_PORT_LINUX 8472	/* Linux default, predates the RFC */
#define VXLAN_GPE_PORT 4790	/* draft-ietf-nvo3-vxlan-gpe, 4 */
#define GUE_PORT 6080		/* draft-ietf-intarea-gue, 9 */
#define GENEVE_PORT 6081	/* RFC 8926, 3.3 */
#define GTPU_PORT 2152		/* 3GPP TS 29.281, 4.4.2 */
#define GTPU_DATA 255
#define TEREDO_PORT 3544	/* RFC 4380, 2.7 */

/* The content of a tunnel packet and its type, from the tunnel header. */
struct content {
	struct cursor at;
	uint16_t ethertype;
};

static bool gre(struct content *c)
{
	uint16_t flags = cursor_be16(&c->at);
	unsigned int version = flags & GRE_VERSION;
	bool has_sequence = (flags & GRE_SEQUENCE) != 0;

	c->ethertype = cursor_be16(&c->at);
	if (version > 1 || (flags & GRE_ROUTING) != 0)
		return false;
	if (version == 1 && c->ethertype != ETHERTYPE_PPP)
		return false;
	if ((flags & GRE_CHECKSUM) != 0)
		cursor_skip(&c->at, 4);
	if ((flags & GRE_KEY) != 0)
		cursor_skip(&c->at, 4);
	if (has_sequence)
		cursor_skip(&c->at, 4);
	if (version == 1 && (flags & GRE_ACK) != 0)
		cursor_skip(&c->at, 4);
	if (c->ethertype == GRE_ERSPAN) {
		if (has_sequence)	/* only type II has a header */
			cursor_skip(&c->at, 8);
		c->ethertype = ETHERTYPE_ETHERNET;
	}
	return true;
}

/* RFC 7348, 5: the flag marks the network identifier as valid. */
static bool vxlan(struct content *c)
{
	uint8_t flags = cursor_u8(&c->at);

	cursor_skip(&c->at, 7);
	c->ethertype = ETHERTYPE_ETHERNET;
	return (flags & 0x08) != 0;
}

/* draft-ietf-nvo3-vxlan-gpe, 3: version 0; the flag P marks a next protocol
 * in the fourth byte. */
static bool vxlan_gpe(struct content *c)
{
	static const uint16_t types[] = {
		0, ETH_P_IP, ETH_P_IPV6, ETHERTYPE_ETHERNET, 0, ETH_P_MPLS_UC
	};
	uint8_t flags = cursor_u8(&c->at);
	uint8_t next;

	cursor_skip(&c->at, 2);
	next = cursor_u8(&c->at);
	cursor_skip(&c->at, 4);
	if ((flags & 0x04) == 0)
		next = 3;
	if ((flags & 0x38) != 0x08 || next >= sizeof(types) / sizeof(types[0]))
		return false;
	c->ethertype = types[next];
	return c->ethertype != 0;
}

/* RFC 8926, 3.4: version 0, option length in units of four bytes. */
static bool geneve(struct content *c)
{
	uint8_t first = cursor_u8(&c->at);

	cursor_skip(&c->at, 1);
	c->ethertype = cursor_be16(&c->at);
	cursor_skip(&c->at, 4 + (first & 0x3fu) * 4);
	return first >> 6 == 0;
}

/* Only the first bits identify the version of the inner packet. */
static bool any_ip(struct content *c)
{
	if (cursor_left(&c->at) == 0)
		return false;
	switch (c->at.at[0] >> 4) {
	case 4:
		c->ethertype = ETH_P_IP;
		return true;
	case 6:
		c->ethertype = ETH_P_IPV6;
		return true;
	}
	return false;
}

/* draft-ietf-intarea-gue, 3: variant 0 is a header with the length of its
 * fields in words of four bytes, variant 1 is IP itself. */
static bool gue(struct content *c)
{
	uint8_t first, proto;

	if (cursor_left(&c->at) > 0 && c->at.at[0] >> 6 == 1)
		return any_ip(c);
	first = cursor_u8(&c->at);
	proto = cursor_u8(&c->at);
	cursor_skip(&c->at, 2 + (first & 0x1fu) * 4);
	if (first >> 5 != 0)		/* another variant, or control */
		return false;
	switch (proto) {
	case IPPROTO_IPIP:
		c->ethertype = ETH_P_IP;
		return true;
	case IPPROTO_IPV6:
		c->ethertype = ETH_P_IPV6;
		return true;
	case IPPROTO_MPLS:
		c->ethertype = ETH_P_MPLS_UC;
		return true;
	case IPPROTO_GRE:
		return gre(c);
	}
	return false;
}

/* 3GPP TS 29.281, 5.1 and 5.2: version 1. When any of three flags is set, four
 * more bytes follow; the last is the type of the first extension header. */
static bool gtpu(struct content *c)
{
	uint8_t flags = cursor_u8(&c->at);
	uint8_t type = cursor_u8(&c->at);
	uint8_t extension;

	cursor_skip(&c->at, 6);
	if (flags >> 4 != 3 || type != GTPU_DATA)
		return false;
	if ((flags & 7) != 0) {
		cursor_skip(&c->at, 3);
		extension = cursor_u8(&c->at);
		while ((flags & 4) != 0 && extension != 0) {
			uint8_t words = cursor_u8(&c->at);

			if (words == 0)
				return false;
			cursor_skip(&c->at, words * 4u - 2);
			extension = cursor_u8(&c->at);
		}
	}
	return any_ip(c);
}

/* RFC 4380, 5.1.1: authentication and origin may precede the packet. */
static bool teredo(struct content *c)
{
	if (cursor_match(&c->at, "\x00\x01", 2)) {
		uint8_t client = cursor_u8(&c->at);
		uint8_t secret = cursor_u8(&c->at);

		cursor_skip(&c->at, (size_t)client + secret + 9);
	}
	if (cursor_match(&c->at, "\x00\x00", 2))
		cursor_skip(&c->at, 6);
	return any_ip(c) && c->ethertype == ETH_P_IPV6;
}

static bool udp(const struct packet *outer, struct content *c)
{
	static const struct {
		uint16_t port;
		bool (*open)(struct content *c);
	} tunnels[] = {
		{ VXLAN_PORT, vxlan },
		{ VXLAN_PORT_LINUX, vxlan },
		{ VXLAN_GPE_PORT, vxlan_gpe },
		{ GENEVE_PORT, geneve },
		{ GUE_PORT, gue },
		{ GTPU_PORT, gtpu },
		{ TEREDO_PORT, teredo },
	};
	size_t i;

	for (i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++)
		if (outer->dport == tunnels[i].port ||
		    outer->sport == tunnels[i].port)
			return tunnels[i].open(c);
	return false;
}

static bool open_tunnel(const struct packet *outer, struct content *c)
{
	switch (outer->proto) {
	case IPPROTO_IPIP:
		c->ethertype = ETH_P_IP;
		return true;
	case IPPROTO_IPV6:
		c->ethertype = ETH_P_IPV6;
		return true;
	case IPPROTO_MPLS:			/* RFC 4023 */
		c->ethertype = ETH_P_MPLS_UC;
		return true;
	case IPPROTO_GRE:
		return gre(c);
	case IPPROTO_UDP:
		return udp(outer, c);
	}
	return false;
}

bool decode_inner(const struct packet *outer, struct packet *ret_inner)
{
	struct content c;
	size_t len, offset;
	const uint8_t *data;

	if (outer->status != DECODE_OK || outer->is_fragment)
		return false;
	c = (struct content){
		cursor_of(outer->payload, outer->payload_len), 0
	};
	if (!open_tunnel(outer, &c) || c.at.is_short)
		return false;
	data = c.at.at;
	len = cursor_left(&c.at);
	if (decode_link_walk(c.ethertype, data, len, &offset) != DECODE_OK)
		return false;
	*ret_inner = (struct packet){
		.data = data + offset,
		.len = (uint32_t)(len - offset),
		.mark = outer->mark,
		.ifindex = outer->ifindex,
		.time_ns = outer->time_ns,
	};
	return true;
}
