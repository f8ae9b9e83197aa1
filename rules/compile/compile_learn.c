/* compile_learn.c - what is learned, from one `learn` statement or several. */
#include "rules/compile/compile.h"

#include <errno.h>
#include <stdio.h>

#define MIN_PERCENT 50
#define TTL_MIN_S 60
#define TTL_MAX_S 86400

/* Where each option was said, `line` 0 while it was not. */
struct said {
	struct place dns, servers, min_percent, ttl, from;
};

/* False after a complaint when `option` was said before. */
static bool first(struct compiler *c, const char *option, struct place place,
		  struct place *said)
{
	char fix[128];

	if (said->line == 0) {
		*said = place;
		return true;
	}
	snprintf(fix, sizeof(fix), "it was said in line %u before",
		 said->line);
	diag_add(c->diag, DIAG_ERROR, place, fix,
		 "'learn %s' can be said only once", option);
	return false;
}

static int take_from(struct compiler *c, const struct ast_learn *l)
{
	int rc = compile_address_set(c, l->from, &c->policy->learn.from_set);

	c->policy->learn.has_from = rc == 0;
	return rc;
}

static int take(struct compiler *c, const struct ast_learn *l,
		struct said *said)
{
	struct learn *learn = &c->policy->learn;

	if (l->dns != SWITCH_UNSAID &&
	    first(c, "dns", l->dns_place, &said->dns))
		learn->dns = l->dns == SWITCH_ON;
	if (l->servers != SWITCH_UNSAID &&
	    first(c, "servers", l->servers_place, &said->servers))
		learn->servers = l->servers == SWITCH_ON;
	if (l->min_confidence.place.line > 0 &&
	    first(c, "min-confidence", l->min_confidence.place,
		  &said->min_percent))
		learn->min_percent = (uint8_t)l->min_confidence.value;
	if (l->ttl_min.place.line > 0 &&
	    first(c, "ttl", l->ttl_min.place, &said->ttl)) {
		learn->ttl_min_s = (uint32_t)l->ttl_min.value;
		learn->ttl_max_s = (uint32_t)l->ttl_max.value;
	}
	if (l->from != NULL && first(c, "from", l->from_place, &said->from))
		return take_from(c, l);
	return 0;
}

int compile_learn(struct compiler *c)
{
	struct said said = { 0 };
	int rc = 0;

	c->policy->learn = (struct learn){
		.dns = true,
		.servers = true,
		.min_percent = MIN_PERCENT,
		.ttl_min_s = TTL_MIN_S,
		.ttl_max_s = TTL_MAX_S,
	};
	for (size_t i = 0; i < c->learns.count && rc != -ENOMEM; i++)
		rc = take(c, &c->learns.items[i]->learn, &said);
	return rc;
}
