/*
 * parser.h - what the files of the parser share. Nobody else includes this.
 *
 * Recursive descent, a function for each production. A production returns 0,
 * -EINVAL when it gave up (the complaint is made; the statement is left and
 * reading goes on at the next) or -ENOMEM. A mistake that does not confuse
 * what follows, such as a port that is too large, is complained about with
 * parser_error() and reading goes on.
 */
#ifndef WAYMARK_PARSER_H
#define WAYMARK_PARSER_H

#include "rules/util/arena.h"
#include "rules/parse/ast.h"
#include "rules/policy/facts.h"
#include "rules/parse/lexer.h"
#include "rules/parse/keywords.h"

/* ( and not within each other, deeper than anybody writes and far from the
 * end of the stack. */
#define PARSER_DEPTH_MAX 200

/* A bracket that is still open; it lives in the production that opened it. */
struct bracket {
	struct bracket *outer;
	enum token_kind close;
	struct place place;
};

/* A file that is being read, and the one that includes it. */
struct reading {
	const struct reading *outer;
	const char *path;	/* as realpath(3) has it */
};

/* What a tree is made of; opaque to all but the parser. */
struct ast {
	struct arena *arena;
	struct ast_statement *statements;
	struct source **sources;
	size_t source_count;
};

/* The tree keeps the source from here on, also when this fails. */
int ast_keep_source(struct ast *ast, struct source *source);

struct parser {
	struct ast *ast;
	struct diag *diag;
	const struct source *source;
	const struct reading *reading;
	struct lexer lexer;
	struct token token;	/* to be taken next */
	struct token taken;	/* the one before */
	struct token resume;	/* behind a TOKEN_STOP: the next statement */
	struct bracket *bracket;
	unsigned depth;
	bool is_flow;		/* a flow of ast_parse_flow(), no policy */
	bool is_broken;		/* the statement has been complained about */
	/*
	 * Words of the statement that were taken for names: the last two of
	 * classes, and the last of anything that started a line. When something
	 * goes wrong behind one it is often a misspelt word of the language.
	 */
	struct token class_words[2];
	struct token line_word;
};

/* parser.c: tokens, complaints, files. */

void parser_advance(struct parser *p);
/* Whether the next token is this word, and take it if it is. */
bool parser_at(const struct parser *p, const char *word);
bool parser_take(struct parser *p, const char *word);
bool token_is(const struct token *token, const char *word);

/* Take an opening bracket, or the closing one that belongs to it. */
int parser_open(struct parser *p, enum token_kind open, const char *what,
		struct bracket *ret_bracket);
int parser_close(struct parser *p, const char *what);

/* Complain that the word just taken is there a second time. -EINVAL. */
int parser_twice(struct parser *p);

/*
 * Complain that `what` ("a port") is not what stands here. `candidates`, a
 * list of words that ends with NULL, or NULL: what it might have been meant
 * to be. Always -EINVAL.
 */
int parser_expected(struct parser *p, const char *what,
		    const char *const *candidates);

/* Complain and go on. `len` and `text` of a token print with WORD_OF(token). */
void parser_error(struct parser *p, struct place place, const char *fix,
		     const char *text, ...)
	__attribute__((format(printf, 4, 5)));
#define WORD_MAX 60
#define WORD_OF(token) \
	((token)->len > WORD_MAX ? WORD_MAX : (int)(token)->len), \
	(token)->text, (token)->len > WORD_MAX ? "..." : ""

/* From the tree's arena; NULL when out of memory. */
void *parser_alloc(struct parser *p, size_t size);
char *parser_copy(struct parser *p, const char *text, size_t len);

/* parser_word.c: which words the language has. */

extern const char *const parser_statement_words[];
extern const char *const parser_condition_words[];
/* A word of the language, in any case of letters; the word, or NULL. */
const char *parser_reserved(const char *text, size_t len);
/* A word that stands for no value unless it is quoted: `app and`. */
bool parser_separates(const char *text, size_t len);
bool parser_starts_statement(const struct token *token);

/* parser_value.c: numbers, names, addresses, and sets of them. */

/* The words of a number: "a port" from `least` to `most`. */
/* The highest number of a user: the next is UID_NONE. */
#define UID_MAX (UID_NONE - 1)

struct number_kind {
	const char *what;
	uint64_t min, max;
	bool is_hex;		/* show the limits in hexadecimal */
	bool has_suffix;	/* k and m, 1024 and 1024 * 1024 */
};

/* The number that a word or a part of one gives, complained about if it is
 * none. Takes nothing. */
void parser_value_read(struct parser *p, const struct token *word,
		       const struct number_kind *kind,
		       struct ast_number *ret_number);
/* The part of a word from byte `from` up to `to`. */
struct token parser_value_part(const struct token *word, size_t from,
			       size_t to);
int parser_value_number(struct parser *p, const struct number_kind *kind,
			struct ast_number *ret_number);
/* "N" or "N-M", in one word. */
int parser_value_range(struct parser *p, const struct number_kind *kind,
		       struct ast_number *ret_first,
		       struct ast_number *ret_last);
/* A name that a statement gives or refers to: no word of the language. */
int parser_value_name(struct parser *p, const char *what,
		      struct ast_name *ret_name);
/* The word or string that stands next, unescaped. */
int parser_value_text(struct parser *p, const char *what,
		      struct ast_name *ret_text);
int parser_value_interface(struct parser *p, bool wild,
			   struct ast_name *ret_name);
int parser_value_host(struct parser *p, struct ast_name *ret_host);
/* "app" names: letters, digits, and "._+-". */
int parser_value_app(struct parser *p, struct ast_name *ret_app);
/* "ja4": 36 characters of a known shape. */
int parser_value_ja4(struct parser *p, struct ast_name *ret_ja4);
int parser_value_protocol(struct parser *p, uint32_t *ret_proto);
int parser_value_path(struct parser *p, struct ast_name *ret_path);
/* A number or a name of a table, for dscp and tos. */
int parser_value_named(struct parser *p, const struct keyword *table,
		       const struct number_kind *kind,
		       struct ast_name *ret_name, uint32_t *ret_value);

/* parser_set.c: what a condition, a list or an exemption holds. */

int parser_set(struct parser *p, enum atom_kind atom,
	       struct ast_value **ret_values);
/* { ... } of a list statement; may be empty, may name files. */
int parser_set_list(struct parser *p, enum list_kind kind,
		    struct ast_value **ret_values);

/* parser_condition.c */
int parser_condition(struct parser *p, struct ast_condition **ret_condition);
bool parser_has_ports(uint32_t proto);

/* parser_statement.c: the word that names the statement is taken. */
int parser_statement(struct parser *p, struct ast_statement *statement);
/* via NAME | drop | exempt (where it may be). */
int parser_outcome(struct parser *p, bool may_exempt,
		   struct ast_outcome *ret_outcome);

/* parser_balance.c: { NAME [N], ... } [by source]; where paths are only named,
 * as in an expectation, they have no weights. */
int parser_shares(struct parser *p, bool has_weights,
		  struct ast_outcome *ret_outcome);

/* keep | move | reset, once. */
int parser_late(struct parser *p, enum late_policy *ret_late);

/* parser_uplink.c, parser_expect.c, parser_learn.c */
int parser_learn(struct parser *p, struct ast_statement *statement);
int parser_uplink(struct parser *p, struct ast_statement *statement);
int parser_expect(struct parser *p, struct ast_statement *statement);
/* ADDR, ADDR:PORT or [ADDR]:PORT; without a port its place is left alone. */
int parser_endpoint(struct parser *p, bool has_ports, const char *what,
		    struct address *ret_address, struct ast_number *ret_port);

/* parser_probe.c: behind the word `probe`. */
int parser_probe(struct parser *p, struct ast_probe **ret_probe);

/* parser.c: the statements of another file. */
int parser_include(struct parser *p, const struct ast_name *path,
		   struct ast_statement **ret_statements);

#endif
