/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lexer.c - split a policy text into tokens. */
#include "rules/parse/lexer.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static bool is_word_byte(unsigned char c)
{
	switch (c) {
	case '{': case '}': case '(': case ')': case ',': case '=': case '@':
	case '>': case '#': case '"': case ';': case 0x7f:
		return false;
	default:
		return c > ' ';
	}
}

bool lexer_is_word(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!is_word_byte(text[i]))
			return false;
	return len > 0;
}

void lexer_init(struct lexer *lexer, const struct source *source)
{
	*lexer = (struct lexer){ .source = source, .line = 1 };
	lexer->at_line_start = true;
	if (strncmp(source->text, BYTE_ORDER_MARK, 3) == 0)
		lexer->offset = 3;
}

/* Skip white space and comments; false when there was none. */
static bool skip_blank(struct lexer *lexer)
{
	const char *text = lexer->source->text;
	size_t start = lexer->offset;
	const char *newline;

	while (lexer->offset < lexer->source->len) {
		switch (text[lexer->offset]) {
		case '\n':
			lexer->line++;
			lexer->line_offset = ++lexer->offset;
			lexer->at_line_start = true;
			break;
		case ' ': case '\t': case '\r':
			lexer->offset++;
			break;
		case '#':
			newline = memchr(text + lexer->offset, '\n',
					 lexer->source->len - lexer->offset);
			lexer->offset = newline != NULL ?
				(size_t)(newline - text) : lexer->source->len;
			break;
		default:
			return lexer->offset > start;
		}
	}
	return lexer->offset > start;
}

static void finish(struct lexer *lexer, struct token *token, size_t end)
{
	token->place = (struct place){
		.source = lexer->source,
		.line = lexer->line,
		.column = token->offset - lexer->line_offset + 1,
		.width = end - token->offset,
	};
	lexer->offset = end;
}

static void bad(struct token *token, const char *why)
{
	token->kind = TOKEN_BAD;
	token->why = why;
}

/*
 * Read from the byte after an opening `quote` to the closing one on the same
 * line and return the offset after it. An escaped byte never closes.
 */
static size_t quoted(const struct lexer *lexer, size_t start, char quote,
		     struct token *token)
{
	const char *text = lexer->source->text;
	size_t at = start;

	while (at < lexer->source->len && text[at] != '\n' &&
	       text[at] != quote) {
		if (text[at] == '\\' && at + 1 < lexer->source->len &&
		    text[at + 1] != '\n') {
			if (quote == '"' && text[at + 1] != '"' &&
			    text[at + 1] != '\\')
				bad(token, "a string has only the escapes "
					   "\\\" and \\\\");
			at++;
		}
		at++;
	}
	token->text = text + start;
	token->len = at - start;
	if (at < lexer->source->len && text[at] == quote)
		return at + 1;
	bad(token, quote == '"' ? "this string is not closed" :
	    "this pattern is not closed: it ends with a '/'");
	return at;
}

static size_t word_end(const struct lexer *lexer, size_t at)
{
	while (at < lexer->source->len &&
	       is_word_byte(lexer->source->text[at]))
		at++;
	return at;
}

static enum token_kind sign(char c)
{
	switch (c) {
	case '{': return TOKEN_BRACE_OPEN;
	case '}': return TOKEN_BRACE_CLOSE;
	case '(': return TOKEN_PAREN_OPEN;
	case ')': return TOKEN_PAREN_CLOSE;
	case ',': return TOKEN_COMMA;
	case '=': return TOKEN_EQUALS;
	case '>': return TOKEN_GREATER;
	case ';': return TOKEN_SEMICOLON;
	default:  return TOKEN_WORD;
	}
}

void lexer_next(struct lexer *lexer, struct token *ret_token)
{
	const char *text = lexer->source->text;
	struct token token = { .kind = TOKEN_END };
	size_t end;

	token.is_joined = !skip_blank(lexer);
	token.starts_line = lexer->at_line_start;
	token.offset = end = lexer->offset;
	token.text = text + end;
	lexer->at_line_start = false;
	if (end == lexer->source->len) {
		finish(lexer, &token, end);
		*ret_token = token;
		return;
	}
	token.kind = sign(text[end]);
	if (token.kind != TOKEN_WORD) {
		end++;
		token.len = 1;
	} else if (text[end] == '"') {
		token.kind = TOKEN_STRING;
		end = quoted(lexer, end + 1, '"', &token);
	} else if (text[end] == '@') {
		token.kind = TOKEN_LIST;
		end = word_end(lexer, end + 1);
		token.text++;
		token.len = end - token.offset - 1;
		if (token.len == 0)
			bad(&token, "expected the name of a list right after "
				    "'@'");
	} else {
		end = word_end(lexer, end);
		token.len = end - token.offset;
		if (token.len == 0) {
			end++;
			bad(&token, "this is not a text character");
		}
	}
	finish(lexer, &token, end);
	*ret_token = token;
}

void lexer_regex(struct lexer *lexer, const struct token *token,
		 struct token *ret_token)
{
	struct token regex = *token;
	size_t end = token->offset;

	if (end < lexer->source->len && lexer->source->text[end] == '/') {
		regex.kind = TOKEN_REGEX;
		end = quoted(lexer, end + 1, '/', &regex);
		lexer->line = token->place.line;
		lexer->line_offset = token->offset - (token->place.column - 1);
		lexer->at_line_start = false;
		finish(lexer, &regex, end);
	} else {
		bad(&regex, "a pattern is written between slashes");
	}
	*ret_token = regex;
}

void lexer_skip_line(struct lexer *lexer)
{
	const char *newline = memchr(lexer->source->text + lexer->offset, '\n',
				     lexer->source->len - lexer->offset);

	if (newline == NULL) {
		lexer->offset = lexer->source->len;
		return;
	}
	lexer->offset = newline + 1 - lexer->source->text;
	lexer->line_offset = lexer->offset;
	lexer->line++;
	lexer->at_line_start = true;
}

static bool is_control(const struct source *source, size_t at)
{
	unsigned char c = source->text[at];

	if (c >= ' ')
		return c == 0x7f;
	return c != '\t' && c != '\n' &&
	       !(c == '\r' && source->text[at + 1] == '\n');
}

static const char *fix_of(const struct source *source, size_t at)
{
	const char *text = source->text;

	if (source->len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
				 memcmp(text, "\xfe\xff", 2) == 0))
		return "this is UTF-16: save it as UTF-8";
	if (text[at] == '\r')
		return "lines end with a line feed";
	return "is this a text file?";
}

bool lexer_is_text(const struct source *source, struct place *ret_place,
		   unsigned *ret_byte, const char **ret_fix)
{
	size_t line_offset = 0, at;
	uint32_t line = 1;

	for (at = 0; at < source->len && !is_control(source, at); at++) {
		if (source->text[at] == '\n') {
			line++;
			line_offset = at + 1;
		}
	}
	if (at == source->len)
		return true;
	*ret_place = (struct place){ source, line, at - line_offset + 1, 1 };
	*ret_byte = (unsigned char)source->text[at];
	*ret_fix = fix_of(source, at);
	return false;
}

bool lexer_check_text(const struct source *source, const char *what,
		      struct diag *diag)
{
	struct place place;
	const char *fix;
	unsigned byte;

	if (lexer_is_text(source, &place, &byte, &fix))
		return true;
	diag_add(diag, DIAG_ERROR, place, fix,
		 "%s cannot have the control character 0x%02x", what, byte);
	return false;
}
