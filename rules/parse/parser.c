/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parser.c - the frame of the parser: tokens, the loop over statements,
 * included files.
 */
#include "rules/parse/parser.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The most files of one policy: enough for any directory of snippets, few
 * enough to stop files that each include the next one twice. */
#define SOURCES_MAX 1000
#define INCLUDES_MAX 16

void *parser_alloc(struct parser *p, size_t size)
{
	return arena_alloc(p->ast->arena, size);
}

char *parser_copy(struct parser *p, const char *text, size_t len)
{
	return arena_copy(p->ast->arena, text, len);
}

static bool is_option(const struct bracket *bracket, const struct token *token)
{
	const char *word;

	for (size_t i = 0; bracket->words != NULL &&
			   (word = bracket->words(i)) != NULL; i++)
		if (token_is(token, word))
			return true;
	return false;
}

/*
 * A line that starts with the keyword of a statement ends the previous one,
 * unless the word is clearly a value within brackets.
 */
static bool ends_statement(const struct parser *p, const struct token *token)
{
	struct lexer ahead;
	struct token next;

	if (token->kind == TOKEN_END)
		return true;
	if (!parser_starts_statement(token))
		return false;
	if (p->bracket == NULL)
		return true;
	if (is_option(p->bracket, token))
		return false;
	ahead = p->lexer;
	lexer_next(&ahead, &next);
	return next.kind != TOKEN_COMMA && next.kind != p->bracket->close;
}

void parser_advance(struct parser *p)
{
	if (p->token.kind == TOKEN_STOP)
		return;
	p->taken = p->token;
	lexer_next(&p->lexer, &p->token);
	if (!ends_statement(p, &p->token))
		return;
	p->resume = p->token;
	p->token = p->taken;
	p->token.kind = TOKEN_STOP;
	p->token.place.column += p->token.place.width;
	p->token.place.width = 1;
}

bool parser_at(const struct parser *p, const char *word)
{
	return token_is(&p->token, word);
}

bool parser_take(struct parser *p, const char *word)
{
	if (!parser_at(p, word))
		return false;
	parser_advance(p);
	return true;
}

static int open_bracket(struct parser *p, enum token_kind open,
			const char *what, const char *(*words)(size_t i),
			struct bracket *ret_bracket)
{
	if (p->token.kind != open)
		return parser_expected(p, what, NULL);
	*ret_bracket = (struct bracket){
		.outer = p->bracket,
		.close = open == TOKEN_BRACE_OPEN ? TOKEN_BRACE_CLOSE :
						    TOKEN_PAREN_CLOSE,
		.place = p->token.place,
		.words = words,
	};
	p->bracket = ret_bracket;
	parser_advance(p);
	return 0;
}

int parser_open(struct parser *p, enum token_kind open, const char *what,
		struct bracket *ret_bracket)
{
	return open_bracket(p, open, what, NULL, ret_bracket);
}

int parser_open_options(struct parser *p, const char *(*words)(size_t i),
			struct bracket *ret_bracket)
{
	return open_bracket(p, TOKEN_BRACE_OPEN, "'{'", words, ret_bracket);
}

int parser_close(struct parser *p, const char *what)
{
	if (p->token.kind != p->bracket->close)
		return parser_expected(p, what, NULL);
	p->bracket = p->bracket->outer;
	parser_advance(p);
	return 0;
}

/* Parsing continues after an error at the keyword of a statement. It may be
 * misspelt if it is indented no further than the broken statement. */
static bool is_resumption(const struct token *token, uint32_t column)
{
	if (token->kind == TOKEN_END || parser_starts_statement(token))
		return true;
	return token->kind == TOKEN_WORD && token->starts_line &&
	       token->place.column <= column &&
	       parser_nearest_statement(token) != NULL;
}

/* Skip to the next line that starts a statement. */
static void resync(struct parser *p, uint32_t column)
{
	if (p->token.kind == TOKEN_STOP)
		return;
	do {
		lexer_skip_line(&p->lexer);
		lexer_next(&p->lexer, &p->resume);
	} while (!is_resumption(&p->resume, column));
}

/* Report text after a complete statement. */
static int report_trailing(struct parser *p)
{
	struct token token = p->token;

	if (token.kind == TOKEN_WORD && token.starts_line)
		return parser_expected_statement(p);
	token.starts_line = true;
	if (!parser_starts_statement(&token))
		return parser_expected(p, "the end of the statement", NULL);
	parser_error(p, token.place, "insert a line break",
		     "a statement starts on a new line");
	return -EINVAL;
}

static void start_statement(struct parser *p)
{
	p->token = p->resume;
	p->taken = p->resume;
	p->bracket = NULL;
	p->depth = 0;
	p->is_broken = false;
	p->is_never = false;
	p->class_words[0].text = NULL;
	p->class_words[1].text = NULL;
	p->line_word.text = NULL;
}

static int next_statement(struct parser *p, struct ast_statement **ret)
{
	struct ast_statement *s = parser_alloc(p, sizeof(*s));
	uint32_t column = p->token.place.column;
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->place = p->token.place;
	if (p->is_flow || p->is_query)
		rc = parser_expect(p, s);
	else if (parser_starts_statement(&p->token))
		rc = parser_statement(p, s);
	else
		rc = parser_expected_statement(p);
	if (rc == 0 && p->token.kind != TOKEN_STOP)
		rc = report_trailing(p);
	if (rc == -ENOMEM)
		return rc;
	s->is_broken = p->is_broken;
	if (s->is_broken && (s->name.text == NULL ||
			     s->kind == STATEMENT_INCLUDE))
		s = NULL;
	resync(p, column);
	*ret = s;
	return 0;
}

/* Parse all statements of p->source, in order. */
static int statements(struct parser *p, struct ast_statement **tail)
{
	struct ast_statement *s;
	int rc = 0;

	if (!lexer_check_text(p->source, "a policy", p->diag))
		return 0;
	lexer_init(&p->lexer, p->source);
	lexer_next(&p->lexer, &p->resume);
	while (p->resume.kind != TOKEN_END) {
		start_statement(p);
		rc = next_statement(p, &s);
		if (rc < 0)
			break;
		if (s != NULL) {
			*tail = s;
			tail = &s->next;
		}
	}
	return rc;
}

static bool is_circle(const struct reading *reading, const char *path)
{
	for (; reading != NULL; reading = reading->outer)
		if (strcmp(reading->path, path) == 0)
			return true;
	return false;
}

static unsigned depth_of(const struct reading *reading)
{
	unsigned depth = 0;

	for (; reading != NULL; reading = reading->outer)
		depth++;
	return depth;
}

/* What a source is: a policy, or what the command line has in its place. */
enum mode { MODE_POLICY, MODE_FLOW, MODE_QUERY };

static int read_statements(struct ast *ast, struct diag *diag,
			   struct source *source, const struct reading *outer,
			   enum mode mode, struct ast_statement **tail)
{
	char *path = realpath(source->name, NULL);
	struct reading reading = {
		.outer = outer,
		.path = path != NULL ? path : source->name,
	};
	struct parser p = {
		.ast = ast, .diag = diag, .source = source, .reading = &reading,
		.is_flow = mode == MODE_FLOW, .is_query = mode == MODE_QUERY,
	};
	int rc = statements(&p, tail);

	free(path);
	return rc;
}

int parser_include(struct parser *p, const struct ast_name *path,
		   struct ast_statement **ret_statements)
{
	struct source *source;
	char *real = realpath(path->text, NULL);
	bool circle = real != NULL && is_circle(p->reading, real);
	int rc;

	free(real);
	if (circle)
		parser_error(p, path->place, NULL,
			     "'%s' includes itself, directly or through "
			     "another file", path->text);
	else if (depth_of(p->reading) > INCLUDES_MAX ||
		 p->ast->source_count >= SOURCES_MAX)
		parser_error(p, path->place, NULL,
			     "too many files are included, or too deeply");
	if (p->is_broken)
		return 0;
	rc = source_read(path->text, path->place, p->diag, &source);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		p->is_broken = true;
		return 0;
	}
	rc = ast_keep_source(p->ast, source);
	if (rc < 0)
		return rc;
	return read_statements(p->ast, p->diag, source, p->reading,
			       MODE_POLICY, ret_statements);
}

static const struct place nowhere;

/* The tree takes ownership of `source`. */
static struct ast *parse(struct source *source, enum mode mode,
			 struct diag *diag)
{
	struct ast *ast = calloc(1, sizeof(*ast));
	int rc = -ENOMEM;

	if (ast == NULL) {
		source_free(source);
		goto out;
	}
	rc = ast_keep_source(ast, source);
	if (rc < 0)
		goto out;
	rc = -ENOMEM;
	ast->arena = arena_new();
	if (ast->arena == NULL)
		goto out;
	rc = read_statements(ast, diag, source, NULL, mode,
			     &ast->statements);
out:
	if (rc < 0) {
		diag_add(diag, DIAG_ERROR, nowhere, NULL, "out of memory");
		ast_free(ast);
		return NULL;
	}
	return ast;
}

struct ast *ast_load(const char *path, struct diag *diag)
{
	struct source *source;

	if (source_read(path, nowhere, diag, &source) < 0)
		return NULL;
	return parse(source, MODE_POLICY, diag);
}

/* NULL after an error. */
static struct source *source_of_text(const char *name, const char *text,
				     size_t len, struct diag *diag)
{
	struct source *source = calloc(1, sizeof(*source));
	char *copy = malloc(len + 1);
	char *name_copy = strdup(name);

	if (source == NULL || copy == NULL || name_copy == NULL) {
		free(source);
		free(copy);
		free(name_copy);
		diag_add(diag, DIAG_ERROR, nowhere, NULL, "out of memory");
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	*source = (struct source){ .name = name_copy, .text = copy,
				   .len = len };
	return source;
}

static struct ast *parse_text(const char *name, const char *text, size_t len,
			      enum mode mode, struct diag *diag)
{
	struct source *source = source_of_text(name, text, len, diag);

	return source == NULL ? NULL : parse(source, mode, diag);
}

struct ast *ast_parse(const char *name, const char *text, size_t len,
		      struct diag *diag)
{
	return parse_text(name, text, len, MODE_POLICY, diag);
}

struct ast *ast_parse_flow(const char *words, struct diag *diag)
{
	return parse_text("flow", words, strlen(words), MODE_FLOW, diag);
}

int ast_add_query(struct ast *ast, const char *words, struct diag *diag)
{
	struct source *source = source_of_text("query", words, strlen(words),
					       diag);
	struct ast_statement **tail = &ast->statements;
	int rc;

	if (source == NULL)
		return -ENOMEM;
	rc = ast_keep_source(ast, source);
	if (rc < 0)
		return rc;
	while (*tail != NULL)
		tail = &(*tail)->next;
	rc = read_statements(ast, diag, source, NULL, MODE_QUERY, tail);
	return rc == 0 && diag_errors(diag) > 0 ? -EINVAL : rc;
}
