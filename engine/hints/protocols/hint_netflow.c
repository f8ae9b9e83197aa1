/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_netflow.c - NetFlow 5 and 9 and IPFIX: counts and lengths that fill the
 * datagram (RFC 3954, 5; RFC 7011, 3).
 */
#include "engine/hints/hint.h"

#define V5 5
#define V5_HEADER 24
#define V5_RECORD 48
#define V5_MAX 30
#define SECOND_NS 1000000000
#define V9 9
#define IPFIX 10
#define DATA_SET 256

/* Sets that follow each other up to the end. */
static bool are_sets(struct cursor c, uint16_t template, uint16_t options)
{
	size_t sets = 0;

	for (; cursor_left(&c) > 0; sets++) {
		uint16_t id = cursor_be16(&c);
		uint16_t len = cursor_be16(&c);

		if (len < 8 || (id != template && id != options &&
				id < DATA_SET))
			return false;
		cursor_skip(&c, len - 4u);
		if (c.is_short)
			return false;
	}
	return sets > 0;
}

static enum hint_verdict netflow_match(const struct hint_input *in,
				       struct hint_yield *yield)
{
	struct cursor c = in->payload;
	size_t total = cursor_left(&c);
	uint16_t version = cursor_be16(&c);
	uint16_t number = cursor_be16(&c);
	bool is_it = false;

	(void)yield;
	switch (version) {
	case V5:
		cursor_skip(&c, 4 + 4);	/* uptime, seconds */
		is_it = number >= 1 && number <= V5_MAX &&
			cursor_be32(&c) < SECOND_NS &&
			total == V5_HEADER + (size_t)number * V5_RECORD;
		break;
	case V9:
		cursor_skip(&c, 4 * 4);
		is_it = number >= 1 && !c.is_short && are_sets(c, 0, 1);
		break;
	case IPFIX:
		cursor_skip(&c, 3 * 4);
		is_it = number == total && !c.is_short && are_sets(c, 2, 3);
		break;
	}
	return is_it ? HINT_YES : HINT_NO;
}

const struct hint hint_netflow = {
	.name = "netflow",
	.family = "infra",
	.about = "NetFlow 5 and 9, IPFIX",
	.transport = IPPROTO_UDP,
	.ports = { 2055, 4739, 9995, 9996 },
	.first = BYTES("\0"),
	.min = 24,
	.match = netflow_match,
};
