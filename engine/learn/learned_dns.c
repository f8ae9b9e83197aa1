/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_dns.c - collect the addresses in a DNS answer along its CNAMEs. */
#include "engine/learn/learned_dns.h"

#include <string.h>

#define HEADER_LEN 12
/* QR, opcode, TC and RCODE: a complete response to a query without error. */
#define FLAG_RESPONSE 0x8000
#define FLAGS_CHECKED 0xfa0f
#define FLAG_OPCODE 0x7800
#define POINTER 0xc0
#define LABEL_MAX 63
#define JUMPS_MAX 32
#define CHAIN_MAX 16
#define RECORDS_MAX 64

#define CLASS_IN 1
enum type {
	TYPE_A = 1,
	TYPE_CNAME = 5,
	TYPE_AAAA = 28,
	TYPE_SVCB = 64,
	TYPE_HTTPS = 65,
	TYPE_ANY = 255,
};

/* Keys of service parameters (RFC 9460, 14.3.2). */
#define KEY_IPV4HINT 4
#define KEY_ECH 5		/* RFC 9848 */
#define KEY_IPV6HINT 6
#define ECH_VERSION 0xfe0d

struct name {
	size_t len;		/* without the final dot */
	char text[DOMAIN_MAX + 1];
};

struct record {
	struct name owner;
	uint16_t type;
	uint16_t class;
	uint32_t ttl_s;
	struct cursor data;
};

struct message {
	const uint8_t *start;
	const uint8_t *end;
	struct cursor records;		/* after the question */
	size_t answers, others;
};

/* Append a label in lower case. A dot or control character inside it cannot be
 * part of a host name. */
static bool name_add(struct name *name, const uint8_t *label, size_t len)
{
	if (name->len + len + (name->len > 0) > DOMAIN_MAX)
		return false;
	if (name->len > 0)
		name->text[name->len++] = '.';
	for (size_t i = 0; i < len; i++) {
		uint8_t c = label[i];

		if (c <= ' ' || c == '.' || c >= 0x7f)
			return false;
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		name->text[name->len++] = (char)c;
	}
	return true;
}

/*
 * Read a name with its compression pointers. Each has to point backwards, so
 * that the name ends (RFC 1035, 4.1.4). False when it is malformed.
 */
static bool read_name(const struct message *m, struct cursor *c,
		      struct name *ret)
{
	struct cursor at = *c;
	bool has_jumped = false;

	ret->len = 0;
	for (int jumps = 0; jumps <= JUMPS_MAX;) {
		const uint8_t *place = at.at;
		uint8_t len = cursor_u8(&at);

		if (at.is_short)
			return false;
		if ((len & POINTER) == POINTER) {
			size_t offset = (size_t)(len & ~POINTER) << 8 |
					cursor_u8(&at);

			if (at.is_short || offset < HEADER_LEN ||
			    offset >= (size_t)(place - m->start))
				return false;
			if (!has_jumped)
				*c = at;
			has_jumped = true;
			at = cursor_of(m->start + offset,
				       (size_t)(m->end - m->start) - offset);
			jumps++;
			continue;
		}
		if (len == 0) {
			if (!has_jumped)
				*c = at;
			ret->text[ret->len] = '\0';
			return true;
		}
		place = cursor_bytes(&at, len);
		if (len > LABEL_MAX || place == NULL ||
		    !name_add(ret, place, len))
			return false;
	}
	return false;
}

static bool read_record(const struct message *m, struct cursor *c,
			struct record *ret)
{
	if (!read_name(m, c, &ret->owner))
		return false;
	ret->type = cursor_be16(c);
	ret->class = cursor_be16(c);
	ret->ttl_s = cursor_be32(c);
	/* With the top bit set the TTL is zero (RFC 2181, 8). */
	if (ret->ttl_s > INT32_MAX)
		ret->ttl_s = 0;
	ret->data = cursor_take(c, cursor_be16(c));
	return !c->is_short;
}

static bool same_name(const struct name *a, const struct name *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* ---- header and question ---- */

bool dns_is_answer(struct cursor message)
{
	uint16_t flags;

	cursor_skip(&message, 2);
	flags = cursor_be16(&message);
	return !message.is_short && (flags & FLAG_RESPONSE) != 0;
}

bool dns_read_question(struct cursor message, struct dns_question *ret)
{
	struct message m = { .start = message.at, .end = message.end };
	struct name asked;
	uint16_t flags, questions;

	ret->id = cursor_be16(&message);
	flags = cursor_be16(&message);
	questions = cursor_be16(&message);
	cursor_skip(&message, HEADER_LEN - 6);
	if (message.is_short || questions != 1 || flags & FLAG_OPCODE ||
	    !read_name(&m, &message, &asked))
		return false;
	ret->type = cursor_be16(&message);
	ret->is_response = (flags & FLAG_RESPONSE) != 0;
	ret->len = asked.len;
	memcpy(ret->name, asked.text, asked.len + 1);
	return cursor_be16(&message) == CLASS_IN && !message.is_short;
}

static bool asks_for_address(uint16_t type)
{
	return type == TYPE_A || type == TYPE_AAAA || type == TYPE_SVCB ||
	       type == TYPE_HTTPS || type == TYPE_ANY;
}

static bool read_header(struct cursor c, struct message *m,
			struct name *ret_asked)
{
	uint16_t flags, questions, type, class;

	m->start = c.at;
	m->end = c.end;
	cursor_skip(&c, 2);
	flags = cursor_be16(&c);
	questions = cursor_be16(&c);
	m->answers = cursor_be16(&c);
	m->others = cursor_be16(&c);
	m->others += cursor_be16(&c);
	if (c.is_short || questions != 1 ||
	    (flags & FLAGS_CHECKED) != FLAG_RESPONSE)
		return false;
	if (!read_name(m, &c, ret_asked))
		return false;
	type = cursor_be16(&c);
	class = cursor_be16(&c);
	m->records = c;
	return !c.is_short && asks_for_address(type) && class == CLASS_IN &&
	       m->answers <= RECORDS_MAX;
}

/* Check all records before any is used. */
static bool is_well_formed(const struct message *m)
{
	struct cursor c = m->records;
	struct record record;

	for (size_t i = 0; i < m->answers + m->others; i++)
		if (!read_record(m, &c, &record))
			return false;
	return true;
}

/* ---- addresses ---- */

/* Block lists answer with such addresses, and no server has one. */
static bool is_usable(const struct address *a)
{
	if (address_is_v4(a))
		return a->bytes[12] != 0 && a->bytes[12] != 127 &&
		       a->bytes[12] < 224;
	if (a->be64[0] == 0)
		return false;
	return a->bytes[0] != 0xff &&
	       !(a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80);
}

static void add_address(struct dns_answer *answer, struct address address,
			uint32_t ttl_s)
{
	if (answer->count == DNS_ADDRESSES_MAX || !is_usable(&address))
		return;
	answer->addresses[answer->count++] = (struct dns_address){
		.address = address,
		.ttl_s = ttl_s,
	};
}

/* Add every complete address of `len` bytes. */
static void add_addresses(struct dns_answer *answer, struct cursor c,
			  size_t len, uint32_t ttl_s)
{
	const uint8_t *bytes;

	while (cursor_left(&c) >= len) {
		uint32_t v4;

		bytes = cursor_bytes(&c, len);
		if (len == 16) {
			add_address(answer, address_from_v6(bytes), ttl_s);
			continue;
		}
		memcpy(&v4, bytes, sizeof(v4));
		add_address(answer, address_from_v4(v4), ttl_s);
	}
}

static void add_ech_config(struct dns_answer *answer, struct cursor config,
			   uint32_t ttl_s)
{
	struct dns_ech *ech = &answer->ech[answer->ech_count];
	struct cursor name;
	const char *why;

	ech->config_id = cursor_u8(&config);
	ech->ttl_s = ttl_s;
	cursor_skip(&config, 2);			/* KEM */
	cursor_skip(&config, cursor_be16(&config));	/* public key */
	cursor_skip(&config, cursor_be16(&config));	/* cipher suites */
	cursor_skip(&config, 1);		/* maximum name length */
	name = cursor_take(&config, cursor_u8(&config));
	if (!config.is_short &&
	    domain_canonical((const char *)name.at, cursor_left(&name),
			     ech->public_name, &why) > 0)
		answer->ech_count++;
}

/* Read an ECHConfigList (RFC 9849, 4). Versions other than that of the RFC are
 * skipped. */
static void add_ech(struct dns_answer *answer, struct cursor value,
		    uint32_t ttl_s)
{
	struct cursor list = cursor_take(&value, cursor_be16(&value));

	while (!value.is_short && cursor_left(&list) > 0 &&
	       answer->ech_count < DNS_ECH_MAX) {
		uint16_t version = cursor_be16(&list);
		struct cursor config = cursor_take(&list, cursor_be16(&list));

		if (list.is_short)
			return;
		if (version == ECH_VERSION)
			add_ech_config(answer, config, ttl_s);
	}
}

/* Priority, target, then keys with values (RFC 9460, 2.2). The target is not
 * compressed. */
static void add_hints(struct dns_answer *answer, const struct message *m,
		      struct cursor c, uint32_t ttl_s)
{
	struct name target;

	cursor_skip(&c, 2);
	if (!read_name(m, &c, &target))
		return;
	while (cursor_left(&c) > 0) {
		uint16_t key = cursor_be16(&c);
		struct cursor value = cursor_take(&c, cursor_be16(&c));

		if (c.is_short)
			return;
		if (key == KEY_IPV4HINT)
			add_addresses(answer, value, 4, ttl_s);
		else if (key == KEY_IPV6HINT)
			add_addresses(answer, value, 16, ttl_s);
		else if (key == KEY_ECH)
			add_ech(answer, value, ttl_s);
	}
}

static void add_record(struct dns_answer *answer, const struct message *m,
		       const struct record *record, uint32_t ttl_s)
{
	size_t len = cursor_left(&record->data);

	if (record->ttl_s < ttl_s)
		ttl_s = record->ttl_s;
	if (record->type == TYPE_A && len == 4)
		add_addresses(answer, record->data, 4, ttl_s);
	else if (record->type == TYPE_AAAA && len == 16)
		add_addresses(answer, record->data, 16, ttl_s);
	else if (record->type == TYPE_HTTPS || record->type == TYPE_SVCB)
		add_hints(answer, m, record->data, ttl_s);
}

/* Follow one CNAME; false at the end of the chain. */
static bool follow(const struct message *m, struct name *name, uint32_t *ttl_s)
{
	struct cursor c = m->records;
	struct record record;

	for (size_t i = 0; i < m->answers; i++) {
		if (!read_record(m, &c, &record) ||
		    record.type != TYPE_CNAME || record.class != CLASS_IN ||
		    !same_name(&record.owner, name))
			continue;
		/* Pointers in the data lead to earlier parts of the message. */
		record.data.end = m->end;
		if (!read_name(m, &record.data, name))
			return false;
		if (record.ttl_s < *ttl_s)
			*ttl_s = record.ttl_s;
		return true;
	}
	return false;
}

static void collect(const struct message *m, const struct name *owner,
		    uint32_t ttl_s, struct dns_answer *answer)
{
	struct cursor c = m->records;
	struct record record;

	for (size_t i = 0; i < m->answers; i++)
		if (read_record(m, &c, &record) && record.class == CLASS_IN &&
		    same_name(&record.owner, owner))
			add_record(answer, m, &record, ttl_s);
}

/* "_8443._https.example.com" asks about example.com (RFC 9460, 2.3). */
static const char *without_prefixes(const char *name)
{
	while (name[0] == '_' && strchr(name, '.') != NULL)
		name = strchr(name, '.') + 1;
	return name;
}

bool dns_read_answer(struct cursor message, struct dns_answer *ret)
{
	struct message m;
	struct name asked, name;
	uint32_t ttl_s = UINT32_MAX;
	const char *host, *why;

	if (!read_header(message, &m, &asked) || !is_well_formed(&m))
		return false;
	host = without_prefixes(asked.text);
	if (domain_canonical(host, strlen(host), ret->name, &why) <= 0)
		return false;
	ret->count = 0;
	ret->ech_count = 0;
	name = asked;
	for (int i = 0; i < CHAIN_MAX && follow(&m, &name, &ttl_s); i++)
		;
	collect(&m, &name, ttl_s, ret);
	return true;
}

bool dns_next_message(struct cursor *stream, struct cursor *ret_message)
{
	struct cursor message;

	if (cursor_left(stream) == 0)
		return false;
	message = cursor_take(stream, cursor_be16(stream));
	if (stream->is_short)
		return false;
	*ret_message = message;
	return true;
}
