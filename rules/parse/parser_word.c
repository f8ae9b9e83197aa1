/* parser_word.c - the reserved words of the policy language. */
#include <string.h>
#include <strings.h>

#include "rules/parse/parser.h"

const char *const parser_statement_words[] = {
	"marks", "queues", "inspect", "late", "learn", "kernel-routes",
	"uplink", "list", "exempt", "class", "route", "default", "expect",
	"include", "resolve", "ahead", NULL,
};

/* What a condition is made of, and what stands behind one. */
const char *const parser_condition_words[] = {
	"and", "or", "not", "from", "to", "sport", "dport", "in", "dscp",
	"tos", "length", "uid", "app", "host", "alpn", "ja4", "ech",
	"payload", "proto",
	"via", "drop", "tcp", "udp", "udplite", "sctp", "dccp", "icmp",
	"icmpv6", "igmp", "gre", "esp", "ah", "ipip", "ipv6", "l2tp", "ospf",
	"vrrp", "pim", NULL,
};

static const char *const other_words[] = {
	"mask", "fallback", "fail-open", "fail-closed", "packets", "bytes",
	"seconds", "memory",
	"keep", "move", "reset", "dev", "table", "mark", "masquerade",
	"strict", "main", "addresses", "domains", "file", "by", "rule",
	"client", "server", "optional", "on-lan", "probe", "per", "packet",
	"except", NULL,
};

static const char *find(const char *const *words, const char *text, size_t len)
{
	for (; *words != NULL; words++)
		if (strncasecmp(*words, text, len) == 0 &&
		    (*words)[len] == '\0')
			return *words;
	return NULL;
}

const char *parser_reserved(const char *text, size_t len)
{
	const char *word = find(parser_statement_words, text, len);

	if (word == NULL)
		word = find(parser_condition_words, text, len);
	if (word == NULL)
		word = find(other_words, text, len);
	return word;
}

bool parser_separates(const char *text, size_t len)
{
	static const char *const words[] = {
		"and", "or", "not", "from", "to", "sport", "dport", "in",
		"dscp", "tos", "length", "uid", "app", "host", "alpn",
		"ja4", "ech", "payload", "via", "drop", NULL,
	};
	size_t i;

	for (i = 0; words[i] != NULL; i++)
		if (strlen(words[i]) == len && memcmp(words[i], text, len) == 0)
			return true;
	return false;
}

bool token_is(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && token->len == strlen(word) &&
	       memcmp(token->text, word, token->len) == 0;
}

bool parser_starts_statement(const struct token *token)
{
	size_t i;

	if (token->kind != TOKEN_WORD || !token->starts_line)
		return false;
	for (i = 0; parser_statement_words[i] != NULL; i++)
		if (token_is(token, parser_statement_words[i]))
			return true;
	return false;
}

const char *parser_one_of(const char *const *words, char text[WORDS_TEXT_MAX])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; words[i] != NULL && used < WORDS_TEXT_MAX; i++)
		used += (size_t)snprintf(text + used, WORDS_TEXT_MAX - used,
					 "%s'%s'", i == 0 ? "" :
					 words[i + 1] == NULL ? " or " : ", ",
					 words[i]);
	return text;
}
