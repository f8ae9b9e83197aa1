/*
 * hint_nntp.c - NNTP: a greeting that names the protocol or a program for it,
 * or a command that only a news reader gives (RFC 3977, 5; RFC 4643).
 */
#include "engine/hints/text.h"

#define LINE_LEN_MAX 512

static enum hint_verdict match_server(struct cursor c)
{
	struct cursor line;
	uint32_t code;

	if (!text_line(&c, &line))
		return text_is_plain(c) && cursor_left(&c) <= LINE_LEN_MAX ?
			HINT_MORE : HINT_NO;
	if (text_digits(&line, 3, &code) != 3 || (code != 200 && code != 201))
		return HINT_NO;
	return text_has(line, "NNTP") || text_has(line, "NNRP") ||
	       text_has(line, "InterNetNews") || text_has(line, "leafnode") ?
		HINT_YES : HINT_NO;
}

static enum hint_verdict nntp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	static const char *const commands[] = {
		"MODE READER", "AUTHINFO USER ", "AUTHINFO SASL ", "XOVER ",
		"NEWGROUPS ", "MODE STREAM", "IHAVE <", NULL
	};
	struct cursor c = in->payload;

	(void)yield;
	return in->from_server ? match_server(c) :
				 text_begins_any(&c, commands);
}

const struct hint hint_nntp = {
	.name = "nntp",
	.family = "mail",
	.about = "NNTP: news",
	.transport = IPPROTO_TCP,
	.ports = { 119 },
	.first = BYTES("2MmAaXxNnIi"),
	.match = nntp_match,
};
