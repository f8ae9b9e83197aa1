/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_mgcp.c - MGCP: a command whose line ends with the version (RFC 3435,
 * 3.2.1). */
#include "engine/hints/text.h"

static bool is_command(struct cursor c)
{
	static const char *const verbs[] = {
		"EPCF", "CRCX", "MDCX", "DLCX", "RQNT", "NTFY", "AUEP", "AUCX",
		"RSIP", "MESG", NULL
	};
	struct cursor line = c;

	/* A carriage return alone is seen too. */
	line.end = line.at;
	while (line.end < c.end && *line.end != '\r' && *line.end != '\n')
		line.end++;
	return line.end < c.end && text_is_command(line, verbs) &&
	       text_has(line, " MGCP ");
}

static enum hint_verdict mgcp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	(void)yield;
	return is_command(in->payload) ? HINT_YES : HINT_NO;
}

const struct hint hint_mgcp = {
	.name = "mgcp",
	.family = "voip",
	.about = "MGCP: gateways of telephony",
	.transport = IPPROTO_UDP,
	.ports = { 2427, 2727 },
	.first = BYTES("ECMDRNAecmdrna"),
	.min = 16,
	.match = mgcp_match,
};
