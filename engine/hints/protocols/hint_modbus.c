/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_modbus.c - Modbus/TCP: a request and the answer that has its number,
 * unit and function (MODBUS Messaging on TCP/IP 1.0b, 3.1). Of one side alone
 * it takes three messages of correct lengths, on the protocol's port one whose
 * length fits its function.
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 8		/* with the function */
#define LENGTH_MAX 254
#define FUNCTION_MAX 0x6e
#define EXCEPTION 0x80
#define MESSAGES 3
#define PORT 502

struct message {
	uint16_t number;
	uint16_t length;
	uint8_t unit;
	uint8_t function;
};

static enum hint_verdict read_message(struct cursor *c, struct message *m)
{
	uint16_t protocol;

	m->number = cursor_be16(c);
	protocol = cursor_be16(c);
	m->length = cursor_be16(c);
	m->unit = cursor_u8(c);
	m->function = cursor_u8(c);
	if (c->is_short)
		return HINT_MORE;
	if (protocol != 0 || m->length < 2 || m->length > LENGTH_MAX ||
	    (m->function & ~EXCEPTION) == 0 ||
	    (m->function & ~EXCEPTION) > FUNCTION_MAX)
		return HINT_NO;
	cursor_skip(c, m->length - 2u);
	return c->is_short ? HINT_MORE : HINT_YES;
}

/* A request of one of the first six functions, an answer that counts its
 * bytes, or an exception: the length is known, too. */
static bool has_known_length(const struct message *m, uint8_t first_byte)
{
	if ((m->function & EXCEPTION) != 0)
		return m->length == 3;
	if (m->function >= 1 && m->function <= 6 && m->length == 6)
		return true;
	return m->function >= 1 && m->function <= 4 &&
	       first_byte == m->length - 3;
}

/* Whether any of the other side's messages answers this one. */
static bool is_answered(const struct message *m, struct cursor theirs)
{
	struct message other;

	for (int i = 0; i < MESSAGES && cursor_left(&theirs) > 0; i++) {
		if (read_message(&theirs, &other) != HINT_YES)
			return false;
		if (m->number == other.number && m->unit == other.unit &&
		    (m->function | EXCEPTION) == (other.function | EXCEPTION))
			return true;
	}
	return false;
}

static enum hint_verdict modbus_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	bool is_port = in->dport == PORT || in->sport == PORT;
	struct cursor c = in->payload, body;
	struct message m, first = { 0 };
	int count = 0;

	(void)yield;
	while (count < MESSAGES && (count == 0 || cursor_left(&c) > 0)) {
		enum hint_verdict verdict;

		body = c;
		verdict = read_message(&c, &m);
		if (verdict != HINT_YES)
			return verdict;
		cursor_skip(&body, HEADER_LEN);
		if (is_answered(&m, in->opposite))
			return HINT_YES;
		if (is_port && has_known_length(&m, cursor_u8(&body)))
			return HINT_YES;
		if (count++ == 0)
			first = m;
		else if (m.unit != first.unit)
			return HINT_NO;
	}
	return count == MESSAGES ? HINT_YES : HINT_MORE;
}

const struct hint hint_modbus = {
	.name = "modbus",
	.family = "industrial",
	.about = "Modbus/TCP",
	.transport = IPPROTO_TCP,
	.ports = { 502 },
	.match = modbus_match,
};
