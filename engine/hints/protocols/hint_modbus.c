/*
 * hint_modbus.c - Modbus/TCP: a request and the answer that has its number,
 * unit and function (MODBUS Messaging on TCP/IP 1.0b, 3.1). Of one side alone
 * it takes three messages, each as long as it says.
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 8		/* with the function */
#define LENGTH_MAX 254
#define FUNCTION_MAX 0x6e
#define EXCEPTION 0x80
#define MESSAGES 3

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

static enum hint_verdict match_pair(struct cursor ours, struct cursor theirs)
{
	struct message a, b;

	read_message(&ours, &a);
	switch (read_message(&theirs, &b)) {
	case HINT_YES:
		return a.number == b.number && a.unit == b.unit &&
		       (a.function | EXCEPTION) == (b.function | EXCEPTION) ?
			HINT_YES : HINT_NO;
	case HINT_MORE:
		return HINT_MORE;
	default:
		return HINT_NO;
	}
}

static enum hint_verdict modbus_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload;
	struct message m, first = { 0 };
	int count = 0;

	(void)yield;
	while (count < MESSAGES && (count == 0 || cursor_left(&c) > 0)) {
		enum hint_verdict verdict = read_message(&c, &m);

		if (verdict != HINT_YES)
			return verdict;
		if (count++ == 0)
			first = m;
		else if (m.unit != first.unit)
			return HINT_NO;
	}
	if (cursor_left(&in->opposite) > 0)
		return match_pair(in->payload, in->opposite);
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
