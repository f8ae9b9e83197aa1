/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_sip.c - SIP over UDP and TCP: the first line (RFC 3261, 7). */
#include "engine/hints/text.h"

#define METHOD_MAX 16
#define KEEP_ALIVE_MAX 64

/* "INVITE sip:a@example.org SIP/2.0"; any method, any scheme. */
static bool is_request_line(struct cursor line)
{
	static const char version[] = " SIP/2.0";
	size_t len = sizeof(version) - 1;
	struct cursor method = text_token(&line);

	for (const uint8_t *at = method.at; at < method.end; at++)
		if (*at < 'A' || *at > 'Z')
			return false;
	if (cursor_left(&method) < 3 || cursor_left(&method) > METHOD_MAX)
		return false;
	return cursor_left(&line) > len + 2 &&
	       memcmp(line.end - len, version, len) == 0;
}

/* Skip the empty lines and NULs that keep a NAT mapping open (RFC 5626,
 * 3.5.1). */
static void skip_keep_alive(struct cursor *c)
{
	for (int i = 0; i < KEEP_ALIVE_MAX && cursor_left(c) > 0; i++) {
		if (*c->at != '\r' && *c->at != '\n' && *c->at != '\0')
			return;
		c->at++;
	}
}

static enum hint_verdict sip_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload, line;
	enum hint_verdict response;
	bool is_datagram = in->transport != IPPROTO_TCP;

	(void)yield;
	skip_keep_alive(&c);
	if (cursor_left(&c) == 0)
		return HINT_MORE;
	line = c;
	response = text_begins(&line, "SIP/2.0 ");
	if (response == HINT_YES)
		return HINT_YES;
	if (response == HINT_MORE && !is_datagram)
		return HINT_MORE;
	if (text_line(&c, &line))
		return is_request_line(line) ? HINT_YES : HINT_NO;
	return is_datagram || !text_is_plain(c) || *c.at < 'A' || *c.at > 'Z' ?
		HINT_NO : HINT_MORE;
}

#define FIRST "\r\n\0sABCDEFGHIJKLMNOPQRSTUVWXYZ"

const struct hint hint_sip_udp = {
	.name = "sip",
	.family = "voip",
	.about = "SIP: how calls are set up",
	.transport = IPPROTO_UDP,
	.ports = { 5060 },
	.first = BYTES(FIRST),
	.match = sip_match,
};

const struct hint hint_sip_tcp = {
	.name = "sip",
	.family = "voip",
	.about = "SIP: how calls are set up",
	.transport = IPPROTO_TCP,
	.ports = { 5060 },
	.first = BYTES(FIRST),
	.match = sip_match,
};
