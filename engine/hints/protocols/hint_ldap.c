/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_ldap.c - LDAP over TCP and, without a connection, over UDP (RFC 4511,
 * 4.1.1): a sequence of the message's number and an operation; the server
 * name of the TLS that follows StartTLS.
 */
#include "engine/hints/ber.h"
#include "engine/hints/text.h"

#define BIND 0x60
#define BIND_ANSWER 0x61
#define SEARCH 0x63
#define SEARCH_ENTRY 0x64
#define SEARCH_DONE 0x65
#define EXTENDED 0x77
#define EXTENDED_ANSWER 0x78
#define STARTTLS "\x80\x16" "1.3.6.1.4.1.1466.20037"

/* Whether the content of the operation fits its tag. */
static bool is_operation(uint8_t tag, struct cursor c)
{
	int value;
	size_t len;

	switch (tag) {
	case BIND:		/* version, name */
		value = ber_small(&c, BER_INTEGER);
		return (value == 2 || value == 3) &&
		       ber_header(&c, &len) == BER_OCTETS;
	case SEARCH:		/* base, scope, aliases */
		if (ber_header(&c, &len) != BER_OCTETS)
			return false;
		cursor_skip(&c, len);
		value = ber_small(&c, BER_ENUMERATED);
		return value >= 0 && value <= 3 &&
		       (uint32_t)ber_small(&c, BER_ENUMERATED) <= 3;
	case SEARCH_ENTRY:	/* name, attributes */
		if (ber_header(&c, &len) != BER_OCTETS)
			return false;
		cursor_skip(&c, len);
		return ber_header(&c, &len) == BER_SEQUENCE;
	case BIND_ANSWER:
	case SEARCH_DONE:
	case EXTENDED_ANSWER:	/* result, name, text */
		return ber_small(&c, BER_ENUMERATED) >= 0 &&
		       ber_header(&c, &len) == BER_OCTETS;
	case EXTENDED:		/* an object identifier in words */
		return ber_header(&c, &len) == 0x80 && len > 4 &&
		       memchr("012", cursor_u8(&c), 3) != NULL &&
		       cursor_u8(&c) == '.';
	default:
		return false;
	}
}

/*
 * Follow the client's messages: a search of the root DSE, which shows whether
 * StartTLS is supported, may precede it. `yield->more` while it may come.
 */
static void read_starttls(const struct hint_input *in, struct cursor c,
			  struct hint_yield *yield)
{
	while (cursor_left(&c) > 0) {
		struct cursor message;
		size_t len;
		uint8_t tag;

		if (ber_header(&c, &len) != BER_SEQUENCE && !c.is_short)
			return;
		message = cursor_take(&c, len);
		if (message.is_short)
			break;
		ber_header(&message, &len);
		cursor_skip(&message, len);
		tag = ber_header(&message, &len);
		if (tag == EXTENDED && cursor_match(&message, STARTTLS, 24)) {
			text_starttls(in, c, yield);
			return;
		}
		if (tag != SEARCH || ber_header(&message, &len) != BER_OCTETS ||
		    len != 0)
			return;
	}
	yield->more = true;
}

/* Bytes of the stream that hold what is_operation() reads, all but always. */
#define ENOUGH 300

/* TLS may still be started by the client, whose stream names the server. */
static void expect_tls(const struct hint_input *in, uint8_t tag,
		       struct hint_yield *yield)
{
	struct hint_yield other = { 0 };

	if (tag == SEARCH || tag == EXTENDED) {
		read_starttls(in, in->payload, yield);
		return;
	}
	if (cursor_left(&in->opposite) > 0)
		read_starttls(in, in->opposite, &other);
	yield->more = other.more || tag == EXTENDED_ANSWER;
}

static enum hint_verdict ldap_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload, operation;
	bool is_udp = in->transport == IPPROTO_UDP;
	size_t len, number_len, total = cursor_left(&c);
	uint8_t tag, first = ber_header(&c, &len);
	bool is_whole;

	if (c.is_short || first != BER_SEQUENCE)
		return !is_udp && total < 6 ? HINT_MORE : HINT_NO;
	is_whole = cursor_left(&c) >= len;
	if (is_udp && cursor_left(&c) != len)
		return HINT_NO;
	if (ber_header(&c, &number_len) != BER_INTEGER || number_len > 4 ||
	    number_len == 0)
		return !is_udp && total < 8 ? HINT_MORE : HINT_NO;
	cursor_skip(&c, number_len);
	tag = ber_header(&c, &len);
	if (c.is_short)
		return !is_udp && total < 18 ? HINT_MORE : HINT_NO;
	operation = c;
	if (!is_operation(tag, operation))
		return !is_udp && !is_whole && total < ENOUGH &&
		       tag >= BIND && tag <= EXTENDED_ANSWER ?
			HINT_MORE : HINT_NO;
	if (!is_udp)
		expect_tls(in, tag, yield);
	return HINT_YES;
}

const struct hint hint_ldap_tcp = {
	.name = "ldap",
	.family = "infra",
	.about = "LDAP; the server name after StartTLS",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 389, 3268 },
	.first = BYTES("\x30"),
	.match = ldap_match,
};

const struct hint hint_ldap_udp = {
	.name = "ldap",
	.family = "infra",
	.about = "LDAP; the server name after StartTLS",
	.transport = IPPROTO_UDP,
	.ports = { 389 },
	.first = BYTES("\x30"),
	.min = 14,
	.match = ldap_match,
};
