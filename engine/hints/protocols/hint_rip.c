/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_rip.c - RIP 1 and 2 (RFC 1058, RFC 2453, 4) and RIPng (RFC 2080, 2.1):
 * entries that fill the datagram. RIPng's are checked on its port alone.
 */
#include "engine/hints/hint.h"

#define HEADER_LEN 4
#define ENTRY_LEN 20
#define INFINITE 16
#define AUTHENTICATION 0xffff
#define NEXT_HOP 0xff
#define RIPNG_PORT 521

/* A request or a response, entries behind it. */
static bool read_header(struct cursor *c, uint8_t *ret_version)
{
	uint8_t command = cursor_u8(c);

	*ret_version = cursor_u8(c);
	return (command == 1 || command == 2) && cursor_be16(c) == 0 &&
	       !c->is_short && cursor_left(c) > 0 &&
	       cursor_left(c) % ENTRY_LEN == 0;
}

/* A family, a tag and the route; a metric of 1 to 16. */
static bool is_entry(struct cursor c, uint8_t version, bool is_first)
{
	uint16_t family = cursor_be16(&c);
	uint16_t tag = cursor_be16(&c);
	uint32_t metric;

	if (family == AUTHENTICATION)
		return version == 2 && (is_first || tag == 1);
	if ((family != 2 && family != 0) || (version == 1 && tag != 0))
		return false;
	cursor_skip(&c, 12);
	metric = cursor_be32(&c);
	return metric >= 1 && metric <= INFINITE;
}

static enum hint_verdict rip_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	bool is_first = true;
	uint8_t version;

	(void)yield;
	if (!read_header(&c, &version) || (version != 1 && version != 2))
		return HINT_NO;
	for (; cursor_left(&c) > 0; is_first = false)
		if (!is_entry(cursor_take(&c, ENTRY_LEN), version, is_first))
			return HINT_NO;
	return HINT_YES;
}

static enum hint_verdict ripng_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t version;

	(void)yield;
	if ((in->dport != RIPNG_PORT && in->sport != RIPNG_PORT) ||
	    !read_header(&c, &version) || version != 1)
		return HINT_NO;
	while (cursor_left(&c) > 0) {
		struct cursor entry = cursor_take(&c, ENTRY_LEN);
		uint8_t bits, metric;

		cursor_skip(&entry, 16 + 2);
		bits = cursor_u8(&entry);
		metric = cursor_u8(&entry);
		if (bits > 128 || metric == 0 ||
		    (metric > INFINITE && metric != NEXT_HOP))
			return HINT_NO;
	}
	return HINT_YES;
}

const struct hint hint_rip = {
	.name = "rip",
	.family = "infra",
	.about = "RIP: routes within a network",
	.transport = IPPROTO_UDP,
	.ports = { 520 },
	.tests = { { 0, 0xff, BYTES("\1\2") }, { 1, 0xff, BYTES("\1\2") } },
	.min = HEADER_LEN + ENTRY_LEN,
	.match = rip_match,
};

const struct hint hint_ripng = {
	.name = "ripng",
	.family = "infra",
	.about = "RIPng: IPv6 routes within a network",
	.transport = IPPROTO_UDP,
	.ports = { RIPNG_PORT },
	.tests = { { 0, 0xff, BYTES("\1\2") }, { 1, 0xff, BYTES("\1") } },
	.min = HEADER_LEN + ENTRY_LEN,
	.match = ripng_match,
};
