/*
 * hint_ftp.c - FTP's control connection: a greeting that names it, a greeting
 * and the commands that follow, or commands of its own (RFC 959, 2428, 4217).
 * Mail servers greet with 220 too, and POP3 has USER and PASS as well.
 */
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
					NULL };

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
	size_t count = 0;
	enum hint_verdict verdict = text_begins_any(&(struct cursor){
		c.at, c.end, false }, openings);

	if (verdict != HINT_YES)
		return verdict;
	for (; text_line(&c, &line); count++) {
		if (!text_is_plain(line))
			return HINT_NO;
		if (text_is_command(line, auth_tls) && certain)
			return text_starttls(in, c, yield);
		if (text_is_command(line, own))
			certain = true;
		if (certain)
			return HINT_YES;
	}
	return text_is_plain(c) ? HINT_MORE : HINT_NO;
}

/* What answers that only FTP gives: 331 to USER, 227 to PASV, 215 to SYST. */
static bool is_own_reply(uint32_t code, struct cursor line)
{
	return (code == 331 && text_has(line, "password")) ||
	       (code == 227 && text_has(line, "passive")) ||
	       (code == 215 && text_has(line, "UNIX"));
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

		if (first && code != 220)
			return HINT_NO;
		if (!text_is_plain(line))
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
	return *in->payload.at == '2' ? match_server(in, yield) :
					match_client(in, yield);
}

const struct hint hint_ftp = {
	.name = "ftp",
	.family = "fileshare",
	.about = "FTP's control connection; the server name after AUTH TLS",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 21 },
	.first = BYTES("2UuAaFfOoSsHhCcPpEeTt"),
	.match = ftp_match,
};
