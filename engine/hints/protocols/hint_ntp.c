/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_ntp.c - NTP and SNTP (RFC 5905, 7.3), and NTP's control messages. */
#include "engine/hints/hint.h"

enum mode { SYMMETRIC = 1, PASSIVE, CLIENT, SERVER, BROADCAST, CONTROL,
	    PRIVATE };

#define HEADER_LEN 48
#define STRATUM_MAX 16
#define POLL_MAX 17
#define PRECISION_MIN (-40)
#define PRECISION_HIDDEN 0x20	/* of clients that hide theirs */
/* Timestamps count seconds from 1900: 1985, and the era that ends in 2036. */
#define SECONDS_MIN 0xa0000000u

struct message {
	uint8_t leap;
	uint8_t version;
	uint8_t mode;
	uint8_t stratum;
	int8_t poll;
	int8_t precision;
	uint64_t times[4];	/* reference, origin, receive, transmit */
};

/* A client may hide its clock behind zeros or a random number (RFC 9109);
 * a server cannot. */
static bool is_time(uint64_t time)
{
	return time == 0 || time >> 32 >= SECONDS_MIN;
}

static bool is_client(const struct message *m)
{
	if (m->times[1] == 0 && m->times[2] == 0 && m->times[0] == 0)
		return m->stratum == 0 || m->times[3] != 0;
	return is_time(m->times[0]) && is_time(m->times[2]) &&
	       m->times[3] != 0;
}

static bool is_server(const struct message *m)
{
	return is_time(m->times[0]) && m->times[2] != 0 &&
	       is_time(m->times[2]) && m->times[3] != 0 &&
	       is_time(m->times[3]);
}

/* What follows are extension fields and a MAC: multiples of four. */
static enum hint_verdict match_time(struct cursor c, uint8_t flags)
{
	struct message m = {
		.leap = flags >> 6,
		.version = flags >> 3 & 7,
		.mode = flags & 7,
		.stratum = cursor_u8(&c),
		.poll = (int8_t)cursor_u8(&c),
		.precision = (int8_t)cursor_u8(&c),
	};

	cursor_skip(&c, 12);		/* delay, dispersion, reference id */
	for (size_t i = 0; i < 4; i++)
		m.times[i] = cursor_be64(&c);
	if (c.is_short || cursor_left(&c) % 4 != 0 ||
	    m.version < 1 || m.version > 4 || m.stratum > STRATUM_MAX ||
	    m.poll < -6 || m.poll > POLL_MAX ||
	    (m.precision > 0 && m.precision != PRECISION_HIDDEN) ||
	    m.precision < PRECISION_MIN)
		return HINT_NO;
	switch (m.mode) {
	case CLIENT:
		return is_client(&m) ? HINT_YES : HINT_NO;
	case SERVER:
	case BROADCAST:
		return is_server(&m) ? HINT_YES : HINT_NO;
	case SYMMETRIC:
	case PASSIVE:
		return is_time(m.times[0]) && is_time(m.times[1]) &&
		       is_time(m.times[2]) && is_time(m.times[3]) &&
		       m.times[3] != 0 ? HINT_YES : HINT_NO;
	default:
		return HINT_NO;
	}
}

/* RFC 9327, 2: what monitors ask and servers answer. */
static enum hint_verdict match_control(struct cursor c, uint8_t flags)
{
	uint8_t version = flags >> 3 & 7;
	uint8_t operation = cursor_u8(&c) & 0x1f;
	uint16_t sequence = cursor_be16(&c);
	uint16_t status = cursor_be16(&c);
	uint16_t association = cursor_be16(&c);
	uint16_t offset = cursor_be16(&c);
	uint16_t count = cursor_be16(&c);
	size_t padded = (count + 3u) & ~3u;

	(void)status;
	(void)association;
	if (c.is_short || flags >> 6 != 0 || version < 2 || version > 4 ||
	    sequence == 0 || offset > 4096 || count > 468)
		return HINT_NO;
	if (operation < 1 || operation > 12)
		return HINT_NO;
	return cursor_left(&c) == count || cursor_left(&c) == padded ?
		HINT_YES : HINT_NO;
}

/* ntpdc's: the implementation is XNTPD, followed by the items that it
 * counts, or by padding. */
static enum hint_verdict match_private(struct cursor c, uint8_t flags)
{
	uint8_t version = flags >> 3 & 7;
	uint8_t sequence = cursor_u8(&c) & 0x7f;
	uint8_t implementation = cursor_u8(&c);
	uint8_t request = cursor_u8(&c);
	size_t items = cursor_be16(&c) & 0x0fff;
	size_t size = cursor_be16(&c);

	if (c.is_short || version < 2 || version > 4 || request > 60 ||
	    (implementation != 2 && implementation != 3))
		return HINT_NO;
	if (items > 0)
		return size > 0 && cursor_left(&c) == items * size ?
			HINT_YES : HINT_NO;
	for (; cursor_left(&c) > 0; c.at++)
		if (*c.at != 0)
			return HINT_NO;
	return sequence == 0 && size == 0 ? HINT_YES : HINT_NO;
}

static enum hint_verdict ntp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t flags = cursor_u8(&c);

	(void)yield;
	switch (flags & 7) {
	case CONTROL:
		return match_control(c, flags);
	case PRIVATE:
		return match_private(c, flags);
	default:
		return match_time(c, flags);
	}
}

const struct hint hint_ntp = {
	.name = "ntp",
	.about = "NTP: the time",
	.transport = IPPROTO_UDP,
	.ports = { 123 },
	/* The version. */
	.tests = { { 0, 0x38, BYTES("\x08\x10\x18\x20") } },
	.min = 8,
	.match = ntp_match,
};
