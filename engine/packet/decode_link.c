/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_link.c - skip the link-layer headers of a captured frame. Link types
 * and headers follow https://www.tcpdump.org/linktypes.html.
 */
#include "engine/packet/decode_link.h"

#include <linux/if_ether.h>
#include <linux/ppp_defs.h>
#include <pcap/dlt.h>

#include "engine/packet/cursor.h"
#include "engine/packet/decode.h"

/* Nested tags, labels and frames; real networks use fewer. */
#define LAYERS_MAX 16
#define ETHERTYPE_MIN 0x0600		/* below: a length (IEEE 802.3) */
#define LINKTYPE_RAW 101		/* DLT_RAW in files */
#define ETHERTYPE_CISCO_META 0x8909	/* security group tags */
#define LINKTYPE_BSD_RAW 14		/* DLT_RAW of OpenBSD */

struct walk {
	struct cursor at;
	uint32_t vlan;
	unsigned int layers;
};

static enum decode_status by_dlt(struct walk *w, uint32_t dlt);
static enum decode_status by_ethertype(struct walk *w, uint16_t type);

static enum decode_status ip(struct walk *w)
{
	return cursor_left(&w->at) > 0 ? DECODE_OK : DECODE_TRUNCATED;
}

/* IEEE 802.2, and SNAP (RFC 1042). */
static enum decode_status llc(struct walk *w)
{
	uint16_t saps = cursor_be16(&w->at);
	uint8_t control = cursor_u8(&w->at);
	uint32_t oui;

	if (w->at.is_short)
		return DECODE_TRUNCATED;
	if (control != 0x03)
		return DECODE_NOT_IP;
	if (saps == 0x0606)
		return ip(w);
	if (saps != 0xaaaa)
		return DECODE_NOT_IP;
	oui = cursor_be24(&w->at);
	if (oui != 0 && oui != 0x0000f8)	/* IEEE 802.1H */
		return DECODE_NOT_IP;
	return by_ethertype(w, cursor_be16(&w->at));
}

/* RFC 1661. Compressed protocol fields and omitted address and control bytes
 * are recognized by their bits (RFC 1662, 3.2). */
static enum decode_status ppp(struct walk *w)
{
	uint16_t protocol;

	if (cursor_left(&w->at) < 2)
		return DECODE_TRUNCATED;
	cursor_match(&w->at, "\xff\x03", 2);
	protocol = cursor_u8(&w->at);
	if ((protocol & 1) == 0)
		protocol = (uint16_t)(protocol << 8 | cursor_u8(&w->at));
	if (w->at.is_short)
		return DECODE_TRUNCATED;
	switch (protocol) {
	case PPP_IP:
	case PPP_IPV6:
		return ip(w);
	case PPP_MPLS_UC:
	case PPP_MPLS_MC:
		return by_ethertype(w, ETH_P_MPLS_UC);
	}
	return DECODE_NOT_IP;
}

/* Cisco's HDLC: address 0x0f or 0x8f, 0, an Ethernet type. */
static enum decode_status cisco_hdlc(struct walk *w)
{
	cursor_skip(&w->at, 2);
	return by_ethertype(w, cursor_be16(&w->at));
}

static enum decode_status ppp_or_hdlc(struct walk *w)
{
	if (cursor_left(&w->at) >= 2 && (w->at.at[0] & 0x7f) == 0x0f &&
	    w->at.at[1] == 0)
		return cisco_hdlc(w);
	return ppp(w);
}

/* RFC 2516, 4. */
static enum decode_status pppoe(struct walk *w)
{
	uint8_t version = cursor_u8(&w->at);
	uint8_t code = cursor_u8(&w->at);

	cursor_skip(&w->at, 4);
	if (w->at.is_short)
		return DECODE_TRUNCATED;
	if (version != 0x11)
		return DECODE_MALFORMED;
	return code == 0 ? ppp(w) : DECODE_NOT_IP;
}

/* RFC 3032. No field identifies what follows the last label; the first four
 * bits distinguish IP, a control word (RFC 4385, 3) and Ethernet. */
static enum decode_status mpls(struct walk *w)
{
	unsigned int labels = 0;
	uint32_t label;

	do {
		label = cursor_be32(&w->at);
		if (w->at.is_short || cursor_left(&w->at) == 0)
			return DECODE_TRUNCATED;
		if (++labels > LAYERS_MAX)
			return DECODE_MALFORMED;
	} while ((label & 0x100) == 0);

	switch (w->at.at[0] >> 4) {
	case 4:
	case 6:
		return ip(w);
	case 0:
		cursor_skip(&w->at, 4);
		break;
	}
	return by_ethertype(w, ETHERTYPE_ETHERNET);
}

static uint16_t vlan_tag(struct walk *w)
{
	uint16_t id = cursor_be16(&w->at) & 0x0fff;

	w->vlan = (w->vlan ^ (id + 1u)) * 0x9e3779b1u;	/* Knuth's 2^32 / phi */
	return cursor_be16(&w->at);
}

/* Cisco metadata: version, length in words of four bytes, options. Returns the
 * Ethernet type that follows; UINT16_MAX, which has no meaning, if unknown. */
static uint16_t cisco_metadata(struct walk *w)
{
	uint8_t version = cursor_u8(&w->at);
	uint8_t words = cursor_u8(&w->at);

	if (version != 1)
		return UINT16_MAX;
	cursor_skip(&w->at, words * 4u);
	return cursor_be16(&w->at);
}

/* IEEE 802.1AE, 9: flags, short length, packet number, and an identifier if
 * the flag SC is set. A payload that is encrypted or changed cannot be read;
 * one that is only authenticated can. */
static uint16_t macsec(struct walk *w)
{
	uint8_t flags = cursor_u8(&w->at);

	cursor_skip(&w->at, 5);
	if ((flags & 0x20) != 0)
		cursor_skip(&w->at, 8);
	return (flags & 0x8c) == 0 ? cursor_be16(&w->at) : ETH_P_MACSEC;
}

/* A Marvell tag behind an Ethernet type: two reserved bytes, then the tag. */
static uint16_t dsa_tag(struct walk *w)
{
	cursor_skip(&w->at, 6);
	return cursor_be16(&w->at);
}

static enum decode_status by_ethertype(struct walk *w, uint16_t type)
{
	while (!w->at.is_short && ++w->layers <= LAYERS_MAX) {
		switch (type) {
		case ETH_P_IP:
		case ETH_P_IPV6:
			return ip(w);
		case ETH_P_8021Q:
		case ETH_P_8021AD:
		case ETH_P_QINQ1:
		case ETH_P_QINQ2:
		case ETH_P_QINQ3:
			type = vlan_tag(w);
			break;
		case ETHERTYPE_ETHERNET:
			cursor_skip(&w->at, 2 * ETH_ALEN);
			type = cursor_be16(&w->at);
			break;
		case ETHERTYPE_CISCO_META:
			type = cisco_metadata(w);
			break;
		case ETH_P_MACSEC:
			type = macsec(w);
			if (type == ETH_P_MACSEC)
				return DECODE_NOT_IP;
			break;
		case ETH_P_EDSA:
			type = dsa_tag(w);
			break;
		case ETH_P_MPLS_UC:
		case ETH_P_MPLS_MC:
			return mpls(w);
		case ETH_P_PPP_SES:
			return pppoe(w);
		case ETHERTYPE_PPP:
			return ppp(w);
		default:
			return type < ETHERTYPE_MIN ? llc(w) : DECODE_NOT_IP;
		}
	}
	return w->at.is_short ? DECODE_TRUNCATED : DECODE_MALFORMED;
}

static enum decode_status ethertype(struct walk *w)
{
	return by_ethertype(w, cursor_be16(&w->at));
}

/* An address family in the capturing host's byte order. The value of AF_INET6
 * depends on its operating system (linktypes, LINKTYPE_NULL). */
static enum decode_status null_family(struct walk *w)
{
	uint32_t family = cursor_be32(&w->at);

	if (w->at.is_short)
		return DECODE_TRUNCATED;
	if ((family & 0xffff) == 0)
		family = family >> 24 | (family >> 8 & 0xff00);
	switch (family) {
	case 2:				/* AF_INET, all systems */
	case 10:			/* Linux */
	case 24:			/* NetBSD, OpenBSD */
	case 28:			/* FreeBSD */
	case 30:			/* macOS */
		return ip(w);
	}
	return DECODE_NOT_IP;
}

/* OpenBSD's IPsec interface: family, SPI, flags. */
static enum decode_status enc(struct walk *w)
{
	enum decode_status status = null_family(w);

	cursor_skip(&w->at, 8);
	return status == DECODE_OK ? ip(w) : status;
}

/* RFC 2427, or Cisco's encapsulation with an Ethernet type. */
static enum decode_status frame_relay(struct walk *w)
{
	uint8_t byte;

	do
		byte = cursor_u8(&w->at);
	while (!w->at.is_short && (byte & 1) == 0);
	if (!cursor_match(&w->at, "\x03", 1))
		return ethertype(w);
	cursor_match(&w->at, "\x00", 1);
	switch (cursor_u8(&w->at)) {
	case 0xcc:
	case 0x8e:
		return ip(w);
	case 0x80:
		if (cursor_be24(&w->at) == 0)
			return ethertype(w);
		break;
	}
	return w->at.is_short ? DECODE_TRUNCATED : DECODE_NOT_IP;
}

/* Frame control, destination, source, and a source route if the first bit of
 * the source is set (IEEE 802.5). */
static enum decode_status token_ring(struct walk *w)
{
	bool has_route;

	cursor_skip(&w->at, 8);
	has_route = (cursor_u8(&w->at) & 0x80) != 0;
	cursor_skip(&w->at, 5);
	if (has_route && cursor_left(&w->at) > 0)
		cursor_skip(&w->at, w->at.at[0] & 0x1f);
	return llc(w);
}

/* With a type of RFC 1051, IP follows at once. Those of RFC 1201 have a
 * sequence number first; split packets are not reassembled. */
static enum decode_status arcnet(struct walk *w)
{
	switch (cursor_u8(&w->at)) {
	case 0xf0:
		return ip(w);
	case 0xd4:
	case 0xc4:
		if (cursor_u8(&w->at) != 0)
			return DECODE_NOT_IP;
		cursor_skip(&w->at, 2);
		return ip(w);
	}
	return w->at.is_short ? DECODE_TRUNCATED : DECODE_NOT_IP;
}

/* IEEE 802.11, 9.3.2.1. Only unencrypted data frames can be read. `is_padded`:
 * the body begins at a multiple of four bytes. */
static enum decode_status wifi(struct walk *w, bool is_padded)
{
	uint8_t type = cursor_u8(&w->at);
	uint8_t flags = cursor_u8(&w->at);
	bool is_qos = (type & 0x80) != 0;
	uint8_t qos = 0;
	size_t len = 24;

	if (w->at.is_short)
		return DECODE_TRUNCATED;
	if ((type & 0x4f) != 0x08 || (flags & 0x40) != 0)
		return DECODE_NOT_IP;
	cursor_skip(&w->at, len - 2);
	if ((flags & 0x03) == 0x03) {		/* from bridge to bridge */
		cursor_skip(&w->at, ETH_ALEN);
		len += ETH_ALEN;
	}
	if (is_qos) {
		qos = cursor_u8(&w->at);
		cursor_skip(&w->at, (flags & 0x80) != 0 ? 5 : 1);
		len += (flags & 0x80) != 0 ? 6 : 2;
	}
	if (is_padded)
		cursor_skip(&w->at, -len & 3);
	if ((qos & 0x80) != 0)			/* the first of an A-MSDU */
		cursor_skip(&w->at, 2 * ETH_ALEN + 2);
	return llc(w);
}

static enum decode_status wifi_plain(struct walk *w)
{
	return wifi(w, false);
}

/* Radiotap: version, padding, length, presence bitmaps. The flags follow an
 * aligned 8-byte timestamp. */
static enum decode_status radiotap(struct walk *w)
{
	const uint8_t *start = w->at.at;
	struct cursor header, fields;
	uint32_t present, word;
	size_t at;

	cursor_skip(&w->at, 2);
	at = cursor_le16(&w->at);
	if (w->at.is_short)
		return DECODE_TRUNCATED;
	if (at < 8)
		return DECODE_MALFORMED;
	cursor_skip(&w->at, at - 4);
	if (w->at.is_short)
		return DECODE_TRUNCATED;

	header = cursor_of(start, at);
	cursor_skip(&header, 4);
	present = cursor_le32(&header);
	for (word = present; (word & 0x80000000) != 0;)
		word = cursor_le32(&header);
	fields = header;
	if ((present & 1) != 0)
		cursor_skip(&fields, (-(size_t)(fields.at - start) & 7) + 8);
	return wifi(w, (present & 2) != 0 && (cursor_u8(&fields) & 0x20) != 0);
}

/* AVS: a cookie, the length of the header. */
static enum decode_status avs(struct walk *w)
{
	uint32_t len;

	cursor_skip(&w->at, 4);
	len = cursor_be32(&w->at);
	if (w->at.is_short)
		return DECODE_TRUNCATED;
	if (len < 8)
		return DECODE_MALFORMED;
	cursor_skip(&w->at, len - 8);
	return wifi(w, false);
}

/* Version, flags, length, link type, all little-endian. */
static enum decode_status ppi(struct walk *w)
{
	uint16_t len;
	uint32_t dlt;

	cursor_skip(&w->at, 2);
	len = cursor_le16(&w->at);
	dlt = cursor_le32(&w->at);
	if (w->at.is_short)
		return DECODE_TRUNCATED;
	if (len < 8)
		return DECODE_MALFORMED;
	cursor_skip(&w->at, len - 8u);
	return by_dlt(w, dlt);
}

/* Length, record type, link type, all little-endian. */
static enum decode_status pktap(struct walk *w)
{
	uint32_t len = cursor_le32(&w->at);
	uint32_t type = cursor_le32(&w->at);
	uint32_t dlt = cursor_le32(&w->at);

	if (w->at.is_short)
		return DECODE_TRUNCATED;
	if (len < 12)
		return DECODE_MALFORMED;
	cursor_skip(&w->at, len - 12);
	return type == 1 ? by_dlt(w, dlt) : DECODE_NOT_IP;
}

/* Family, version, group, then netlink attributes in the capturing host's byte
 * order. Attributes before the payload are shorter than 256 bytes, so the zero
 * byte of the first length reveals that order. */
static enum decode_status nflog(struct walk *w)
{
	bool is_big;

	cursor_skip(&w->at, 4);
	if (cursor_left(&w->at) < 4)
		return DECODE_TRUNCATED;
	is_big = w->at.at[0] == 0;
	for (;;) {
		uint16_t len = is_big ? cursor_be16(&w->at) :
					cursor_le16(&w->at);
		uint16_t type = is_big ? cursor_be16(&w->at) :
					 cursor_le16(&w->at);

		if (w->at.is_short)
			return DECODE_TRUNCATED;
		if (len < 4)
			return DECODE_MALFORMED;
		if (type == 9)			/* NFULA_PAYLOAD */
			return ip(w);
		cursor_skip(&w->at, (len - 4u + 3) & ~3u);
	}
}

/* OpenBSD pf: length, family; padded to four bytes. */
static enum decode_status pflog(struct walk *w)
{
	uint8_t len = cursor_u8(&w->at);

	if (w->at.is_short)
		return DECODE_TRUNCATED;
	if (len < 4)
		return DECODE_MALFORMED;
	cursor_skip(&w->at, ((len + 3u) & ~3u) - 1);
	return ip(w);
}

/* Linux cooked v2 begins with the protocol. */
static enum decode_status cooked_v2(struct walk *w)
{
	uint16_t type = cursor_be16(&w->at);

	cursor_skip(&w->at, 18);
	return by_ethertype(w, type);
}

static enum decode_status ipoib(struct walk *w)
{
	uint16_t type = cursor_be16(&w->at);

	cursor_skip(&w->at, 2);			/* RFC 4391, 6: reserved */
	return by_ethertype(w, type);
}

/* Skip `skip` bytes, then call `walk`. The most common types come first. */
static const struct link_type {
	uint16_t dlt;
	uint16_t skip;
	enum decode_status (*walk)(struct walk *w);
} link_types[] = {
	{ DLT_EN10MB, 2 * ETH_ALEN, ethertype },
	{ DLT_LINUX_SLL, 14, ethertype },
	{ DLT_LINUX_SLL2, 0, cooked_v2 },
	{ DLT_RAW, 0, ip },
	{ LINKTYPE_RAW, 0, ip },
	{ LINKTYPE_BSD_RAW, 0, ip },
	{ DLT_IPV4, 0, ip },
	{ DLT_IPV6, 0, ip },
	{ DLT_NULL, 0, null_family },
	{ DLT_LOOP, 0, null_family },
	{ DLT_ENC, 0, enc },
	{ DLT_PPP, 0, ppp_or_hdlc },
	{ DLT_PPP_SERIAL, 0, ppp_or_hdlc },
	{ DLT_PPP_WITH_DIR, 1, ppp_or_hdlc },
	{ DLT_PPP_PPPD, 2, ppp },
	{ DLT_PPP_ETHER, 0, pppoe },
	{ DLT_C_HDLC, 0, cisco_hdlc },
	{ DLT_C_HDLC_WITH_DIR, 1, cisco_hdlc },
	{ DLT_FRELAY, 0, frame_relay },
	{ DLT_FRELAY_WITH_DIR, 1, frame_relay },
	{ DLT_IEEE802_11, 0, wifi_plain },
	{ DLT_IEEE802_11_RADIO, 0, radiotap },
	{ DLT_IEEE802_11_RADIO_AVS, 0, avs },
	{ DLT_PRISM_HEADER, 144, wifi_plain },
	{ DLT_PPI, 0, ppi },
	{ DLT_PKTAP, 0, pktap },
	{ DLT_NFLOG, 0, nflog },
	{ DLT_PFLOG, 0, pflog },
	{ DLT_FDDI, 13, llc },
	{ DLT_IEEE802, 0, token_ring },
	{ DLT_ATM_RFC1483, 0, llc },
	{ DLT_IP_OVER_FC, 16, llc },
	{ DLT_ARCNET, 2, arcnet },
	{ DLT_ARCNET_LINUX, 4, arcnet },
	{ DLT_IPOIB, 40, ipoib },
	{ DLT_NETANALYZER, 4 + 2 * ETH_ALEN, ethertype },
	{ DLT_IPNET, 24, ip },
	{ DLT_DSA_TAG_BRCM, 2 * ETH_ALEN + 4, ethertype },
	{ DLT_DSA_TAG_BRCM_PREPEND, 4 + 2 * ETH_ALEN, ethertype },
	{ DLT_DSA_TAG_DSA, 2 * ETH_ALEN + 4, ethertype },
	{ DLT_DSA_TAG_EDSA, 2 * ETH_ALEN + 8, ethertype },
};

static const struct link_type *find(uint32_t dlt)
{
	size_t i;

	for (i = 0; i < sizeof(link_types) / sizeof(link_types[0]); i++)
		if (link_types[i].dlt == dlt)
			return &link_types[i];
	return NULL;
}

static enum decode_status by_dlt(struct walk *w, uint32_t dlt)
{
	const struct link_type *type = find(dlt);

	if (type == NULL)
		return DECODE_NOT_IP;
	if (++w->layers > LAYERS_MAX)
		return DECODE_MALFORMED;
	cursor_skip(&w->at, type->skip);
	if (w->at.is_short)
		return DECODE_TRUNCATED;
	return type->walk(w);
}

bool decode_knows_link(int dlt)
{
	return dlt >= 0 && find((uint32_t)dlt) != NULL;
}

enum decode_status decode_frame(int dlt, const uint8_t *frame, size_t len,
				size_t *ret_offset, uint32_t *ret_vlan)
{
	struct walk w = { .at = cursor_of(frame, len) };
	enum decode_status status;

	status = by_dlt(&w, (uint32_t)dlt);
	if (status == DECODE_OK) {
		*ret_offset = (size_t)(w.at.at - frame);
		*ret_vlan = w.vlan;
	}
	return status;
}

enum decode_status decode_link_walk(uint16_t type, const uint8_t *data,
				    size_t len, size_t *ret_offset)
{
	struct walk w = { .at = cursor_of(data, len) };
	enum decode_status status;

	status = by_ethertype(&w, type);
	if (status == DECODE_OK)
		*ret_offset = (size_t)(w.at.at - data);
	return status;
}
