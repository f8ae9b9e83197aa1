/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_balance.c - the path or the balanced paths of a route. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile/compile.h"

static uint16_t weight_of(const struct ast_share *share)
{
	return share->weight.place.line > 0 ? (uint16_t)share->weight.value : 1;
}

static bool is_same(const struct balance *a, const struct balance *b)
{
	if (a->count != b->count || a->by_source != b->by_source)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->members[i].path != b->members[i].path ||
		    a->members[i].weight != b->members[i].weight)
			return false;
	return true;
}

/* Routes with equal members share a balance. There is room for one per
 * route. */
static const struct balance *intern(struct policy *p, const struct balance *new)
{
	for (size_t i = 0; i < p->balance_count; i++)
		if (is_same(&p->balances[i], new))
			return &p->balances[i];
	p->balances[p->balance_count] = *new;
	return &p->balances[p->balance_count++];
}

static int compile_shares(struct compiler *c, const struct ast_outcome *outcome,
			  struct route *route)
{
	struct balance balance = { .by_source = outcome->by_source };
	struct balance_member *members;
	size_t max = 0;
	int rc = 0;

	for (const struct ast_share *s = outcome->shares; s != NULL;
	     s = s->next)
		max++;
	members = arena_alloc(c->policy->arena, max * sizeof(*members));
	if (members == NULL)
		return -ENOMEM;
	for (const struct ast_share *s = outcome->shares; s != NULL;
	     s = s->next) {
		struct balance_member *member = &members[balance.count++];

		member->weight = weight_of(s);
		if (compile_path(c, &s->uplink, &member->path) < 0)
			rc = -EINVAL;
	}
	if (rc < 0)
		return rc;
	balance.members = members;
	if (balance.count == 1)
		route->path = members[0].path;
	else
		route->balance = intern(c->policy, &balance);
	return 0;
}

/* The outcome in words, with all weights. */
static const char *text_of(struct compiler *c,
			   const struct ast_outcome *outcome)
{
	const char *separator = "{";
	const char *copy = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (outcome->kind == OUTCOME_DROP)
		return "drop";
	if (outcome->shares == NULL)
		return compile_text(c, outcome->uplink.text != NULL ?
					       outcome->uplink.text : "");
	out = open_memstream(&text, &len);
	if (out == NULL)
		return NULL;
	for (const struct ast_share *s = outcome->shares; s != NULL;
	     s = s->next) {
		fprintf(out, "%s %s %u", separator, s->uplink.text,
			weight_of(s));
		separator = ",";
	}
	fputs(outcome->by_source ? " } by source" : " }", out);
	if (fclose(out) == 0)
		copy = compile_text(c, text);
	free(text);
	return copy;
}

int compile_outcome(struct compiler *c, const struct ast_outcome *outcome,
		    struct route *route)
{
	route->way = text_of(c, outcome);
	if (route->way == NULL)
		return -ENOMEM;
	if (outcome->kind == OUTCOME_VIA && outcome->shares != NULL)
		return compile_shares(c, outcome, route);
	if (outcome->kind == OUTCOME_VIA)
		return compile_path(c, &outcome->uplink, &route->path);
	route->path = c->policy->marks.path_drop;
	return 0;
}

int compile_paths(struct compiler *c, const struct ast_outcome *outcome,
		  struct path_set *ret_paths)
{
	const struct ast_share only = { .uplink = outcome->uplink };
	uint8_t path = c->policy->marks.path_drop;
	int rc = 0;

	if (outcome->kind == OUTCOME_DROP)
		path_set_add(ret_paths, path);
	if (outcome->kind != OUTCOME_VIA)
		return 0;
	for (const struct ast_share *s = outcome->shares != NULL ?
						 outcome->shares : &only;
	     s != NULL; s = s->next)
		if (compile_path(c, &s->uplink, &path) < 0)
			rc = -EINVAL;
		else
			path_set_add(ret_paths, path);
	return rc;
}
