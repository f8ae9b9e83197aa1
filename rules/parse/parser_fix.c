/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_fix.c - the fixes for other notations, such as iptables options. */
#include <string.h>

#include "rules/parse/parser.h"

/* The rest of the line from a token on, without comment and blanks. */
static size_t rest_of_line(const struct token *token)
{
	size_t len = strcspn(token->text, "\r\n#");

	while (len > 0 && (token->text[len - 1] == ' ' ||
			   token->text[len - 1] == '\t'))
		len--;
	return len;
}

/* Options of iptables and the words for them; "" for those to leave out. */
static const struct {
	const char *option;
	const char *word;
} iptables_options[] = {
	{ "-p", "" },			{ "--protocol", "" },
	{ "-m", NULL },			{ "--match", NULL },
	{ "-s", "from" },		{ "--source", "from" },
	{ "-d", "to" },			{ "--destination", "to" },
	{ "-i", "in" },			{ "--in-interface", "in" },
	{ "--sport", "sport" },		{ "--source-port", "sport" },
	{ "--dport", "dport" },		{ "--destination-port", "dport" },
	{ "--dscp", "dscp" },		{ "--tos", "tos" },
	{ "--uid-owner", "uid" },
};

#define OPTIONS (sizeof(iptables_options) / sizeof(iptables_options[0]))

static size_t find_option(const char *text, size_t len)
{
	size_t i = 0;

	while (i < OPTIONS &&
	       (strlen(iptables_options[i].option) != len ||
		memcmp(iptables_options[i].option, text, len) != 0))
		i++;
	return i;
}

const char *parser_iptables_fix(const struct token *token, char *fix,
				size_t size)
{
	const char *at = token->text, *end = at + rest_of_line(token);
	size_t used = (size_t)snprintf(fix, size, "write:");

	while (at < end && used < size) {
		size_t len = strcspn(at, " \t\r\n#");
		const char *word = at;
		int word_len = (int)len;
		size_t option = find_option(at, len);
		bool is_left_out = false;

		if ((len == 3 && memcmp(at, "via", 3) == 0) ||
		    (len == 4 && memcmp(at, "drop", 4) == 0))
			break;
		if (option < OPTIONS) {
			word = iptables_options[option].word;
			is_left_out = word == NULL;
			word_len = is_left_out ? 0 : (int)strlen(word);
		}
		if (word_len > 0)
			used += (size_t)snprintf(fix + used, size - used,
						 " %.*s", word_len, word);
		at += len + strspn(at + len, " \t");
		if (is_left_out) {	/* the option has an argument */
			at += strcspn(at, " \t\r\n#");
			at += strspn(at, " \t");
		}
	}
	return fix;
}

const char *parser_exempt_fix(const struct token *token, char *fix,
			      size_t size)
{
	snprintf(fix, size, "write: route %.*s via main",
		 (int)rest_of_line(token), token->text);
	return fix;
}
