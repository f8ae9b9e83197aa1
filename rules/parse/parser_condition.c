/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parser_condition.c - conditions: `not` binds tighter than `and`, `and`
 * tighter than `or`. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "rules/parse/parser.h"

static int disjunction(struct parser *p, struct ast_condition **ret);

static struct ast_condition *new_condition(struct parser *p,
					   enum condition_kind kind)
{
	struct ast_condition *c = parser_alloc(p, sizeof(*c));

	if (c != NULL) {
		c->kind = kind;
		c->place = p->token.place;
	}
	return c;
}

/*
 * The operands of an AND or an OR. A single operand replaces the join, and an
 * operand of the same kind is replaced by its children.
 */
struct operands {
	enum condition_kind kind;
	struct ast_condition *first;
	struct ast_condition **tail;
	size_t count;
};

static void operands_add(struct operands *operands, struct ast_condition *child)
{
	if (operands->count == 0)
		operands->tail = &operands->first;
	if (child->kind == operands->kind)
		child = child->children;
	while (child != NULL) {
		*operands->tail = child;
		operands->tail = &child->next;
		operands->count++;
		child = child->next;
	}
}

static int operands_join(struct parser *p, struct operands *operands,
			 struct ast_condition **ret)
{
	struct ast_condition *parent = operands->first;

	if (operands->count > 1) {
		parent = new_condition(p, operands->kind);
		if (parent == NULL)
			return -ENOMEM;
		parent->place = operands->first->place;
		parent->children = operands->first;
	}
	*ret = parent;
	return 0;
}

static bool find_atom(const struct token *token, enum atom_kind *ret_atom)
{
	for (int i = 0; i < ATOM_KINDS; i++)
		if (token_is(token, condition_rows[i].word)) {
			*ret_atom = (enum atom_kind)i;
			return true;
		}
	return false;
}

static bool find_protocol(const struct token *token)
{
	const struct keyword *row;

	for (row = keywords_protocol; row->name != NULL; row++)
		if (token_is(token, row->name))
			return true;
	return token_is(token, condition_rows[ATOM_PROTO].word);
}

static int atom(struct parser *p, enum atom_kind kind,
		struct ast_condition **ret)
{
	struct ast_condition *c = new_condition(p, CONDITION_ATOM);
	int rc;

	if (c == NULL)
		return -ENOMEM;
	c->atom = kind;
	parser_advance(p);
	rc = condition_rows[kind].values == VALUES_NONE ? 0 :
	     parser_set(p, kind, &c->values);
	if (rc == 0)
		*ret = c;
	return rc;
}

/* A protocol, and the ports that follow it. */
static int protocol(struct parser *p, struct ast_condition **ret)
{
	struct ast_condition *c = new_condition(p, CONDITION_ATOM);
	struct ast_value *value = parser_alloc(p, sizeof(*value));
	struct operands operands = { .kind = CONDITION_AND };
	enum atom_kind kind;
	int rc;

	if (c == NULL || value == NULL)
		return -ENOMEM;
	value->place = p->token.place;
	rc = parser_value_protocol(p, &value->first);
	if (rc < 0)
		return rc;
	value->kind = VALUE_NUMBER;
	value->last = value->first;
	value->text = keywords_of(keywords_protocol, value->first);
	c->atom = ATOM_PROTO;
	c->values = value;
	operands_add(&operands, c);
	while (parser_at(p, "sport") || parser_at(p, "dport")) {
		if (!keywords_has_ports(value->first)) {
			parser_error(p, p->token.place, NULL,
				     "this protocol has no ports");
			return -EINVAL;
		}
		kind = parser_at(p, "sport") ? ATOM_SPORT : ATOM_DPORT;
		rc = atom(p, kind, &c);
		if (rc < 0)
			return rc;
		operands_add(&operands, c);
	}
	return operands_join(p, &operands, ret);
}

/* The bytes between the slashes, with "/" for "\/". */
static const char *unescape(struct parser *p, const struct token *token)
{
	char *text = parser_copy(p, token->text, token->len);
	size_t from, to = 0;

	if (text == NULL)
		return NULL;
	for (from = 0; from < token->len; from++) {
		if (text[from] == '\\' && from + 1 < token->len &&
		    text[++from] != '/')
			text[to++] = '\\';
		text[to++] = text[from];
	}
	text[to] = '\0';
	return text;
}

static int payload(struct parser *p, struct ast_condition **ret)
{
	struct ast_condition *c = new_condition(p, CONDITION_ATOM);
	struct ast_value *value = parser_alloc(p, sizeof(*value));

	if (c == NULL || value == NULL)
		return -ENOMEM;
	c->atom = ATOM_PAYLOAD;
	c->values = value;
	parser_advance(p);
	if (parser_take(p, "client"))
		c->side = PAYLOAD_CLIENT;
	else if (parser_take(p, "server"))
		c->side = PAYLOAD_SERVER;
	if (p->token.kind != TOKEN_WORD || p->token.text[0] != '/')
		return parser_expected(p, "a pattern between slashes, "
				       "/like this/", NULL);
	lexer_regex(&p->lexer, &p->token, &p->token);
	if (p->token.kind == TOKEN_BAD)
		return parser_expected(p, "a pattern", NULL);
	if (p->token.len == 0)
		parser_error(p, p->token.place, NULL,
			     "this pattern is empty");
	value->place = p->token.place;
	value->kind = VALUE_NAME;
	value->text = unescape(p, &p->token);
	if (value->text == NULL)
		return -ENOMEM;
	parser_advance(p);
	*ret = c;
	return 0;
}

/* Any other word may be the name of a class; the compiler checks it. */
static int class_name(struct parser *p, struct ast_condition **ret)
{
	struct ast_condition *c = new_condition(p, CONDITION_CLASS);
	struct token token = p->token;
	struct ast_name name = { .text = NULL };
	const char *word = parser_reserved(token.text, token.len);
	char fix[40];
	int rc;

	if (c == NULL)
		return -ENOMEM;
	if (token.kind == TOKEN_WORD && word != NULL &&
	    !token_is(&token, word)) {
		snprintf(fix, sizeof(fix), "write '%s'", word);
		parser_error(p, token.place, fix,
			     "keywords are in lower case");
		return -EINVAL;
	}
	if (token.kind != TOKEN_WORD || word != NULL ||
	    strchr("-!&|/[0123456789", token.text[0]) != NULL)
		return parser_expected_condition(p);
	rc = parser_value_name(p, "a condition", &name);
	if (rc < 0)
		return rc;
	p->class_words[1] = p->class_words[0];
	p->class_words[0] = token;
	c->name = name.text;
	*ret = c;
	return 0;
}

static int group(struct parser *p, struct ast_condition **ret)
{
	struct bracket paren;
	int rc;

	rc = parser_open(p, TOKEN_PAREN_OPEN, "'('", &paren);
	if (rc < 0)
		return rc;
	rc = disjunction(p, ret);
	if (rc < 0)
		return rc;
	return parser_close(p, "')'");
}

static int factor(struct parser *p, struct ast_condition **ret);

static int negation(struct parser *p, struct ast_condition **ret)
{
	struct ast_condition *c = new_condition(p, CONDITION_NOT);
	int rc;

	if (c == NULL)
		return -ENOMEM;
	parser_advance(p);
	rc = factor(p, &c->children);
	if (rc == 0)
		*ret = c;
	return rc;
}

static int nested(struct parser *p, struct ast_condition **ret)
{
	int rc;

	if (p->depth == PARSER_DEPTH_MAX) {
		parser_error(p, p->token.place, "define a class for a part of "
			     "it", "this condition is nested too deeply");
		return -EINVAL;
	}
	p->depth++;
	rc = parser_at(p, "not") ? negation(p, ret) : group(p, ret);
	p->depth--;
	return rc;
}

static int factor(struct parser *p, struct ast_condition **ret)
{
	enum atom_kind kind;

	if (parser_at(p, "not") || p->token.kind == TOKEN_PAREN_OPEN)
		return nested(p, ret);
	if (find_protocol(&p->token))
		return protocol(p, ret);
	if (!find_atom(&p->token, &kind))
		return class_name(p, ret);
	if (condition_rows[kind].values == VALUES_PATTERN)
		return payload(p, ret);
	return atom(p, kind, ret);
}

/* Whether the conjunction ends here; the caller checks what follows. */
static bool ends_conjunction(const struct parser *p)
{
	return p->token.kind == TOKEN_STOP ||
	       p->token.kind == TOKEN_PAREN_CLOSE || parser_at(p, "or") ||
	       parser_at(p, "via") || parser_at(p, "drop") ||
	       parser_at(p, "exempt") || (p->is_never && parser_at(p, "first"));
}

/* *ret_has_and: whether the word `and` joins the factors. */
static int conjunction(struct parser *p, struct ast_condition **ret,
		       bool *ret_has_and)
{
	struct operands operands = { .kind = CONDITION_AND };
	struct ast_condition *child;
	bool has_and = false, is_and;
	int rc;

	do {
		rc = factor(p, &child);
		if (rc < 0)
			return rc;
		operands_add(&operands, child);
		is_and = parser_take(p, "and");
		has_and |= is_and;
	} while (is_and || !ends_conjunction(p));
	*ret_has_and = has_and;
	return operands_join(p, &operands, ret);
}

static int disjunction(struct parser *p, struct ast_condition **ret)
{
	struct operands operands = { .kind = CONDITION_OR };
	struct ast_condition *child;
	bool has_and;
	int rc;

	do {
		struct place place = p->token.place;

		rc = conjunction(p, &child, &has_and);
		if (rc < 0)
			return rc;
		if (has_and && operands.count > 0)
			diag_add(p->diag, DIAG_WARNING, place,
				 "write parentheses around the part that "
				 "belongs together",
				 "'and' binds tighter than 'or' here");
		operands_add(&operands, child);
	} while (parser_take(p, "or"));
	return operands_join(p, &operands, ret);
}

int parser_condition(struct parser *p, struct ast_condition **ret_condition)
{
	return disjunction(p, ret_condition);
}
