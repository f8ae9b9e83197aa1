/*
 * hint_smtp.c - SMTP and LMTP: the greeting, or what the client answers to it
 * (RFC 5321, 3.1), and the server name of the TLS that follows STARTTLS
 * (RFC 3207). FTP greets with 220 too: only words tell them apart.
 */
#include "engine/hints/text.h"

/* After these a client may still ask for STARTTLS. */
static const char *const hellos[] = {
	"EHLO", "HELO", "LHLO", "NOOP", "RSET", "HELP", "XCLIENT", "XFORWARD",
	NULL
};
static const char *const starttls[] = { "STARTTLS", NULL };

static enum hint_verdict match_client(const struct hint_input *in,
				      struct hint_yield *yield)
{
	static const char *const openings[] = {
		"EHLO ", "HELO ", "LHLO ", "MAIL FROM:", NULL
	};
	struct cursor c = in->payload, line;
	enum hint_verdict verdict = text_begins_any(&c, openings);

	if (verdict != HINT_YES)
		return verdict;
	if (!text_line(&c, &line))
		return text_is_plain(c) ? HINT_MORE : HINT_NO;
	if (!text_is_plain(line) || cursor_left(&line) == 0)
		return HINT_NO;
	while (text_line(&c, &line)) {
		if (text_is_command(line, starttls))
			return text_starttls(in, c, yield);
		if (!text_is_command(line, hellos))
			return HINT_YES;
	}
	yield->more = true;
	return HINT_YES;
}

/* The words of the greeting, or of the answer to EHLO (RFC 5321, 4.1.1.1). */
static bool is_smtp_reply(struct cursor line, uint32_t code)
{
	if (code == 250)
		return text_has(line, "PIPELINING") ||
		       text_has(line, "8BITMIME") ||
		       text_has(line, "STARTTLS") ||
		       text_has(line, "ENHANCEDSTATUSCODES");
	return text_has(line, "SMTP") || text_has(line, "LMTP");
}

static enum hint_verdict match_server(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, line;
	uint32_t code;

	while (text_line(&c, &line)) {
		if (text_digits(&line, 3, &code) != 3 ||
		    (code != 220 && code != 250 && code != 421 && code != 554))
			return HINT_NO;
		if (text_has(line, "FTP"))
			return HINT_NO;
		if (!is_smtp_reply(line, code))
			continue;
		yield->more = true;	/* a client may start TLS */
		return HINT_YES;
	}
	return text_is_plain(c) ? HINT_MORE : HINT_NO;
}

static enum hint_verdict smtp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	return *in->payload.at <= '9' ? match_server(in, yield) :
					match_client(in, yield);
}

const struct hint hint_smtp = {
	.name = "smtp",
	.family = "mail",
	.about = "SMTP and LMTP; the server name after STARTTLS",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 25, 587, 2525, 24 },
	.first = BYTES("245EeHhLlMm"),
	.match = smtp_match,
};
