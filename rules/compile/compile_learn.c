/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_learn.c - merge one or more `learn` statements. */
#include "rules/compile/compile.h"

#include <errno.h>
#include <stdio.h>

#define MIN_PERCENT 50
#define TTL_MIN_S 60
#define TTL_MAX_S 86400

/* The place of each option; `line` is 0 while it was not given. */
struct given {
	struct place dns, servers, min_percent, ttl, from;
};

/* False after an error when `option` was given before. */
static bool is_first(struct compiler *c, const char *option, struct place place,
		     struct place *given)
{
	char fix[128];

	if (given->line == 0) {
		*given = place;
		return true;
	}
	snprintf(fix, sizeof(fix), "the first one is in line %u",
		 given->line);
	diag_add(c->diag, DIAG_ERROR, place, fix,
		 "'learn %s' is allowed only once", option);
	return false;
}

static int compile_from(struct compiler *c, const struct ast_learn *l)
{
	int rc = compile_address_set(c, l->from, &c->policy->learn.from_set);

	c->policy->learn.has_from = rc == 0;
	return rc;
}

static int merge(struct compiler *c, const struct ast_learn *l,
		 struct given *given)
{
	struct learn *learn = &c->policy->learn;

	if (l->dns != SWITCH_UNSET &&
	    is_first(c, "dns", l->dns_place, &given->dns))
		learn->dns = l->dns == SWITCH_ON;
	if (l->servers != SWITCH_UNSET &&
	    is_first(c, "servers", l->servers_place, &given->servers))
		learn->servers = l->servers == SWITCH_ON;
	if (l->min_confidence.place.line > 0 &&
	    is_first(c, "min-confidence", l->min_confidence.place,
		     &given->min_percent))
		learn->min_percent = (uint8_t)l->min_confidence.value;
	if (l->ttl_min.place.line > 0 &&
	    is_first(c, "ttl", l->ttl_min.place, &given->ttl)) {
		learn->ttl_min_s = (uint32_t)l->ttl_min.value;
		learn->ttl_max_s = (uint32_t)l->ttl_max.value;
	}
	if (l->from != NULL &&
	    is_first(c, "from", l->from_place, &given->from))
		return compile_from(c, l);
	return 0;
}

int compile_learn(struct compiler *c)
{
	struct given given = { 0 };
	int rc = 0;

	c->policy->learn = (struct learn){
		.dns = true,
		.servers = true,
		.min_percent = MIN_PERCENT,
		.ttl_min_s = TTL_MIN_S,
		.ttl_max_s = TTL_MAX_S,
	};
	for (size_t i = 0; i < c->learns.count && rc != -ENOMEM; i++)
		rc = merge(c, &c->learns.items[i]->learn, &given);
	return rc;
}
