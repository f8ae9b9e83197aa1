/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_worker.c - what a packet costs in the worker, without the kernel:
 *
 *	bench_worker POLICY PCAP... [rounds]
 *
 * Frames are read into memory first. Three times, best of `rounds`: decode
 * alone; the worker with every packet queued and unmarked, in batches; the
 * same again with a table that already knows the flows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile/policy_load.h"
#include "engine/packet/decode.h"
#include "engine/hints/hint.h"
#include "engine/replay/source_pcap.h"
#include "engine/worker/worker.h"
#include "tools/bench/bench.h"

#define ROUNDS 5

static struct packet *packets;
static size_t count, room;

static void keep(const struct packet *pkt)
{
	uint8_t *copy = malloc(pkt->len);

	if (count == room) {
		struct packet *grown;

		room = room != 0 ? room * 2 : 1024;
		grown = realloc(packets, room * sizeof(*packets));
		if (grown == NULL)
			abort();
		packets = grown;
	}
	if (copy == NULL)
		abort();
	memcpy(copy, pkt->data, pkt->len);
	packets[count++] = (struct packet){ .data = copy, .len = pkt->len };
}

static int load(const char *path)
{
	char error[SOURCE_ERROR_MAX] = "";
	struct source_pcap *source;
	struct source_frame frame;
	int rc;

	rc = source_pcap_open(path, NULL, &source, error);
	if (rc < 0) {
		fprintf(stderr, "%s\n", error);
		return rc;
	}
	while (source_pcap_next(source, &frame, error) > 0)
		if (frame.packet.status == DECODE_OK)
			keep(&frame.packet);
	source_pcap_close(source);
	return 0;
}

/* Work on copies, as a live source has fresh structs for each batch. */
static uint64_t decode_all(void)
{
	struct packet batch[WORKER_BATCH];
	uint64_t start = bench_now_ns();

	for (size_t i = 0; i < count; i += WORKER_BATCH) {
		size_t n = count - i < WORKER_BATCH ? count - i : WORKER_BATCH;

		memcpy(batch, &packets[i], n * sizeof(batch[0]));
		for (size_t k = 0; k < n; k++)
			decode_ip(&batch[k]);
	}
	return bench_now_ns() - start;
}

/* By the packets' clock they come 1 us apart, so that no flow is forgotten. */
static uint64_t classify_all(struct worker *worker, size_t max)
{
	static uint64_t time_ns;
	struct packet batch[WORKER_BATCH];
	struct verdict verdicts[WORKER_BATCH];
	uint64_t start = bench_now_ns();

	for (size_t i = 0; i < count; i += max) {
		size_t n = count - i < max ? count - i : max;

		memcpy(batch, &packets[i], n * sizeof(batch[0]));
		for (size_t k = 0; k < n; k++)
			batch[k].time_ns = time_ns += 1000;
		worker_classify(worker, batch, NULL, n, false, verdicts);
	}
	return bench_now_ns() - start;
}

static void print(const char *what, uint64_t best_ns)
{
	printf("%-36s %6.1f ns a packet\n", what,
	       (double)best_ns / (double)count);
}

static void min(uint64_t *best, uint64_t value)
{
	if (value < *best)
		*best = value;
}

static void measure(const struct policy *policy, size_t max, int rounds)
{
	static const struct worker_options options = { .preallocate = true };
	uint64_t decode = UINT64_MAX, cold = UINT64_MAX, warm = UINT64_MAX;
	uint64_t flows = 0;

	for (int i = 0; i < rounds; i++) {
		struct worker *worker = worker_new(policy, &options);

		if (worker == NULL)
			abort();
		min(&decode, decode_all());
		min(&cold, classify_all(worker, max));
		flows = worker_counters(worker)->flows;
		min(&warm, classify_all(worker, max));
		worker_free(worker);
	}
	printf("batches of %zu, %zu packets, %llu flows begun\n", max, count,
	       (unsigned long long)flows);
	print("decode", decode);
	print("worker, all flows new", cold);
	print("worker, all flows known", warm);
}

int main(int argc, char *argv[])
{
	struct policy *policy = NULL;
	struct diag *diag = diag_new();
	int rounds = ROUNDS;

	if (argc < 3 || diag == NULL)
		return EXIT_FAILURE;
	if (policy_load(argv[1], hints_vocabulary(), diag, &policy) < 0) {
		diag_print(diag, stderr);
		return EXIT_FAILURE;
	}
	for (int i = 2; i < argc; i++) {
		if (i == argc - 1 && i > 2 && atoi(argv[i]) > 0)
			rounds = atoi(argv[i]);
		else if (load(argv[i]) < 0)
			return EXIT_FAILURE;
	}
	measure(policy, WORKER_BATCH, rounds);
	measure(policy, 32, rounds);
	measure(policy, 1, rounds);
	for (size_t i = 0; i < count; i++)
		free((void *)packets[i].data);
	free(packets);
	policy_free(policy);
	diag_free(diag);
	return EXIT_SUCCESS;
}
