/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_nntp.c - NNTP: a greeting that names the protocol or a program for it,
 * a command that only a news reader sends, or a greeting without a name and
 * any other command (RFC 3977, 5; RFC 4643), also STARTTLS (RFC 4642).
 */
#include "engine/hints/text.h"

#define LINE_LEN_MAX 512

static const char *const openings[] = {
	"MODE READER", "MODE STREAM", "AUTHINFO", "XOVER", "NEWGROUPS",
	"IHAVE", "CAPABILITIES", "GROUP", "LISTGROUP", "LIST", "ARTICLE",
	"NEWNEWS", "OVER", "XHDR", "HDR", "STARTTLS", "DATE", "POST", "CHECK",
	"TAKETHIS", "BODY", "STAT", "HELP", NULL
};
static const char *const own[] = {
	"MODE READER", "MODE STREAM", "AUTHINFO USER", "AUTHINFO SASL",
	"XOVER", "NEWGROUPS", NULL
};
static const char *const starttls[] = { "STARTTLS", NULL };
static const char *const before_tls[] = { "CAPABILITIES", "MODE READER",
					  "DATE", "HELP", NULL };

/* "200 news.example.com ready", "201 no posting" */
static bool is_greeting(struct cursor c)
{
	uint32_t code;

	return text_digits(&c, 3, &code) == 3 && (code == 200 || code == 201) &&
	       cursor_left(&c) > 0 && *c.at == ' ';
}

/* Replies that no other protocol gives after a greeting of 200 or 201. */
static bool is_own_reply(struct cursor line)
{
	uint32_t code;

	if (text_digits(&line, 3, &code) != 3)
		return false;
	return code == 101 || code == 211 || code == 215 || code == 281 ||
	       code == 381 || code == 382 || code == 480 || code == 483;
}

static enum hint_verdict match_server(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, line, second, client = in->opposite;

	if (!text_line(&c, &line))
		return text_is_plain(c) && cursor_left(&c) <= LINE_LEN_MAX ?
			HINT_MORE : HINT_NO;
	if (!is_greeting(line) || !text_is_plain(line))
		return HINT_NO;
	yield->more = true;		/* a client may start TLS */
	if (text_has(line, "NNTP") || text_has(line, "NNRP") ||
	    text_has(line, "InterNetNews") || text_has(line, "leafnode") ||
	    text_begins_any(&client, openings) == HINT_YES)
		return HINT_YES;
	if (!text_line(&c, &second))
		return text_is_plain(c) ? HINT_MORE : HINT_NO;
	return is_own_reply(second) ? HINT_YES : HINT_NO;
}

static enum hint_verdict match_client(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, line, first = c;
	bool certain = is_greeting(in->opposite);
	enum hint_verdict verdict = text_begins_any(&first, openings);

	if (verdict != HINT_YES)
		return verdict;
	while (text_line(&c, &line)) {
		struct cursor rest = line;

		if (!text_is_plain(line))
			return HINT_NO;
		if (text_is_command(line, own) ||
		    text_begins(&rest, "IHAVE <") == HINT_YES)
			certain = true;
		if (certain && text_is_command(line, starttls))
			return text_starttls(in, c, yield);
		if (certain && !text_is_command(line, before_tls))
			return HINT_YES;
	}
	if (!text_is_plain(c) || cursor_left(&c) > LINE_LEN_MAX)
		return HINT_NO;
	yield->more = certain;
	return certain ? HINT_YES : HINT_MORE;
}

static enum hint_verdict nntp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	return *in->payload.at <= '9' ? match_server(in, yield) :
					match_client(in, yield);
}

const struct hint hint_nntp = {
	.name = "nntp",
	.family = "mail",
	.about = "NNTP: news; the server name after STARTTLS",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 119, 433 },
	.first = BYTES("2MmAaXxNnIiCcGgLlOoHhSsDdPpTtBb"),
	.match = nntp_match,
};
