/* domain_builder.c - collect host names and build a table of them. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "rules/domain_parts.h"
#include "rules/set_pool.h"

/* A name of 253 characters has 127 labels. */
#define LABELS_MOST 127

struct domain_builder {
	size_t sets;
	uint64_t key[2];
	/* A record for each call of domain_builder_add(), as in a table but
	 * with set * 2, + 1 when it is exact, for the combination. */
	char *text;
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
	if (!builder)
		return NULL;
	builder->sets = sets;
	if (getrandom(builder->key, sizeof(builder->key), 0) !=
	    (ssize_t)sizeof(builder->key)) {
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
	if (!builder)
		return;
	clear(builder);
	free(builder);
}

static void put_record(char *at, uint32_t id, const char *name, size_t len)
{
	memcpy(at, &id, sizeof(id));
	at[DOMAIN_RECORD_LEN] = (char)len;
	memcpy(at + DOMAIN_RECORD_HEAD, name, len);
}

int domain_builder_add(struct domain_builder *builder, size_t set,
		       const char *name, size_t len, bool exact)
{
	size_t need = builder->text_len + DOMAIN_RECORD_HEAD + len;
	size_t room = builder->text_room;
	char *text;

	assert(set < builder->sets);
	assert(len > 0 && len <= DOMAIN_MAX);

	/* A slot has 32 bits for a place. */
	if (need > UINT32_MAX)
		return -ENOMEM;
	if (need > room) {
		room = room == 0 ? 4096 : room * 2;
		text = realloc(builder->text, room);
		if (!text)
			return -ENOMEM;
		builder->text = text;
		builder->text_room = room;
	}
	put_record(builder->text + builder->text_len,
		   (uint32_t)set * 2 + exact, name, len);
	builder->text_len = need;
	builder->count++;
	return 0;
}

/* What is needed while a table is built. */
struct work {
	struct domain_builder *builder;
	struct domain_table *table;
	struct set_pool *pool;
	/* A slot for each record of the builder, its place + 1; sorted. */
	struct domain_slot *added;
	/* For each name, the first of its records in `added`; then the end. */
	uint32_t *first;
	uint32_t *place;	/* for each name, its record in the table */
	uint32_t *order;	/* names, those with fewer labels first */
	size_t names;
	uint64_t *bits;		/* a combination in the making */
	uint32_t *alone;	/* combination of set * 2 + exact; 0: unknown */
};

static const char *added_record(const struct work *work, size_t i)
{
	return work->builder->text + work->added[i].place - 1;
}

/* Sort by hash, a byte at a time from the lowest. */
static int sort_by_hash(struct domain_slot *slots, size_t count)
{
	struct domain_slot *from = slots, *to, *spare;
	unsigned int shift;
	size_t i;

	spare = calloc(count + 1, sizeof(*spare));
	if (!spare)
		return -ENOMEM;
	to = spare;
	for (shift = 0; shift < 32; shift += 8) {
		size_t next[257] = { 0 };
		struct domain_slot *swap = from;

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

/* Order of two slots with the same hash: by their records' names. */
static int compare_names(const void *a, const void *b, void *text)
{
	const char *left = (char *)text +
			   ((const struct domain_slot *)a)->place - 1;
	const char *right = (char *)text +
			    ((const struct domain_slot *)b)->place - 1;
	size_t left_len = domain_record_len(left);
	size_t right_len = domain_record_len(right);

	if (left_len != right_len)
		return left_len < right_len ? -1 : 1;
	return memcmp(left + DOMAIN_RECORD_HEAD, right + DOMAIN_RECORD_HEAD,
		      left_len);
}

/* Bring equal names together. */
static int sort_added(struct work *work)
{
	struct domain_builder *builder = work->builder;
	struct domain_slot *added = work->added;
	size_t i, run, place = 0;
	int rc;

	for (i = 0; i < builder->count; i++) {
		const char *record = builder->text + place;
		size_t len = domain_record_len(record);

		added[i].place = (uint32_t)place + 1;
		added[i].hash = domain_hash(builder->key,
					    record + DOMAIN_RECORD_HEAD, len);
		place += DOMAIN_RECORD_HEAD + len;
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

/* Find where each name begins in `added`, and how long the names are. */
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
		text_len += DOMAIN_RECORD_HEAD +
			    domain_record_len(added_record(work, i));
	}
	work->first[work->names] = (uint32_t)count;
	return text_len;
}

/*
 * Give each name its slot; in the order of their hashes, each takes its home
 * or the next place that is free. What runs past the last home is little,
 * but only known afterwards: counted first, then done.
 */
static int fill_slots(struct work *work)
{
	struct domain_table *table = work->table;
	size_t i, at = 0;
	int pass;

	/* Two slots for three places: 12 bytes a name, and searches that end
	 * soon. */
	table->homes = work->names + work->names / 2 + 1;
	for (pass = 0; pass < 2; pass++) {
		for (i = 0, at = 0; i < work->names; i++, at++) {
			uint32_t hash = work->added[work->first[i]].hash;
			size_t home = domain_home(table, hash);

			if (at < home)
				at = home;
			if (pass == 1)
				table->slots[at] = (struct domain_slot){
					hash, work->place[i],
				};
		}
		if (pass == 1)
			break;
		table->slot_count = (at > table->homes ? at : table->homes) + 1;
		table->slots = calloc(table->slot_count,
				      sizeof(*table->slots));
		if (!table->slots)
			return -ENOMEM;
	}
	return 0;
}

static unsigned int count_labels(const char *name, size_t len)
{
	unsigned int labels = 1;
	size_t i;

	for (i = 0; i < len; i++)
		labels += name[i] == '.';
	return labels;
}

/* Copy the names into the table and sort them by their labels. */
static int fill_text(struct work *work, size_t text_len)
{
	struct domain_table *table = work->table;
	size_t next[LABELS_MOST + 2] = { 0 };
	size_t i, at = 1;
	unsigned int n;

	table->text = malloc(text_len);
	if (!table->text)
		return -ENOMEM;
	table->text[0] = 0;		/* place 0 is a gap */
	table->text_len = text_len;
	for (i = 0; i < work->names; i++) {
		const char *record = added_record(work, work->first[i]);
		size_t len = domain_record_len(record);

		memcpy(table->text + at, record, DOMAIN_RECORD_HEAD + len);
		work->place[i] = (uint32_t)at;
		at += DOMAIN_RECORD_HEAD + len;
		n = count_labels(record + DOMAIN_RECORD_HEAD, len);
		assert(n <= LABELS_MOST);
		table->label_counts |= UINT64_C(1) << (n < 63 ? n : 63);
		next[n + 1]++;
	}
	for (n = 1; n <= LABELS_MOST; n++)
		next[n] += next[n - 1];
	for (i = 0; i < work->names; i++) {
		const char *record = table->text + work->place[i];

		n = count_labels(record + DOMAIN_RECORD_HEAD,
				 domain_record_len(record));
		work->order[next[n]++] = (uint32_t)i;
	}
	return 0;
}

/* The combination of the nearest name above, 0 when there is none. */
static uint32_t inherited(const struct work *work, const char *record)
{
	const struct domain_table *table = work->table;
	size_t len = domain_record_len(record);
	struct domain_suffixes suffixes;
	const char *above;

	domain_suffixes_init(&suffixes, table->key, table->label_counts,
			     record + DOMAIN_RECORD_HEAD, len);
	above = domain_table_find(table, &suffixes, len - 1);
	return above ? domain_record_id(above) : 0;
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
		uint32_t what = domain_record_id(added_record(work, i));
		size_t set = what >> 1;

		self[set / 64] |= UINT64_C(1) << set % 64;
		if (!(what & 1))
			below[set / 64] |= UINT64_C(1) << set % 64;
	}
	return set_pool_intern(work->pool, work->bits, ret_id);
}

/* Nearly every name is in one set and has no listed name above it. */
static int combine_cached(struct work *work, size_t from, size_t to,
			  uint32_t above, uint32_t *ret_id)
{
	uint32_t *known;
	int rc = 0;

	if (to - from > 1 || above != 0)
		return combine(work, from, to, above, ret_id);
	known = &work->alone[domain_record_id(added_record(work, from))];
	if (*known == 0)
		rc = combine(work, from, to, above, known);
	if (rc == 0)
		*ret_id = *known;
	return rc;
}

/* Names with fewer labels come first, so what a name inherits is complete. */
static int fill_sets(struct work *work)
{
	struct domain_table *table = work->table;
	uint32_t id;
	size_t i;
	int rc;

	for (i = 0; i < work->names; i++) {
		uint32_t name = work->order[i];
		char *record = table->text + work->place[name];

		rc = combine_cached(work, work->first[name],
				    work->first[name + 1],
				    inherited(work, record), &id);
		if (rc < 0)
			return rc;
		memcpy(record, &id, sizeof(id));
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
	work->order = calloc(count, sizeof(*work->order));
	work->bits = calloc(2 * words, sizeof(*work->bits));
	work->alone = calloc(builder->sets * 2 + 1, sizeof(*work->alone));
	if (!work->table || !work->pool || !work->added || !work->first ||
	    !work->place || !work->order || !work->bits || !work->alone)
		return -ENOMEM;
	memcpy(work->table->key, builder->key, sizeof(builder->key));
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
	rc = fill_slots(&work);
	if (rc < 0)
		goto out;
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
