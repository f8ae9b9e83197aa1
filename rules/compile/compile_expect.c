/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_expect.c - expect lines: the facts of a flow and its outcome. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/vocabulary.h"
#include "rules/compile/compile.h"
#include "rules/parse/keywords.h"

static uint16_t number_of(const struct ast_number *number)
{
	return number->place.line == 0 ? 0 : (uint16_t)number->value;
}

static bool is_known(const struct ast_expect *a, enum atom_kind atom)
{
	return a->known[atom].place.line != 0;
}

static void fill_headers(const struct ast_expect *a, struct facts *f)
{
	f->client = a->src;
	f->server = a->dst;
	f->sport = number_of(&a->sport);
	f->dport = number_of(&a->dport);
	f->has_ports = keywords_has_ports(a->proto);
	f->proto = (uint8_t)a->proto;
	f->tos = (uint8_t)(is_known(a, ATOM_DSCP) ?
			   a->known[ATOM_DSCP].value << 2 :
			   a->known[ATOM_TOS].value);
	f->length = (uint16_t)a->known[ATOM_LENGTH].value;
}

/* The first application that a word stands for. */
static int fill_app(const struct vocabulary *vocabulary, struct diag *diag,
		    const struct ast_known *name, uint16_t *ret_app)
{
	struct compiler c = { .vocabulary = vocabulary, .diag = diag };
	struct bitmap apps = { 0 };

	if (name->text == NULL)
		return 0;
	if (compile_app(&c, name->text, name->place, &apps) < 0)
		return -EINVAL;
	for (uint16_t n = 1; n < APP_MAX; n++)
		if (apps.words[n / 64] >> n % 64 & 1) {
			*ret_app = n;
			break;
		}
	return 0;
}

static int fill_expect(const struct vocabulary *vocabulary, struct diag *diag,
		       const struct ast_expect *a, struct arena *arena,
		       struct expect *e)
{
	const struct { enum atom_kind atom; const char **to; } texts[] = {
		{ ATOM_HOST, &e->host }, { ATOM_IN, &e->interface },
		{ ATOM_APP, &e->app }, { ATOM_ALPN, &e->alpn },
		{ ATOM_JA4, &e->ja4 },
	};

	fill_headers(a, &e->facts);
	e->facts.is_own = is_known(a, ATOM_UID);
	e->uid = is_known(a, ATOM_UID) ? a->known[ATOM_UID].value : UID_NONE;
	e->has_all_ports = !e->facts.has_ports ||
			   (a->sport.place.line != 0 &&
			    a->dport.place.line != 0);
	e->facts.known = FACT_ALL;
	e->facts.ech = is_known(a, ATOM_ECH);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = a->known[texts[i].atom].text;

		if (text == NULL)
			continue;
		*texts[i].to = arena_copy(arena, text, strlen(text));
		if (*texts[i].to == NULL)
			return -ENOMEM;
	}
	return fill_app(vocabulary, diag, &a->known[ATOM_APP],
			&e->facts.app);
}

int compile_expects(struct compiler *c)
{
	struct policy *p = c->policy;

	p->expects = arena_alloc(p->arena, (c->expects.count + 1) *
					   sizeof(*p->expects));
	if (p->expects == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->expects.count; i++) {
		const struct ast_statement *s = c->expects.items[i];
		struct expect *e = &p->expects[i];

		if (fill_expect(c->vocabulary, c->diag, &s->expect, p->arena,
				e) == -ENOMEM)
			return -ENOMEM;
		e->place = compile_place(c, s->place);
		e->first = s->expect.first.kind;
		e->outcome = s->expect.outcome.kind;
		e->late = s->expect.late;
		e->text = compile_statement_text(c, s);
		(void)compile_paths(c, &s->expect.first, &e->first_paths);
		(void)compile_paths(c, &s->expect.outcome, &e->paths);
		if (e->text == NULL)
			return -ENOMEM;
	}
	p->expect_count = c->expects.count;
	return 0;
}

int compile_nevers(struct compiler *c)
{
	struct policy *p = c->policy;

	p->nevers = arena_alloc(p->arena, (c->nevers.count + 1) *
					  sizeof(*p->nevers));
	if (p->nevers == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->nevers.count; i++) {
		const struct ast_statement *s = c->nevers.items[i];
		struct never *never = &p->nevers[i];

		never->node = 1;	/* NODE_TRUE: all flows */
		if (s->never.condition != NULL &&
		    compile_condition(c, s->never.condition,
				      &never->node) == -ENOMEM)
			return -ENOMEM;
		never->place = compile_place(c, s->place);
		never->text = compile_statement_text(c, s);
		never->outcome = s->never.outcome.kind;
		never->is_first = s->never.is_first;
		(void)compile_paths(c, &s->never.outcome, &never->paths);
		if (never->text == NULL)
			return -ENOMEM;
	}
	p->never_count = c->nevers.count;
	return 0;
}

static void resolve(const struct policy *policy, struct expect *e)
{
	policy_resolve_headers(policy, &e->facts);
	e->facts.uid_bits = policy_resolve_uid(policy, e->uid);
	if (e->host != NULL)
		e->facts.host_sets = policy_resolve_host(policy, e->host,
							 strlen(e->host));
	if (e->interface != NULL)
		e->facts.in_sets = policy_resolve_interface(policy,
							    e->interface);
	/* A name that no condition tests has no bit. */
	if (e->alpn != NULL)
		e->facts.alpn_bits = policy_resolve_alpn(policy, e->alpn,
							 strlen(e->alpn));
	if (e->ja4 != NULL)
		e->facts.ja4_bits = policy_resolve_ja4(policy, e->ja4);
}

void compile_expects_resolve(struct policy *policy)
{
	for (size_t i = 0; i < policy->expect_count; i++)
		resolve(policy, &policy->expects[i]);
}

/* ---- a flow on the command line ---- */

struct flow_words {
	struct expect expect;	/* first: policy_flow_free() casts it */
	struct arena *arena;
};

int policy_flow_parse(const struct policy *policy,
		      const struct vocabulary *vocabulary, const char *words,
		      struct diag *diag, struct expect **ret_flow)
{
	struct flow_words *flow = calloc(1, sizeof(*flow));
	const struct ast_statement *s;
	struct ast *ast = NULL;
	int rc = -ENOMEM;

	if (flow == NULL)
		return rc;
	flow->arena = arena_new();
	if (flow->arena == NULL)
		goto out;
	ast = ast_parse_flow(words, diag);
	s = ast == NULL ? NULL : ast_statements(ast);
	rc = -EINVAL;
	if (s == NULL && diag_errors(diag) == 0)
		diag_add(diag, DIAG_ERROR, (struct place){ 0 }, NULL,
			 "expected a flow, for example "
			 "tcp 192.0.2.9 198.51.100.7:25");
	if (s == NULL || s->kind != STATEMENT_EXPECT || s->next != NULL ||
	    diag_errors(diag) > 0)
		goto out;
	rc = fill_expect(vocabulary, diag, &s->expect, flow->arena,
			 &flow->expect);
	if (rc < 0)
		goto out;
	resolve(policy, &flow->expect);

	*ret_flow = &flow->expect;
	flow = NULL;
out:
	ast_free(ast);
	if (flow != NULL)
		policy_flow_free(&flow->expect);
	return rc;
}

void policy_flow_free(struct expect *expect)
{
	struct flow_words *flow = (struct flow_words *)expect;

	if (flow == NULL)
		return;
	arena_free(flow->arena);
	free(flow);
}
