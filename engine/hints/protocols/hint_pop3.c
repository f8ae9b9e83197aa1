/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_pop3.c - POP3: a greeting that names it or has its time stamp, a reply
 * in its words, or a greeting and a command (RFC 1939), also STLS (RFC 2595,
 * 4). Redis answers with a bare "+OK", too.
 */
#include "engine/hints/text.h"

static const char *const openings[] = {
	"USER ", "APOP ", "CAPA", "STLS", "AUTH", "QUIT", "NOOP", NULL
};
/* FTP and SMTP have no such commands. */
static const char *const own[] = { "APOP", "CAPA", "STLS", "STAT", "UIDL",
				   NULL };
static const char *const stls[] = { "STLS", NULL };
/* AUTH alone lists the mechanisms. */
static const char *const before_tls[] = { "CAPA", "NOOP", "AUTH", "LANG",
					  "UTF8", NULL };

static bool is_greeting(struct cursor c)
{
	return text_begins(&c, "+OK") == HINT_YES;
}

/* "<1896.697170952@dbc.example.org>" */
static bool has_time_stamp(struct cursor line)
{
	const uint8_t *from = memchr(line.at, '<', cursor_left(&line));
	const uint8_t *at;

	if (from == NULL)
		return false;
	at = memchr(from, '@', (size_t)(line.end - from));
	return at != NULL && line.end[-1] == '>' &&
	       from[1] >= '0' && from[1] <= '9';
}

/* "+OK 2 messages (320 octets)", or "+OK text" and a second reply. */
static bool is_own_reply(struct cursor line, struct cursor next)
{
	static const char *const replies[] = { "+OK", "-ERR", NULL };

	if (text_has(line, "POP") || text_has(line, "octets") ||
	    text_has(line, "messages") || text_has(line, "maildrop") ||
	    text_has(line, "mailbox") || has_time_stamp(line))
		return true;
	return cursor_left(&line) > 2 && *line.at == ' ' &&
	       text_begins_any(&next, replies) == HINT_YES;
}

static enum hint_verdict match_client(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, line;
	bool greeted = is_greeting(in->opposite), certain = greeted;
	enum hint_verdict verdict = text_begins_any(&(struct cursor){
		c.at, c.end, false }, openings);

	if (verdict != HINT_YES)
		return verdict;
	while (text_line(&c, &line)) {
		if (text_is_command(line, own))
			certain = true;
		if (certain && text_is_command(line, stls))
			return text_starttls(in, c, yield);
		if (certain && !text_is_command(line, before_tls))
			return HINT_YES;
	}
	if (!text_is_plain(c))
		return HINT_NO;
	yield->more = certain;
	return certain ? HINT_YES : HINT_MORE;
}

static enum hint_verdict match_server(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, line;
	struct cursor client = in->opposite;
	enum hint_verdict verdict = text_begins(&c, "+OK");

	if (verdict != HINT_YES)
		return verdict;
	if (!text_line(&c, &line))
		return text_is_plain(c) ? HINT_MORE : HINT_NO;
	if (!text_is_plain(line))
		return HINT_NO;
	yield->more = true;		/* a client may start TLS */
	if (is_own_reply(line, c) ||
	    text_begins_any(&client, openings) == HINT_YES)
		return HINT_YES;
	return HINT_MORE;
}

static enum hint_verdict pop3_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	return *in->payload.at == '+' ? match_server(in, yield) :
					match_client(in, yield);
}

const struct hint hint_pop3 = {
	.name = "pop3",
	.family = "mail",
	.about = "POP3; the server name after STLS",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 110 },
	.first = BYTES("+UuAaCcSsQqNn"),
	.match = pop3_match,
};
