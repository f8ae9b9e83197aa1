/*
 * parser.c - the frame of the parser: tokens, error messages, the loop over
 * statements, included files.
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
#define FIX_MAX 120

void *parser_alloc(struct parser *p, size_t size)
{
	return arena_alloc(p->ast->arena, size);
}

char *parser_copy(struct parser *p, const char *text, size_t len)
{
	return arena_copy(p->ast->arena, text, len);
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

int parser_open(struct parser *p, enum token_kind open, const char *what,
		struct bracket *ret_bracket)
{
	if (p->token.kind != open)
		return parser_expected(p, what, NULL);
	*ret_bracket = (struct bracket){
		.outer = p->bracket,
		.close = open == TOKEN_BRACE_OPEN ? TOKEN_BRACE_CLOSE :
						    TOKEN_PAREN_CLOSE,
		.place = p->token.place,
	};
	p->bracket = ret_bracket;
	parser_advance(p);
	return 0;
}

int parser_close(struct parser *p, const char *what)
{
	if (p->token.kind != p->bracket->close)
		return parser_expected(p, what, NULL);
	p->bracket = p->bracket->outer;
	parser_advance(p);
	return 0;
}

void parser_error(struct parser *p, struct place place, const char *fix,
		  const char *text, ...)
{
	va_list args;

	va_start(args, text);
	diag_addv(p->diag, DIAG_ERROR, place, fix, text, args);
	va_end(args);
	p->is_broken = true;
}

int parser_twice(struct parser *p)
{
	parser_error(p, p->taken.place, NULL, "'%.*s%s' is given twice",
		     WORD_OF(&p->taken));
	return -EINVAL;
}

/* Whether an earlier statement defines a class of this name. */
static bool is_class(const struct parser *p, const struct token *word)
{
	const struct ast_statement *s;

	for (s = p->ast->statements; s != NULL; s = s->next)
		if (s->kind == STATEMENT_CLASS &&
		    token_is(word, s->name.text))
			return true;
	return false;
}

/* The nearest word to a token; NULL when the token is that word itself. */
static const char *meant_by(const struct token *word,
			    const struct nearest *nearest)
{
	if (nearest->best != NULL && token_is(word, nearest->best))
		return NULL;
	return nearest->best;
}

static const char *nearest_word(const struct token *word,
				const char *const *candidates)
{
	struct nearest nearest = { .word = word->text, .word_len = word->len };

	for (; candidates != NULL && *candidates != NULL; candidates++)
		nearest_offer(&nearest, *candidates);
	return meant_by(word, &nearest);
}

static const char *nearest_statement(const struct token *word)
{
	struct nearest nearest = { .word = word->text, .word_len = word->len };

	parser_offer_statements(&nearest);
	return meant_by(word, &nearest);
}

static const char *nearest_condition(const struct token *word)
{
	struct nearest nearest = { .word = word->text, .word_len = word->len };

	parser_offer_conditions(&nearest);
	return meant_by(word, &nearest);
}

static void report_misspelt(struct parser *p, const struct token *word,
			    const char *meant, const char *what)
{
	char fix[FIX_MAX];

	snprintf(fix, sizeof(fix), "did you mean '%s'?", meant);
	parser_error(p, word->place, fix, "expected %s, not '%.*s%s'", what,
		     WORD_OF(word));
}

/*
 * `class a = tcp dprot 25` fails only at 25, since dprot could be the name of
 * a class. Report the misspelt word before the error, if there is one.
 */
static bool report_earlier(struct parser *p, const char *what)
{
	static const char *const outcomes[] = { "via", "drop", NULL };
	const struct token *word = &p->line_word;
	const char *meant = NULL;

	if (diag_errors(p->diag) >= DIAG_MAX)
		return false;
	if (word->text != NULL && word->place.line == p->token.place.line &&
	    !is_class(p, word))
		meant = nearest_statement(word);
	if (meant != NULL) {
		report_misspelt(p, word, meant, "a statement");
		return true;
	}
	if (p->class_words[0].text == NULL ||
	    p->class_words[0].offset != p->taken.offset)
		return false;
	word = &p->class_words[1];
	if (p->token.kind == TOKEN_STOP && word->text != NULL &&
	    !is_class(p, word))
		meant = nearest_word(word, outcomes);
	if (meant != NULL) {
		report_misspelt(p, word, meant, what);
		return true;
	}
	word = &p->class_words[0];
	if (!is_class(p, word))
		meant = nearest_condition(word);
	if (meant != NULL)
		report_misspelt(p, word, meant, "a condition");
	return meant != NULL;
}

/* The fix for operators of other languages. */
static const char *foreign_fix(const struct parser *p)
{
	const struct token *token = &p->token;

	if (token->kind == TOKEN_SEMICOLON)
		return p->bracket != NULL ? "write ','" :
			"a statement ends at the end of its line: leave out "
			"the ';'";
	if (token->kind == TOKEN_COMMA && p->class_words[0].text != NULL &&
	    p->class_words[0].offset == p->taken.offset)
		return "write 'or' or 'and' between conditions";
	if (token->kind == TOKEN_COMMA && p->bracket == NULL)
		return "write several values in braces: { a, b }";
	if (token->kind == TOKEN_EQUALS && p->taken.kind == TOKEN_EQUALS)
		return "write a single =";
	if (token->kind == TOKEN_EQUALS && p->taken.kind == TOKEN_WORD &&
	    parser_separates(p->taken.text, p->taken.len))
		return "leave out the '='";
	if (token->kind != TOKEN_WORD)
		return NULL;
	if (token->len >= 2 && memcmp(token->text, "&&", 2) == 0)
		return "write 'and'";
	if (token->len >= 2 && memcmp(token->text, "||", 2) == 0)
		return "write 'or'";
	if (token->text[0] == '!')
		return "write 'not'";
	if (token->len >= 2 && memcmp(token->text, "//", 2) == 0)
		return "a comment starts with '#'";
	return NULL;
}

/* At the end of a statement: report it, or the bracket that is still open. */
static void report_stop(struct parser *p, const char *what)
{
	if (p->bracket != NULL) {
		parser_error(p, p->bracket->place, NULL,
			     "this '%c' is not closed",
			     p->bracket->close == TOKEN_BRACE_CLOSE ?
			     '{' : '(');
		return;
	}
	parser_error(p, p->token.place, NULL, "expected %s, but the %s ends",
		     what, p->resume.kind == TOKEN_END ? "text" :
							 "statement");
}

/* A token including its '@' or its quotes. */
static struct token as_written(const struct token *token)
{
	struct token shown = *token;

	if (token->kind == TOKEN_LIST || token->kind == TOKEN_STRING)
		shown.text--;
	if (token->kind == TOKEN_LIST)
		shown.len++;
	else if (token->kind == TOKEN_STRING)
		shown.len += 2;
	return shown;
}

/* `meant` is the word that the token may be a misspelling of, and `fix` the
 * remedy if there is none; both may be NULL. */
static int report_expected(struct parser *p, const char *what,
			   const char *meant, const char *fix)
{
	const struct token *token = &p->token;
	struct token shown = as_written(token);
	const char *foreign = foreign_fix(p);

	if (token->kind == TOKEN_BAD) {
		parser_error(p, token->place, NULL, "%s", token->why);
		return -EINVAL;
	}
	if (foreign == NULL && report_earlier(p, what))
		return -EINVAL;
	if (token->kind == TOKEN_STOP) {
		report_stop(p, what);
		return -EINVAL;
	}
	if (foreign == NULL && token->kind == TOKEN_WORD && meant != NULL)
		report_misspelt(p, token, meant, what);
	else
		parser_error(p, token->place, foreign != NULL ? foreign : fix,
			     "expected %s, not '%.*s%s'", what,
			     WORD_OF(&shown));
	return -EINVAL;
}

int parser_expected(struct parser *p, const char *what,
		    const char *const *candidates)
{
	return report_expected(p, what, nearest_word(&p->token, candidates),
			       NULL);
}

int parser_expected_statement(struct parser *p)
{
	return report_expected(p, "a statement", nearest_statement(&p->token),
			       NULL);
}

/* List the conditions, unless a keyword is just at the wrong place. */
int parser_expected_condition(struct parser *p)
{
	char words[CONDITIONS_TEXT_MAX], fix[CONDITIONS_TEXT_MAX + FIX_MAX];
	const struct token *token = &p->token;

	snprintf(fix, sizeof(fix), "a condition is one of: %s",
		 condition_words(words));
	return report_expected(p, "a condition", nearest_condition(token),
			       token->kind == TOKEN_WORD &&
			       parser_reserved(token->text, token->len) == NULL
			       ? fix : NULL);
}

/* Parsing continues after an error at the keyword of a statement. It may be
 * misspelt if it is indented no further than the broken statement. */
static bool is_resumption(const struct token *token, uint32_t column)
{
	if (token->kind == TOKEN_END || parser_starts_statement(token))
		return true;
	return token->kind == TOKEN_WORD && token->starts_line &&
	       token->place.column <= column &&
	       nearest_statement(token) != NULL;
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
	if (p->is_flow)
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

static int read_statements(struct ast *ast, struct diag *diag,
			   struct source *source, const struct reading *outer,
			   bool is_flow, struct ast_statement **tail)
{
	char *path = realpath(source->name, NULL);
	struct reading reading = {
		.outer = outer,
		.path = path != NULL ? path : source->name,
	};
	struct parser p = {
		.ast = ast, .diag = diag, .source = source, .reading = &reading,
		.is_flow = is_flow,
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
	return read_statements(p->ast, p->diag, source, p->reading, false,
			       ret_statements);
}

static const struct place nowhere;

/* The tree takes ownership of `source`. */
static struct ast *parse(struct source *source, bool is_flow,
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
	rc = read_statements(ast, diag, source, NULL, is_flow,
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
	return parse(source, false, diag);
}

static struct ast *parse_text(const char *name, const char *text, size_t len,
			      bool is_flow, struct diag *diag)
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
	return parse(source, is_flow, diag);
}

struct ast *ast_parse(const char *name, const char *text, size_t len,
		      struct diag *diag)
{
	return parse_text(name, text, len, false, diag);
}

struct ast *ast_parse_flow(const char *words, struct diag *diag)
{
	return parse_text("flow", words, strlen(words), true, diag);
}
