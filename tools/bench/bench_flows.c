/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_flows.c - a million half-open connections beside flows that go on:
 * the memory they take, and what they cost the others.
 *
 *	bench_flows [HALF_OPEN [KNOWN]]		1,000,000 and 4,096
 *
 * The worker's table is the default one. The known flows are asked for in
 * random order: in a table of their own, then in one that the others have
 * filled, and then with the flood between, sixteen of it for each of theirs,
 * which leaves caches and table as a flood does.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/compile/policy_load.h"
#include "engine/hints/hint.h"
#include "engine/worker/worker.h"
#include "tools/bench/bench.h"

#define BATCH 64
#define PASSES 200
#define ROUNDS 5

static uint64_t chance = BENCH_CHANCE;
static struct packet batch[BATCH];
static struct verdict verdicts[BATCH];
static uint64_t clock_of_packets = 1;

static size_t resident_kb(void)
{
	size_t pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL || fscanf(file, "%*s %zu", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return pages * 4;
}

static struct packet syn_of(uint32_t client, uint16_t sport)
{
	return (struct packet){
		.family = 4, .proto = IPPROTO_TCP, .tcp_flags = TCP_SYN,
		.tcp_seq = sport, .has_ports = true, .ip_len = 60,
		.src = address_from_v4(htonl(client)), .sport = sport,
		.dst = address_from_v4(htonl(0xc6336407)), .dport = 443,
		.time_ns = clock_of_packets++ * 100,
	};
}

/* One packet of a known flow: its SYN once more. */
static struct packet known(uint32_t i)
{
	return syn_of(0x0a000000 + i, (uint16_t)(1024 + i % 60000));
}

static struct packet half_open(void)
{
	uint64_t bits = bench_random64(&chance);

	return syn_of(0x14000000 | (uint32_t)(bits & 0xffffff),
		      (uint16_t)(bits >> 48));
}

static void classify(struct worker *worker)
{
	worker_classify(worker, batch, NULL, BATCH, true, verdicts);
}

/* ns for each packet of known flows. */
static double ask_known(struct worker *worker, uint32_t flows)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t took = 0;

		for (int pass = 0; pass < PASSES; pass++) {
			uint64_t start;

			for (int i = 0; i < BATCH; i++)
				batch[i] = known((uint32_t)(bench_random64(&chance) %
							    flows));
			start = bench_cpu_ns();
			classify(worker);
			took += bench_cpu_ns() - start;
		}
		best = took < best ? took : best;
	}
	return (double)best / PASSES / BATCH;
}

/* Half-open flows pass, and one packet in sixteen is of a known flow. */
static double flood(struct worker *worker, size_t half, uint32_t flows)
{
	uint64_t start, took = 0;
	uint32_t next = 0;

	for (size_t done = 0; done < half; done += BATCH) {
		for (int i = 0; i < BATCH; i++)
			batch[i] = i % 16 ? half_open()
					  : known(next++ % flows);
		start = bench_cpu_ns();
		classify(worker);
		took += bench_cpu_ns() - start;
	}
	return (double)took / (double)half;
}

static struct policy *policy_make(void)
{
	static const char text[] = "uplink a { dev a }\n"
				   "route host shop.example via a\n";
	struct policy *policy = NULL;
	struct diag *diag = diag_new();

	if (diag == NULL ||
	    policy_parse("bench", text, sizeof(text) - 1, hints_vocabulary(),
			 diag, &policy) < 0)
		abort();
	diag_free(diag);
	return policy;
}

int main(int argc, char *argv[])
{
	static const struct worker_options options = { .preallocate = true };
	size_t half = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	uint32_t flows = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10)
				  : 4096;
	struct policy *policy = policy_make();
	struct worker *worker = worker_new(policy, &options);
	size_t before_kb, bytes, begun;
	double quiet, during, after;

	if (worker == NULL || flows == 0)
		return EXIT_FAILURE;
	for (uint32_t i = 0; i + BATCH <= flows; i += BATCH) {
		for (uint32_t k = 0; k < BATCH; k++)
			batch[k] = known(i + k);
		classify(worker);
	}
	quiet = ask_known(worker, flows);
	before_kb = resident_kb();
	bytes = worker_bytes(worker);
	during = flood(worker, half, flows);
	begun = worker_counters(worker)->flows;
	after = ask_known(worker, flows);
	printf("%u known flows, %zu half-open ones\n", flows, half);
	printf("memory      %zu kB before, %zu kB after; the worker's %zu kB, "
	       "then %zu kB\n", before_kb, resident_kb(), bytes / 1024,
	       worker_bytes(worker) / 1024);
	printf("known flow  %.1f ns a packet before, %.1f ns after: "
	       "%.2f times\n", quiet, after, after / quiet);
	printf("the flood   %.1f ns a packet\n", during);
	printf("known flows that lost their place: %zu\n",
	       (size_t)worker_counters(worker)->flows - begun);
	worker_free(worker);
	policy_free(policy);
	return EXIT_SUCCESS;
}
