/*
 * lexer.h - the words and signs of a policy text, one after another.
 * Nothing is copied: tokens point into the source.
 */
#ifndef WAYMARK_LEXER_H
#define WAYMARK_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/parse/diag.h"
#include "rules/parse/source.h"

enum token_kind {
	TOKEN_END,		/* of the file */
	TOKEN_STOP,		/* of a statement: the parser makes these */
	TOKEN_WORD,
	TOKEN_STRING,		/* text: between the quotes, escapes and all */
	TOKEN_REGEX,		/* text: between the slashes, as it stands */
	TOKEN_LIST,		/* @name; text: without the '@' */
	TOKEN_BRACE_OPEN,
	TOKEN_BRACE_CLOSE,
	TOKEN_PAREN_OPEN,
	TOKEN_PAREN_CLOSE,
	TOKEN_COMMA,
	TOKEN_EQUALS,
	TOKEN_GREATER,
	TOKEN_SEMICOLON,
	TOKEN_BAD,		/* `why` says what is wrong */
};

struct token {
	enum token_kind kind;
	bool starts_line;	/* it is the first of its line */
	bool is_joined;		/* no white space before it */
	const char *text;
	size_t len;
	const char *why;	/* TOKEN_BAD */
	size_t offset;		/* into the source */
	struct place place;
};

struct lexer {
	const struct source *source;
	size_t offset;
	size_t line_offset;	/* where the current line starts */
	uint32_t line;
	bool at_line_start;
};

/* Start at the beginning of `source`, behind a byte order mark. */
void lexer_init(struct lexer *lexer, const struct source *source);

void lexer_next(struct lexer *lexer, struct token *ret_token);

/* Read again from `token`, where a /regular expression/ is expected. TOKEN_BAD
 * when there is none. */
void lexer_regex(struct lexer *lexer, const struct token *token,
		 struct token *ret_token);

/* Go to the start of the next line. */
void lexer_skip_line(struct lexer *lexer);

/*
 * Text holds no control characters but tabs and the ends of lines. False with
 * the place of the first one that stands in `source`, and what to do about it.
 */
bool lexer_is_text(const struct source *source, struct place *ret_place,
		   unsigned *ret_byte, const char **ret_fix);

/* The same, with the complaint in `diag`: `what` ("a list") holds no such. */
bool lexer_check_text(const struct source *source, const char *what,
		      struct diag *diag);

/* Whether all of `text` can stand in a word. */
bool lexer_is_word(const char *text, size_t len);

#endif
