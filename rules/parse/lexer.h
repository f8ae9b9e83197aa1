/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lexer.h - split a policy text into tokens.
 * Nothing is copied: tokens point into the source.
 */
#ifndef WAYMARK_LEXER_H
#define WAYMARK_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/util/diag.h"
#include "rules/util/source.h"

enum token_kind {
	TOKEN_END,		/* of the file */
	TOKEN_STOP,		/* of a statement: made by the parser */
	TOKEN_WORD,
	TOKEN_STRING,		/* text: between the quotes, still escaped */
	TOKEN_REGEX,		/* text: between the slashes, unchanged */
	TOKEN_LIST,		/* @name; text: without the '@' */
	TOKEN_BRACE_OPEN,
	TOKEN_BRACE_CLOSE,
	TOKEN_PAREN_OPEN,
	TOKEN_PAREN_CLOSE,
	TOKEN_COMMA,
	TOKEN_EQUALS,
	TOKEN_GREATER,
	TOKEN_SEMICOLON,
	TOKEN_BAD,		/* `why` describes the error */
};

struct token {
	enum token_kind kind;
	bool starts_line;	/* the first of its line */
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

/* Start at the beginning of `source`, after a byte order mark. */
void lexer_init(struct lexer *lexer, const struct source *source);

/* Read the next token; TOKEN_END at the end, again and again. */
void lexer_next(struct lexer *lexer, struct token *ret_token);

/* Read `token` again as a /regular expression/; TOKEN_BAD when it is none. */
void lexer_regex(struct lexer *lexer, const struct token *token,
		 struct token *ret_token);

/* Skip to the start of the next line. */
void lexer_skip_line(struct lexer *lexer);

/*
 * Check that `source` has no control characters except tabs and line ends.
 * If it has, return false with the place of the first one and the fix.
 */
bool lexer_is_text(const struct source *source, struct place *ret_place,
		   unsigned *ret_byte, const char **ret_fix);

/* The same, with the error in `diag`; `what` is for example "a list". */
bool lexer_check_text(const struct source *source, const char *what,
		      struct diag *diag);

/* Whether `text` can be written as a word, without quotes. */
bool lexer_is_word(const char *text, size_t len);

#endif
