/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parser.h - shared by the files of the parser; not included elsewhere.
 *
 * Recursive descent, one function for each production. A production returns
 * 0, -ENOMEM, or -EINVAL after a syntax error: the error is reported, and
 * parsing continues at the next statement. A wrong value that does not affect
 * what follows, such as a port out of range, is reported with parser_error()
 * and parsing continues after it.
 */
#ifndef WAYMARK_PARSER_H
#define WAYMARK_PARSER_H

#include "rules/util/arena.h"
#include "rules/parse/ast.h"
#include "rules/policy/facts.h"
#include "rules/parse/lexer.h"
#include "rules/parse/keywords.h"

/* The nesting of '(' and `not`: more than any real policy needs, and safe for
 * the stack. */
#define PARSER_DEPTH_MAX 200

/* An open bracket; a local variable of the production that opened it. */
struct bracket {
	struct bracket *outer;
	enum token_kind close;
	struct place place;
	/* Words that start a line within it, although some start a statement
	 * as well; NULL: none. */
	const char *(*words)(size_t i);
};

/* A file being parsed, and the one that includes it. */
struct reading {
	const struct reading *outer;
	const char *path;	/* from realpath(3) */
};

/* The syntax tree; opaque outside the parser. */
struct ast {
	struct arena *arena;
	struct ast_statement *statements;
	struct source **sources;
	size_t source_count;
};

/* Give `source` to the tree, which frees it; on failure it is freed at once. */
int ast_keep_source(struct ast *ast, struct source *source);

struct parser {
	struct ast *ast;
	struct diag *diag;
	const struct source *source;
	const struct reading *reading;
	struct lexer lexer;
	struct token token;	/* the next one */
	struct token taken;	/* the previous one */
	struct token resume;	/* after a TOKEN_STOP: the next statement */
	struct bracket *bracket;
	unsigned depth;
	bool is_flow;		/* parsing for ast_parse_flow() */
	bool is_query;		/* parsing for ast_add_query() */
	bool is_never;		/* within `expect never` */
	bool is_broken;		/* the statement has an error */
	/*
	 * Words of the statement that were taken for names: the last two of
	 * classes, and the last that started a line. An error after such a
	 * word often means that it is a misspelt keyword.
	 */
	struct token class_words[2];
	struct token line_word;
};

/* ---- parser.c: tokens, files ---- */

void parser_advance(struct parser *p);
/* Whether the next token is this word. */
bool parser_at(const struct parser *p, const char *word);
/* The same; if it is, advance. */
bool parser_take(struct parser *p, const char *word);
bool token_is(const struct token *token, const char *word);

/* Take an opening bracket, or the closing bracket that matches it. */
int parser_open(struct parser *p, enum token_kind open, const char *what,
		struct bracket *ret_bracket);
/* The same for a brace around options, which `words` lists. */
int parser_open_options(struct parser *p, const char *(*words)(size_t i),
			struct bracket *ret_bracket);
int parser_close(struct parser *p, const char *what);

/* ---- parser_report.c: errors ---- */

/* Report that the word just taken is given twice. Return -EINVAL. */
int parser_twice(struct parser *p);

/*
 * Report that the next token is not `what` ("a port"). `candidates`, a list
 * of words that ends with NULL, or NULL, are the words that it may be a
 * misspelling of. Return -EINVAL.
 */
int parser_expected(struct parser *p, const char *what,
		    const char *const *candidates);
/* The same for a statement and a condition. */
int parser_expected_statement(struct parser *p);
int parser_expected_condition(struct parser *p);

/* parser_fix.c: the fixes for other notations, printed to `fix`. */

/* "write: tcp dport 25" for `-p tcp --dport 25`. */
const char *parser_iptables_fix(const struct token *token, char *fix,
				size_t size);
/* "write: route tcp dport 22 via main" for `exempt tcp dport 22`. */
const char *parser_exempt_fix(const struct token *token, char *fix,
			      size_t size);

/* The keyword of a statement that a word may be a misspelling of, or NULL. */
const char *parser_nearest_statement(const struct token *word);

/* Report an error. Print the text of a token with "%.*s%s" and WORD_OF(). */
void parser_error(struct parser *p, struct place place, const char *fix,
		  const char *text, ...)
	__attribute__((format(printf, 4, 5)));
#define WORD_MAX 60
#define WORD_OF(token) \
	((token)->len > WORD_MAX ? WORD_MAX : (int)(token)->len), \
	(token)->text, (token)->len > WORD_MAX ? "..." : ""

/* Allocate in the arena of the tree; NULL when out of memory. */
void *parser_alloc(struct parser *p, size_t size);
char *parser_copy(struct parser *p, const char *text, size_t len);

/* ---- parser_word.c: the words of the language ---- */

/* Whether the word is a condition or the name of a protocol. */
bool parser_is_condition(const struct token *token);
/* Offer the words that start a statement, or are part of a condition. */
void parser_offer_statements(struct nearest *nearest);
void parser_offer_conditions(struct nearest *nearest);
/* The reserved word equal to `text`, ignoring case; NULL when there is none. */
const char *parser_reserved(const char *text, size_t len);
/* Whether the word cannot be a value unless it is quoted, as in `app and`. */
bool parser_separates(const char *text, size_t len);
bool parser_starts_statement(const struct token *token);
/* Write "'ping', 'tcp' or 'http'" for a list that ends with NULL. */
#define WORDS_TEXT_MAX 160
const char *parser_one_of(const char *const *words, char text[WORDS_TEXT_MAX]);

/* ---- parser_value.c: single values ---- */

/* The highest user ID: the next number is UID_NONE. */
#define UID_MAX (UID_NONE - 1)

/* A kind of number: "a port" from `min` to `max`. */
struct number_kind {
	const char *what;
	uint64_t min, max;
	bool is_hex;		/* print the limits in hexadecimal */
	bool has_suffix;	/* k for 1024, m for 1024 * 1024 */
};

/* Read the number in a word or a part of one, and report an error if it is
 * none. Does not advance. */
void parser_value_read(struct parser *p, const struct token *word,
		       const struct number_kind *kind,
		       struct ast_number *ret_number);
/* The part of a word from byte `from` to before byte `to`. */
struct token parser_value_part(const struct token *word, size_t from,
			       size_t to);
int parser_value_number(struct parser *p, const struct number_kind *kind,
			struct ast_number *ret_number);
/* "N" or "N-M" in one word. */
int parser_value_range(struct parser *p, const struct number_kind *kind,
		       struct ast_number *ret_first,
		       struct ast_number *ret_last);
/* A name that a statement defines or refers to; not a reserved word. */
int parser_value_name(struct parser *p, const char *what,
		      struct ast_name *ret_name);
/* The name of an uplink. */
int parser_value_uplink(struct parser *p, struct ast_name *ret_name);
/* A word or a string, unescaped. */
int parser_value_text(struct parser *p, const char *what,
		      struct ast_name *ret_text);
int parser_value_interface(struct parser *p, bool wild,
			   struct ast_name *ret_name);
int parser_value_host(struct parser *p, struct ast_name *ret_host);
/* The name of an application: letters, digits, and "._+-". */
int parser_value_app(struct parser *p, struct ast_name *ret_app);
/* A JA4 fingerprint: 36 characters of a fixed form. */
int parser_value_ja4(struct parser *p, struct ast_name *ret_ja4);
int parser_value_protocol(struct parser *p, uint32_t *ret_proto);
int parser_value_path(struct parser *p, struct ast_name *ret_path);
/* A number or a name from a table, for dscp and tos. */
int parser_value_named(struct parser *p, const struct keyword *table,
		       const struct number_kind *kind,
		       struct ast_name *ret_name, uint32_t *ret_value);

/* ---- parser_set.c: the values of conditions, lists and exemptions ---- */

int parser_set(struct parser *p, enum atom_kind atom,
	       struct ast_value **ret_values);
/* The braces of a list statement, which may be empty and may name files. */
int parser_set_list(struct parser *p, enum list_kind kind,
		    struct ast_value **ret_values);

/* ---- parser_condition.c ---- */

int parser_condition(struct parser *p, struct ast_condition **ret_condition);

/* ---- parser_statement.c ---- */

/* The keyword of the i-th kind of statement; NULL after the last. */
const char *parser_statement_word(size_t i);
/* A whole statement, from its keyword on. */
int parser_statement(struct parser *p, struct ast_statement *statement);
/* via NAME | via { NAME, ... } | drop | exempt (if allowed). */
int parser_outcome(struct parser *p, bool may_exempt,
		   struct ast_outcome *ret_outcome);

/* { NAME [WEIGHT], ... } [by source], or without weights in an expect line:
 * parser_balance.c. */
int parser_shares(struct parser *p, bool has_weights,
		  struct ast_outcome *ret_outcome);

/* keep | move | reset, once. */
int parser_late(struct parser *p, enum late_policy *ret_late);

/* ---- parser_uplink.c, parser_expect.c, parser_learn.c ---- */

int parser_learn(struct parser *p, struct ast_statement *statement);
/* parser_exception.c: after the word `on`. */
int parser_exception(struct parser *p, struct ast_statement *statement);
int parser_uplink(struct parser *p, struct ast_statement *statement);
int parser_expect(struct parser *p, struct ast_statement *statement);
/* uplink_options.c: an option, from its word on; -EINVAL for another word. */
int uplink_option_parse(struct parser *p, struct ast_uplink *uplink);
/* The word of the i-th option; NULL after the last. */
const char *uplink_option_word(size_t i);

/* ADDR, ADDR:PORT or [ADDR]:PORT; without a port *ret_port is not written. */
int parser_endpoint(struct parser *p, bool has_ports, const char *what,
		    struct address *ret_address, struct ast_number *ret_port);

/* parser_probe.c: after the word `probe`. */
int parser_probe(struct parser *p, struct ast_probe **ret_probe);
/* "5s" or "500ms", at least `min_ms`; seconds are converted. */
int parser_interval(struct parser *p, uint32_t min_ms,
		    struct ast_number *ret_ms);

/* parser.c: the statements of an included file. */
int parser_include(struct parser *p, const struct ast_name *path,
		   struct ast_statement **ret_statements);

#endif
