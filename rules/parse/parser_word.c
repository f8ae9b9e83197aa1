/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_word.c - the reserved words of the policy language. */
#include <string.h>
#include <strings.h>

#include "rules/parse/parser.h"

/* Words around conditions. */
static const char *const joins[] = {
	"and", "or", "not", "via", "drop", NULL,
};

/* Reserved words of statements and their options; other words of the language,
 * such as `ttl`, can be names. */
static const char *const option_words[] = {
	"mask", "fail-open", "fail-closed", "packets", "bytes", "seconds",
	"memory", "keep", "move", "reset", "main", "addresses", "domains",
	"file", "by", "rule", "client", "server", "per", "packet", "except",
	NULL,
};

static bool is_same(const char *word, const char *text, size_t len)
{
	return strncasecmp(word, text, len) == 0 && word[len] == '\0';
}

static const char *find(const char *const *words, const char *text, size_t len)
{
	for (; *words != NULL; words++)
		if (is_same(*words, text, len))
			return *words;
	return NULL;
}

static const char *find_condition(const char *text, size_t len)
{
	for (int i = 0; i < ATOM_KINDS; i++)
		if (is_same(condition_rows[i].word, text, len))
			return condition_rows[i].word;
	for (const struct keyword *k = keywords_protocol; k->name != NULL; k++)
		if (is_same(k->name, text, len))
			return k->name;
	return NULL;
}

static const char *find_statement(const char *text, size_t len)
{
	const char *word;

	for (size_t i = 0; (word = parser_statement_word(i)) != NULL; i++)
		if (is_same(word, text, len))
			return word;
	return NULL;
}

static const char *find_option(const char *text, size_t len)
{
	const char *word;

	for (size_t i = 0; (word = uplink_option_word(i)) != NULL; i++)
		if (is_same(word, text, len))
			return word;
	return find(option_words, text, len);
}

const char *parser_reserved(const char *text, size_t len)
{
	const char *word = find_statement(text, len);

	if (word == NULL)
		word = find(joins, text, len);
	if (word == NULL)
		word = find_condition(text, len);
	if (word == NULL)
		word = find_option(text, len);
	return word;
}

/* `proto` and the names of protocols can be values, such as names of
 * applications. */
bool parser_separates(const char *text, size_t len)
{
	for (size_t i = 0; joins[i] != NULL; i++)
		if (strlen(joins[i]) == len && memcmp(joins[i], text, len) == 0)
			return true;
	for (int i = 0; i < ATOM_KINDS; i++) {
		const char *word = condition_rows[i].word;

		if (condition_rows[i].values != VALUES_PROTOCOL &&
		    strlen(word) == len && memcmp(word, text, len) == 0)
			return true;
	}
	return false;
}

bool token_is(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && token->len == strlen(word) &&
	       memcmp(token->text, word, token->len) == 0;
}

bool parser_starts_statement(const struct token *token)
{
	const char *word;

	if (token->kind != TOKEN_WORD || !token->starts_line)
		return false;
	for (size_t i = 0; (word = parser_statement_word(i)) != NULL; i++)
		if (token_is(token, word))
			return true;
	return false;
}

bool parser_is_condition(const struct token *token)
{
	const char *word = find_condition(token->text, token->len);

	return word != NULL && token_is(token, word);
}

void parser_offer_statements(struct nearest *nearest)
{
	const char *word;

	for (size_t i = 0; (word = parser_statement_word(i)) != NULL; i++)
		nearest_offer(nearest, word);
}

void parser_offer_conditions(struct nearest *nearest)
{
	for (size_t i = 0; joins[i] != NULL; i++)
		nearest_offer(nearest, joins[i]);
	for (int i = 0; i < ATOM_KINDS; i++)
		nearest_offer(nearest, condition_rows[i].word);
	nearest_offer_table(nearest, keywords_protocol);
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
