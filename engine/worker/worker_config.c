/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker_config.c - a worker's configuration, see worker_config.h. */
#include "engine/worker/worker_config.h"
#include "engine/stats/stats.h"
#include "rules/util/big_alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef const char *(*name_at)(const struct policy *policy, size_t i);

static const char *route_text(const struct policy *policy, size_t i)
{
	return policy_route(policy, i)->text;
}

/* Continue after the latest hit: most lines keep their order. */
static uint32_t find_prev(const struct policy *prev, size_t count,
			  name_at name, const char *wanted, size_t *next)
{
	for (size_t n = 0; n < count; n++) {
		size_t i = (*next + n) % count;

		if (strcmp(name(prev, i), wanted) != 0)
			continue;
		*next = i + 1;
		return (uint32_t)i;
	}
	return WORKER_CONFIG_NEW;
}

static int tallies_init(struct tallies *tallies, size_t count)
{
	tallies->count = count;
	tallies->items = big_alloc((count + 1) *
				   sizeof(tallies->items[0]));
	tallies->prev = malloc((count + 1) * sizeof(tallies->prev[0]));
	return tallies->items == NULL || tallies->prev == NULL ? -ENOMEM : 0;
}

static void tallies_follow(struct tallies *tallies,
			   const struct worker_config *prev, size_t count,
			   const struct policy *policy, name_at name)
{
	size_t next = 0;

	for (size_t i = 0; i < tallies->count; i++)
		tallies->prev[i] =
			find_prev(prev->policy, count, name,
				  name(policy, i), &next);
}

static void tallies_fini(struct tallies *tallies)
{
	free(tallies->items);
	free(tallies->prev);
}

static uint8_t path_now(const struct policy *policy,
			const struct policy *prev, uint8_t path)
{
	const struct uplink *old = policy_uplink_of_path(prev, path);
	const struct uplink *new = policy_uplink_of_path(policy, path);
	char was[UPLINK_ORIGIN_MAX], is[UPLINK_ORIGIN_MAX];

	if (path == policy_marks(prev)->path_main)
		return policy_marks(policy)->path_main;
	if (path == policy_marks(prev)->path_drop)
		return policy_marks(policy)->path_drop;
	for (size_t i = 0; old != NULL && i < policy_uplinks(policy); i++) {
		const struct uplink *uplink = policy_uplink(policy, i);

		if (strcmp(uplink->name, old->name) == 0)
			return uplink->path;
	}
	/* Renamed: the device and the gateways are the same. */
	if (old != NULL && new != NULL &&
	    strcmp(uplink_origin(old, was), uplink_origin(new, is)) == 0)
		return path;
	return 0;
}

static void follow(struct worker_config *config,
		   const struct worker_config *prev)
{
	const struct policy *policy = config->policy;

	for (unsigned path = 0; path < 256; path++)
		config->paths[path] = path_now(policy, prev->policy,
					       (uint8_t)path);
	tallies_follow(&config->routes, prev, prev->routes.count, policy,
		       route_text);
	tallies_follow(&config->classes, prev, prev->classes.count, policy,
		       policy_class_name);
}

struct worker_config *worker_config_new(const struct policy *policy,
					size_t streams,
					const struct worker_config *prev)
{
	struct worker_config *config = big_alloc(sizeof(*config));

	if (config == NULL)
		return NULL;
	config->policy = policy;
	config->marks = policy_marks(policy);
	if (inspect_init(&config->inspector, policy, streams,
			 prev != NULL ? &prev->inspector : NULL) < 0 ||
	    tallies_init(&config->routes, policy_routes(policy)) < 0 ||
	    tallies_init(&config->classes, policy_classes(policy)) < 0) {
		worker_config_free(config);
		return NULL;
	}
	if (prev != NULL)
		follow(config, prev);
	return config;
}

void worker_config_free(struct worker_config *config)
{
	if (config == NULL)
		return;
	inspect_fini(&config->inspector);
	tallies_fini(&config->routes);
	tallies_fini(&config->classes);
	free(config);
}

static void tallies_inherit(struct tallies *tallies,
			    const struct tallies *prev)
{
	for (size_t i = 0; i < tallies->count; i++) {
		const struct tally *from;

		if (tallies->prev[i] == WORKER_CONFIG_NEW)
			continue;
		from = &prev->items[tallies->prev[i]];
#define INHERIT(name, title, late) \
		stats_set(&tallies->items[i].name, stats_read(&from->name));
		TALLIES(INHERIT)
#undef INHERIT
	}
}

bool worker_config_inherit(struct worker_config *config,
			   struct worker_config *prev)
{
	tallies_inherit(&config->routes, &prev->routes);
	tallies_inherit(&config->classes, &prev->classes);
	return inspect_inherit(&config->inspector, &prev->inspector);
}
