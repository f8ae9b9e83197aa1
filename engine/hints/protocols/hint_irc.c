/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_irc.c - IRC: a client's registration (RFC 2812, 3.1), a server's first
 * message, and the server name after STARTTLS.
 */
#include "engine/hints/text.h"

#define LINE_LEN_MAX 512

/* "USER name mode unused :real name"; FTP has one word behind USER. */
static bool is_user(struct cursor line)
{
	static const char *const user[] = { "USER", NULL };
	int words = 0;

	if (!text_is_command(line, user))
		return false;
	for (; words < 5; words++) {
		struct cursor word = text_token(&line);

		if (cursor_left(&word) == 0)
			return false;
		text_skip_blanks(&line);
	}
	return true;
}

static enum hint_verdict match_server(struct cursor c,
				      struct hint_yield *yield)
{
	static const char *const greetings[] = {
		"NOTICE AUTH :", "NOTICE * :", NULL
	};
	struct cursor line, rest = c;
	enum hint_verdict verdict = text_begins_any(&rest, greetings);

	yield->more = true;		/* a client may start TLS */
	if (verdict != HINT_NO)
		return verdict;
	if (*c.at != ':')
		return HINT_NO;
	if (!text_line(&c, &line))
		return text_is_plain(c) && cursor_left(&c) <= LINE_LEN_MAX ?
			HINT_MORE : HINT_NO;
	text_token(&line);
	if (text_begins(&line, " 001 ") == HINT_YES) {
		yield->more = false;	/* the client is registered */
		return HINT_YES;
	}
	return text_begins(&line, " NOTICE ") == HINT_YES ||
	       text_begins(&line, " CAP ") == HINT_YES ||
	       text_begins(&line, " 670 ") == HINT_YES ||
	       text_begins(&line, " 433 ") == HINT_YES ? HINT_YES : HINT_NO;
}

static enum hint_verdict match_client(const struct hint_input *in,
				      struct hint_yield *yield)
{
	static const char *const registration[] = {
		"PASS", "NICK", "CAP", "STARTTLS", "AUTHENTICATE", NULL
	};
	static const char *const nick[] = { "NICK", NULL };
	static const char *const starttls[] = { "STARTTLS", NULL };
	struct hint_yield unused = { 0 };
	struct cursor c = in->payload, line;
	bool has_nick = false;
	bool certain = cursor_left(&in->opposite) > 0 &&
		       match_server(in->opposite, &unused) == HINT_YES;

	while (text_line(&c, &line)) {
		struct cursor cap = line;

		if (is_user(line))
			return HINT_YES;
		if (!text_is_command(line, registration))
			return certain ? HINT_YES : HINT_NO;
		/* A second time: the first name was taken. */
		certain |= text_begins(&cap, "CAP LS") == HINT_YES ||
			   (has_nick && text_is_command(line, nick));
		if (certain && text_is_command(line, starttls))
			return text_starttls(in, c, yield);
		has_nick |= text_is_command(line, nick);
	}
	if (!text_is_plain(c) || cursor_left(&c) > LINE_LEN_MAX)
		return HINT_NO;
	yield->more = certain;
	return certain ? HINT_YES : HINT_MORE;
}

static enum hint_verdict irc_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	return in->from_server ? match_server(in->payload, yield) :
				 match_client(in, yield);
}

const struct hint hint_irc = {
	.name = "irc",
	.family = "chat",
	.about = "IRC; the server name after STARTTLS",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 6667, 6666, 6668, 6669 },
	.first = BYTES(":NnUuPpCcSsAa"),
	.match = irc_match,
};
