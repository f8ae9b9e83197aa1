/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay_shard.c - process one shard's flows, and model the kernel's part. */
#include "engine/replay/replay_shard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/decode.h"

#define CONNECTIONS_MAX ((1 << 20) / REPLAY_SHARDS)

struct replay_shard {
	const struct replay_common *common;
	size_t number;
	struct worker *worker;
	struct replay_entries entries;
};

static void end_flow(void *ctx, uintptr_t owner)
{
	struct replay_entries *entries = ctx;

	entries->ended = replay_entry_chain((struct replay_entry *)owner,
					  entries->ended);
}

int replay_entries_init(struct replay_entries *entries, size_t max)
{
	entries->ended = NULL;
	entries->conntrack = conntrack_new(max, end_flow, entries);
	return entries->conntrack != NULL ? 0 : -ENOMEM;
}

void replay_entries_fini(struct replay_entries *entries)
{
	conntrack_free(entries->conntrack);
}

struct replay_entry *replay_entries_ended(struct replay_entries *entries)
{
	struct replay_entry *ended = entries->ended;

	entries->ended = NULL;
	return ended;
}

static bool name_interface(void *ctx, uint32_t ifindex, char *buffer)
{
	const struct replay_shard *shard = ctx;

	(void)ifindex;
	snprintf(buffer, IFNAMSIZ, "%s", shard->common->interface);
	return true;
}

static size_t part_of(size_t all)
{
	return (all + REPLAY_SHARDS - 1) / REPLAY_SHARDS;
}

struct replay_shard *replay_shard_new(const struct replay_common *common,
				      size_t number)
{
	struct replay_shard *shard = calloc(1, sizeof(*shard));
	const struct worker_options options = {
		.table = common->table,
		.part = number,
		.parts = REPLAY_SHARDS,
		.streams = part_of(policy_inspect_streams(common->policy)),
		.name_all = true,
		.repeatable = true,
		.learned = common->learned,
		.trusts_hwaddr = true,
	};

	if (shard == NULL)
		return NULL;
	shard->common = common;
	shard->number = number;
	shard->worker = worker_new(common->policy, &options);
	if (shard->worker == NULL ||
	    replay_entries_init(&shard->entries, CONNECTIONS_MAX) < 0) {
		replay_shard_free(shard);
		return NULL;
	}
	if (common->interface != NULL)
		worker_name_interfaces(shard->worker, name_interface, shard);
	return shard;
}

void replay_shard_free(struct replay_shard *shard)
{
	if (shard == NULL)
		return;
	worker_free(shard->worker);
	replay_entries_fini(&shard->entries);
	free(shard);
}

struct replay_entries *replay_shard_entries(struct replay_shard *shard)
{
	return &shard->entries;
}

bool replay_shard_learns(const struct replay_shard *shard)
{
	return worker_learns(shard->worker) ||
	       policy_may_reset(shard->common->policy);
}

uint64_t replay_shard_dns_answers(const struct replay_shard *shard)
{
	return worker_counters(shard->worker)->dns_answers;
}

uint64_t replay_shard_hash(const struct replay_common *common,
			   const struct packet *pkt, uint32_t zone)
{
	struct packet quoted;

	if (pkt->quoted != NULL) {
		decode_quoted(pkt, &quoted);
		if (quoted.status == DECODE_OK)
			pkt = &quoted;
	}
	return flow_hash(common->table, pkt, zone);
}

/* ---- find the flow ---- */

/* Find the entry of the packet that an ICMP error quotes; false: none. */
static bool find_quoted(struct replay_shard *shard, struct job *job)
{
	struct packet quoted;

	decode_quoted(job->packet, &quoted);
	if (quoted.status != DECODE_OK)
		return false;
	job->entry = conntrack_related(shard->entries.conntrack, &quoted,
				       job->zone, job->hash,
				       job->packet->time_ns,
				       &job->from_server);
	job->state = CONNTRACK_RELATED;
	return job->entry != NULL;
}

static int track(struct replay_shard *shard, struct job *job)
{
	struct conntrack *conntrack = shard->entries.conntrack;
	uint64_t hash = job->hash;

	if (job->packet->quoted != NULL) {
		if (find_quoted(shard, job))
			return 0;
		shard->common->await_turn(shard->common->ctx, shard->number);
		conntrack = shard->common->strays.conntrack;
		hash = flow_hash(shard->common->table, job->packet, job->zone);
	}
	return conntrack_track(conntrack, job->packet, job->zone, hash,
			       &job->entry, &job->state, &job->from_server);
}

/* Find the packet's flow, which is the owner of its conntrack entry. */
static int find_flow(struct job *job)
{
	struct conntrack_entry *entry = job->entry;
	bool is_first = entry->owner == CONNTRACK_NO_OWNER;

	if (is_first) {
		job->added = replay_entry_new();
		if (job->added == NULL)
			return -ENOMEM;
		entry->owner = (uintptr_t)job->added;
	}
	job->flow = replay_entry_flow((struct replay_entry *)entry->owner);
	if (is_first)
		job->flow->route = -1;
	/* The direction is unreliable until the flow has been tracked; one
	 * that was dropped at first is set again. */
	job->is_start = is_first || (job->state == CONNTRACK_NEW &&
				     job->flow->route < 0);
	if (job->is_start) {
		job->flow->src = entry->src;
		job->flow->dst = entry->dst;
		job->flow->sport = entry->sport;
		job->flow->dport = entry->dport;
		job->flow->proto = entry->proto;
		job->flow->has_ports = job->packet->has_ports;
	}
	return 0;
}

/* ---- update the flow ---- */

/* Copy a host in canonical form if possible; else in lower case with '?' in
 * place of unprintable characters. */
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

/* The worker knows the direction of flows picked up in midstream, which to
 * the kernel begin with the host that is seen first. */
static void note_ends(struct replay_flow *shown, const struct facts *facts)
{
	shown->src = facts->client;
	shown->dst = facts->server;
	shown->sport = facts->sport;
	shown->dport = facts->dport;
}

static int note_names(struct replay_shard *shard, struct job *job,
		      const struct flow *flow)
{
	struct replay_flow *shown = job->flow;

	if (job->is_start && shown->proto == IPPROTO_TCP)
		note_ends(shown, &flow->facts);
	if (flow->facts.app != APP_NONE)
		shown->app = flow->facts.app;
	if (flow->has_ja4 && shown->ja4[0] == '\0')
		strcpy(shown->ja4, worker_flow_ja4(shard->worker, flow));
	shown->guess = flow->guess;
	shown->is_guessed = flow->is_guessed;
	if (!flow->has_host || shown->host != NULL)
		return 0;
	shown->ech_names = flow->ech_names;
	shown->host_at_once = shown->packets == 1;
	shown->guess_is_right = flow->guess_hash == worker_host_hash(
		worker_flow_host(shard->worker, flow));
	shown->host = host_dup(worker_flow_host(shard->worker, flow));
	return shown->host != NULL ? 0 : -ENOMEM;
}

static void note_decision(struct replay_shard *shard, struct replay_flow *shown,
			  uint16_t route, const struct facts *facts)
{
	const struct policy *policy = shard->common->policy;
	int class = policy_route_class(policy, route, facts);

	shown->route = route;
	shown->class_name = class >= 0 ? policy_class_name(policy,
							   (size_t)class)
				       : NULL;
}

static void note_path(struct replay_shard *shard, struct job *job)
{
	struct replay_flow *shown = job->flow;
	uint8_t path = marks_path(shard->common->marks, job->mark);

	job->dropped = job->dropped || path == shard->common->marks->path_drop;
	shown->is_dropped |= job->dropped;
	shown->path = path;
	if (shown->first_path == 0)
		shown->first_path = path;
	if (job->is_settled && shown->settled_packet == 0)
		shown->settled_packet = shown->packets;
}

/* ---- the kernel's part ---- */

/* Multicast and limited broadcast. Directed broadcasts cannot be recognized
 * without the router's prefixes. */
static bool is_group(const struct address *a)
{
	if (!address_is_v4(a))
		return a->bytes[0] == 0xff;
	return (a->bytes[12] & 0xf0) == 0xe0 || a->be32[3] == UINT32_MAX;
}

/* Learn the flow's names from a packet that is not queued live. */
static int observe(struct replay_shard *shard, struct job *job)
{
	bool from_server;
	struct flow *flow = worker_observe(shard->worker, job->packet,
					   job->zone, job->hash, &from_server);

	return flow != NULL ? note_names(shard, job, flow) : 0;
}

/* Pass a packet through the queue, restoring the connmark before and saving it
 * afterwards; only waymark's bits. */
static int queue(struct replay_shard *shard, struct job *job)
{
	const struct marks *marks = shard->common->marks;
	struct verdict verdict;
	uint32_t mark = job->packet->mark;
	int rc = 0;

	job->packet->mark = marks_merge(marks, mark, job->entry->mark);
	worker_classify_one(shard->worker, job->packet, job->zone, job->hash,
			    &verdict);
	job->packet->mark = mark;

	job->queued = true;
	job->flow->queued++;
	job->mark = verdict.mark;
	job->is_settled = verdict.is_settled;
	job->dropped = verdict.drop;
	if (verdict.drop && job->state == CONNTRACK_NEW)
		conntrack_drop(job->entry);
	else
		job->entry->mark = verdict.mark & marks->mask;
	if (verdict.flow != NULL) {
		note_decision(shard, job->flow, verdict.flow->route,
			      &verdict.flow->facts);
		job->flow->late = verdict.flow->late;
		rc = note_names(shard, job, verdict.flow);
	}
	return rc;
}

/* An answer to a dropped packet: live there would be none. */
static bool is_answer(const struct job *job)
{
	return job->flow->is_dropped && job->flow->queued == 0 &&
	       !address_equal(&job->flow->src, &job->packet->src);
}

/* Header-only routes settle a new flow before the queue. A dropped packet is
 * not confirmed by conntrack. */
static bool settle(struct replay_shard *shard, struct job *job)
{
	const struct marks *marks = shard->common->marks;
	struct facts facts;
	struct decision decision;
	uint8_t path = marks->path_drop;

	if (job->state != CONNTRACK_NEW || job->entry->mark != 0)
		return false;
	if (!is_answer(job)) {
		if (!replay_kernel_settles(shard->common->kernel, job->packet,
					   &facts, &decision))
			return false;
		path = decision.path;
		note_decision(shard, job->flow, decision.route, &facts);
	}
	job->mark = marks_merge(marks, job->packet->mark,
			      marks_of(marks, path, true));
	job->is_settled = true;
	job->dropped = path == marks->path_drop;
	if (job->dropped)
		conntrack_drop(job->entry);
	else
		job->entry->mark = marks_of(marks, path, true);
	return true;
}

/* Apply `per packet` routes, which do not change the flow's path. */
static void divert_packet(struct replay_shard *shard, struct job *job)
{
	const struct marks *marks = shard->common->marks;
	uint8_t path;

	if (marks_path(marks, job->entry->mark) == 0 || job->dropped ||
	    job->from_server || job->flow->exempt != NULL)
		return;
	path = replay_kernel_packet(shard->common->kernel, job->packet);
	if (path == 0)
		return;
	job->mark = marks_merge(marks, job->mark, marks_of(marks, path, true));
	job->dropped = path == marks->path_drop;
}

/* The chain `divert`, in the same order. */
static int divert(struct replay_shard *shard, struct job *job)
{
	const struct exempt *exempt = policy_exempt_of(shard->common->policy,
						       &job->entry->src,
						       &job->entry->dst);

	job->mark = job->packet->mark;
	if (exempt != NULL) {
		job->flow->exempt = exempt;
		return observe(shard, job);
	}
	if (is_group(&job->packet->dst) || job->state == CONNTRACK_INVALID ||
	    job->state == CONNTRACK_UNTRACKED)
		return observe(shard, job);
	if (job->entry->mark & shard->common->marks->settled) {
		job->mark = marks_merge(shard->common->marks, job->mark,
				      job->entry->mark);
		job->is_settled = true;
		return observe(shard, job);
	}
	if (settle(shard, job))
		return observe(shard, job);
	if (job->entry->mark != 0 &&
	    replay_kernel_passes(shard->common->kernel, job->packet)) {
		job->mark = marks_merge(shard->common->marks, job->mark,
					job->entry->mark);
		return 0;
	}
	return queue(shard, job);
}

/* ---- one packet ---- */

static int run(struct replay_shard *shard, struct job *job)
{
	int rc = track(shard, job);

	if (rc == 0)
		rc = find_flow(job);
	if (rc < 0)
		return rc;
	if (job->flow->packets == 0)
		job->flow->start_ns = job->packet->time_ns;
	job->flow->end_ns = job->packet->time_ns;
	job->flow->packets += job->packets;
	job->flow->bytes += job->bytes;
	rc = divert(shard, job);
	note_path(shard, job);
	divert_packet(shard, job);
	return rc;
}

void replay_shard_run(struct replay_shard *shard, struct job *job)
{
	job->rc = run(shard, job);
}
