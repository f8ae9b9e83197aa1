/*
 * null_engine.c - the least that an engine can do: accept every packet with a
 * mark and never look at it. Same source, same batches and same verdicts as
 * waymark, so that the difference is what waymark's own work costs.
 *
 *   null_engine FIRST LAST [MARK]        until SIGINT or SIGTERM
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/source_nfqueue.h"

#define QUEUES_MAX 16

struct lane {
	struct source_nfqueue *source;
	uint32_t mark;
	pthread_t thread;
	struct packet packets[WORKER_BATCH];
	struct verdict verdicts[WORKER_BATCH];
};

static atomic_bool stopping;

static void *lane_main(void *arg)
{
	struct lane *lane = arg;
	int got = 0;

	for (size_t i = 0; i < WORKER_BATCH; i++)
		lane->verdicts[i].mark = lane->mark;
	while (got >= 0 && !atomic_load(&stopping)) {
		got = source_nfqueue_receive(lane->source, lane->packets);
		if (got > 0)
			got = source_nfqueue_answer(lane->source,
						    lane->packets,
						    lane->verdicts,
						    (size_t)got);
	}
	if (got < 0)
		fprintf(stderr, "null_engine: %s\n", strerror(-got));
	return NULL;
}

static struct lane *lane_start(unsigned int queue, uint32_t mark)
{
	struct source_nfqueue_options options = {
		.queue = (uint16_t)queue,
		.fail_open = true,
	};
	struct lane *lane = calloc(1, sizeof(*lane));
	char error[512];

	if (lane == NULL)
		exit(EXIT_FAILURE);
	lane->mark = mark;
	if (source_nfqueue_open(&options, &lane->source, error,
				sizeof(error)) < 0) {
		fprintf(stderr, "null_engine: %s\n", error);
		exit(EXIT_FAILURE);
	}
	pthread_create(&lane->thread, NULL, lane_main, lane);
	return lane;
}

static void lane_report(const struct lane *lane, unsigned int queue)
{
	const struct source_nfqueue_counters *counters =
		source_nfqueue_counters(lane->source);

	printf("queue %u: received %ju batches %ju overruns %ju errors %ju\n",
	       queue, (uintmax_t)counters->received,
	       (uintmax_t)counters->batches, (uintmax_t)counters->overruns,
	       (uintmax_t)counters->errors);
}

int main(int argc, char *argv[])
{
	unsigned int first = argc > 1 ? (unsigned int)atoi(argv[1]) : 0;
	unsigned int last = argc > 2 ? (unsigned int)atoi(argv[2]) : first;
	uint32_t mark = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 0) : 0;
	struct lane *lanes[QUEUES_MAX];
	unsigned int count = last - first + 1;
	sigset_t ends;
	int signal;

	if (argc < 2 || count > QUEUES_MAX) {
		fputs("usage: null_engine FIRST [LAST [MARK]]\n", stderr);
		return 2;
	}
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	for (unsigned int i = 0; i < count; i++)
		lanes[i] = lane_start(first + i, mark);
	fputs("ready\n", stderr);

	sigwait(&ends, &signal);
	atomic_store(&stopping, true);
	for (unsigned int i = 0; i < count; i++) {
		source_nfqueue_wake(lanes[i]->source);
		pthread_join(lanes[i]->thread, NULL);
		lane_report(lanes[i], first + i);
		source_nfqueue_close(lanes[i]->source);
		free(lanes[i]);
	}
	return EXIT_SUCCESS;
}
