/* SPDX-License-Identifier: GPL-2.0-or-later */
/* causes.c - what may have caused the changes that a check finds. */
#include "rules/setup/monitor/causes.h"

#include <stdio.h>
#include <string.h>

bool causes_add(struct causes *causes, enum watch_kind kind, const char *text)
{
	bool is_new = strcmp(causes->seen[kind], text) != 0;

	snprintf(causes->seen[kind], sizeof(causes->seen[kind]), "%s", text);
	return is_new;
}

void causes_add_own(struct causes *causes, const char *why)
{
	snprintf(causes->why, sizeof(causes->why), "%s", why);
}

void causes_clear(struct causes *causes)
{
	*causes = (struct causes){ 0 };
}

/* The kernel removes routes of links and addresses that are gone. */
bool causes_has(const struct causes *causes)
{
	for (int kind = 0; kind < WATCH_KINDS; kind++)
		if (strcmp(causes->seen[kind], CAUSE_KERNEL) == 0)
			return true;
	return causes->seen[WATCH_LINK][0] || causes->seen[WATCH_ADDRESS][0] ||
	       causes->why[0];
}

static enum watch_kind kind_of(const char *thing)
{
	return strstr(thing, " rule ") != NULL ? WATCH_RULE :
	       strstr(thing, " route ") != NULL ? WATCH_ROUTE :
	       strstr(thing, "table inet") != NULL ? WATCH_TABLE : WATCH_LINK;
}

/* Rules and table follow the routes of others. */
static bool follows_routes(const struct causes *causes, enum watch_kind kind)
{
	return (kind == WATCH_TABLE || kind == WATCH_RULE) &&
	       !causes->seen[kind][0] && causes->seen[WATCH_ROUTE][0];
}

bool causes_explain(const struct causes *causes, const char *thing)
{
	return causes_has(causes) || follows_routes(causes, kind_of(thing));
}

const char *causes_of(const struct causes *causes, const char *thing)
{
	enum watch_kind kind = kind_of(thing);

	if (causes->why[0])
		return causes->why;
	if (causes->seen[WATCH_LINK][0])
		return causes->seen[WATCH_LINK];
	if (causes->seen[WATCH_ADDRESS][0])
		return causes->seen[WATCH_ADDRESS];
	if (causes->seen[kind][0])
		return causes->seen[kind];
	if (follows_routes(causes, kind))
		return causes->seen[WATCH_ROUTE];
	return causes->seen[WATCH_LOST][0] ? causes->seen[WATCH_LOST] :
					       "found by a periodic check";
}
