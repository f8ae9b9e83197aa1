/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ways.c - number where routes lead, see ways.h. */
#include "rules/compare/ways.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/facts.h"
#include "rules/policy/policy_private.h"
#include "rules/policy/strict.h"

bool ways_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Takes over way->text. */
static uint32_t intern(struct outcomes *o, size_t k, const struct way *way)
{
	size_t i = 0;

	if (way->text == NULL) {
		o->space.is_short = true;
		return 0;
	}
	while (i < o->way_count && strcmp(o->ways[i].text, way->text) != 0)
		i++;
	if (i == o->way_count) {
		if (!space_grow(&o->space, &o->ways, &o->way_room,
				o->way_count, sizeof(*o->ways))) {
			free(way->text);
			return 0;
		}
		o->ways[o->way_count++] = *way;
	} else {
		free(way->text);
	}
	o->ways[i].of[k] = way->of[k];
	return (uint32_t)i;
}

static uint32_t intern_path(struct outcomes *o, size_t k, uint8_t path)
{
	const char *name = policy_path_name(o->space.policies[k], path);
	struct way way = {
		.text = strdup(name != NULL ? name : ""),
		.otherwise = WAY_NONE,
	};

	way.of[k].is_used = true;
	way.of[k].path = path;
	return intern(o, k, &way);
}

static unsigned int divisor_of(const struct balance *balance)
{
	unsigned int divisor = balance->members[0].weight;

	for (size_t i = 1; i < balance->count; i++) {
		unsigned int a = balance->members[i].weight;

		while (a != 0) {
			unsigned int rest = divisor % a;

			divisor = a;
			a = rest;
		}
	}
	return divisor != 0 ? divisor : 1;
}

/* Members that are down are named, too: they change who gets which flow. */
static char *balance_text(const struct policy *p, const struct balance *balance,
			  const struct path_set *down, bool is_v6)
{
	unsigned int divisor = divisor_of(balance);
	bool some_down = false;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < balance->count; i++) {
		const struct balance_member *m = &balance->members[i];
		bool is_down = path_set_has(down, m->path);

		some_down |= is_down;
		fprintf(out, "%s %s %u%s", i == 0 ? "{" : ",",
			policy_path_name(p, m->path), m->weight / divisor,
			is_down ? " (down)" : "");
	}
	fprintf(out, " }%s", balance->by_source ? " by source" : "");
	if (some_down)
		fputs(is_v6 ? " for IPv6" : " for IPv4", out);
	return fclose(out) == 0 ? text : NULL;
}

uint32_t ways_of_route(struct outcomes *o, size_t k, const struct route *route,
		       bool is_v6, bool is_local)
{
	const struct policy *p = o->space.policies[k];
	const struct balance *balance = route->balance;
	struct path_set down;
	size_t up = 0;
	struct way way = { .otherwise = WAY_NONE };

	if (balance == NULL)
		return intern_path(o, k, route->path);
	down = policy_down(p, is_v6);
	if (balance_weight(balance, &down) == 0)
		down = (struct path_set){ { 0 } };
	for (size_t i = 0; i < balance->count; i++)
		up += !path_set_has(&down, balance->members[i].path);
	if (is_local || up == 1)
		return intern_path(o, k, balance_first(balance, &down));
	way.text = balance_text(p, balance, &down, is_v6);
	way.of[k].is_used = true;
	way.of[k].balance = balance;
	return intern(o, k, &way);
}

static bool takes_all_strict(const struct policy *p,
			     const struct balance *balance)
{
	for (size_t i = 0; i < balance->count; i++)
		if (!policy_is_strict(p, balance->members[i].path))
			return false;
	return true;
}

uint32_t ways_claim(struct outcomes *o, size_t k, uint32_t way,
		    uint32_t otherwise)
{
	const struct policy *p = o->space.policies[k];
	const struct balance *balance = o->ways[way].of[k].balance;
	struct way claim = { .otherwise = otherwise };
	size_t size;

	if (balance == NULL)
		return policy_is_strict(p, o->ways[way].of[k].path) ?
		       way : otherwise;
	if (takes_all_strict(p, balance))
		return way;
	size = strlen(o->ways[way].text) + strlen(o->ways[otherwise].text) + 40;
	claim.text = malloc(size);
	if (claim.text != NULL)
		snprintf(claim.text, size, "strict of %s, else %s",
			 o->ways[way].text, o->ways[otherwise].text);
	claim.of[k] = o->ways[way].of[k];
	return intern(o, k, &claim);
}

uint8_t outcomes_path(const struct outcomes *o, size_t k, uint32_t way,
		      const struct facts *facts)
{
	const struct policy *p = o->space.policies[k];

	while (way != WAY_NONE) {
		const struct way *w = &o->ways[way];
		struct path_set down;
		uint8_t path = w->of[k].path;

		if (w->of[k].balance != NULL) {
			down = policy_down(p, !address_is_v4(&facts->client));
			path = balance_path(w->of[k].balance, facts, &down);
		}
		if (w->otherwise == WAY_NONE || policy_is_strict(p, path))
			return path;
		way = w->otherwise;
	}
	return 0;
}

bool outcomes_may_take(const struct outcomes *o, size_t k, uint32_t way,
		       uint8_t path)
{
	for (; way != WAY_NONE; way = o->ways[way].otherwise) {
		const struct way *w = &o->ways[way];
		const struct balance *balance = w->of[k].balance;

		if (balance == NULL && w->of[k].path == path)
			return true;
		for (size_t i = 0; balance != NULL && i < balance->count; i++)
			if (balance->members[i].path == path)
				return true;
	}
	return false;
}

bool outcomes_is_hashed(const struct outcomes *o, uint32_t way)
{
	if (way == WAY_NONE)
		return false;
	for (size_t k = 0; k < SPACE_POLICIES; k++)
		if (o->ways[way].of[k].balance != NULL)
			return true;
	return false;
}

/* ---- late ---- */

/* The policy's own paths that a way can lead to. */
static struct path_set paths_of(const struct outcomes *o, size_t k,
				uint32_t way)
{
	struct path_set paths = { { 0 } };

	for (int path = 0; path < 256; path++)
		if (outcomes_may_take(o, k, way, (uint8_t)path))
			path_set_add(&paths, (uint8_t)path);
	return paths;
}

static const char *const late_words[] = {
	[LATE_AUTO] = "", [LATE_KEEP] = "keep", [LATE_MOVE] = "move",
	[LATE_RESET] = "reset",
};

const char *ways_late_word(const struct policy *p, enum late_policy late,
			   uint8_t from, uint8_t to)
{
	if (from == to)
		return "";
	if (from == p->marks.path_drop || to == p->marks.path_drop)
		return "move";
	return late_words[policy_late_of(p, late, from, to)];
}

/* One word if it is the same for all pairs of paths. */
char *ways_late(struct outcomes *o, size_t k, uint32_t first, uint32_t last,
		enum late_policy late)
{
	const struct policy *p = o->space.policies[k];
	struct path_set from, to;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (first == last)
		return strdup("");
	if (!outcomes_is_hashed(o, first) && !outcomes_is_hashed(o, last))
		return strdup(ways_late_word(p, late,
					     o->ways[first].of[k].path,
					     o->ways[last].of[k].path));
	from = paths_of(o, k, first);
	to = paths_of(o, k, last);
	out = open_memstream(&text, &len);
	if (out == NULL)
		return NULL;
	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b++)
			if (a != b && path_set_has(&from, (uint8_t)a) &&
			    path_set_has(&to, (uint8_t)b))
				fprintf(out, "%s%s from %s to %s",
					ftell(out) > 0 ? ", " : "",
					ways_late_word(p, late, (uint8_t)a,
						       (uint8_t)b),
					policy_path_name(p, (uint8_t)a),
					policy_path_name(p, (uint8_t)b));
	return fclose(out) == 0 ? text : NULL;
}
