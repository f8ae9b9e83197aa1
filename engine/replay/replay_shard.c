/* replay_shard.c - one share of the flows, and the kernel's part around it. */
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

/* What was one flow to conntrack has ended. */
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

/* ---- whose it is ---- */

/* The entry of what an ICMP error quotes; false: nothing known. */
static bool find_quoted(struct replay_shard *shard, struct job *p)
{
	struct packet quoted;

	decode_quoted(p->packet, &quoted);
	if (quoted.status != DECODE_OK)
		return false;
	p->entry = conntrack_related(shard->entries.conntrack, &quoted, p->zone,
				     p->hash, p->packet->time_ns,
				     &p->from_server);
	p->state = CONNTRACK_RELATED;
	return p->entry != NULL;
}

static int track(struct replay_shard *shard, struct job *p)
{
	struct conntrack *conntrack = shard->entries.conntrack;
	uint64_t hash = p->hash;

	if (p->packet->quoted != NULL) {
		if (find_quoted(shard, p))
			return 0;
		shard->common->await_turn(shard->common->ctx, shard->number);
		conntrack = shard->common->strays.conntrack;
		hash = flow_hash(shard->common->table, p->packet, p->zone);
	}
	return conntrack_track(conntrack, p->packet, p->zone, hash, &p->entry,
			       &p->state, &p->from_server);
}

/* The reported flow of this packet: the life of its conntrack entry. */
static int find_flow(struct job *p)
{
	struct conntrack_entry *entry = p->entry;
	bool is_first = entry->owner == CONNTRACK_NO_OWNER;

	if (is_first) {
		p->added = replay_entry_new();
		if (p->added == NULL)
			return -ENOMEM;
		entry->owner = (uintptr_t)p->added;
	}
	p->flow = replay_entry_flow((struct replay_entry *)entry->owner);
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

static int note_names(struct replay_shard *shard, struct replay_flow *shown,
		      const struct flow *flow)
{
	if (flow->facts.app != APP_NONE)
		shown->app = flow->facts.app;
	if (flow->has_ja4 && shown->ja4[0] == '\0')
		strcpy(shown->ja4, worker_flow_ja4(shard->worker, flow));
	shown->guess = flow->guess;
	shown->is_guessed = flow->is_guessed;
	if (!flow->has_host || shown->host != NULL)
		return 0;
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

static void note_path(struct replay_shard *shard, struct job *p)
{
	struct replay_flow *shown = p->flow;
	uint8_t path = marks_path(shard->common->marks, p->mark);

	p->dropped = p->dropped || path == shard->common->marks->path_drop;
	shown->is_dropped |= p->dropped;
	shown->path = path;
	if (shown->first_path == 0)
		shown->first_path = path;
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
static int observe(struct replay_shard *shard, struct job *p)
{
	bool from_server;
	struct flow *flow = worker_observe(shard->worker, p->packet, p->zone,
					   p->hash, &from_server);

	return flow != NULL ? note_names(shard, p->flow, flow) : 0;
}

/* Through the queue, with what conntrack remembers put back before and saved
 * after: our bits only. */
static int queue(struct replay_shard *shard, struct job *p)
{
	const struct marks *marks = shard->common->marks;
	struct verdict verdict;
	uint32_t mark = p->packet->mark;
	int rc = 0;

	p->packet->mark = marks_merge(marks, mark, p->entry->mark);
	worker_classify_one(shard->worker, p->packet, p->zone, p->hash,
			    &verdict);
	p->packet->mark = mark;

	p->queued = true;
	p->flow->queued++;
	p->mark = verdict.mark;
	p->is_settled = verdict.is_settled;
	p->dropped = verdict.drop;
	if (verdict.drop && p->state == CONNTRACK_NEW)
		conntrack_drop(p->entry);
	else
		p->entry->mark = verdict.mark & marks->mask;
	if (verdict.flow != NULL) {
		note_decision(shard, p->flow, verdict.flow->route,
			      &verdict.flow->facts);
		p->flow->late = verdict.flow->late;
		rc = note_names(shard, p->flow, verdict.flow);
	}
	return rc;
}

/* An answer to what was dropped: live there would be none. */
static bool is_answer(const struct job *p)
{
	return p->flow->is_dropped && p->flow->queued == 0 &&
	       !address_equal(&p->flow->src, &p->packet->src);
}

/* A new flow that headers decide never gets to the queue; a dropped one not
 * into conntrack either. */
static bool settle(struct replay_shard *shard, struct job *p)
{
	const struct marks *marks = shard->common->marks;
	struct facts facts;
	struct decision decision;
	uint8_t path = marks->path_drop;

	if (p->state != CONNTRACK_NEW || p->entry->mark != 0)
		return false;
	if (!is_answer(p)) {
		if (!replay_kernel_settles(shard->common->kernel, p->packet,
					   &facts, &decision))
			return false;
		path = decision.path;
		note_decision(shard, p->flow, decision.route, &facts);
	}
	p->mark = marks_merge(marks, p->packet->mark,
			      marks_of(marks, path, true));
	p->is_settled = true;
	p->dropped = path == marks->path_drop;
	if (p->dropped)
		conntrack_drop(p->entry);
	else
		p->entry->mark = marks_of(marks, path, true);
	return true;
}

/* The packet's own path, which its flow does not take: it was noted before. */
static void divert_packet(struct replay_shard *shard, struct job *p)
{
	const struct marks *marks = shard->common->marks;
	uint8_t path;

	if (marks_path(marks, p->entry->mark) == 0 || p->dropped ||
	    p->from_server || p->flow->exempt != NULL)
		return;
	path = replay_kernel_packet(shard->common->kernel, p->packet);
	if (path == 0)
		return;
	p->mark = marks_merge(marks, p->mark, marks_of(marks, path, true));
	p->dropped = path == marks->path_drop;
}

/* The chain `divert`, in its order. */
static int divert(struct replay_shard *shard, struct job *p)
{
	const struct exempt *exempt = policy_exempt_of(shard->common->policy,
						       &p->entry->src,
						       &p->entry->dst);

	p->mark = p->packet->mark;
	if (exempt != NULL) {
		p->flow->exempt = exempt;
		return observe(shard, p);
	}
	if (is_group(&p->packet->dst) || p->state == CONNTRACK_INVALID ||
	    p->state == CONNTRACK_UNTRACKED)
		return observe(shard, p);
	if (p->entry->mark & shard->common->marks->settled) {
		p->mark = marks_merge(shard->common->marks, p->mark,
				      p->entry->mark);
		p->is_settled = true;
		return observe(shard, p);
	}
	if (settle(shard, p))
		return observe(shard, p);
	return queue(shard, p);
}

/* ---- the whole way ---- */

static int pass(struct replay_shard *shard, struct job *p)
{
	int rc = track(shard, p);

	if (rc == 0)
		rc = find_flow(p);
	if (rc < 0)
		return rc;
	p->flow->packets += p->packets;
	p->flow->bytes += p->bytes;
	rc = divert(shard, p);
	note_path(shard, p);
	divert_packet(shard, p);
	return rc;
}

void replay_shard_pass(struct replay_shard *shard, struct job *p)
{
	p->rc = pass(shard, p);
}
