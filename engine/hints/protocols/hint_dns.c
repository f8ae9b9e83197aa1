/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_dns.c - DNS over UDP and TCP (RFC 1035), and two protocols that share
 * its wire format, multicast DNS (RFC 6762) and LLMNR (RFC 4795): there the
 * port is the only difference. The name service of NetBIOS, which shares it
 * nearly (RFC 1002, 4.2), is none of them.
 */
#include "engine/hints/hint.h"

#define PORT_MDNS 5353
#define PORT_LLMNR 5355

#define HEADER_LEN 12
#define FLAG_RESPONSE 0x8000
#define FLAG_ZERO 0x0040	/* must be zero (RFC 6895, 2) */
#define OPCODE(flags) ((flags) >> 11 & 15)
#define RCODE(flags) ((flags) & 15)
#define UPDATE 5		/* RFC 2136 */
#define RCODE_MAX 11		/* RFC 8490 has the highest that fits */
#define LABEL_MAX 63
#define POINTER 0xc0
/* The top bit asks for a unicast answer, or flushes (RFC 6762, 5.4, 10.2). */
#define MDNS_CLASS_BIT 0x8000

enum dialect { DNS, MDNS, LLMNR };

struct name {
	size_t len;
	bool is_netbios;	/* half-ASCII, with room for damage */
	uint8_t text[DOMAIN_MAX + 1];
};

struct message {
	uint16_t flags;
	uint16_t counts[4];	/* questions, answers, authority, additional */
};

static void name_add(struct name *name, const uint8_t *label, size_t len)
{
	if (name->len + len + 1 > sizeof(name->text))
		return;
	memcpy(name->text + name->len, label, len);
	name->text[name->len + len] = '.';
	name->len += len + 1;
}

static bool is_half_ascii(const uint8_t *label, size_t len)
{
	size_t letters = 0;

	for (size_t i = 0; i < len; i++)
		letters += label[i] >= 'A' && label[i] <= 'P';
	return len == 32 && letters >= 28;
}

/*
 * Pass over a name, which may end in a pointer to somewhere earlier in the
 * message. False when it is none; a cursor that ran out is short.
 */
static bool read_name(struct cursor *c, const uint8_t *message,
		      struct name *ret)
{
	size_t total = 0;

	for (size_t n = 0;; n++) {
		const uint8_t *at = c->at, *label;
		uint8_t len = cursor_u8(c);

		if (c->is_short)
			return true;
		if (len == 0)
			return true;
		if ((len & POINTER) == POINTER) {
			size_t offset = (size_t)(len & ~POINTER) << 8 |
					cursor_u8(c);

			return c->is_short || (offset >= HEADER_LEN &&
				offset < (size_t)(at - message));
		}
		total += len + 1u;
		if (len > LABEL_MAX || total > DOMAIN_MAX + 1)
			return false;
		label = cursor_bytes(c, len);
		if (label == NULL)
			return true;
		if (n == 0)
			ret->is_netbios = is_half_ascii(label, len);
		name_add(ret, label, len);
	}
}

static bool is_class(uint16_t class, enum dialect dialect)
{
	if (dialect == MDNS)
		class &= (uint16_t)~MDNS_CLASS_BIT;
	/* IN, CH, HS, NONE, ANY (RFC 6895, 3.2) */
	return class == 1 || class == 3 || class == 4 || class == 254 ||
	       class == 255;
}

static bool read_question(struct cursor *c, const uint8_t *message,
			  enum dialect dialect, struct name *ret_name)
{
	uint16_t type, class;

	if (!read_name(c, message, ret_name))
		return false;
	type = cursor_be16(c);
	class = cursor_be16(c);
	if (c->is_short)
		return true;
	return !ret_name->is_netbios && type != 0 &&
	       is_class(class, dialect);
}

/* Any class: EDNS and TSIG put other things there. */
static bool read_record(struct cursor *c, const uint8_t *message)
{
	struct name name = { 0 };

	if (!read_name(c, message, &name))
		return false;
	cursor_skip(c, 2 + 2 + 4);
	cursor_skip(c, cursor_be16(c));
	return true;
}

/* A message that asks nothing has nothing but its records to prove it. */
static bool read_records(const struct message *m, struct cursor c,
			 const uint8_t *message)
{
	size_t records = (size_t)m->counts[1] + m->counts[2] + m->counts[3];

	for (size_t i = 0; i < records && !c.is_short; i++)
		if (!read_record(&c, message))
			return false;
	return c.is_short || cursor_left(&c) == 0;
}

static bool is_query_header(const struct message *m, enum dialect dialect)
{
	if (RCODE(m->flags) != 0)
		return false;
	if (dialect == MDNS)
		return m->counts[0] > 0;
	if (m->counts[0] != 1)
		return false;
	return OPCODE(m->flags) == UPDATE ||
	       (m->counts[1] <= 1 && m->counts[2] <= 1);
}

static bool is_response_header(const struct message *m, enum dialect dialect)
{
	if (dialect == MDNS)
		return m->counts[1] > 0;
	return m->counts[0] == 1 && RCODE(m->flags) <= RCODE_MAX;
}

static bool is_header(const struct message *m, enum dialect dialect)
{
	uint8_t opcode = OPCODE(m->flags);

	/* Query, inverse query, status, notify, update. */
	if (opcode > UPDATE || opcode == 3)
		return false;
	if (dialect == DNS && (m->flags & FLAG_ZERO) != 0)
		return false;
	/* LLMNR has four bits that must be zero. */
	if (dialect == LLMNR && (opcode != 0 || (m->flags & 0x00f0) != 0))
		return false;
	return (m->flags & FLAG_RESPONSE) != 0 ?
		is_response_header(m, dialect) : is_query_header(m, dialect);
}

/*
 * Read a message of which `c` has what has come; `whole` when that is all.
 * Twelve bytes that agree and a question prove it, whatever follows.
 */
static enum hint_verdict read_message(struct cursor c, enum dialect dialect,
				      bool whole, struct name *ret_name)
{
	const uint8_t *message = c.at;
	struct message m = { 0 };
	struct name name = { 0 };

	cursor_skip(&c, 2);
	m.flags = cursor_be16(&c);
	for (size_t i = 0; i < 4; i++)
		m.counts[i] = cursor_be16(&c);
	if (c.is_short)
		return whole ? HINT_NO : HINT_MORE;
	if (!is_header(&m, dialect))
		return HINT_NO;

	for (size_t i = 0; i < m.counts[0] && !c.is_short; i++)
		if (!read_question(&c, message, dialect,
				   i == 0 ? ret_name : &name))
			return HINT_NO;
	if (c.is_short)
		return whole ? HINT_NO : HINT_MORE;
	if (m.counts[0] > 0)
		return HINT_YES;
	return read_records(&m, c, message) ? HINT_YES : HINT_NO;
}

static enum dialect dialect_of(const struct hint_input *in)
{
	if (in->transport == IPPROTO_UDP &&
	    (in->dport == PORT_MDNS || in->sport == PORT_MDNS))
		return MDNS;
	if (in->dport == PORT_LLMNR || in->sport == PORT_LLMNR)
		return LLMNR;
	return DNS;
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	enum dialect dialect = dialect_of(in);
	struct name name = { 0 };
	enum hint_verdict verdict;

	verdict = read_message(in->payload, dialect, true, &name);
	if (verdict == HINT_YES) {
		yield->app = (uint8_t)dialect;
		hint_yield_host(yield, name.text, name.len);
	}
	return verdict;
}

/* RFC 1035, 4.2.2: the length comes first. */
static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	size_t len = cursor_be16(&c);
	enum dialect dialect = dialect_of(in);
	struct name name = { 0 };
	enum hint_verdict verdict;
	bool whole;

	if (c.is_short)
		return HINT_MORE;
	if (len < HEADER_LEN + 1 + 2 + 2)
		return HINT_NO;
	whole = cursor_left(&c) >= len;
	if (whole)
		c.end = c.at + len;
	verdict = read_message(c, dialect, whole, &name);
	if (verdict == HINT_YES) {
		yield->app = (uint8_t)dialect;
		hint_yield_host(yield, name.text, name.len);
	}
	return verdict;
}

static const struct hint_app dialects[] = {
	[MDNS - 1] = { "mdns", "local",
		       "multicast DNS: names of the local network" },
	[LLMNR - 1] = { "llmnr", "local",
			"LLMNR: names of the local network" },
	{ 0 }
};

const struct hint hint_dns_udp = {
	.name = "dns",
	.about = "DNS over UDP and TCP; the name that is asked for",
	.also = dialects,
	.transport = IPPROTO_UDP,
	.yields_host = true,
	.ports = { 53, PORT_MDNS, PORT_LLMNR },
	/* The opcode. */
	.tests = { { 2, 0x78, BYTES("\x00\x08\x10\x20\x28") } },
	.min = HEADER_LEN + 1 + 2 + 2,
	.match = udp_match,
};

const struct hint hint_dns_tcp = {
	.name = "dns",
	.about = "DNS over UDP and TCP; the name that is asked for",
	.also = dialects,
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 53, PORT_LLMNR },
	.match = tcp_match,
};
