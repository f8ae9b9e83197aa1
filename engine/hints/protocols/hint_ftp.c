/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_ftp.c - FTP's control connection: a greeting that names it, a greeting
 * and the commands that follow, or commands that no other protocol has
 * (RFC 959, 2428, 4217). Mail servers greet with 220, too, and POP3 has USER
 * and PASS as well.
 */
#include "engine/hints/client_hello.h"
#include "engine/hints/text.h"

static const char *const openings[] = {
	"USER ", "AUTH TLS", "AUTH SSL", "AUTH GSSAPI", "FEAT", "OPTS ",
	"SYST", "HOST ", "CLNT ", "PASV", "EPSV", "TYPE ", NULL
};
static const char *const own[] = {
	"PASV", "EPSV", "PORT", "EPRT", "RETR", "STOR", "SYST", "FEAT", "CWD",
	"PWD", "XPWD", "MKD", "PBSZ", "MDTM", "LPRT", "SITE", "ACCT", NULL
};
static const char *const auth_tls[] = { "AUTH TLS", "AUTH SSL", "AUTH TLS-C",
					"AUTH TLS-P", NULL };
/* After these a client may still start TLS; an AUTH can be refused. */
static const char *const before_tls[] = { "AUTH", "FEAT", "HOST", "CLNT",
					  "OPTS", "SYST", "NOOP", "HELP",
					  "LANG", NULL };

/* "220 ready" or "220-ready" */
static bool is_greeting(struct cursor c)
{
	return text_begins(&c, "220") == HINT_YES && cursor_left(&c) > 0 &&
	       (*c.at == ' ' || *c.at == '-');
}

static enum hint_verdict match_client(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, line;
	bool certain = is_greeting(in->opposite);
	enum hint_verdict verdict = text_begins_any(&(struct cursor){
		c.at, c.end, false }, openings);

	if (verdict != HINT_YES)
		return verdict;
	while (text_line(&c, &line)) {
		if (!text_is_plain(line))
			return HINT_NO;
		if (text_is_command(line, auth_tls)) {
			verdict = client_hello_stream(c, in->scratch, yield);
			if (verdict == HINT_YES)
				return HINT_YES;
			if (verdict == HINT_MORE)
				break;
		}
		if (text_is_command(line, own))
			certain = true;
		if (certain && !text_is_command(line, before_tls))
			return HINT_YES;
	}
	if (verdict != HINT_MORE && !text_is_plain(c))
		return HINT_NO;
	yield->more = certain;
	return certain ? HINT_YES : HINT_MORE;
}

/* Replies that only FTP has: to USER, PASV, EPSV, SYST, PWD and RETR. */
static bool is_own_reply(uint32_t code, struct cursor line)
{
	return (code == 331 && text_has(line, "password")) ||
	       (code == 227 && text_has(line, "passive")) ||
	       (code == 229 && text_has(line, "passive")) ||
	       (code == 215 && text_has(line, "UNIX")) ||
	       (code == 257 && text_has(line, "directory")) ||
	       (code == 150 && text_has(line, "data connection")) ||
	       (code == 226 && text_has(line, "transfer complete"));
}

static enum hint_verdict match_server(const struct hint_input *in,
				      struct hint_yield *yield)
{
	struct cursor c = in->payload, line;
	bool first = true;

	for (; text_line(&c, &line); first = false) {
		uint32_t code = 0;
		struct cursor rest = line;
		size_t digits = text_digits(&rest, 3, &code);

		if (!text_is_plain(line) ||
		    (first && code != 220 && !is_own_reply(code, rest)))
			return HINT_NO;
		if (digits == 3 && code == 220 && (text_has(rest, "SMTP") ||
						   text_has(rest, "LMTP")))
			return HINT_NO;
		if (text_has(rest, "FTP") ||
		    (digits == 3 && is_own_reply(code, rest))) {
			yield->more = true;	/* a client may start TLS */
			return HINT_YES;
		}
	}
	return text_is_plain(c) ? HINT_MORE : HINT_NO;
}

static enum hint_verdict ftp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	return *in->payload.at <= '9' ? match_server(in, yield) :
					match_client(in, yield);
}

const struct hint hint_ftp = {
	.name = "ftp",
	.family = "fileshare",
	.about = "FTP's control connection; the server name after AUTH TLS",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 21 },
	.first = BYTES("123UuAaFfOoSsHhCcPpEeTt"),
	.match = ftp_match,
};
