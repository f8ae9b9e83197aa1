/* replay.c - captures through the worker, and the kernel's part around it. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/conntrack.h"
#include "engine/decode.h"
#include "engine/replay.h"
#include "engine/replay_flows.h"
#include "engine/replay_kernel.h"
#include "engine/replay_whole.h"
#include "engine/source_batch.h"
#include "engine/source_input.h"
#include "engine/worker.h"

#define FLOWS_KEPT 65536	/* in memory, beside those that live */
#define CONNECTIONS_MOST (1 << 20)
#define WORKER_FLOWS (1 << 18)	/* pages that are not used cost nothing */
#define AHEAD_BYTES (1u << 20)
#define IFINDEX 1		/* stands for options.interface */

struct replay {
	const struct policy *policy;
	const struct marks *marks;
	struct replay_options options;
	struct worker *worker;
	struct replay_kernel *kernel;
	struct learned *learned;	/* its own; NULL: options.learned */
	struct conntrack *conntrack;
	struct replay_whole *whole;
	struct replay_flows *flows;
	uint64_t latest_ns;
	uint64_t shift_ns;		/* a later file does not go back */
	bool is_file_start;
	struct replay_totals totals;
	/* Under the lock: what is read, for replay_position(). */
	pthread_mutex_t input_lock;
	const struct source_input *input;	/* NULL: nothing */
	/* Stored by the batch, loaded by any thread. */
	atomic_uint_fast64_t frame;
};

/* One packet on its way. */
struct passage {
	struct packet *packet;
	struct conntrack_entry *entry;
	enum conntrack_state state;
	struct replay_flow *flow;
	uint64_t number;
	uint32_t zone;
	uint32_t mark;
	bool from_server;
	bool queued;
	bool is_settled;
	bool dropped;
};

static bool name_interface(void *ctx, uint32_t ifindex, char *buffer)
{
	const struct replay *replay = ctx;

	(void)ifindex;
	snprintf(buffer, IFNAMSIZ, "%s", replay->options.interface);
	return true;
}

/* What was one flow to conntrack has ended. */
static void end_flow(void *ctx, uintptr_t owner)
{
	struct replay *replay = ctx;

	replay_flows_end(replay->flows, (struct replay_entry *)owner);
}

struct replay *replay_new(const struct policy *policy,
			  const struct replay_options *options)
{
	const struct learned_options learned_options = { .repeatable = true };
	struct worker_options worker_options = {
		.flows = options != NULL && options->flows != 0 ?
			 options->flows : WORKER_FLOWS,
		.name_all = true,
		.repeatable = true,
	};
	struct replay *replay = calloc(1, sizeof(*replay));

	if (replay == NULL)
		return NULL;
	pthread_mutex_init(&replay->input_lock, NULL);
	replay->policy = policy;
	replay->marks = policy_marks(policy);
	if (options != NULL)
		replay->options = *options;
	worker_options.learned = replay->options.learned;
	if (worker_options.learned == NULL) {
		replay->learned = learned_new(&learned_options);
		worker_options.learned = replay->learned;
	}
	replay->worker = worker_new(policy, &worker_options);
	replay->kernel = replay_kernel_new(policy, replay->options.interface);
	replay->conntrack = conntrack_new(CONNECTIONS_MOST, end_flow, replay);
	replay->flows = replay_flows_new(replay->options.keep != 0 ?
					 replay->options.keep : FLOWS_KEPT);
	replay->whole = replay_whole_new(replay->options.decap);
	if (replay->worker == NULL || worker_options.learned == NULL ||
	    replay->kernel == NULL || replay->conntrack == NULL ||
	    replay->flows == NULL || replay->whole == NULL) {
		replay_free(replay);
		return NULL;
	}
	if (replay->options.interface != NULL)
		worker_name_interfaces(replay->worker, name_interface, replay);
	return replay;
}

void replay_free(struct replay *replay)
{
	if (replay == NULL)
		return;
	replay_flows_free(replay->flows);
	replay_whole_free(replay->whole);
	conntrack_free(replay->conntrack);
	worker_free(replay->worker);
	replay_kernel_free(replay->kernel);
	learned_free(replay->learned);
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
	totals.dns_answers = worker_counters(replay->worker)->dns_answers;
	return totals;
}

/* The reported flow of this packet: the life of its conntrack entry. */
static int find_flow(struct replay *replay, struct passage *p)
{
	struct conntrack_entry *entry = p->entry;
	bool is_first = entry->owner == CONNTRACK_NO_OWNER;
	struct replay_entry *added;
	int rc;

	if (is_first) {
		rc = replay_flows_add(replay->flows, &added);
		if (rc < 0)
			return rc;
		entry->owner = (uintptr_t)added;
	}
	p->flow = replay_flows_of((struct replay_entry *)entry->owner);
	if (is_first)
		p->flow->route = -1;
	/* An invalid start says little of who called; a dropped one does. */
	if (is_first || (p->state == CONNTRACK_NEW && p->flow->route < 0)) {
		p->flow->src = entry->src;
		p->flow->dst = entry->dst;
		p->flow->sport = entry->sport;
		p->flow->dport = entry->dport;
		p->flow->proto = entry->proto;
		p->flow->has_ports = p->packet->has_ports;
	}
	return 0;
}

/* ---- what the worker tells ---- */

/* A printable copy: canonical where it can be, else lower case with '?' for
 * what is no character of a name. */
static char *host_dup(const char *host)
{
	char canonical[DOMAIN_MAX + 1];
	const char *why;
	char *copy;

	if (domain_canonical(host, strlen(host), canonical, &why) > 0)
		return strdup(canonical);
	copy = strdup(host);
	for (char *c = copy; c != NULL && *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
		else if (*c <= ' ' || *c > '~')
			*c = '?';
	}
	return copy;
}

static int note_names(struct replay *replay, struct replay_flow *shown,
		      const struct flow *flow)
{
	if (flow->facts.app != APP_NONE)
		shown->app = flow->facts.app;
	if (flow->has_ja4 && shown->ja4[0] == '\0')
		strcpy(shown->ja4, worker_flow_ja4(replay->worker, flow));
	shown->guess = flow->guess;
	shown->is_guessed = flow->is_guessed;
	if (!flow->has_host || shown->host != NULL)
		return 0;
	shown->host_at_once = shown->packets == 1;
	shown->guess_is_right = flow->guess_hash == worker_host_hash(
		worker_flow_host(replay->worker, flow));
	shown->host = host_dup(worker_flow_host(replay->worker, flow));
	return shown->host != NULL ? 0 : -ENOMEM;
}

static void note_decision(struct replay *replay, struct replay_flow *shown,
			  uint16_t route, const struct facts *facts)
{
	int class = policy_route_class(replay->policy, route, facts);

	shown->route = route;
	shown->class_name = class >= 0 ? policy_class_name(replay->policy,
							   (size_t)class)
				       : NULL;
}

static void note_road(struct replay *replay, struct passage *p)
{
	struct replay_flow *shown = p->flow;
	uint8_t road = marks_road(replay->marks, p->mark);

	p->dropped = p->dropped || road == replay->marks->road_drop;
	shown->is_dropped |= p->dropped;
	shown->road = road;
	if (shown->first_road == 0)
		shown->first_road = road;
	if (p->is_settled && shown->settled_packet == 0)
		shown->settled_packet = shown->packets;
}

/* ---- the kernel's part ---- */

/* Broadcasts that only a router's own prefixes tell are not known here. */
static bool is_group(const struct address *a)
{
	if (!address_is_v4(a))
		return a->bytes[0] == 0xff;
	return (a->bytes[12] & 0xf0) == 0xe0 || a->be32[3] == UINT32_MAX;
}

/* A packet that userspace does not see, except for its names. */
static int observe(struct replay *replay, struct passage *p)
{
	bool from_server;
	struct flow *flow = worker_observe(replay->worker, p->packet, p->zone,
					   &from_server);

	return flow != NULL ? note_names(replay, p->flow, flow) : 0;
}

/* Through the queue, with what conntrack remembers put back before and saved
 * after: our bits only. */
static int queue(struct replay *replay, struct passage *p)
{
	const struct marks *marks = replay->marks;
	struct verdict verdict;
	uint32_t mark = p->packet->mark;
	int rc = 0;

	p->packet->mark = marks_merge(marks, mark, p->entry->mark);
	worker_classify(replay->worker, p->packet, &p->zone, 1, true, &verdict);
	p->packet->mark = mark;

	p->queued = true;
	p->flow->queued++;
	replay->totals.queued++;
	p->mark = verdict.mark;
	p->is_settled = verdict.is_settled;
	p->dropped = verdict.drop;
	if (verdict.drop && p->state == CONNTRACK_NEW)
		conntrack_drop(p->entry);
	else
		p->entry->mark = verdict.mark & marks->mask;
	if (verdict.flow != NULL) {
		note_decision(replay, p->flow, verdict.flow->route,
			      &verdict.flow->facts);
		p->flow->late = verdict.flow->late;
		rc = note_names(replay, p->flow, verdict.flow);
	}
	return rc;
}

/* An answer to what was dropped: live there would be none. */
static bool is_answer(const struct passage *p)
{
	return p->flow->is_dropped && p->flow->queued == 0 &&
	       !address_equal(&p->flow->src, &p->packet->src);
}

/* A new flow that headers decide never gets to the queue; a dropped one not
 * into conntrack either. */
static bool settle(struct replay *replay, struct passage *p)
{
	const struct marks *marks = replay->marks;
	struct facts facts;
	struct decision decision;
	uint8_t road = marks->road_drop;

	if (p->state != CONNTRACK_NEW || p->entry->mark != 0)
		return false;
	if (!is_answer(p)) {
		if (!replay_kernel_settles(replay->kernel, p->packet, &facts,
					   &decision))
			return false;
		road = decision.road;
		note_decision(replay, p->flow, decision.route, &facts);
	}
	p->mark = marks_merge(marks, p->packet->mark,
			      marks_of(marks, road, true));
	p->is_settled = true;
	p->dropped = road == marks->road_drop;
	if (p->dropped)
		conntrack_drop(p->entry);
	else
		p->entry->mark = marks_of(marks, road, true);
	return true;
}

/* The packet's own road, which its flow does not take: it was noted before. */
static void divert_packet(struct replay *replay, struct passage *p)
{
	const struct marks *marks = replay->marks;
	uint8_t road;

	if (marks_road(marks, p->entry->mark) == 0 || p->dropped ||
	    p->from_server || p->flow->exempt != NULL)
		return;
	road = replay_kernel_packet(replay->kernel, p->packet);
	if (road == 0)
		return;
	p->mark = marks_merge(marks, p->mark, marks_of(marks, road, true));
	p->dropped = road == marks->road_drop;
}

/* The chain `divert`, in its order. */
static int divert(struct replay *replay, struct passage *p)
{
	const struct exempt *exempt = policy_exempt_of(replay->policy,
						       &p->entry->src,
						       &p->entry->dst);

	p->mark = p->packet->mark;
	if (exempt != NULL) {
		p->flow->exempt = exempt;
		return observe(replay, p);
	}
	if (is_group(&p->packet->dst) || p->state == CONNTRACK_INVALID ||
	    p->state == CONNTRACK_UNTRACKED)
		return observe(replay, p);
	if (p->entry->mark & replay->marks->settled) {
		p->mark = marks_merge(replay->marks, p->mark, p->entry->mark);
		p->is_settled = true;
		return observe(replay, p);
	}
	if (settle(replay, p))
		return observe(replay, p);
	return queue(replay, p);
}

/* Where an uplink is strict, what the kernel leaves alone is main's on its way
 * through routing. */
static uint32_t routed_mark(const struct replay *replay,
			    const struct passage *p)
{
	const struct marks *marks = replay->marks;
	bool strict = false;

	for (size_t i = 0; i < policy_uplinks(replay->policy); i++)
		strict |= policy_uplink(replay->policy, i)->strict;
	if (!strict || marks_road(marks, p->mark) != 0 ||
	    p->state == CONNTRACK_INVALID)
		return p->mark;
	return marks_merge(marks, p->mark,
			   marks_of(marks, marks->road_main, true));
}

static void report(struct replay *replay, const struct passage *p)
{
	struct replay_packet packet;

	if (replay->options.each_packet == NULL)
		return;
	packet = (struct replay_packet){
		.number = p->number,
		.packet = p->packet,
		.flow = p->flow,
		.mark = routed_mark(replay, p),
		.dropped = p->dropped,
		.queued = p->queued,
		.is_settled = p->is_settled,
		.from_server = p->from_server,
	};
	replay->options.each_packet(replay->options.ctx, &packet);
}

/* A whole packet; it came in `packets` pieces of `bytes` in all. */
static int pass(struct replay *replay, struct passage *p, uint64_t packets,
		uint64_t bytes)
{
	int rc = conntrack_track(replay->conntrack, p->packet, p->zone,
				 &p->entry, &p->state, &p->from_server);

	if (rc == 0)
		rc = find_flow(replay, p);
	if (rc < 0)
		return rc;
	p->flow->packets += packets;
	p->flow->bytes += bytes;
	rc = divert(replay, p);
	note_road(replay, p);
	divert_packet(replay, p);
	report(replay, p);
	return rc;
}

static int take(struct replay *replay, struct packet *pkt, uint32_t zone,
		uint64_t number)
{
	struct passage p = { .zone = zone, .number = number };
	struct whole whole;
	bool is_whole = replay_whole_take(replay->whole, pkt, zone, &whole);

	p.packet = whole.packet;
	if (is_whole && p.packet->status == DECODE_OK)
		return pass(replay, &p, whole.packets, whole.bytes);
	if (is_whole)
		replay->totals.undecoded[p.packet->status]++;
	p.mark = p.packet->mark;
	report(replay, &p);
	return 0;
}

/* ---- captures ---- */

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

int replay_frame(struct replay *replay, struct source_frame *frame)
{
	struct packet *pkt = &frame->packet;

	replay->totals.frames++;
	set_time(replay, pkt);
	pkt->ifindex = replay->options.interface != NULL ? IFINDEX : 0;
	if (pkt->status != DECODE_OK && pkt->status != DECODE_FRAGMENT) {
		struct passage p = {
			.packet = pkt, .number = frame->number,
		};

		replay->totals.undecoded[pkt->status]++;
		report(replay, &p);
		return 0;
	}
	replay->totals.packets++;
	return take(replay, pkt, frame->vlan, frame->number);
}

/* A thread of its own is worth its start where there is another processor,
 * and more to read than a moment takes. */
static bool reads_ahead(const struct replay *replay,
			const struct source_pcap *source)
{
	const struct source_input *input = source_pcap_input(source);
	cpu_set_t cpus;

	if (replay->options.threads != 0)
		return replay->options.threads > 1;
	if (source_input_is_regular(input) &&
	    source_input_size(input) < AHEAD_BYTES)
		return false;
	return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 &&
	       CPU_COUNT(&cpus) > 1;
}

static int feed(struct replay *replay, struct source_batches *batches,
		const char *path, char *error)
{
	struct source_frame *frames;
	int count;

	while ((count = source_batches_next(batches, &frames, error)) > 0) {
		for (int i = 0; i < count; i++) {
			int rc = replay_frame(replay, &frames[i]);

			if (rc == 0)
				continue;
			snprintf(error, SOURCE_ERROR_MAX, "%s: %s%s", path,
				 replay_error(replay) == 0 ? "" :
				 "flows for a temporary file, see TMPDIR: ",
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
	rc = source_batches_new(source, reads_ahead(replay, source),
				&batches);
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
