/*
 * hint_irc.c - IRC: how a client registers (RFC 2812, 3.1), or what a server
 * says first.
 */
#include "engine/hints/text.h"

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

static enum hint_verdict match_client(struct cursor c)
{
	static const char *const pre_registration[] = { "PASS", "NICK", "CAP", NULL };
	static const char *const nick[] = { "NICK", NULL };
	struct cursor line;
	bool has_nick = false;

	while (text_line(&c, &line)) {
		struct cursor cap = line;

		if (is_user(line) || text_begins(&cap, "CAP LS") == HINT_YES)
			return HINT_YES;
		if (!text_is_command(line, pre_registration))
			return HINT_NO;
		/* A second time: the first name was taken. */
		if (has_nick && text_is_command(line, nick))
			return HINT_YES;
		has_nick |= text_is_command(line, nick);
	}
	return text_is_plain(c) && cursor_left(&c) <= 512 ?
		HINT_MORE : HINT_NO;
}

static enum hint_verdict match_server(struct cursor c)
{
	static const char *const greetings[] = {
		"NOTICE AUTH :", "NOTICE * :", NULL
	};
	struct cursor line, rest = c;
	enum hint_verdict verdict = text_begins_any(&rest, greetings);

	if (verdict != HINT_NO)
		return verdict;
	if (*c.at != ':')
		return HINT_NO;
	if (!text_line(&c, &line))
		return text_is_plain(c) && cursor_left(&c) <= 512 ?
			HINT_MORE : HINT_NO;
	text_token(&line);
	return text_begins(&line, " NOTICE ") == HINT_YES ||
	       text_begins(&line, " 001 ") == HINT_YES ||
	       text_begins(&line, " CAP ") == HINT_YES ||
	       text_begins(&line, " 433 ") == HINT_YES ? HINT_YES : HINT_NO;
}

static enum hint_verdict irc_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	(void)yield;
	return in->from_server ? match_server(in->payload) :
				 match_client(in->payload);
}

const struct hint hint_irc = {
	.name = "irc",
	.family = "chat",
	.about = "IRC",
	.transport = IPPROTO_TCP,
	.ports = { 6667, 6666, 6668, 6669 },
	.first = BYTES(":NnUuPpCc"),
	.match = irc_match,
};
