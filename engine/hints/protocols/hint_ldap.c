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

/* Whether what stands in the operation fits it. */
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

/* Bytes of the stream that hold what is_operation() reads, all but always. */
#define ENOUGH 300

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
	if (tag != EXTENDED || !cursor_match(&operation, STARTTLS, 24))
		return HINT_YES;
	cursor_skip(&c, len);
	return text_starttls(in, c, yield);
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
