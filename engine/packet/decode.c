/*
 * decode.c - IPv4, IPv6 and the transports; decode_link.c has what comes
 * before them in a frame and decode_tunnel.c what may come within.
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
/* RFC 8200, 4.1 has each header once and destination options twice; senders
 * that stray a little are let through, chains made to cost time are not. */
#define IPV6_EXTENSIONS_MAX 12

#define TCP_HEADER 20		/* RFC 9293, 3.1 */
#define UDP_HEADER 8		/* RFC 768 */
#define SCTP_HEADER 12		/* RFC 9260, 3.1 */
#define DCCP_HEADER 12		/* RFC 4340, 5.1 */
#define ICMP_HEADER 8		/* RFC 792, RFC 4443 */
#define QUOTED_TRANSPORT 8	/* RFC 792: what an error must quote */

/* The part of a packet that a step looks at: a cursor that also knows how long
 * the packet says it is. Each header is measured once, then read in place. */
struct span {
	const uint8_t *at;
	uint32_t there;		/* bytes from `at` that were captured */
	uint32_t said;		/* and that the IP header speaks of */
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

/* What `len` bytes that are not there mean: the capture ends, a first fragment
 * does, or the packet lies about itself. */
static inline enum decode_status missing(const struct packet *pkt,
					 const struct span *s, uint32_t len)
{
	return s->said < len && !pkt->is_fragment ? DECODE_ABSURD : DECODE_CUT;
}

static inline void step(struct span *s, uint32_t len)
{
	s->at += len;
	s->there -= len;
	s->said -= len;
}

static inline void set_payload(struct packet *pkt, const struct span *s)
{
	if (s->is_quoted)
		return;
	pkt->payload = s->at;
	pkt->payload_len = s->there;
}

static inline void set_ports(struct packet *pkt, const uint8_t *at)
{
	pkt->has_ports = true;
	pkt->sport = be16(at);
	pkt->dport = be16(at + 2);
}

/* The fixed header is enough: options hold nothing that is asked for, and
 * short captures end among them. */
static inline enum decode_status tcp(struct packet *pkt, struct span *s)
{
	uint32_t need = s->is_quoted ? QUOTED_TRANSPORT : TCP_HEADER;
	uint32_t len;

	if (s->there < need)
		return missing(pkt, s, need);
	if (!s->is_quoted) {
		len = (s->at[12] >> 4) * 4;
		if (len < TCP_HEADER || (len > s->said && !pkt->is_fragment))
			return DECODE_ABSURD;
		pkt->tcp_flags = s->at[13];
	} else {
		len = need;
	}
	set_ports(pkt, s->at);
	pkt->tcp_seq = be32(s->at + 4);
	step(s, len < s->there ? len : s->there);
	set_payload(pkt, s);
	return DECODE_OK;
}

static inline enum decode_status udp(struct packet *pkt, struct span *s)
{
	uint32_t len;

	if (s->there < UDP_HEADER)
		return missing(pkt, s, UDP_HEADER);
	len = be16(s->at + 4);
	/* UDP-Lite has its coverage here (RFC 3828); 0 is a jumbogram
	 * (RFC 2675, 4) or offload that has yet to fill it in. */
	if (pkt->proto == IPPROTO_UDPLITE || len == 0)
		len = s->said;
	if (len < UDP_HEADER)
		return DECODE_ABSURD;
	if (len > s->said && !pkt->is_fragment && !s->is_quoted)
		return DECODE_ABSURD;
	set_ports(pkt, s->at);
	if (len < s->there)
		s->there = len;
	step(s, UDP_HEADER);
	set_payload(pkt, s);
	return DECODE_OK;
}

static inline enum decode_status sctp(struct packet *pkt, struct span *s)
{
	uint32_t need = s->is_quoted ? QUOTED_TRANSPORT : SCTP_HEADER;

	if (s->there < need)
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

	if (s->there < need)
		return missing(pkt, s, need);
	if (!s->is_quoted) {
		len = s->at[4] * 4;
		if (len < DCCP_HEADER)
			return DECODE_ABSURD;
		if (len > s->there)
			return missing(pkt, s, len);
	}
	set_ports(pkt, s->at);
	step(s, len);
	set_payload(pkt, s);
	return DECODE_OK;
}

/* Queries carry an identifier, by which conntrack too tells them apart. */
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
	if (s->there < ICMP_HEADER)
		return missing(pkt, s, ICMP_HEADER);
	pkt->icmp_type = s->at[0];
	pkt->icmp_code = s->at[1];
	set_payload(pkt, s);
	if (icmp_has_id(pkt->proto, pkt->icmp_type)) {
		pkt->sport = be16(s->at + 4);
		pkt->dport = pkt->sport;
	} else if (icmp_is_error(pkt->proto, pkt->icmp_type) &&
		   !s->is_quoted && s->there > ICMP_HEADER) {
		pkt->quoted = s->at + ICMP_HEADER;
		pkt->quoted_len = s->there - ICMP_HEADER;
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
		s->there = 0;
		break;
	}
	set_payload(pkt, s);
	return DECODE_OK;
}

/* A fragment's place, and whether such a place can be (RFC 791, 3.2). */
static inline enum decode_status fragment(struct packet *pkt,
					  const struct span *s,
					  uint32_t offset, bool more)
{
	pkt->is_fragment = true;
	pkt->more_fragments = more;
	pkt->fragment_offset = offset;
	if (offset + s->said > IP_LEN_MAX || s->said == 0)
		return DECODE_ABSURD;
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
	/* A length of 0 is what a capture sees of segmentation offload. */
	pkt->ip_len = be16(ip + 2);
	if (pkt->ip_len == 0)
		pkt->ip_len = pkt->len;
	s.said = pkt->ip_len;
	if (s.there > s.said)
		s.there = s.said;

	header = (ip[0] & 0x0f) * 4;
	if (header < IPV4_HEADER || header > s.said)
		return DECODE_ABSURD;
	if (header > s.there)
		return DECODE_CUT;
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

/* The length of an extension header that has been seen to be 8 bytes long;
 * 0: `proto` is none. */
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

/* A fragment header at `at`. One that stands for the whole packet is "atomic"
 * (RFC 6946) and of no further interest. */
static enum decode_status ipv6_fragment(struct packet *pkt,
					const struct span *s, const uint8_t *at)
{
	uint16_t place = be16(at + 2);

	if (pkt->is_fragment)
		return DECODE_ABSURD;
	pkt->fragment_id = be32(at + 4);
	if ((place & (IPV6_OFFSET | IPV6_MORE)) == 0)
		return DECODE_OK;
	return fragment(pkt, s, place & IPV6_OFFSET, (place & IPV6_MORE) != 0);
}

/* From the end of the fixed header to the transport. */
static enum decode_status ipv6_extensions(struct packet *pkt, struct span *s)
{
	enum decode_status status = DECODE_OK;
	unsigned int seen = 0;

	while (status == DECODE_OK && is_extension(pkt->proto)) {
		const uint8_t *at = s->at;
		uint8_t proto = pkt->proto;
		uint32_t len;

		if (s->there < 8)
			return missing(pkt, s, 8);
		len = extension_len(proto, at);
		if (s->there < len)
			return missing(pkt, s, len);
		if (++seen > IPV6_EXTENSIONS_MAX)
			return DECODE_ABSURD;
		step(s, len);
		/* A fragment's data begins here, whatever it holds. */
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
	/* 0: a jumbogram (RFC 2675), or offload of more than 64 KiB. */
	pkt->ip_len = IPV6_HEADER + be16(ip + 4);
	if (pkt->ip_len == IPV6_HEADER && pkt->proto != IPPROTO_NONE)
		pkt->ip_len = pkt->len;
	s.said = pkt->ip_len;
	if (s.there > s.said)
		s.there = s.said;
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

/* Field by field, since memset() costs more than all the rest; the addresses
 * are written in any case. */
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
	return version == 4 || version == 6 || pkt->len == 0 ? DECODE_CUT :
							       DECODE_ABSURD;
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
		[DECODE_CUT] = "cut short",
		[DECODE_ABSURD] = "absurd",
		[DECODE_NOT_IP] = "not IP",
	};

	return (unsigned int)status < DECODE_STATUSES ? names[status] : "?";
}
