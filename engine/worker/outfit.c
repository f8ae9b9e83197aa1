/* outfit.c - what one worker works by, see outfit.h. */
#include "engine/worker/outfit.h"
#include "rules/util/big_alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef const char *(*name_at)(const struct policy *policy, size_t i);

static const char *route_text(const struct policy *policy, size_t i)
{
	return policy_route(policy, i)->text;
}

/* Goes on after the latest hit: most lines stay in their order. */
static uint32_t find_before(const struct policy *before, size_t count,
			    name_at name, const char *wanted, size_t *next)
{
	for (size_t n = 0; n < count; n++) {
		size_t i = (*next + n) % count;

		if (strcmp(name(before, i), wanted) != 0)
			continue;
		*next = i + 1;
		return (uint32_t)i;
	}
	return OUTFIT_NEW;
}

static int tallies_init(struct tallies *tallies, size_t count)
{
	tallies->count = count;
	tallies->items = big_alloc((count + 1) *
				   sizeof(tallies->items[0]));
	tallies->before = malloc((count + 1) * sizeof(tallies->before[0]));
	return tallies->items == NULL || tallies->before == NULL ? -ENOMEM : 0;
}

static void tallies_follow(struct tallies *tallies, const struct outfit *before,
			   size_t count, const struct policy *policy,
			   name_at name)
{
	size_t next = 0;

	for (size_t i = 0; i < tallies->count; i++)
		tallies->before[i] =
			find_before(before->policy, count, name,
				    name(policy, i), &next);
}

static void tallies_fini(struct tallies *tallies)
{
	free(tallies->items);
	free(tallies->before);
}

static uint8_t path_now(const struct policy *policy,
			const struct policy *before, uint8_t path)
{
	const struct uplink *old = policy_uplink_of_path(before, path);

	if (path == policy_marks(before)->path_main)
		return policy_marks(policy)->path_main;
	if (path == policy_marks(before)->path_drop)
		return policy_marks(policy)->path_drop;
	for (size_t i = 0; old != NULL && i < policy_uplinks(policy); i++) {
		const struct uplink *uplink = policy_uplink(policy, i);

		if (strcmp(uplink->name, old->name) == 0)
			return uplink->path;
	}
	return 0;
}

static void follow(struct outfit *outfit, const struct outfit *before)
{
	const struct policy *policy = outfit->policy;

	for (unsigned path = 0; path < 256; path++)
		outfit->paths[path] = path_now(policy, before->policy,
					       (uint8_t)path);
	tallies_follow(&outfit->routes, before, before->routes.count, policy,
		       route_text);
	tallies_follow(&outfit->classes, before, before->classes.count, policy,
		       policy_class_name);
}

struct outfit *outfit_new(const struct policy *policy, size_t streams,
			  const struct outfit *before)
{
	struct outfit *outfit = big_alloc(sizeof(*outfit));

	if (outfit == NULL)
		return NULL;
	outfit->policy = policy;
	outfit->marks = policy_marks(policy);
	if (inspect_init(&outfit->inspector, policy, streams,
			 before != NULL ? &before->inspector : NULL) < 0 ||
	    tallies_init(&outfit->routes, policy_routes(policy)) < 0 ||
	    tallies_init(&outfit->classes, policy_classes(policy)) < 0) {
		outfit_free(outfit);
		return NULL;
	}
	if (before != NULL)
		follow(outfit, before);
	return outfit;
}

void outfit_free(struct outfit *outfit)
{
	if (outfit == NULL)
		return;
	inspect_fini(&outfit->inspector);
	tallies_fini(&outfit->routes);
	tallies_fini(&outfit->classes);
	free(outfit);
}

static void copy(atomic_uint_fast64_t *to, const atomic_uint_fast64_t *from)
{
	atomic_store_explicit(to, atomic_load_explicit(from,
						       memory_order_relaxed),
			      memory_order_relaxed);
}

static void tallies_inherit(struct tallies *tallies,
			    const struct tallies *before)
{
	for (size_t i = 0; i < tallies->count; i++) {
		const struct tally *from;

		if (tallies->before[i] == OUTFIT_NEW)
			continue;
		from = &before->items[tallies->before[i]];
		copy(&tallies->items[i].settled, &from->settled);
		copy(&tallies->items[i].late_kept, &from->late_kept);
		copy(&tallies->items[i].late_moved, &from->late_moved);
		copy(&tallies->items[i].late_reset, &from->late_reset);
	}
}

bool outfit_inherit(struct outfit *outfit, struct outfit *before)
{
	tallies_inherit(&outfit->routes, &before->routes);
	tallies_inherit(&outfit->classes, &before->classes);
	return inspect_inherit(&outfit->inspector, &before->inspector);
}
