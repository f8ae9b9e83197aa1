/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_sflow.c - sFlow 5: an agent's address and samples that fill the
 * datagram (sFlow Version 5, "Datagram Format"). */
#include "engine/hints/hint.h"

#define VERSION 5
#define IPV4 1
#define IPV6 2
#define SAMPLES_MAX 256
#define FORMAT_MAX 5

static enum hint_verdict sflow_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint32_t version = cursor_be32(&c);
	uint32_t kind = cursor_be32(&c);
	uint32_t samples;

	(void)yield;
	if (version != VERSION || (kind != IPV4 && kind != IPV6))
		return HINT_NO;
	cursor_skip(&c, kind == IPV4 ? 4 : 16);
	cursor_skip(&c, 3 * 4);
	samples = cursor_be32(&c);
	if (c.is_short || samples > SAMPLES_MAX)
		return HINT_NO;
	for (uint32_t i = 0; i < samples; i++) {
		uint32_t format = cursor_be32(&c);

		cursor_skip(&c, cursor_be32(&c));
		/* Formats of the standard have enterprise 0; a sample may be
		 * cut where the exporter's buffer ended. */
		if (format >> 12 == 0 && (format & 0xfff) > FORMAT_MAX)
			return HINT_NO;
		if (c.is_short)
			return i > 0 ? HINT_YES : HINT_NO;
	}
	return HINT_YES;
}

const struct hint hint_sflow = {
	.name = "sflow",
	.family = "infra",
	.about = "sFlow",
	.transport = IPPROTO_UDP,
	.ports = { 6343 },
	.first = BYTES("\0"),
	.min = 28,
	.match = sflow_match,
};
