/*
 * bench_learned.c - how long the look-up for a first packet takes in a full
 * store, and the memory of an item. `bench_learned [ITEMS]`.
 *
 * The look-up is what a first packet costs: the client's own answer, then the
 * server's memory, in random order, so that the caches rarely hold it. It is
 * measured with memory fetched some look-ups ahead, as a batch of packets may
 * have it, and without: that is the latency of the machine's memory.
 */
#include <endian.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/learned.h"

#define QUERIES (1 << 21)
#define AHEAD 8		/* a small batch */
#define NOW_NS UINT64_C(1000000000000)

/* Marsaglia's xorshift64: the same numbers in every run. */
static uint64_t random64(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

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
		learned_teach_answer(learned, &client, &server, host, 3600,
				     NOW_NS);
		learned_teach_server(learned, &server, IPPROTO_TCP, 443, 1,
				     host, NOW_NS);
	}
}

enum way { ANSWER, BOTH, BOTH_COLD };

/* A look-up in nanoseconds. */
static double measure(const struct learned *learned, const uint64_t *wanted,
		      enum way way, size_t *ret_hits)
{
	struct learned_item item;
	double began = now_ms();
	size_t hits = 0;

	for (size_t i = 0; i < QUERIES; i++) {
		struct address client = client_of(wanted[i]);
		struct address server = server_of(wanted[i]);

		if (way != BOTH_COLD && i + AHEAD < QUERIES) {
			struct address c = client_of(wanted[i + AHEAD]);
			struct address s = server_of(wanted[i + AHEAD]);

			learned_prefetch(learned, &c, &s, IPPROTO_TCP, 443);
		}
		hits += learned_answer(learned, &client, &server, NOW_NS,
				       &item);
		if (way != ANSWER)
			learned_server(learned, &server, IPPROTO_TCP, 443,
				       NOW_NS, &item);
	}
	*ret_hits = hits;
	return (now_ms() - began) * 1e6 / QUERIES;
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
	uint64_t *wanted = malloc(QUERIES * sizeof(*wanted));
	size_t counts[3] = { 0 }, hits = 0;
	double one_ns, both_ns, cold_ns;

	if (learned == NULL || wanted == NULL || items == 0) {
		fprintf(stderr, "bench_learned: out of memory\n");
		return EXIT_FAILURE;
	}
	fill(learned, items);
	learned_each(learned, count, counts);
	for (size_t i = 0; i < QUERIES; i++)
		wanted[i] = random64() % items;
	measure(learned, wanted, BOTH, &hits);
	one_ns = measure(learned, wanted, ANSWER, &hits);
	both_ns = measure(learned, wanted, BOTH, &hits);
	cold_ns = measure(learned, wanted, BOTH_COLD, &hits);
	printf("%zu answers and %zu servers, places for %zu, %.1f bytes a "
	       "place\n", counts[LEARNED_ANSWER], counts[LEARNED_SERVER],
	       items * 4, (double)learned_bytes(learned) / (double)items / 4);
	printf("look-up of an answer %.1f ns, of answer and server %.1f ns, "
	       "nothing fetched ahead %.1f ns (%zu %% hits)\n", one_ns,
	       both_ns, cold_ns, hits * 100 / QUERIES);
	learned_free(learned);
	free(wanted);
	return EXIT_SUCCESS;
}
