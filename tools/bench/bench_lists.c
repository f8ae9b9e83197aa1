/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_lists.c - how fast big lists load, how much memory they take and how
 * long a look-up is. `bench_lists [PREFIXES [DOMAINS [LISTS...]]]`: the
 * number of entries and of lists, measured one after another.
 *
 * Half of the look-ups are for something on a list, in random order, so that
 * the caches rarely hold what is needed. Times are processor time, and the
 * lower quartile of a few rounds: neighbours count little.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/tables/domain_table.h"
#include "rules/tables/prefix_table.h"
#include "tools/bench/bench.h"

#define QUERIES (1 << 20)
#define ROUNDS 7

static uint64_t chance = BENCH_CHANCE;

static void *need(void *memory)
{
	if (memory == NULL) {
		fprintf(stderr, "bench_lists: out of memory\n");
		exit(EXIT_FAILURE);
	}
	return memory;
}

struct result {
	const char *what;
	size_t count;
	size_t sets;
	uint64_t load_ns;
	size_t bytes;
	size_t hits;
	double took_ns[ROUNDS];
};

static void report(struct result *result)
{
	printf("%-22s %8zu in %2zu: load %6.0f ms, %5.1f bytes each, "
	       "look-up %5.1f ns (%zu %% hits)\n", result->what, result->count,
	       result->sets, (double)result->load_ns / 1e6,
	       (double)result->bytes / (double)result->count,
	       bench_lower_quartile(result->took_ns, ROUNDS) /
		       QUERIES,
	       result->hits * 100 / QUERIES / ROUNDS);
}

/* Lengths as they are on real lists: mostly /24 and hosts, /48 and /32. */
static const uint8_t v4_lens[] = { 32, 24, 24, 24, 24, 22, 20, 16 };
static const uint8_t v6_lens[] = { 64, 48, 48, 48, 48, 44, 32, 56 };

struct world {
	const char *name;
	unsigned int v6_percent;
	unsigned int v6_sites_log2;	/* random /32 networks that v6 is in */
};

static struct prefix random_prefix(const struct world *world)
{
	struct prefix prefix;
	uint64_t bits = bench_random64(&chance);
	uint64_t site;

	if (bench_random64(&chance) % 100 >= world->v6_percent) {
		prefix.len = v4_lens[bench_random64(&chance) % 8];
		bits &= UINT32_MAX << (32 - prefix.len);
		prefix.base = address_from_v4(htobe32((uint32_t)bits));
		prefix.len += 96;
		return prefix;
	}
	if (world->v6_sites_log2 > 0) {
		/* The same number of a site gives the same random /32. */
		site = bench_random64(&chance) >> (64 - world->v6_sites_log2);
		bits = (bits & UINT32_MAX) |
		       (site * UINT64_C(0x9e3779b97f4a7c15)) >> 32 << 32;
	}
	prefix.len = v6_lens[bench_random64(&chance) % 8];
	bits = (bits >> 3 | UINT64_C(1) << 61) & UINT64_MAX << (64 - prefix.len);
	prefix.base = (struct address){ .be64 = { htobe64(bits) } };
	return prefix;
}

static struct address random_address(const struct prefix *prefix)
{
	struct address a = prefix->base;
	unsigned int i;

	for (i = prefix->len; i < 128; i++)
		a.bytes[i / 8] |= (uint8_t)((bench_random64(&chance) & 1) << (7 - i % 8));
	return a;
}

static void bench_prefixes(const struct world *world, size_t count, size_t sets)
{
	struct prefix *prefixes = need(malloc(count * sizeof(*prefixes)));
	struct address *queries = need(malloc(QUERIES * sizeof(*queries)));
	struct prefix_builder *builder = need(prefix_builder_new(sets));
	struct prefix_table *table;
	struct result result = {
		.what = world->name, .count = count, .sets = sets,
	};
	uint64_t start;
	size_t i, round;

	for (i = 0; i < count; i++)
		prefixes[i] = random_prefix(world);
	for (i = 0; i < QUERIES; i++) {
		struct prefix prefix = random_prefix(world);

		if (i % 2 == 0)
			prefix = prefixes[bench_random64(&chance) % count];
		queries[i] = random_address(&prefix);
	}

	start = bench_cpu_ns();
	for (i = 0; i < count; i++) {
		struct address last = prefix_last(&prefixes[i]);

		if (prefix_builder_add(builder, i % sets, &prefixes[i].base,
				       &last) < 0)
			need(NULL);
	}
	if (prefix_table_build(builder, &table) < 0)
		need(NULL);
	result.load_ns = bench_cpu_ns() - start;
	result.bytes = prefix_table_bytes(table);
	for (round = 0; round < ROUNDS; round++) {
		start = bench_cpu_ns();
		for (i = 0; i < QUERIES; i++) {
			const uint64_t *found;

			found = prefix_table_lookup(table, &queries[i]);
			result.hits += found[0] != 0;
		}
		result.took_ns[round] = (double)(bench_cpu_ns() - start);
	}
	report(&result);
	prefix_table_free(table);
	prefix_builder_free(builder);
	free(queries);
	free(prefixes);
}

static const struct world worlds[] = {
	{ "prefixes, half v6", 50, 0 },
	{ "prefixes, v6 in sites", 50, 14 },
	{ "prefixes, v4", 0, 0 },
	{ "prefixes, v6", 100, 0 },
};

/* A name as they are on lists of advertisers: "word7-word9.tld" and below. */
static size_t random_name(char name[static DOMAIN_MAX + 1],
			  const char *below)
{
	static const char *const tlds[] = { "com", "net", "org", "de", "info",
					    "co.uk", "io", "xyz" };
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = 4 + bench_random64(&chance) % 12;
	size_t i;

	for (i = 0; i < len; i++)
		name[i] = letters[bench_random64(&chance) % (sizeof(letters) - 1)];
	return len + (size_t)sprintf(
			     name + len, ".%s",
			     below != NULL ? below
					   : tlds[bench_random64(&chance) % 8]);
}

struct name {
	uint8_t len;
	char text[63];
};

static void random_names(struct name *names, size_t count)
{
	char text[DOMAIN_MAX + 1];
	size_t i;

	for (i = 0; i < count; i++) {
		/* A third stands below another name of the list. */
		names[i].len = (uint8_t)random_name(text, i % 3 == 2 ?
			names[i - 1 - bench_random64(&chance) % 2].text : NULL);
		memcpy(names[i].text, text, names[i].len + 1U);
	}
}

/* Half of the queries are below a name of the list. */
static void random_queries(struct name *queries, const struct name *names,
			   size_t count)
{
	char text[DOMAIN_MAX + 1], above[DOMAIN_MAX + 1];
	size_t i;

	for (i = 0; i < QUERIES; i++) {
		const char *below = names[bench_random64(&chance) % count].text;

		if (i % 2 == 0 && strlen(below) < 40) {
			random_name(text, below);
		} else {
			random_name(above, NULL);
			random_name(text, above);
		}
		queries[i].len = (uint8_t)strlen(text);
		memcpy(queries[i].text, text, queries[i].len + 1U);
	}
}

static void bench_domains(size_t count, size_t sets)
{
	struct name *names = need(malloc(count * sizeof(*names)));
	struct name *queries = need(malloc(QUERIES * sizeof(*queries)));
	struct domain_builder *builder = need(domain_builder_new(sets));
	struct domain_table *table;
	struct result result = {
		.what = "domains, beyond text", .count = count, .sets = sets,
	};
	size_t i, round, text_len = 0;
	uint64_t start;

	random_names(names, count);
	random_queries(queries, names, count);
	start = bench_cpu_ns();
	for (i = 0; i < count; i++) {
		char name[DOMAIN_MAX + 1];
		const char *why;
		int len;

		len = domain_canonical(names[i].text, names[i].len, name, &why);
		if (len < 0 || domain_builder_add(builder, i % sets, name,
						  (size_t)len, false) < 0)
			need(NULL);
		text_len += (size_t)len;
	}
	if (domain_table_build(builder, &table) < 0)
		need(NULL);
	result.load_ns = bench_cpu_ns() - start;
	result.bytes = domain_table_bytes(table) - text_len;
	for (round = 0; round < ROUNDS; round++) {
		start = bench_cpu_ns();
		for (i = 0; i < QUERIES; i++) {
			const uint64_t *found;

			found = domain_table_lookup(table, queries[i].text,
						    queries[i].len);
			result.hits += found[0] != 0;
		}
		result.took_ns[round] = (double)(bench_cpu_ns() - start);
	}
	report(&result);
	domain_table_free(table);
	domain_builder_free(builder);
	free(queries);
	free(names);
}

static size_t argument(int argc, char *argv[], int i, size_t fallback)
{
	return argc > i ? strtoul(argv[i], NULL, 10) : fallback;
}

static void bench_all(size_t prefixes, size_t domains, size_t sets)
{
	if (prefixes == 0 || domains == 0 || sets == 0) {
		fprintf(stderr, "usage: bench_lists [PREFIXES [DOMAINS "
			"[LISTS...]]]\n");
		exit(2);
	}
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++)
		bench_prefixes(&worlds[i], prefixes, sets);
	bench_domains(domains, sets);
}

int main(int argc, char *argv[])
{
	static const size_t usual[] = { 1, 8, 64 };
	size_t prefixes = argument(argc, argv, 1, 1000000);
	size_t domains = argument(argc, argv, 2, 1000000);

	for (int i = 3; i < argc; i++)
		bench_all(prefixes, domains, argument(argc, argv, i, 0));
	for (size_t i = 0; argc <= 3 && i < 3; i++)
		bench_all(prefixes, domains, usual[i]);
	return EXIT_SUCCESS;
}
