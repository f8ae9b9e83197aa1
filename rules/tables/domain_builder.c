/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domain_builder.c - collect host names and build their lookup table. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/big_alloc.h"
#include "rules/tables/domain_parts.h"
#include "rules/tables/set_pool.h"

/* A name of 253 characters has 127 labels. */
#define LABELS_MAX 127

/* 3.5 names per line of 5: 18 bytes per name, and one line in 7 overflows. */
#define LINES_OF(names) ((names) * 2 / 7 + 1)

/* A Bloom filter of 8 bits per name, 3 of them set: 5 % false positives. */
#define FILTER_WORDS_OF(names) ((names) / 8 + 1)

/* Header of a record: set * 2 + is_exact, then the name's length in a byte. */
#define RECORD_HEAD 5
#define RECORD_LEN 4

/* A collected name and the upper half of its hash. */
struct added {
	uint32_t hash;
	uint32_t place;		/* offset of its record in builder->text */
};

struct domain_builder {
	size_t sets;
	struct keyed_hash key;
	char *text;		/* a record for each call of _add() */
	size_t text_len;
	size_t text_room;
	size_t count;
};

struct domain_builder *domain_builder_new(size_t sets)
{
	struct domain_builder *builder;

	if (sets > UINT32_MAX / 2)
		return NULL;
	builder = calloc(1, sizeof(*builder));
	if (builder == NULL)
		return NULL;
	builder->sets = sets;
	if (keyed_hash_init(&builder->key, false) < 0) {
		free(builder);
		return NULL;
	}
	return builder;
}

static void clear(struct domain_builder *builder)
{
	free(builder->text);
	builder->text = NULL;
	builder->text_len = 0;
	builder->text_room = 0;
	builder->count = 0;
}

void domain_builder_free(struct domain_builder *builder)
{
	if (builder == NULL)
		return;
	clear(builder);
	free(builder);
}

int domain_builder_add(struct domain_builder *builder, size_t set,
		       const char *name, size_t len, bool exact)
{
	size_t need = builder->text_len + RECORD_HEAD + len;
	size_t room = builder->text_room;
	uint32_t what = (uint32_t)set * 2 + exact;
	char *text;

	assert(set < builder->sets);
	assert(len > 0 && len <= DOMAIN_MAX);

	/* Offsets have 32 bits. */
	if (need > UINT32_MAX)
		return -ENOMEM;
	if (need > room) {
		room = room == 0 ? 4096 : room * 2;
		text = realloc(builder->text, room);
		if (text == NULL)
			return -ENOMEM;
		builder->text = text;
		builder->text_room = room;
	}
	text = builder->text + builder->text_len;
	memcpy(text, &what, sizeof(what));
	text[RECORD_LEN] = (char)len;
	memcpy(text + RECORD_HEAD, name, len);
	builder->text_len = need;
	builder->count++;
	return 0;
}

/* Temporary data while a table is built. */
struct work {
	struct domain_builder *builder;
	struct domain_table *table;
	struct set_pool *pool;
	struct added *added;	/* sorted, equal names adjacent */
	uint32_t *first;	/* per name: its first record in `added`;
				 * one more entry marks the end */
	uint32_t *place;	/* per name: its offset in the table's text */
	uint32_t **id;		/* per name: the combination in its line */
	uint32_t *order;	/* names sorted by number of labels */
	size_t names;
	uint64_t *bits;		/* scratch for one combination */
	uint32_t *alone;	/* combination of set * 2 + exact; 0: unknown */
};

static const char *added_record(const struct work *work, size_t i)
{
	return work->builder->text + work->added[i].place;
}

static uint32_t record_what(const char *record)
{
	uint32_t what;

	memcpy(&what, record, sizeof(what));
	return what;
}

static size_t record_len(const char *record)
{
	return (uint8_t)record[RECORD_LEN];
}

/* Radix sort by hash, from the lowest byte. */
static int sort_by_hash(struct added *added, size_t count)
{
	struct added *from = added, *to, *spare;
	unsigned int shift;
	size_t i;

	spare = calloc(count + 1, sizeof(*spare));
	if (spare == NULL)
		return -ENOMEM;
	to = spare;
	for (shift = 0; shift < 32; shift += 8) {
		size_t next[257] = { 0 };
		struct added *swap = from;

		for (i = 0; i < count; i++)
			next[(from[i].hash >> shift & 0xff) + 1]++;
		for (i = 1; i < 256; i++)
			next[i] += next[i - 1];
		for (i = 0; i < count; i++)
			to[next[from[i].hash >> shift & 0xff]++] = from[i];
		from = to;
		to = swap;
	}
	free(spare);
	return 0;
}

/* Order names of equal hash. */
static int compare_names(const void *a, const void *b, void *text)
{
	const char *left = (char *)text + ((const struct added *)a)->place;
	const char *right = (char *)text + ((const struct added *)b)->place;
	size_t left_len = record_len(left);
	size_t right_len = record_len(right);

	if (left_len != right_len)
		return left_len < right_len ? -1 : 1;
	return memcmp(left + RECORD_HEAD, right + RECORD_HEAD,
		      left_len);
}

/* Sort the records so that equal names are adjacent. */
static int sort_added(struct work *work)
{
	struct domain_builder *builder = work->builder;
	struct added *added = work->added;
	size_t i, run, place = 0;
	int rc;

	for (i = 0; i < builder->count; i++) {
		const char *record = builder->text + place;
		size_t len = record_len(record);

		added[i].place = (uint32_t)place;
		added[i].hash = (uint32_t)(domain_hash(&builder->key,
						       record + RECORD_HEAD,
						       len) >> 32);
		place += RECORD_HEAD + len;
	}
	rc = sort_by_hash(added, builder->count);
	if (rc < 0)
		return rc;
	for (i = 0; i < builder->count; i += run) {
		run = 1;
		while (i + run < builder->count &&
		       added[i + run].hash == added[i].hash)
			run++;
		if (run > 1)
			qsort_r(added + i, run, sizeof(*added), compare_names,
				builder->text);
	}
	return 0;
}

/* Find the first record of each name. Returns the size of the table's text. */
static size_t find_names(struct work *work)
{
	size_t count = work->builder->count;
	size_t i, text_len = 1;

	for (i = 0; i < count; i++) {
		if (i > 0 && work->added[i].hash == work->added[i - 1].hash &&
		    compare_names(&work->added[i], &work->added[i - 1],
				  work->builder->text) == 0)
			continue;
		work->first[work->names++] = (uint32_t)i;
		text_len += 1 + record_len(added_record(work, i));
	}
	work->first[work->names] = (uint32_t)count;
	return text_len;
}

/*
 * Assign names to lines. In hash order each name takes its home line or the
 * next free slot after it. The overflow past the last home is small but known
 * only afterwards, so the first pass counts and the second fills.
 */
static int fill_lines(struct work *work)
{
	struct domain_table *table = work->table;
	struct domain_line *line;
	size_t i, at, home;
	bool is_counting;

	table->homes = LINES_OF(work->names);
	for (is_counting = true; ; is_counting = false) {
		for (i = 0, at = 0; i < work->names; i++, at++) {
			uint32_t hash = work->added[work->first[i]].hash;

			home = domain_home(hash, table->homes);
			if (at < home * DOMAIN_LINE_NAMES)
				at = home * DOMAIN_LINE_NAMES;
			if (is_counting)
				continue;
			for (; home < at / DOMAIN_LINE_NAMES; home++)
				table->lines[home].goes_on = 1;
			line = &table->lines[home];
			line->hash[at % DOMAIN_LINE_NAMES] = hash;
			line->place[at % DOMAIN_LINE_NAMES] = work->place[i];
			work->id[i] = &line->id[at % DOMAIN_LINE_NAMES];
		}
		if (!is_counting)
			return 0;
		table->line_count = at / DOMAIN_LINE_NAMES + 1;
		if (table->line_count < table->homes)
			table->line_count = table->homes;
		table->lines = big_alloc(table->line_count *
					 sizeof(*table->lines));
		if (table->lines == NULL)
			return -ENOMEM;
	}
}

static unsigned int count_labels(const char *name, size_t len)
{
	unsigned int labels = 1;
	size_t i;

	for (i = 0; i < len; i++)
		labels += name[i] == '.';
	return labels;
}

/* Copy the names into the table and add them to the filter. */
static int fill_text(struct work *work, size_t text_len)
{
	struct domain_table *table = work->table;
	size_t i, at = 1;

	table->filter_words = FILTER_WORDS_OF(work->names);
	table->filter = big_alloc(table->filter_words *
				  sizeof(*table->filter));
	table->text = big_alloc(text_len);
	table->text_len = text_len;
	if (table->filter == NULL || table->text == NULL)
		return -ENOMEM;
	/* Offset 0 is the empty name, which is never looked up. */
	for (i = 0; i < work->names; i++) {
		const char *record = added_record(work, work->first[i]);
		size_t len = record_len(record);
		uint64_t hash = domain_hash(&table->key, record + RECORD_HEAD,
					    len);

		memcpy(table->text + at, record + RECORD_LEN, 1 + len);
		work->place[i] = (uint32_t)at;
		at += 1 + len;
		*domain_filter_word(table, hash) |= domain_filter_bits(hash);
	}
	return 0;
}

/* Sort the names by their number of labels. */
static void sort_by_labels(struct work *work)
{
	size_t next[LABELS_MAX + 2] = { 0 };
	unsigned int n;
	size_t i;

	for (i = 0; i < work->names; i++) {
		const char *text = work->table->text + work->place[i];

		n = count_labels(text + 1, (uint8_t)text[0]);
		assert(n <= LABELS_MAX);
		work->table->label_counts |= UINT64_C(1) << (n < 63 ? n : 63);
		next[n + 1]++;
	}
	for (n = 1; n <= LABELS_MAX; n++)
		next[n] += next[n - 1];
	for (i = 0; i < work->names; i++) {
		const char *text = work->table->text + work->place[i];

		n = count_labels(text + 1, (uint8_t)text[0]);
		work->order[next[n]++] = (uint32_t)i;
	}
}

/* Return the combination of the nearest listed parent, 0 without one. */
static uint32_t inherited(const struct work *work, const char *text)
{
	struct domain_suffixes suffixes;
	size_t len = (uint8_t)text[0];
	uint32_t id = 0;

	domain_suffixes_init(&suffixes, work->table, text + 1, len);
	domain_table_find(work->table, &suffixes, len - 1, &id);
	return id;
}

static int combine(struct work *work, size_t from, size_t to, uint32_t above,
		   uint32_t *ret_id)
{
	size_t words = work->table->set_words;
	uint64_t *below = work->bits, *self = work->bits + words;
	size_t i;

	memcpy(below, set_pool_get(work->pool, above), words * sizeof(*below));
	memcpy(self, below, words * sizeof(*self));
	for (i = from; i < to; i++) {
		uint32_t what = record_what(added_record(work, i));
		size_t set = what >> 1;

		self[set / 64] |= UINT64_C(1) << set % 64;
		if (!(what & 1))
			below[set / 64] |= UINT64_C(1) << set % 64;
	}
	return set_pool_intern(work->pool, work->bits, ret_id);
}

/* Most names are in one set and have no listed parent. */
static int combine_cached(struct work *work, size_t from, size_t to,
			  uint32_t above, uint32_t *ret_id)
{
	uint32_t *known;
	int rc = 0;

	if (to - from > 1 || above != 0)
		return combine(work, from, to, above, ret_id);
	known = &work->alone[record_what(added_record(work, from))];
	if (*known == 0)
		rc = combine(work, from, to, above, known);
	if (rc == 0)
		*ret_id = *known;
	return rc;
}

/* Parents have fewer labels, so their combinations are complete first. */
static int fill_sets(struct work *work)
{
	struct domain_table *table = work->table;
	size_t i;
	int rc;

	for (i = 0; i < work->names; i++) {
		uint32_t name = work->order[i];
		uint32_t above = inherited(work, table->text +
					   work->place[name]);

		rc = combine_cached(work, work->first[name],
				    work->first[name + 1], above,
				    work->id[name]);
		if (rc < 0)
			return rc;
	}
	table->set_count = set_pool_count(work->pool);
	table->sets = set_pool_take(work->pool);
	return 0;
}

static void work_fini(struct work *work)
{
	free(work->added);
	free(work->first);
	free(work->place);
	free(work->id);
	free(work->order);
	free(work->bits);
	free(work->alone);
	set_pool_free(work->pool);
	domain_table_free(work->table);
}

static int work_init(struct work *work, struct domain_builder *builder)
{
	size_t words = set_words(builder->sets);
	size_t count = builder->count + 1;

	*work = (struct work){ .builder = builder };
	work->table = calloc(1, sizeof(*work->table));
	work->pool = set_pool_new(2 * words);
	work->added = calloc(count, sizeof(*work->added));
	work->first = calloc(count, sizeof(*work->first));
	work->place = calloc(count, sizeof(*work->place));
	work->id = calloc(count, sizeof(*work->id));
	work->order = calloc(count, sizeof(*work->order));
	work->bits = calloc(2 * words, sizeof(*work->bits));
	work->alone = calloc(builder->sets * 2 + 1, sizeof(*work->alone));
	if (work->table == NULL || work->pool == NULL || work->added == NULL ||
	    work->first == NULL || work->place == NULL || work->id == NULL ||
	    work->order == NULL || work->bits == NULL || work->alone == NULL)
		return -ENOMEM;
	work->table->key = builder->key;
	work->table->set_words = words;
	return 0;
}

int domain_table_build(struct domain_builder *builder,
		       struct domain_table **ret_table)
{
	struct work work;
	int rc;

	rc = work_init(&work, builder);
	if (rc < 0)
		goto out;
	rc = sort_added(&work);
	if (rc < 0)
		goto out;
	rc = fill_text(&work, find_names(&work));
	if (rc < 0)
		goto out;
	rc = fill_lines(&work);
	if (rc < 0)
		goto out;
	sort_by_labels(&work);
	rc = fill_sets(&work);
	if (rc < 0)
		goto out;

	*ret_table = work.table;
	work.table = NULL;
out:
	clear(builder);
	work_fini(&work);
	return rc;
}
