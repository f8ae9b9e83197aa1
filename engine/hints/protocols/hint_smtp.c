/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_smtp.c - SMTP and LMTP: the greeting, or what the client answers to it
 * (RFC 5321, 3.1), and the server name of the TLS that follows STARTTLS
 * (RFC 3207). FTP greets with 220, too: only words distinguish them.
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
		"EHLO ", "HELO ", "LHLO ", "MAIL FROM:",
		"RCPT TO:<", NULL
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

/* "5.7.1 ": an enhanced status code of the reply's class (RFC 3463). */
static bool has_status(struct cursor line, uint32_t code)
{
	uint32_t part;

	cursor_skip(&line, 1);
	if (text_digits(&line, 1, &part) != 1 || part != code / 100)
		return false;
	for (int i = 0; i < 2; i++)
		if (!cursor_match(&line, ".", 1) ||
		    text_digits(&line, 3, &part) == 0)
			return false;
	return cursor_left(&line) > 0 && *line.at == ' ';
}

/* The words of the greeting, of the answer to EHLO (RFC 5321, 4.1.1.1) or to
 * DATA, or a status code. */
static bool is_smtp_reply(struct cursor line, uint32_t code)
{
	if (has_status(line, code))
		return true;
	if (code == 354)
		return text_has(line, "<CRLF>.<CRLF>");
	if (code == 250)
		return text_has(line, "PIPELINING") ||
		       text_has(line, "8BITMIME") ||
		       text_has(line, "STARTTLS") ||
		       text_has(line, "ENHANCEDSTATUSCODES");
	return text_has(line, "SMTP") || text_has(line, "LMTP");
}

/* In addition to a greeting, never alone: FTP greets with 220, too. */
static bool is_mail_port(const struct hint_input *in)
{
	return in->dport == 25 || in->dport == 587 || in->dport == 2525 ||
	       in->sport == 25 || in->sport == 587;
}

static bool is_opening_code(uint32_t code)
{
	return code == 220 || code == 250 || code == 354 || code == 235 ||
	       code == 221 || code == 421 || (code >= 450 && code <= 454) ||
	       code == 530 || code == 535 || (code >= 550 && code <= 554) ||
	       (code >= 500 && code <= 504) || code == 521 || code == 571;
}

/*
 * Whether a greeting that does not name SMTP is one: it is answered by EHLO's
 * reply, or comes from a port for mail, in several lines or with any reply
 * behind it.
 */
static bool is_greeting(const struct hint_input *in, uint32_t first,
			uint32_t code, size_t count, struct cursor line)
{
	if (first != 220)
		return false;
	if (code == 250 && count > 0)
		return true;
	return is_mail_port(in) && cursor_left(&line) > 0 &&
	       (*line.at == '-' || (count > 0 && code != 220));
}

static enum hint_verdict match_server(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, line;
	uint32_t code, first = 0;

	for (size_t count = 0; text_line(&c, &line); count++) {
		if (text_digits(&line, 3, &code) != 3 ||
		    !is_opening_code(code) || text_has(line, "FTP") ||
		    !text_is_plain(line))
			return HINT_NO;
		if (count == 0)
			first = code;
		if (!is_smtp_reply(line, code) &&
		    !is_greeting(in, first, code, count, line))
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
	.first = BYTES("2345EeHhLlMmRr"),
	.match = smtp_match,
};
