/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_collectd.c - collectd: parts with a type and a length that fill the
 * datagram, the first of them a host (collectd's "Binary protocol"). */
#include "engine/hints/hint.h"

#define HOST 0x0000
#define SIGNATURE 0x0200
#define ENCRYPTION 0x0210
#define VALUES_MAX 0x0009
#define SEVERITY 0x0101
#define PARTS_MIN 3

static bool is_part(uint16_t type)
{
	return type <= VALUES_MAX || type == 0x0100 || type == SEVERITY ||
	       type == SIGNATURE || type == ENCRYPTION;
}

static enum hint_verdict collectd_match(const struct hint_input *in,
					struct hint_yield *yield)
{
	struct cursor c = in->payload;
	size_t parts = 0;

	(void)yield;
	for (; cursor_left(&c) > 0; parts++) {
		uint16_t type = cursor_be16(&c);
		uint16_t len = cursor_be16(&c);

		if (parts == 0 && type != HOST && type != SIGNATURE)
			return HINT_NO;
		if (!is_part(type) || len < 5)
			return HINT_NO;
		cursor_skip(&c, len - 4u);
		if (c.is_short)
			return HINT_NO;
	}
	return parts >= PARTS_MIN ? HINT_YES : HINT_NO;
}

const struct hint hint_collectd = {
	.name = "collectd",
	.family = "infra",
	.about = "collectd's measurements",
	.transport = IPPROTO_UDP,
	.ports = { 25826 },
	.first = BYTES("\0\2"),
	.min = 24,
	.match = collectd_match,
};
