/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_managesieve.c - ManageSieve: the capabilities that a server begins
 * with, or a client's command after them (RFC 5804, 1.7 and 2), and the server
 * name after STARTTLS (2.2).
 */
#include "engine/hints/text.h"

#define LINE_LEN_MAX 1024

/* Any of them can come first. */
static const char *const capabilities[] = {
	"\"IMPLEMENTATION\"", "\"SIEVE\"", "\"SASL\"", "\"NOTIFY\"",
	"\"VERSION\"", "\"STARTTLS\"", "\"MAXREDIRECTS\"", "\"LANGUAGE\"",
	NULL
};

static enum hint_verdict match_server(struct cursor c)
{
	static const char *const required[] = {
		"\"IMPLEMENTATION\"", "\"SIEVE\"", NULL
	};
	struct cursor line;

	while (text_line(&c, &line)) {
		if (text_begins_any(&line, required) == HINT_YES)
			return HINT_YES;
		if (text_begins_any(&line, capabilities) != HINT_YES)
			return HINT_NO;
	}
	if (!text_is_plain(c) || cursor_left(&c) > LINE_LEN_MAX)
		return HINT_NO;
	return text_begins_any(&c, capabilities) == HINT_NO ? HINT_NO :
							      HINT_MORE;
}

static enum hint_verdict match_client(const struct hint_input *in,
				      struct hint_yield *yield)
{
	static const char *const openings[] = {
		"STARTTLS", "CAPABILITY", "AUTHENTICATE \"", "NOOP", "LOGOUT",
		NULL
	};
	static const char *const starttls[] = { "STARTTLS", NULL };
	static const char *const before_tls[] = { "CAPABILITY", "NOOP", NULL };
	struct cursor c = in->payload, first = c, line;
	bool certain = cursor_left(&in->opposite) > 0 &&
		       match_server(in->opposite) == HINT_YES;
	enum hint_verdict verdict = text_begins_any(&first, openings);

	if (verdict != HINT_YES)
		return verdict;
	while (text_line(&c, &line)) {
		if (certain && text_is_command(line, starttls))
			return text_starttls(in, c, yield);
		if (!text_is_command(line, before_tls))
			return certain ? HINT_YES : HINT_MORE;
	}
	if (!text_is_plain(c) || cursor_left(&c) > LINE_LEN_MAX)
		return HINT_NO;
	yield->more = certain;
	return certain ? HINT_YES : HINT_MORE;
}

static enum hint_verdict managesieve_match(const struct hint_input *in,
					   struct hint_yield *yield)
{
	if (*in->payload.at != '"')
		return match_client(in, yield);
	yield->more = true;		/* a client may start TLS */
	return match_server(in->payload);
}

const struct hint hint_managesieve = {
	.name = "managesieve",
	.family = "mail",
	.about = "ManageSieve; the server name after STARTTLS",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 4190 },
	.first = BYTES("\"SsCcAaNnLl"),
	.match = managesieve_match,
};
