/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_report.c - the error messages of the parser, with their fixes. */
#include <errno.h>
#include <string.h>

#include "rules/parse/parser.h"

#define FIX_MAX 120

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

const char *parser_nearest_statement(const struct token *word)
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
		meant = parser_nearest_statement(word);
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
	if (is_class(p, word))
		return false;
	meant = nearest_condition(word);
	if (meant != NULL)
		what = "a condition";
	else
		meant = nearest_word(word, outcomes);
	if (meant != NULL)
		report_misspelt(p, word, meant, what);
	return meant != NULL;
}

/* The fix for an operator or a comment of another language. */
static const char *foreign_operator(const struct token *token)
{
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

/* The fix for punctuation of other languages. */
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
	return foreign_operator(token);
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
	return report_expected(p, "a statement", parser_nearest_statement(&p->token),
			       NULL);
}

/* Whether the token is a value, which cannot follow the name of a class. */
static bool is_value(const struct token *token)
{
	return token->kind == TOKEN_LIST || token->kind == TOKEN_STRING ||
	       token->kind == TOKEN_BRACE_OPEN ||
	       (token->kind == TOKEN_WORD && foreign_operator(token) == NULL &&
		parser_reserved(token->text, token->len) == NULL);
}

/* List the conditions, unless a keyword is just at the wrong place. A value
 * after what seemed the name of a class means that it is no condition. */
int parser_expected_condition(struct parser *p)
{
	char words[CONDITIONS_TEXT_MAX], fix[CONDITIONS_TEXT_MAX + FIX_MAX];
	const struct token *token = &p->token, *word = &p->class_words[0];

	if (token->kind == TOKEN_WORD && token->text[0] == '-') {
		parser_error(p, token->place, parser_iptables_fix(token, fix,
								  sizeof(fix)),
			     "expected a condition, not '%.*s%s'",
			     WORD_OF(token));
		return -EINVAL;
	}
	snprintf(fix, sizeof(fix), "a condition is one of: %s",
		 condition_words(words));
	if (is_value(token) && word->text != NULL &&
	    word->offset == p->taken.offset && !is_class(p, word) &&
	    nearest_condition(word) == NULL && foreign_fix(p) == NULL) {
		if (report_earlier(p, "a condition"))
			return -EINVAL;
		parser_error(p, word->place, fix, "there is no condition "
			     "'%.*s%s'", WORD_OF(word));
		return -EINVAL;
	}
	return report_expected(p, "a condition", nearest_condition(token),
			       token->kind == TOKEN_WORD && is_value(token) ?
			       fix : NULL);
}
