/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_condition.c - compile conditions and classes to nodes of the pool. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/vocabulary.h"
#include "rules/compile/compile.h"
#include "rules/parse/keywords.h"

static void report_unknown(struct compiler *c, struct place place,
			   const char *what, const char *word,
			   const struct nearest *near, const char *fallback)
{
	char fix[CONDITIONS_TEXT_MAX + 120];

	if (near->best != NULL)
		snprintf(fix, sizeof(fix), "did you mean '%s'?", near->best);
	else
		snprintf(fix, sizeof(fix), "%s", fallback);
	diag_add(c->diag, DIAG_ERROR, place, fix, "there is no %s '%s'", what,
		 word);
}

int compile_app(struct compiler *c, const char *word, struct place place,
		struct bitmap *ret_apps)
{
	struct nearest near = { .word = word, .word_len = strlen(word) };

	for (size_t i = 0; i < c->vocabulary->app_count; i++) {
		const struct app_word *app = &c->vocabulary->apps[i];

		if (strcasecmp(app->word, word) == 0) {
			for (int w = 0; w < APP_WORDS; w++)
				ret_apps->words[w] |= app->apps[w];
			return 0;
		}
		nearest_offer(&near, app->word);
	}
	report_unknown(c, place, "application", word, &near,
		       "'waymark hints' lists the known ones");
	return -EINVAL;
}

/* Names that have a bit in the facts: their kind, and their array in the
 * policy. */
struct interned {
	const char *what;
	const char **names;
	size_t *count;
	size_t max;
};

/* Find or assign the bit of a name. */
static int intern(struct compiler *c, const struct interned *in,
		  const struct ast_value *value, uint32_t *ret_bit)
{
	size_t i = 0;

	while (i < *in->count && strcmp(in->names[i], value->text) != 0)
		i++;
	if (i == in->max) {
		diag_add(c->diag, DIAG_ERROR, value->place, NULL,
			 "more than %zu different %s", in->max, in->what);
		return -EINVAL;
	}
	if (i == *in->count) {
		in->names[i] = compile_text(c, value->text);
		if (in->names[i] == NULL)
			return -ENOMEM;
		*in->count = i + 1;
	}
	*ret_bit = UINT32_C(1) << i;
	return 0;
}

static int compile_apps(struct compiler *c, const struct ast_condition *atom,
			uint32_t *ret_node)
{
	struct bitmap apps = { 0 };
	int rc = 0;

	for (const struct ast_value *v = atom->values; v != NULL; v = v->next)
		if (compile_app(c, v->text, v->place, &apps) < 0)
			rc = -EINVAL;
	if (rc == 0)
		*ret_node = condition_bitmap(&c->policy->pool, NODE_APP, &apps);
	return rc;
}

static int compile_bits(struct compiler *c, const struct ast_condition *atom,
			uint32_t *ret_node)
{
	struct policy *p = c->policy;
	const struct interned alpn = {
		"ALPN names", p->alpn, &p->alpn_count, ALPN_MAX,
	};
	const struct interned ja4 = {
		"JA4 fingerprints", p->ja4, &p->ja4_count, JA4_MAX,
	};
	bool is_alpn = atom->atom == ATOM_ALPN;
	uint32_t bits = 0, bit;

	for (const struct ast_value *v = atom->values; v != NULL; v = v->next) {
		int rc = intern(c, is_alpn ? &alpn : &ja4, v, &bit);

		if (rc < 0)
			return rc;
		bits |= bit;
	}
	*ret_node = condition_leaf(&p->pool, condition_rows[atom->atom].node,
				   bits);
	return 0;
}

/* A bitmap of the bytes that match. A TOS value is compared under its mask; a
 * DSCP is the upper six bits (RFC 2474, 3). */
static int compile_bytes(struct compiler *c, const struct ast_condition *atom,
			 uint32_t *ret_node)
{
	enum node_kind kind = condition_rows[atom->atom].node;
	struct bitmap bitmap = { 0 };

	for (const struct ast_value *v = atom->values; v != NULL; v = v->next)
		for (uint32_t n = 0; n < 256; n++) {
			bool in = atom->atom == ATOM_TOS ?
				(n & v->last) == (v->first & v->last) :
				(atom->atom == ATOM_DSCP ? n >> 2 : n) >=
				v->first &&
				(atom->atom == ATOM_DSCP ? n >> 2 : n) <=
				v->last;

			if (in)
				bitmap.words[n / 64] |= UINT64_C(1) << n % 64;
		}
	*ret_node = condition_bitmap(&c->policy->pool, kind, &bitmap);
	return 0;
}

static int compile_set(struct compiler *c, const struct ast_condition *atom,
		       uint32_t *ret_node)
{
	const struct condition_row *row = &condition_rows[atom->atom];
	uint32_t set = 0;
	int rc;

	switch (row->test) {
	case TEST_ADDRESSES:
		rc = compile_address_set(c, atom->values, &set);
		break;
	case TEST_DOMAINS:
		rc = compile_domain_set(c, atom->values, &set);
		break;
	case TEST_INTERFACES:
		rc = compile_interface_set(c, atom->values, &set);
		break;
	case TEST_USERS:
		rc = compile_uid_set(c, atom, &set);
		break;
	default:
		rc = compile_number_set(c, atom->values, &set);
	}
	if (rc == 0)
		*ret_node = condition_leaf(&c->policy->pool, row->node, set);
	return rc;
}

/* Number each distinct pattern; compile_tables() compiles all of them. */
static int compile_payload(struct compiler *c, const struct ast_condition *atom,
			   uint32_t *ret_node)
{
	uint8_t sides = atom->side == PAYLOAD_CLIENT ? PATTERN_CLIENT :
			atom->side == PAYLOAD_SERVER ? PATTERN_SERVER :
			PATTERN_CLIENT | PATTERN_SERVER;
	const char *regex = atom->values->text;
	size_t i = 0;

	while (i < c->pattern_count && (c->patterns[i].sides != sides ||
					strcmp(c->patterns[i].regex, regex)))
		i++;
	if (i == PATTERNS_MAX) {
		diag_add(c->diag, DIAG_ERROR, atom->place,
			 "combine some with '|'",
			 "more than %d payload patterns",
			 PATTERNS_MAX);
		return -EINVAL;
	}
	if (i == c->pattern_count) {
		c->patterns[i].regex = regex;
		c->patterns[i].sides = sides;
		c->pattern_places[c->pattern_count++] = atom->values->place;
	}
	*ret_node = condition_leaf(&c->policy->pool, NODE_PAYLOAD, (uint32_t)i);
	return 0;
}

static int compile_flag(struct compiler *c, const struct ast_condition *atom,
			uint32_t *ret_node)
{
	*ret_node = condition_leaf(&c->policy->pool,
				   condition_rows[atom->atom].node, 0);
	return 0;
}

static int compile_atom(struct compiler *c, const struct ast_condition *atom,
			uint32_t *ret_node)
{
	static int (*const compilers[TEST_TYPES])(
		struct compiler *, const struct ast_condition *,
		uint32_t *) = {
		[TEST_NONE] = compile_flag,
		[TEST_BYTES] = compile_bytes,
		[TEST_APPS] = compile_apps,
		[TEST_BITS] = compile_bits,
		[TEST_NUMBERS] = compile_set,
		[TEST_ADDRESSES] = compile_set,
		[TEST_INTERFACES] = compile_set,
		[TEST_USERS] = compile_set,
		[TEST_DOMAINS] = compile_set,
		[TEST_PATTERN] = compile_payload,
	};

	return compilers[condition_rows[atom->atom].test](c, atom, ret_node);
}

static int compile_class(struct compiler *c, struct class_item *class);

static bool is_all(const char *word)
{
	return strcmp(word, "all") == 0 || strcmp(word, "any") == 0 ||
	       strcmp(word, "everything") == 0;
}

/* An unknown word can be a misspelt class or condition. */
static void report_class(struct compiler *c, const struct ast_condition *use,
			 struct nearest *near)
{
	char words[CONDITIONS_TEXT_MAX], fix[CONDITIONS_TEXT_MAX + 120];

	for (int i = 0; i < ATOM_KINDS; i++)
		nearest_offer(near, condition_rows[i].word);
	snprintf(fix, sizeof(fix), "define 'class %.60s = CONDITION', or use "
		 "one of: %s", use->name, condition_words(words));
	report_unknown(c, use->place, "class or condition", use->name, near,
		       is_all(use->name) ? "write 'default via UPLINK' for "
					   "all other flows" : fix);
}

static int compile_class_use(struct compiler *c,
			     const struct ast_condition *use,
			     uint32_t *ret_node)
{
	struct nearest near = { .word = use->name,
				.word_len = strlen(use->name) };
	struct class_item *class = NULL;
	int rc;

	for (size_t i = 0; i < c->classes.count && class == NULL; i++) {
		const char *name = c->classes.items[i].statement->name.text;

		nearest_offer(&near, name);
		if (strcmp(name, use->name) == 0)
			class = &c->classes.items[i];
	}
	if (class == NULL) {
		report_class(c, use, &near);
		return -EINVAL;
	}
	if (class->state == CLASS_OPEN) {
		diag_add(c->diag, DIAG_ERROR, use->place,
			 "remove one of the references",
			 "class '%s' refers to itself", use->name);
		return -EINVAL;
	}
	class->is_used = true;
	rc = compile_class(c, class);
	if (rc == -ENOMEM || GROW(&c->named) < 0)
		return -ENOMEM;
	c->named.items[c->named.count++] =
		(uint16_t)(class - c->classes.items);
	*ret_node = class->node;
	return rc;
}

/* Compile all children even after an error, to report all errors. */
static int compile_children(struct compiler *c,
			    const struct ast_condition *condition,
			    uint32_t *ret_node)
{
	enum node_kind kind =
		condition->kind == CONDITION_AND ? NODE_AND : NODE_OR;
	size_t count = 0, i = 0;
	uint32_t *nodes;
	int rc = 0;

	for (const struct ast_condition *k = condition->children; k != NULL;
	     k = k->next)
		count++;
	nodes = calloc(count + 1, sizeof(*nodes));
	if (nodes == NULL)
		return -ENOMEM;
	for (const struct ast_condition *k = condition->children; k != NULL;
	     k = k->next) {
		int one = compile_condition(c, k, &nodes[i++]);

		rc = one < 0 && rc != -ENOMEM ? one : rc;
	}
	if (rc == 0)
		*ret_node = condition_join(&c->policy->pool, kind, nodes,
					   count);
	free(nodes);
	return rc;
}

int compile_condition(struct compiler *c, const struct ast_condition *condition,
		      uint32_t *ret_node)
{
	uint32_t node = 0;
	int rc;

	switch (condition->kind) {
	case CONDITION_NOT:
		rc = compile_condition(c, condition->children, &node);
		if (rc == 0)
			node = condition_not(&c->policy->pool, node);
		break;
	case CONDITION_CLASS:
		rc = compile_class_use(c, condition, &node);
		break;
	case CONDITION_ATOM:
		rc = compile_atom(c, condition, &node);
		break;
	default:
		rc = compile_children(c, condition, &node);
	}
	if (rc == 0 && node == NODE_NONE)
		return -ENOMEM;
	if (rc == 0)
		*ret_node = node;
	return rc;
}

/* Only the class that a route names counts for it, not the classes within. */
static int compile_class(struct compiler *c, struct class_item *class)
{
	size_t named = c->named.count;
	int rc;

	if (class->state == CLASS_DONE)
		return 0;
	class->state = CLASS_OPEN;
	rc = compile_condition(c, class->statement->class_condition,
			       &class->node);
	class->state = CLASS_DONE;
	c->named.count = named;
	return rc;
}

int compile_classes(struct compiler *c)
{
	struct policy *p = c->policy;

	p->classes = arena_alloc(p->arena, (c->classes.count + 1) *
					   sizeof(*p->classes));
	if (p->classes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->classes.count; i++) {
		struct class_item *class = &c->classes.items[i];

		if (compile_class(c, class) == -ENOMEM)
			return -ENOMEM;
		p->classes[i].name =
			compile_text(c, class->statement->name.text);
		p->classes[i].node = class->node;
		if (p->classes[i].name == NULL)
			return -ENOMEM;
	}
	p->class_count = c->classes.count;
	return 0;
}
