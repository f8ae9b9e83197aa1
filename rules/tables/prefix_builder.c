/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prefix_builder.c - collect address ranges and build their lookup table. */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/tables/prefix_parts.h"
#include "rules/tables/prefix_steps.h"
#include "rules/tables/prefix_table.h"
#include "rules/tables/set_pool.h"

/* The starts and ends of the ranges of one family. */
struct bounds {
	struct prefix_step *steps;
	size_t count;
	size_t room;
};

struct prefix_builder {
	size_t sets;
	struct bounds v4;
	struct bounds v6;
};

struct prefix_builder *prefix_builder_new(size_t sets)
{
	struct prefix_builder *builder;

	if (sets > UINT32_MAX / 2)
		return NULL;
	builder = calloc(1, sizeof(*builder));
	if (builder != NULL)
		builder->sets = sets;
	return builder;
}

static void bounds_clear(struct bounds *bounds)
{
	free(bounds->steps);
	*bounds = (struct bounds){ 0 };
}

void prefix_builder_free(struct prefix_builder *builder)
{
	if (builder == NULL)
		return;
	bounds_clear(&builder->v4);
	bounds_clear(&builder->v6);
	free(builder);
}

static struct prefix_step to_step(const struct address *a, bool is_v4,
				  uint32_t what)
{
	struct prefix_step step = { .what = what };

	prefix_key(a, is_v4, &step.high, &step.low);
	return step;
}

static int make_room(struct bounds *bounds)
{
	size_t room = bounds->room == 0 ? 64 : bounds->room * 2;
	struct prefix_step *steps;

	steps = reallocarray(bounds->steps, room, sizeof(*steps));
	if (steps == NULL)
		return -ENOMEM;
	bounds->steps = steps;
	bounds->room = room;
	return 0;
}

int prefix_builder_add(struct prefix_builder *builder, size_t set,
		       const struct address *first, const struct address *last)
{
	bool is_v4 = address_is_v4(first);
	struct bounds *bounds = is_v4 ? &builder->v4 : &builder->v6;
	uint32_t what = (uint32_t)set * 2;
	struct prefix_step end = to_step(last, is_v4, what + 1);

	assert(set < builder->sets);
	assert(is_v4 == address_is_v4(last));
	assert(address_compare(first, last) <= 0);

	if (bounds->room - bounds->count < 2 && make_room(bounds) < 0)
		return -ENOMEM;
	bounds->steps[bounds->count++] = to_step(first, is_v4, what);

	/* A range that includes the last address has no end. */
	if (is_v4) {
		end.high += UINT64_C(1) << 32;
	} else {
		end.low++;
		end.high += end.low == 0;
	}
	if (end.high != 0 || end.low != 0)
		bounds->steps[bounds->count++] = end;
	return 0;
}

static int sweep(struct bounds *bounds, size_t sets, struct set_pool *pool)
{
	prefix_steps_sort(bounds->steps, bounds->count);
	return prefix_steps_sweep(bounds->steps, bounds->count, sets, pool,
				  &bounds->count);
}

static int fill(struct prefix_table *table, struct prefix_builder *builder,
		struct set_pool *pool)
{
	int rc;

	rc = sweep(&builder->v4, builder->sets, pool);
	if (rc < 0)
		return rc;
	rc = sweep(&builder->v6, builder->sets, pool);
	if (rc < 0)
		return rc;
	table->set_count = set_pool_count(pool);
	if (table->set_count > PREFIX_PLACE_MAX)
		return -ENOMEM;
	rc = prefix_trie_add(&table->trie, builder->v4.steps,
			     builder->v4.count, &table->v4);
	if (rc < 0)
		return rc;
	bounds_clear(&builder->v4);
	rc = prefix_trie_add(&table->trie, builder->v6.steps,
			     builder->v6.count, &table->v6);
	if (rc < 0)
		return rc;
	bounds_clear(&builder->v6);
	prefix_trie_finish(&table->trie);
	table->sets = set_pool_take(pool);
	return 0;
}

int prefix_table_build(struct prefix_builder *builder,
		       struct prefix_table **ret_table)
{
	size_t words = set_words(builder->sets);
	struct prefix_table *table = calloc(1, sizeof(*table));
	struct set_pool *pool = set_pool_new(words);
	int rc = -ENOMEM;

	if (table == NULL || pool == NULL)
		goto out;
	table->set_words = words;
	rc = fill(table, builder, pool);
	if (rc < 0)
		goto out;

	*ret_table = table;
	table = NULL;
out:
	bounds_clear(&builder->v4);
	bounds_clear(&builder->v6);
	set_pool_free(pool);
	prefix_table_free(table);
	return rc;
}
