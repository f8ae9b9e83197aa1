/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay.c - read captures in batches, process them in shards, and collect the
 * results in order. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/replay/replay.h"
#include "engine/replay/replay_flows.h"
#include "engine/replay/replay_kernel.h"
#include "engine/replay/replay_shard.h"
#include "engine/replay/replay_pool.h"
#include "engine/replay/replay_reassembly.h"
#include "engine/replay/source_batch.h"
#include "engine/replay/source_input.h"

#define FLOWS_KEPT 65536	/* ended flows in memory */
#define JOBS 4096		/* at once */
#define JOBS_ALONE 256		/* likewise, with one member */
#define FLOWS_MAX (1 << 18)	/* unused pages cost nothing */
#define FLOWS_MIN 64		/* some for each shard */
#define STRAYS_MAX (1 << 16)
#define JOBS_PARALLEL 256		/* fewer are not worth waking others */
#define PARALLEL_BYTES (1u << 20)
#define NO_MEMBER UINT8_MAX
#define IFINDEX 1		/* represents options.interface */

struct replay {
	struct replay_options options;
	struct replay_common common;
	struct replay_shard *shards[REPLAY_SHARDS];
	uint8_t members[REPLAY_SHARDS];	/* member that processes each shard */
	struct replay_pool *pool;
	struct learned *learned;	/* owned; NULL: options.learned */
	struct replay_reassembly *reassembly;
	struct reassembled latest;
	struct replay_flows *flows;
	/* The current batch. */
	struct job jobs[JOBS];
	size_t count;
	bool is_alone;			/* the caller processes all of it */
	/* The flow after each job, for options.each_packet. */
	struct replay_flow *shown;
	uint64_t latest_ns;
	uint64_t shift_ns;		/* keeps time monotonic across files */
	bool is_file_start;
	struct replay_totals totals;
	/* Under the lock, for replay_position(). */
	pthread_mutex_t input_lock;
	const struct source_input *input;	/* NULL: none */
	/* Stored by the batch, loaded by any thread. */
	atomic_uint_fast64_t frame;
};

/* ---- the threads ---- */

static void await_turn(void *ctx, size_t shard)
{
	const struct replay *replay = ctx;

	if (!replay->is_alone)
		replay_pool_await(replay->pool, replay->members[shard]);
}

static struct replay_shard *shard_of(const struct replay *replay,
				     const struct job *job)
{
	return replay->shards[replay_shard_of(job->hash)];
}

static void run_job(struct replay *replay, size_t i)
{
	struct job *job = &replay->jobs[i];

	replay_shard_run(shard_of(replay, job), job);
	if (replay->shown != NULL && job->flow != NULL)
		replay->shown[i] = *job->flow;
}

/* Process the jobs of a member's shards, in order. */
static void work(void *ctx, size_t member, size_t count)
{
	struct replay *replay = ctx;

	for (size_t i = 0; i < count; i++) {
		if (replay->jobs[i].member != member)
			continue;
		replay_pool_set_position(replay->pool, member, i);
		run_job(replay, i);
	}
}

static void run_batch(struct replay *replay)
{
	replay->is_alone = replay->count < JOBS_PARALLEL ||
			   replay_pool_threads(replay->pool) == 1;
	if (!replay->is_alone) {
		replay_pool_run(replay->pool, replay->count);
		return;
	}
	for (size_t i = 0; i < replay->count; i++)
		if (replay->jobs[i].member != NO_MEMBER)
			run_job(replay, i);
}

/* One of the threads reads ahead. If flows depend on earlier ones, one member
 * processes all shards: several would wait for each other. */
static size_t members_of(const struct replay *replay, size_t threads)
{
	if (threads <= 2 || replay_shard_learns(replay->shards[0]))
		return 1;
	return threads - 1 < REPLAY_SHARDS ? threads - 1 : REPLAY_SHARDS;
}

/* Change the number of members; call it between two batches. */
static int form_pool(struct replay *replay, size_t members)
{
	struct replay_pool *pool;
	int rc;

	if (replay->pool != NULL &&
	    replay_pool_threads(replay->pool) == members)
		return 0;
	rc = replay_pool_new(members, work, replay, &pool);
	if (rc < 0)
		return rc;
	replay_pool_free(replay->pool);
	replay->pool = pool;
	for (size_t i = 0; i < REPLAY_SHARDS; i++)
		replay->members[i] = (uint8_t)(i % members);
	return 0;
}

/* ---- creation ---- */

static bool is_strict(const struct policy *policy)
{
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (policy_uplink(policy, i)->strict)
			return true;
	return false;
}

static struct flow_table *make_table(size_t flows)
{
	if (flows == 0)
		flows = FLOWS_MAX;
	return flow_table_new(flows > FLOWS_MIN ? flows : FLOWS_MIN, true,
			      NULL, NULL);
}

static bool make_common(struct replay *replay, const struct policy *policy)
{
	const struct learned_options repeatable = { .repeatable = true };
	struct replay_common *common = &replay->common;

	*common = (struct replay_common){
		.policy = policy,
		.marks = policy_marks(policy),
		.interface = replay->options.interface,
		.table = make_table(replay->options.flows),
		.is_strict = is_strict(policy),
		.kernel = replay_kernel_new(policy, replay->options.interface),
		.learned = replay->options.learned,
		.await_turn = await_turn,
		.ctx = replay,
	};
	if (common->learned == NULL) {
		replay->learned = learned_new(&repeatable);
		common->learned = replay->learned;
	}
	return replay_entries_init(&common->strays, STRAYS_MAX) == 0 &&
	       common->table != NULL && common->kernel != NULL &&
	       common->learned != NULL;
}

static bool make_shards(struct replay *replay)
{
	for (size_t i = 0; i < REPLAY_SHARDS; i++) {
		replay->shards[i] = replay_shard_new(&replay->common, i);
		if (replay->shards[i] == NULL)
			return false;
	}
	return true;
}

static bool make_pool(struct replay *replay)
{
	size_t members = members_of(replay, replay->options.threads);

	return form_pool(replay, members) == 0;
}

struct replay *replay_new(const struct policy *policy,
			  const struct replay_options *options)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (replay == NULL)
		return NULL;
	pthread_mutex_init(&replay->input_lock, NULL);
	if (options != NULL)
		replay->options = *options;
	if (replay->options.each_packet != NULL)
		replay->shown = calloc(JOBS,
				       sizeof(replay->shown[0]));
	replay->flows = replay_flows_new(replay->options.keep != 0 ?
					 replay->options.keep : FLOWS_KEPT);
	replay->reassembly = replay_reassembly_new(replay->options.decap,
						   replay->options.datagrams);
	if (!make_common(replay, policy) || !make_shards(replay) ||
	    replay->flows == NULL || replay->reassembly == NULL ||
	    (replay->options.each_packet != NULL && replay->shown == NULL) ||
	    !make_pool(replay)) {
		replay_free(replay);
		return NULL;
	}
	return replay;
}

void replay_free(struct replay *replay)
{
	if (replay == NULL)
		return;
	replay_pool_free(replay->pool);
	for (size_t i = 0; i < REPLAY_SHARDS; i++)
		replay_shard_free(replay->shards[i]);
	flow_table_free(replay->common.table);
	replay_entries_fini(&replay->common.strays);
	replay_kernel_free(replay->common.kernel);
	learned_free(replay->learned);
	replay_flows_free(replay->flows);
	replay_reassembly_free(replay->reassembly);
	free(replay->shown);
	pthread_mutex_destroy(&replay->input_lock);
	free(replay);
}

/* ---- the list of flows ---- */

size_t replay_flows(const struct replay *replay)
{
	return replay_flows_count(replay->flows);
}

const struct replay_flow *replay_flow(const struct replay *replay, size_t i)
{
	return replay_flows_read(replay->flows, i);
}

int replay_error(const struct replay *replay)
{
	return replay_flows_error(replay->flows);
}

struct replay_totals replay_totals(const struct replay *replay)
{
	struct replay_totals totals = replay->totals;

	totals.flows = replay_flows(replay);
	for (size_t i = 0; i < REPLAY_SHARDS; i++)
		totals.dns_answers +=
			replay_shard_dns_answers(replay->shards[i]);
	return totals;
}

/* ---- distribute a batch ---- */

static void set_time(struct replay *replay, struct packet *pkt)
{
	if (replay->is_file_start && pkt->time_ns < replay->latest_ns)
		replay->shift_ns = replay->latest_ns - pkt->time_ns;
	replay->is_file_start = false;
	pkt->time_ns += replay->shift_ns;
	if (pkt->time_ns < replay->latest_ns)
		pkt->time_ns = replay->latest_ns;
	replay->latest_ns = pkt->time_ns;
}

/* Assign a job to its member. Incomplete datagrams are assigned to none. */
static void assign(struct replay *replay, struct job *job)
{
	job->hash = replay_shard_hash(&replay->common, job->packet, job->zone);
	job->member = replay->members[replay_shard_of(job->hash)];
}

static void reassemble(struct replay *replay, struct job *job)
{
	struct reassembled *reassembled = &replay->latest;
	bool is_complete = replay_reassembly_take(replay->reassembly,
						  job->packet, job->zone,
						  reassembled);

	replay->totals.packets++;
	job->packet = reassembled->packet;
	job->packets = reassembled->packets;
	job->bytes = reassembled->bytes;
	if (is_complete && job->packet->status == DECODE_OK)
		assign(replay, job);
	else if (is_complete)
		replay->totals.undecoded[job->packet->status]++;
}

/* Add a job. False: its packet is in replay->latest, so that it must be
 * processed before the next one is added. */
static bool take(struct replay *replay, struct source_frame *frame)
{
	struct job *job = &replay->jobs[replay->count++];
	struct packet *pkt = &frame->packet;

	set_time(replay, pkt);
	pkt->ifindex = replay->options.interface != NULL ? IFINDEX : 0;
	*job = (struct job){
		.packet = pkt,
		.number = frame->number,
		.zone = frame->vlan,
		.mark = pkt->mark,
		.member = NO_MEMBER,
	};
	replay->totals.frames++;
	if (pkt->status == DECODE_OK || pkt->status == DECODE_FRAGMENT)
		reassemble(replay, job);
	else
		replay->totals.undecoded[pkt->status]++;
	return job->packet == pkt;
}

/* ---- collect the results ---- */

/* With a strict uplink, the kernel marks unmarked packets with the path main
 * before routing. */
static uint32_t routed_mark(const struct replay_common *common,
			    const struct job *job)
{
	const struct marks *marks = common->marks;

	if (!common->is_strict || marks_path(marks, job->mark) != 0 ||
	    job->state == CONNTRACK_INVALID)
		return job->mark;
	return marks_merge(marks, job->mark,
			   marks_of(marks, marks->path_main, true));
}

static void report(struct replay *replay, size_t i)
{
	const struct job *job = &replay->jobs[i];
	const struct replay_packet packet = {
		.number = job->number,
		.packet = job->packet,
		.flow = job->flow != NULL ? &replay->shown[i] : NULL,
		.mark = routed_mark(&replay->common, job),
		.dropped = job->dropped,
		.queued = job->queued,
		.is_settled = job->is_settled,
		.from_server = job->from_server,
	};

	replay->options.each_packet(replay->options.ctx, &packet);
}

static int collect_one(struct replay *replay, size_t i)
{
	const struct job *job = &replay->jobs[i];
	int rc = job->rc;

	if (job->added != NULL) {
		int added = replay_flows_add(replay->flows, job->added);

		rc = rc == 0 ? added : rc;
	}
	replay->totals.queued += job->queued;
	if (rc == 0 && replay->options.each_packet != NULL)
		report(replay, i);
	return rc;
}

/* Call it last: jobs use flows that have ended meanwhile. */
static void end_entries(struct replay *replay)
{
	struct replay_entries *strays = &replay->common.strays;

	for (size_t i = 0; i < REPLAY_SHARDS; i++)
		replay_flows_end(replay->flows, replay_entries_ended(
			replay_shard_entries(replay->shards[i])));
	replay_flows_end(replay->flows, replay_entries_ended(strays));
}

/* Collect all jobs. 0 or the first error. */
static int collect(struct replay *replay)
{
	int rc = 0;

	for (size_t i = 0; i < replay->count; i++) {
		int one = collect_one(replay, i);

		rc = rc == 0 ? one : rc;
	}
	end_entries(replay);
	replay->count = 0;
	return rc;
}

int replay_frames(struct replay *replay, struct source_frame *frames,
		  size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (take(replay, &frames[i]) && i + 1 < count &&
		    replay->count < JOBS)
			continue;
		run_batch(replay);
		rc = collect(replay);
	}
	return rc;
}

/* ---- captures ---- */

/* Another thread only pays off on another processor and for large input. */
static size_t threads_for(const struct replay *replay,
			  const struct source_input *input)
{
	size_t threads = replay->options.threads;
	cpu_set_t cpus;

	if (threads != 0)
		return threads;
	if ((source_input_is_regular(input) &&
	     source_input_size(input) < PARALLEL_BYTES) ||
	    sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 1;
	return (size_t)CPU_COUNT(&cpus);
}

/* Several members get large batches, since one flow may have a large part of
 * the packets. */
static int start_threads(struct replay *replay, struct source_pcap *source,
		  struct source_batches **ret_batches)
{
	size_t threads = threads_for(replay, source_pcap_input(source));
	size_t members = members_of(replay, threads);
	int rc = form_pool(replay, members);

	if (rc < 0)
		return rc;
	return source_batches_new(source, threads > 1,
				  members > 1 ? JOBS : JOBS_ALONE,
				  ret_batches);
}

static int feed(struct replay *replay, struct source_batches *batches,
		const char *path, char *error)
{
	struct source_frame *frames;
	int count;

	while ((count = source_batches_next(batches, &frames, error)) > 0) {
		int rc = replay_frames(replay, frames, (size_t)count);

		if (rc < 0) {
			snprintf(error, SOURCE_ERROR_MAX, "%s: %s%s", path,
				 replay_error(replay) == 0 ? "" :
				 "cannot write flows to a temporary file in "
				 "TMPDIR: ",
				 strerror(-rc));
			return rc;
		}
		atomic_store_explicit(&replay->frame, frames[count - 1].number,
				      memory_order_relaxed);
	}
	return count;
}

static void set_input(struct replay *replay, const struct source_input *input)
{
	pthread_mutex_lock(&replay->input_lock);
	replay->input = input;
	atomic_store_explicit(&replay->frame, 0, memory_order_relaxed);
	pthread_mutex_unlock(&replay->input_lock);
}

struct replay_position replay_position(struct replay *replay)
{
	struct replay_position position = { 0 };

	pthread_mutex_lock(&replay->input_lock);
	if (replay->input != NULL) {
		position.frame = atomic_load_explicit(&replay->frame,
						      memory_order_relaxed);
		position.done = source_input_done(replay->input);
		position.size = source_input_size(replay->input);
	}
	pthread_mutex_unlock(&replay->input_lock);
	return position;
}

int replay_file(struct replay *replay, const char *path,
		char error[static SOURCE_ERROR_MAX])
{
	struct source_batches *batches = NULL;
	struct source_pcap *source;
	int rc;

	rc = source_pcap_open(path, replay->options.filter, &source, error);
	if (rc < 0)
		return rc;
	rc = start_threads(replay, source, &batches);
	if (rc < 0) {
		snprintf(error, SOURCE_ERROR_MAX, "%s: %s", path,
			 strerror(-rc));
		goto out;
	}
	replay->is_file_start = true;
	replay->shift_ns = 0;
	set_input(replay, source_pcap_input(source));
	rc = feed(replay, batches, path, error);
	set_input(replay, NULL);
out:
	source_batches_free(batches);
	source_pcap_close(source);
	return rc;
}
