/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode.c - decode IPv4, IPv6 and transports. Link layers are in
 * decode_link.c, tunnels in decode_tunnel.c.
 */
#include "engine/packet/decode.h"

#include <netinet/in.h>
#include <stddef.h>

#include "engine/packet/cursor.h"

#define IPV4_HEADER 20		/* RFC 791, 3.1 */
#define IPV4_MORE 0x2000
#define IPV4_OFFSET 0x1fff
#define IP_LEN_MAX 65535
#define IPV6_HEADER 40		/* RFC 8200, 3 */
#define IPV6_OFFSET 0xfff8
#define IPV6_MORE 0x0001
/* RFC 8200, 4.1 allows each header once and destination options twice. The
 * limit tolerates sloppy senders but bounds the cost of hostile chains. */
#define IPV6_EXTENSIONS_MAX 12

#define TCP_HEADER 20		/* RFC 9293, 3.1 */
#define UDP_HEADER 8		/* RFC 768 */
#define SCTP_HEADER 12		/* RFC 9260, 3.1 */
#define DCCP_HEADER 12		/* RFC 4340, 5.1 */
#define ICMP_HEADER 8		/* RFC 792, RFC 4443 */
#define QUOTED_TRANSPORT 8	/* RFC 792: minimum that errors quote */

/* The rest of a packet, with its captured and its declared length. Each
 * header's size is checked once, then the header is read in place. */
struct span {
	const uint8_t *at;
	uint32_t captured;	/* bytes from `at` in the buffer */
	uint32_t declared;	/* bytes from `at` by the IP header */
	bool is_quoted;
};

static inline uint16_t be16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t be32(const uint8_t *b)
{
	return (uint32_t)be16(b) << 16 | be16(b + 2);
}

/* Classify a header of `len` bytes that does not fit: the capture or a first
 * fragment ends here, or the packet's own lengths contradict each other. */
static inline enum decode_status missing(const struct packet *pkt,
					 const struct span *s, uint32_t len)
{
	return s->declared < len && !pkt->is_fragment ? DECODE_MALFORMED :
							DECODE_TRUNCATED;
}

static inline void step(struct span *s, uint32_t len)
{
	s->at += len;
	s->captured -= len;
	s->declared -= len;
}

static inline void set_payload(struct packet *pkt, const struct span *s)
{
	if (s->is_quoted)
		return;
	pkt->payload = s->at;
	pkt->payload_len = s->captured;
}

static inline void set_ports(struct packet *pkt, const uint8_t *at)
{
	pkt->has_ports = true;
	pkt->sport = be16(at);
	pkt->dport = be16(at + 2);
}

/* Only the fixed header is required: options are not used, and captures with
 * a small snap length end within them. */
static inline enum decode_status tcp(struct packet *pkt, struct span *s)
{
	uint32_t need = s->is_quoted ? QUOTED_TRANSPORT : TCP_HEADER;
	uint32_t len;

	if (s->captured < need)
		return missing(pkt, s, need);
	if (!s->is_quoted) {
		len = (s->at[12] >> 4) * 4;
		if (len < TCP_HEADER ||
		    (len > s->declared && !pkt->is_fragment))
			return DECODE_MALFORMED;
		pkt->tcp_flags = s->at[13];
		if (pkt->tcp_flags & TCP_URG)
			pkt->tcp_urgent = be16(s->at + 18);
	} else {
		len = need;
	}
	set_ports(pkt, s->at);
	pkt->tcp_seq = be32(s->at + 4);
	step(s, len < s->captured ? len : s->captured);
	set_payload(pkt, s);
	return DECODE_OK;
}

static inline enum decode_status udp(struct packet *pkt, struct span *s)
{
	uint32_t len;

	if (s->captured < UDP_HEADER)
		return missing(pkt, s, UDP_HEADER);
	len = be16(s->at + 4);
	/* UDP-Lite has its checksum coverage here (RFC 3828). 0 is a jumbogram
	 * (RFC 2675, 4) or a length that offload fills in later. */
	if (pkt->proto == IPPROTO_UDPLITE || len == 0)
		len = s->declared;
	if (len < UDP_HEADER)
		return DECODE_MALFORMED;
	if (len > s->declared && !pkt->is_fragment && !s->is_quoted)
		return DECODE_MALFORMED;
	set_ports(pkt, s->at);
	if (len < s->captured)
		s->captured = len;
	step(s, UDP_HEADER);
	set_payload(pkt, s);
	return DECODE_OK;
}

static inline enum decode_status sctp(struct packet *pkt, struct span *s)
{
	uint32_t need = s->is_quoted ? QUOTED_TRANSPORT : SCTP_HEADER;

	if (s->captured < need)
		return missing(pkt, s, need);
	set_ports(pkt, s->at);
	step(s, need);
	set_payload(pkt, s);
	return DECODE_OK;
}

static inline enum decode_status dccp(struct packet *pkt, struct span *s)
{
	uint32_t need = s->is_quoted ? QUOTED_TRANSPORT : DCCP_HEADER;
	uint32_t len = need;

	if (s->captured < need)
		return missing(pkt, s, need);
	if (!s->is_quoted) {
		len = s->at[4] * 4;
		if (len < DCCP_HEADER)
			return DECODE_MALFORMED;
		if (len > s->captured)
			return missing(pkt, s, len);
	}
	set_ports(pkt, s->at);
	step(s, len);
	set_payload(pkt, s);
	return DECODE_OK;
}

/* Queries carry an identifier, which conntrack uses as their ports. */
static inline bool icmp_has_id(uint8_t proto, uint8_t type)
{
	if (proto == IPPROTO_ICMPV6)
		return type == 128 || type == 129;	/* RFC 4443, 4 */
	return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

static inline bool icmp_is_error(uint8_t proto, uint8_t type)
{
	if (proto == IPPROTO_ICMPV6)
		return type < 128;			/* RFC 4443, 2.1 */
	return (type >= 3 && type <= 5) || type == 11 || type == 12;
}

static inline enum decode_status icmp(struct packet *pkt, struct span *s)
{
	if (s->captured < ICMP_HEADER)
		return missing(pkt, s, ICMP_HEADER);
	pkt->icmp_type = s->at[0];
	pkt->icmp_code = s->at[1];
	set_payload(pkt, s);
	if (icmp_has_id(pkt->proto, pkt->icmp_type)) {
		pkt->sport = be16(s->at + 4);
		pkt->dport = pkt->sport;
	} else if (icmp_is_error(pkt->proto, pkt->icmp_type) &&
		   !s->is_quoted && s->captured > ICMP_HEADER) {
		pkt->quoted = s->at + ICMP_HEADER;
		pkt->quoted_len = s->captured - ICMP_HEADER;
	}
	return DECODE_OK;
}

static inline enum decode_status transport(struct packet *pkt, struct span *s)
{
	switch (pkt->proto) {
	case IPPROTO_TCP:
		return tcp(pkt, s);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return udp(pkt, s);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return icmp(pkt, s);
	case IPPROTO_SCTP:
		return sctp(pkt, s);
	case IPPROTO_DCCP:
		return dccp(pkt, s);
	case IPPROTO_NONE:
		s->captured = 0;
		break;
	}
	set_payload(pkt, s);
	return DECODE_OK;
}

/* Record a fragment's position and validate it (RFC 791, 3.2). */
static inline enum decode_status fragment(struct packet *pkt,
					  const struct span *s,
					  uint32_t offset, bool more)
{
	pkt->is_fragment = true;
	pkt->more_fragments = more;
	pkt->fragment_offset = offset;
	if (offset + s->declared > IP_LEN_MAX || s->declared == 0)
		return DECODE_MALFORMED;
	return offset != 0 ? DECODE_FRAGMENT : DECODE_OK;
}

static inline enum decode_status ipv4(struct packet *pkt, bool is_quoted)
{
	const uint8_t *ip = pkt->data;
	struct span s = { ip, pkt->len, 0, is_quoted };
	enum decode_status status;
	uint32_t header, place, src, dst;

	pkt->family = 4;
	pkt->tos = ip[1];
	pkt->proto = ip[9];
	memcpy(&src, ip + 12, sizeof(src));
	memcpy(&dst, ip + 16, sizeof(dst));
	pkt->src = address_from_v4(src);
	pkt->dst = address_from_v4(dst);
	pkt->fragment_id = be16(ip + 4);
	/* Captures of segmentation offload have a length of 0. */
	pkt->ip_len = be16(ip + 2);
	if (pkt->ip_len == 0)
		pkt->ip_len = pkt->len;
	s.declared = pkt->ip_len;
	if (s.captured > s.declared)
		s.captured = s.declared;

	header = (ip[0] & 0x0f) * 4;
	if (header < IPV4_HEADER || header > s.declared)
		return DECODE_MALFORMED;
	if (header > s.captured)
		return DECODE_TRUNCATED;
	pkt->header_len = header;
	step(&s, header);

	place = be16(ip + 6);
	if ((place & (IPV4_MORE | IPV4_OFFSET)) != 0) {
		status = fragment(pkt, &s, (place & IPV4_OFFSET) * 8,
				  (place & IPV4_MORE) != 0);
		if (status == DECODE_FRAGMENT)
			set_payload(pkt, &s);
		if (status != DECODE_OK)
			return status;
	}
	return transport(pkt, &s);
}

/* Return the length of the extension header at `at`, of which 8 bytes are
 * present; 0 when `proto` is no extension. */
static inline uint32_t extension_len(uint8_t proto, const uint8_t *at)
{
	switch (proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
		return (at[1] + 1) * 8;
	case IPPROTO_AH:
		return (at[1] + 2) * 4;		/* RFC 4302, 2.2 */
	case IPPROTO_FRAGMENT:
		return 8;
	}
	return 0;
}

static inline bool is_extension(uint8_t proto)
{
	static const uint8_t none[8];

	return extension_len(proto, none) != 0;
}

/* A fragment header that spans the entire packet is "atomic" (RFC 6946) and
 * needs no reassembly. */
static enum decode_status ipv6_fragment(struct packet *pkt,
					const struct span *s, const uint8_t *at)
{
	uint16_t place = be16(at + 2);

	if (pkt->is_fragment)
		return DECODE_MALFORMED;
	pkt->fragment_id = be32(at + 4);
	if ((place & (IPV6_OFFSET | IPV6_MORE)) == 0)
		return DECODE_OK;
	return fragment(pkt, s, place & IPV6_OFFSET, (place & IPV6_MORE) != 0);
}

static enum decode_status ipv6_extensions(struct packet *pkt, struct span *s)
{
	enum decode_status status = DECODE_OK;
	unsigned int seen = 0;

	while (status == DECODE_OK && is_extension(pkt->proto)) {
		const uint8_t *at = s->at;
		uint8_t proto = pkt->proto;
		uint32_t len;

		if (s->captured < 8)
			return missing(pkt, s, 8);
		len = extension_len(proto, at);
		if (s->captured < len)
			return missing(pkt, s, len);
		if (++seen > IPV6_EXTENSIONS_MAX)
			return DECODE_MALFORMED;
		step(s, len);
		/* A fragment's data begins after the fragment header, whatever
		 * headers follow it. */
		if (!pkt->is_fragment)
			pkt->header_len += len;
		pkt->proto = at[0];
		if (proto == IPPROTO_FRAGMENT)
			status = ipv6_fragment(pkt, s, at);
	}
	return status;
}

static inline enum decode_status ipv6(struct packet *pkt, bool is_quoted)
{
	const uint8_t *ip = pkt->data;
	struct span s = { ip, pkt->len, 0, is_quoted };
	enum decode_status status;

	pkt->family = 6;
	pkt->tos = (uint8_t)(be16(ip) >> 4);
	pkt->proto = ip[6];
	pkt->src = address_from_packet6(ip + 8);
	pkt->dst = address_from_packet6(ip + 24);
	/* 0: a jumbogram (RFC 2675) or offload beyond 64 KiB. */
	pkt->ip_len = IPV6_HEADER + be16(ip + 4);
	if (pkt->ip_len == IPV6_HEADER && pkt->proto != IPPROTO_NONE)
		pkt->ip_len = pkt->len;
	s.declared = pkt->ip_len;
	if (s.captured > s.declared)
		s.captured = s.declared;
	pkt->header_len = IPV6_HEADER;
	step(&s, IPV6_HEADER);

	if (is_extension(pkt->proto)) {
		status = ipv6_extensions(pkt, &s);
		if (status == DECODE_FRAGMENT)
			set_payload(pkt, &s);
		if (status != DECODE_OK)
			return status;
	}
	return transport(pkt, &s);
}

/* memset() would cost more than decoding does. The addresses are always
 * written, so they are left out. */
static inline void clear(struct packet *pkt)
{
	pkt->family = 0;
	pkt->proto = 0;
	pkt->tos = 0;
	pkt->tcp_flags = 0;
	pkt->has_ports = false;
	pkt->is_fragment = false;
	pkt->more_fragments = false;
	pkt->sport = 0;
	pkt->dport = 0;
	pkt->ip_len = 0;
	pkt->tcp_seq = 0;
	pkt->icmp_type = 0;
	pkt->icmp_code = 0;
	pkt->tcp_urgent = 0;
	pkt->fragment_id = 0;
	pkt->fragment_offset = 0;
	pkt->header_len = 0;
	pkt->payload = NULL;
	pkt->payload_len = 0;
	pkt->quoted = NULL;
	pkt->quoted_len = 0;
}

static inline enum decode_status decode(struct packet *pkt, bool is_quoted)
{
	unsigned int version = pkt->len > 0 ? pkt->data[0] >> 4 : 0;

	clear(pkt);
	if (version == 4 && pkt->len >= IPV4_HEADER)
		return ipv4(pkt, is_quoted);
	if (version == 6 && pkt->len >= IPV6_HEADER)
		return ipv6(pkt, is_quoted);

	memset(&pkt->src, 0, sizeof(pkt->src));
	memset(&pkt->dst, 0, sizeof(pkt->dst));
	if (version == 4 || version == 6)
		pkt->family = (uint8_t)version;
	return version == 4 || version == 6 || pkt->len == 0 ?
	       DECODE_TRUNCATED : DECODE_MALFORMED;
}

void decode_ip(struct packet *pkt)
{
	pkt->status = decode(pkt, false);
}

void decode_quoted(const struct packet *error, struct packet *ret_quoted)
{
	*ret_quoted = (struct packet){
		.data = error->quoted,
		.len = error->quoted_len,
		.mark = error->mark,
		.ifindex = error->ifindex,
		.time_ns = error->time_ns,
	};
	ret_quoted->status = decode(ret_quoted, true);
}

const char *decode_status_name(enum decode_status status)
{
	static const char *const names[DECODE_STATUSES] = {
		[DECODE_OK] = "ok",
		[DECODE_FRAGMENT] = "fragment",
		[DECODE_TRUNCATED] = "truncated",
		[DECODE_MALFORMED] = "malformed",
		[DECODE_NOT_IP] = "not IP",
	};

	return (unsigned int)status < DECODE_STATUSES ? names[status] : "?";
}
