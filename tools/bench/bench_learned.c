/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_learned.c - how long the look-up for a first packet takes in a full
 * store, and the memory of an item. `bench_learned [ITEMS]`.
 *
 * The look-up is what a first packet costs: the server's memory, then the
 * client's own answer, in random order, so that the caches rarely hold it. It
 * is made as a worker makes it, who looks ahead in a batch of packets, and all
 * at once, as for a packet that comes alone: that is mostly the latency of the
 * machine's memory, which is given beside it.
 */
#include <endian.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/learn/learned.h"
#include "rules/util/big_alloc.h"
#include "tools/bench/bench.h"

#define QUERIES (1 << 19)
#define BATCH 256
/* As worker.c has it. */
#define LOOK_AHEAD 8
#define FETCH_AHEAD 4
#define ROUNDS 7
#define NOW_NS UINT64_C(1000000000000)

static uint64_t chance = BENCH_CHANCE;

static struct address client_of(uint64_t item)
{
	return address_from_v4(htobe32(0x0a000000u + (uint32_t)(item % 251)));
}

static struct address server_of(uint64_t item)
{
	return address_from_v4(htobe32(0x20000000u + (uint32_t)item * 2654435u));
}

static void fill(struct learned *learned, size_t items)
{
	char host[LEARNED_HOST_MAX + 1];

	for (size_t i = 0; i < items; i++) {
		struct address client = client_of(i), server = server_of(i);

		snprintf(host, sizeof(host), "r%zu.host-%zu.example.com", i % 7,
			 i);
		learned_add_answer(learned, &client, &server, host, 3600,
				     NOW_NS);
		learned_add_server(learned, &client, &server, IPPROTO_TCP, 443,
				   1, host, NOW_NS);
	}
}

static struct learned_look look_of(const struct learned *learned,
				   uint64_t item)
{
	struct address client = client_of(item), server = server_of(item);

	return learned_look(learned, &client, &server, IPPROTO_TCP, 443);
}

static size_t ask(const struct learned *learned, uint64_t item)
{
	struct learned_look look = look_of(learned, item);
	struct learned_found server, answer;

	/* Both, whatever the first finds. */
	return (size_t)learned_server(learned, &look, NOW_NS, &server) *
	       (size_t)learned_answer(learned, &look, NOW_NS, &answer);
}

/* As worker_classify() asks for new flows. */
static size_t ask_ahead(const struct learned *learned, const uint64_t *items)
{
	struct learned_look looks[BATCH + LOOK_AHEAD];
	size_t hits = 0;

	for (size_t from = 0; from < QUERIES; from += BATCH) {
		for (size_t i = 0; i < BATCH + LOOK_AHEAD; i++) {
			if (i < BATCH)
				looks[i] = look_of(learned, items[from + i]);
			if (i >= LOOK_AHEAD - FETCH_AHEAD &&
			    i < BATCH + LOOK_AHEAD - FETCH_AHEAD)
				learned_fetch(learned, &looks[i - LOOK_AHEAD +
							      FETCH_AHEAD]);
			if (i >= LOOK_AHEAD)
				hits += ask(learned,
					    items[from + i - LOOK_AHEAD]);
		}
	}
	return hits;
}

/* Each only once the one before has its answer. */
static size_t ask_alone(const struct learned *learned, const uint64_t *items)
{
	size_t hits = 0;

	for (size_t i = 0; i < QUERIES; i++)
		hits += ask(learned, items[i] + (hits > QUERIES));
	return hits;
}

/* The latency of memory: a walk through as much of it as the store has, one
 * read after another. */
static size_t walk(const struct learned *learned, const uint64_t *items)
{
	static uint64_t *memory;
	size_t words = learned_bytes(learned) / sizeof(*memory) / 2;
	uint64_t at = 0;

	if (memory == NULL)
		memory = big_alloc(words * sizeof(*memory));
	if (memory == NULL)
		abort();
	for (size_t i = 0; i < QUERIES; i++)
		at = memory[(items[i] * 2654435761u + at) % words];
	return at;
}

struct way {
	const char *name;
	size_t (*ask)(const struct learned *learned, const uint64_t *items);
	bool is_unknown;
};

static const struct way ways[] = {
	{ "known, in batches", ask_ahead, false },
	{ "unknown, in batches", ask_ahead, true },
	{ "known, alone", ask_alone, false },
	{ "unknown, alone", ask_alone, true },
	{ "one read of memory", walk, false },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* In turns; of each the lower quartile. */
static void measure(const struct learned *learned, const uint64_t *known,
		    const uint64_t *unknown)
{
	static double took[WAYS][ROUNDS];
	size_t hits[WAYS];

	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t way = 0; way < WAYS; way++) {
			uint64_t began = bench_cpu_ns();

			hits[way] = ways[way].ask(learned,
						  ways[way].is_unknown ?
						  unknown : known);
			took[way][round] = (double)(bench_cpu_ns() - began) / QUERIES;
		}
	}
	for (size_t way = 0; way < WAYS; way++) {
		printf("%-20s %6.1f ns (%zu %% hits)\n", ways[way].name,
		       bench_lower_quartile(took[way], ROUNDS),
		       hits[way] * 100 / QUERIES);
	}
}

static void count(void *ctx, const struct learned_item *item)
{
	size_t *counts = ctx;

	counts[item->kind]++;
}

int main(int argc, char *argv[])
{
	size_t items = argc > 1 ? strtoul(argv[1], NULL, 10) : 1 << 20;
	struct learned_options options = { .answers = items * 2,
					   .servers = items * 2 };
	struct learned *learned = learned_new(&options);
	uint64_t *known = malloc(QUERIES * sizeof(*known));
	uint64_t *unknown = malloc(QUERIES * sizeof(*unknown));
	size_t counts[LEARNED_SHARED + 1] = { 0 };

	if (learned == NULL || known == NULL || unknown == NULL || items == 0) {
		fprintf(stderr, "bench_learned: out of memory\n");
		return EXIT_FAILURE;
	}
	fill(learned, items);
	learned_each(learned, count, counts);
	for (size_t i = 0; i < QUERIES; i++) {
		known[i] = bench_random64(&chance) % items;
		unknown[i] = known[i] + items;
	}
	printf("%zu answers and %zu servers, places for %zu, %.1f bytes a "
	       "place\n", counts[LEARNED_ANSWER], counts[LEARNED_SERVER],
	       items * 4, (double)learned_bytes(learned) / (double)items / 4);
	measure(learned, known, unknown);
	learned_free(learned);
	free(known);
	free(unknown);
	return EXIT_SUCCESS;
}
