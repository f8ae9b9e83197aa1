/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_replay.c - what a packet costs in a replay, decode to decision:
 *
 *	bench_replay --merge OUT PCAP...	Ethernet frames of all, in a row
 *	bench_replay POLICY PCAP [ROUNDS]	the measurement
 *	bench_replay --shares POLICY PCAP [ROUNDS]
 *		how much faster several are who share the flows, where the
 *		policy learns nothing
 *
 * Frames are in memory before the clock starts; one thread; best of the
 * rounds. Then, for each application, at which packet its flows were settled.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile/policy_load.h"
#include "engine/hints/hint.h"
#include "engine/replay/replay.h"
#include "engine/worker/worker.h"
#include "tools/bench/bench.h"

#define ROUNDS 7
#define AHEAD 16
#define BATCH 64
#define ROW 4096
#define SHARERS_MAX 2		/* processors that everyone has */
#define SECOND_NS 1000000000u
#define FLOWS_FOR_A_LABEL 5	/* too few for percentiles */

struct frame {
	size_t at;		/* of its bytes */
	uint32_t len;
	uint32_t wire_len;
	uint64_t time_ns;
};

static struct {
	struct frame *items;
	size_t count, room;
	uint8_t *bytes;
	size_t byte_count, byte_room;
	int dlt;
} frames;

static void *must(void *memory)
{
	if (memory == NULL) {
		fputs("bench_replay: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return memory;
}

static void keep(const struct pcap_pkthdr *header, const u_char *data)
{
	if (frames.count == frames.room) {
		frames.room = frames.room != 0 ? frames.room * 2 : 4096;
		frames.items = must(reallocarray(frames.items, frames.room,
						 sizeof(*frames.items)));
	}
	while (frames.byte_room - frames.byte_count < header->caplen) {
		frames.byte_room = frames.byte_room != 0 ?
				   frames.byte_room * 2 : 1 << 20;
		frames.bytes = must(realloc(frames.bytes, frames.byte_room));
	}
	frames.items[frames.count++] = (struct frame){
		.at = frames.byte_count,
		.len = header->caplen,
		.wire_len = header->len,
		.time_ns = (uint64_t)(uint32_t)header->ts.tv_sec * SECOND_NS +
			   (uint64_t)header->ts.tv_usec,
	};
	memcpy(frames.bytes + frames.byte_count, data, header->caplen);
	frames.byte_count += header->caplen;
}

/* What cannot be read, or not to its end, is left out. */
static pcap_t *open_capture(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];

	return pcap_open_offline_with_tstamp_precision(
		path, PCAP_TSTAMP_PRECISION_NANO, error);
}

static bool load(const char *path)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *pcap = open_capture(path);

	if (pcap == NULL)
		return false;
	frames.dlt = pcap_datalink(pcap);
	while (pcap_next_ex(pcap, &header, &data) == 1)
		keep(header, data);
	pcap_close(pcap);
	return true;
}

/* ---- one capture of many ---- */

static int merge(int argc, char *argv[])
{
	pcap_t *ethernet = must(pcap_open_dead_with_tstamp_precision(
		DLT_EN10MB, 262144, PCAP_TSTAMP_PRECISION_NANO));
	pcap_dumper_t *out = must(pcap_dump_open(ethernet, argv[0]));
	uint64_t latest_ns = 0;
	size_t used = 0;

	for (int i = 1; i < argc; i++) {
		frames.count = 0;
		frames.byte_count = 0;
		if (!load(argv[i]) || frames.dlt != DLT_EN10MB)
			continue;
		used++;
		for (size_t k = 0; k < frames.count; k++) {
			const struct frame *frame = &frames.items[k];
			struct pcap_pkthdr header = {
				.caplen = frame->len, .len = frame->wire_len,
			};

			/* Files follow each other, a second apart. */
			if (k == 0)
				latest_ns += SECOND_NS;
			else if (frame->time_ns > frame[-1].time_ns)
				latest_ns += frame->time_ns -
					     frame[-1].time_ns;
			header.ts.tv_sec = (time_t)(latest_ns / SECOND_NS);
			header.ts.tv_usec = (suseconds_t)(latest_ns %
							  SECOND_NS);
			pcap_dump((u_char *)out, &header,
				  frames.bytes + frame->at);
		}
	}
	pcap_dump_close(out);
	pcap_close(ethernet);
	free(frames.items);
	free(frames.bytes);
	fprintf(stderr, "%zu of %d captures are of Ethernet\n", used,
		argc - 1);
	return EXIT_SUCCESS;
}

/* ---- the clock ---- */

/* Frames as a source has them: decoded, a batch at a time. */
static size_t take_batch(struct source_frame *batch, size_t first,
			 size_t max)
{
	size_t left = frames.count - first;
	size_t count = left < max ? left : max;

	for (size_t i = 0; i < count; i++) {
		const struct frame *from = &frames.items[first + i];

		batch[i] = (struct source_frame){
			.number = first + i + 1,
			.wire_len = from->wire_len,
			.packet.time_ns = from->time_ns,
		};
		/* As a source has it that reads ahead. */
		if (first + i + AHEAD < frames.count)
			__builtin_prefetch(frames.bytes + from[AHEAD].at);
		source_frame_decode(&batch[i], frames.dlt,
				    frames.bytes + from->at, from->len);
	}
	return count;
}

static void feed_all(struct replay *replay, struct source_frame *batch,
		     size_t max)
{
	for (size_t i = 0; i < frames.count; i += max)
		if (replay_frames(replay, batch,
				  take_batch(batch, i, max)) < 0)
			must(NULL);
}

static struct replay *replay_all(const struct policy *policy, uint64_t *ret_ns)
{
	static struct source_frame batch[BATCH];
	struct replay *replay = must(replay_new(policy, NULL));
	uint64_t start = bench_cpu_ns();

	feed_all(replay, batch, BATCH);
	*ret_ns = bench_cpu_ns() - start;
	return replay;
}

/* Measure the time that `sharers` threads, which share the flows, take for rows
 * of frames that the first thread decodes. */
static uint64_t shard_all(const struct policy *policy, unsigned long sharers,
			  struct source_frame *batch)
{
	const struct replay_options options = {
		.threads = sharers > 1 ? sharers + 1 : 1,
	};
	struct replay *replay = must(replay_new(policy, &options));
	uint64_t ns = bench_now_ns();

	feed_all(replay, batch, ROW);
	ns = bench_now_ns() - ns;
	replay_free(replay);
	return ns;
}

static void measure_shards(const struct policy *policy, int rounds)
{
	struct source_frame *batch = must(calloc(ROW, sizeof(*batch)));
	uint64_t best[SHARERS_MAX] = { 0 };

	for (int round = 0; round < rounds; round++)
		for (unsigned long n = 1; n <= SHARERS_MAX; n++) {
			uint64_t ns = shard_all(policy, n, batch);

			if (round == 0 || ns < best[n - 1])
				best[n - 1] = ns;
		}
	for (unsigned long n = 2; n <= SHARERS_MAX; n++)
		printf("shared-by-%lu %.2f\n", n,
		       (double)best[0] / (double)best[n - 1]);
	free(batch);
}

static struct replay *measure(const struct policy *policy, int rounds)
{
	uint64_t best = UINT64_MAX;
	struct replay *replay = NULL;
	struct replay_totals totals;

	for (int i = 0; i < rounds; i++) {
		uint64_t ns;

		replay_free(replay);
		replay = replay_all(policy, &ns);
		best = ns < best ? ns : best;
	}
	totals = replay_totals(replay);
	printf("packets %zu\nflows %zu\nqueued %.1f %%\n", frames.count,
	       replay_flows(replay), 100.0 * (double)totals.queued /
	       (double)(totals.packets != 0 ? totals.packets : 1));
	printf("ns-per-packet %.1f\npackets-per-second %.0f\n",
	       (double)best / (double)frames.count,
	       (double)frames.count * 1e9 / (double)best);
	return replay;
}

/* ---- settled when ---- */

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t percentile(const uint64_t *sorted, size_t count, unsigned p)
{
	size_t rank = (count * p + 99) / 100;

	return sorted[rank > 0 ? rank - 1 : 0];
}

static void print_label(const struct replay *replay, uint16_t app,
			uint64_t *settled)
{
	size_t all = 0, count = 0;

	for (size_t i = 0; i < replay_flows(replay); i++) {
		const struct replay_flow *flow = replay_flow(replay, i);

		if (flow == NULL || flow->app != app || flow->queued == 0)
			continue;
		all++;
		if (flow->settled_packet != 0)
			settled[count++] = flow->settled_packet;
	}
	if (count < FLOWS_FOR_A_LABEL)
		return;
	qsort(settled, count, sizeof(*settled), by_number);
	printf("%-14s %7zu %7zu %6llu %6llu %6llu\n",
	       app != APP_NONE ? hints_app_name(app) : "(unknown)", all, count,
	       (unsigned long long)percentile(settled, count, 50),
	       (unsigned long long)percentile(settled, count, 90),
	       (unsigned long long)percentile(settled, count, 99));
}

static void print_settled(const struct replay *replay)
{
	uint64_t *settled = must(calloc(replay_flows(replay) + 1,
					sizeof(*settled)));

	printf("\nsettled at packet\n%-14s %7s %7s %6s %6s %6s\n", "label",
	       "flows", "settled", "p50", "p90", "p99");
	for (unsigned app = 0; app < APP_MAX; app++)
		if (app == APP_NONE || hints_app_name((uint16_t)app) != NULL)
			print_label(replay, (uint16_t)app, settled);
	free(settled);
}

static void print_memory(const struct policy *policy)
{
	static const struct worker_options options = { .flows = 65536 };
	struct worker *worker = must(worker_new(policy, &options));

	printf("bytes-per-flow %zu\nbytes-per-stream %u\nbytes-of-streams "
	       "%zu\n", worker_flow_bytes(worker) / options.flows,
	       policy_inspect(policy).bytes, worker_stream_bytes(worker));
	worker_free(worker);
}

static void measure_one(const struct policy *policy, int rounds)
{
	struct replay *replay = measure(policy, rounds);

	print_memory(policy);
	print_settled(replay);
	replay_free(replay);
}

int main(int argc, char *argv[])
{
	struct policy *policy = NULL;
	struct diag *diag = diag_new();
	bool is_shared = argc > 1 && strcmp(argv[1], "--shares") == 0;
	int rounds;

	if (argc > 3 && strcmp(argv[1], "--merge") == 0)
		return merge(argc - 2, argv + 2);
	argc -= is_shared;
	argv += is_shared;
	rounds = argc > 3 ? atoi(argv[3]) : ROUNDS;
	if (argc < 3 || diag == NULL)
		return EXIT_FAILURE;
	if (policy_load(argv[1], hints_vocabulary(), diag, &policy) < 0) {
		diag_print(diag, stderr);
		return EXIT_FAILURE;
	}
	if (!load(argv[2]) || frames.count == 0) {
		fprintf(stderr, "bench_replay: nothing in %s\n", argv[2]);
		return EXIT_FAILURE;
	}
	if (is_shared)
		measure_shards(policy, rounds);
	else
		measure_one(policy, rounds);
	free(frames.items);
	free(frames.bytes);
	policy_free(policy);
	diag_free(diag);
	return EXIT_SUCCESS;
}
