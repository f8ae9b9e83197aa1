/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_imap.c - IMAP: the greeting, or a tagged command that only IMAP has
 * (RFC 9051, 7.1 and 6), and the server name after STARTTLS.
 */
#include "engine/hints/text.h"

#define TAG_MAX 16

static const char *const own[] = {
	"CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "ID", "SELECT",
	"ENABLE", "NAMESPACE", NULL
};
static const char *const starttls[] = { "STARTTLS", NULL };
static const char *const before_tls[] = { "CAPABILITY", "ID", "NOOP", NULL };

static bool is_tag(struct cursor tag)
{
	for (const uint8_t *at = tag.at; at < tag.end; at++)
		if (!(*at >= '0' && *at <= '9') &&
		    !(*at >= 'A' && *at <= 'Z') &&
		    !(*at >= 'a' && *at <= 'z') &&
		    *at != '.' && *at != '$' && *at != '-')
			return false;
	/* POP3 refuses by "-ERR". */
	return cursor_left(&tag) > 0 && cursor_left(&tag) <= TAG_MAX &&
	       *tag.at != '-';
}

/* Tags can be the commands of other protocols, or their replies. */
static bool is_foreign(struct cursor tag)
{
	static const char *const words[] = {
		"USER", "PASS", "NICK", "APOP", "AUTH", "HELO", "EHLO", "ACCT",
		"GET", "SET", "MAIL", "HELP", "LIST", "GROUP", "INFO", "CLIENT",
		"CONFIG", NULL
	};

	return text_is_command(tag, words);
}

/* "530 Login incorrect": three digits, as FTP, SMTP and NNTP reply. */
static bool is_reply_code(struct cursor tag)
{
	uint32_t code;

	return cursor_left(&tag) == 3 && text_digits(&tag, 3, &code) == 3 &&
	       code >= 100 && code < 700;
}

static bool is_greeted(struct cursor server)
{
	return cursor_match(&server, "* ", 2);
}

static enum hint_verdict match_client(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, line, tag;
	bool is_certain = true;
	size_t count = 0;

	for (; text_line(&c, &line); count++) {
		tag = text_token(&line);
		text_skip_blanks(&line);
		if (count == 0 && (!is_tag(tag) || is_foreign(tag) ||
				   !text_is_command(line, own)))
			return HINT_NO;
		if (count == 0 && is_reply_code(tag))
			is_certain = is_greeted(in->opposite);
		if (!is_certain)
			return HINT_MORE;
		if (text_is_command(line, starttls))
			return text_starttls(in, c, yield);
		if (!text_is_command(line, before_tls))
			return HINT_YES;
	}
	yield->more = count > 0;
	if (count > 0)
		return HINT_YES;
	tag = text_token(&c);
	if (cursor_left(&tag) > TAG_MAX || !text_is_plain(c))
		return HINT_NO;
	return cursor_left(&tag) == 0 || !is_tag(tag) ? HINT_NO : HINT_MORE;
}

/* "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready" */
static enum hint_verdict match_server(const struct hint_input *in,
				      struct hint_yield *yield)
{
	static const char *const greetings[] = {
		"* OK", "* PREAUTH", "* BYE", NULL
	};
	struct cursor c = in->payload, line;
	enum hint_verdict verdict = text_begins_any(&c, greetings);

	if (verdict != HINT_YES)
		return verdict;
	while (text_line(&c, &line)) {
		if (!text_has(line, "IMAP") && !text_has(line, "CAPABILITY"))
			continue;
		yield->more = true;	/* a client may start TLS */
		return HINT_YES;
	}
	return text_is_plain(c) ? HINT_MORE : HINT_NO;
}

static enum hint_verdict imap_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	return *in->payload.at == '*' ? match_server(in, yield) :
					match_client(in, yield);
}

const struct hint hint_imap = {
	.name = "imap",
	.family = "mail",
	.about = "IMAP; the server name after STARTTLS",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 143 },
	.match = imap_match,
};
