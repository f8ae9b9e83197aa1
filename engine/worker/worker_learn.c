/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker_learn.c - the worker's side of the learned store: predict the route of
 * a flow's first packet, and learn from flows that are settled.
 */
#include <string.h>

#include "engine/flow/decide.h"
#include "engine/hints/hint.h"
#include "engine/flow/inspect.h"
#include "rules/policy/strict.h"
#include "engine/worker/worker_private.h"

#define PORT_DNS 53
#define PORT_MDNS 5353
#define PORT_LLMNR 5355

/* A client that has exchanged more packets of data is not reset, because it is
 * in the middle of something; nor is one that is closing. */
#define RESET_DATA_MAX 4

void worker_set_learn(struct worker *worker)
{
	uint8_t needs = policy_needs(worker->policy);

	/* Evidence that no route uses is not learned. */
	dns_observer_use(&worker->dns, worker->policy,
			 worker->inspector->pool,
			 policy_inspects_dns(worker->policy));
	worker->learn = policy_learn(worker->policy);
	worker->learn.dns = worker->dns.learn.dns;
	if (worker->options.learned == NULL ||
	    !(needs & (FACT_HOST | FACT_APP)))
		worker->learn.servers = false;
}

bool worker_learns(const struct worker *worker)
{
	return worker->learn.dns || worker->learn.servers;
}

/* ---- DNS ---- */

void worker_observe_machine(struct worker *worker, const struct packet *pkt,
			    bool from_server)
{
	if (worker->options.trusts_hwaddr && worker->dns.learn.dns &&
	    !from_server && pkt->hwaddr != 0)
		learned_confirm_machine(worker->options.learned, pkt->hwaddr,
					&pkt->src, pkt->time_ns);
}

/* The flow of a connection to this host's resolver; it is never decided and
 * stays new. NULL: its start was not seen. */
static struct flow *local_flow(struct worker *worker, const struct packet *pkt,
			       uint32_t zone, uint64_t hash, struct flow *flow)
{
	if (flow_opened_by_server(pkt))
		flow = flow_start(worker->flows, pkt, zone, hash, flow);
	else if (flow == NULL)
		return NULL;
	if (flow->generation != worker->generation)
		worker_forget_parts(worker, flow);
	flow->generation = worker->generation;
	flow_touch(worker->flows, flow, hash, pkt->time_ns);
	return flow;
}

bool worker_observe_local_dns(struct worker *worker, const struct packet *pkt,
			      uint32_t zone, uint64_t hash, struct flow *flow)
{
	if (!dns_observer_is_local(&worker->dns, pkt))
		return false;
	if (pkt->proto == IPPROTO_TCP) {
		flow = local_flow(worker, pkt, zone, hash, flow);
		if (flow == NULL)
			return true;
	}
	dns_observe(&worker->dns, flow, pkt, true);
	return true;
}

/* ---- the guess ---- */

uint32_t worker_host_hash(const char *host)
{
	uint32_t hash = 2166136261u;	/* FNV-1a */

	for (; *host != '\0'; host++)
		hash = (hash ^ (uint8_t)*host) * 16777619u;
	return hash;
}

/* Whether the protocol that usually runs on this port names a host. */
static bool port_has_host(const struct facts *facts)
{
	int hint = hints_preferred(facts->proto, facts->dport);

	return hint < 0 || hints_at((size_t)hint)->yields_host;
}

/* What evidence predicts of a flow, and whether other clients gave part of
 * it. */
struct guess {
	struct facts facts;
	bool is_foreign;
	enum flow_guess kind;
	uint32_t hash;		/* of the host */
};

static void guess_host(const struct worker *worker, struct guess *guess,
		       const struct learned_found *found, enum flow_guess kind)
{
	if (guess->facts.known & FACT_HOST)
		return;
	guess->facts.host_sets = policy_resolve_host(worker->policy,
						     found->host,
						     strlen(found->host));
	guess->facts.known |= FACT_HOST;
	guess->kind = kind;
	guess->hash = worker_host_hash(found->host);
}

/* The client's DNS answer, or that of the other family on its machine, if that
 * is allowed and later. */
static bool find_answer(const struct worker *worker, const struct facts *facts,
			const struct learned_look *look, uint64_t now_ns,
			bool allow_foreign, struct learned_found *ret,
			bool *ret_is_foreign)
{
	const struct learned *learned = worker->options.learned;
	bool has_own = learned_answer(learned, look, now_ns, ret);
	struct learned_look look_other;
	struct learned_found found;
	struct address other;

	if (!allow_foreign ||
	    !learned_other_family(learned, &facts->client, now_ns, &other))
		return has_own;
	look_other = learned_look(learned, &other, &facts->server, 0, 0);
	if (!learned_answer(learned, &look_other, now_ns, &found) ||
	    (has_own && found.seen_s <= ret->seen_s))
		return has_own;
	*ret = found;
	*ret_is_foreign = true;
	return true;
}

static void guess_by_server(const struct worker *worker, struct guess *guess,
			    const struct learned_found *server)
{
	if (server->app_percent >= worker->learn.min_percent &&
	    server->app != APP_NONE && !(guess->facts.known & FACT_APP)) {
		guess->facts.app = server->app;
		guess->facts.known |= FACT_APP;
	}
	if (server->host_percent >= worker->learn.min_percent &&
	    server->host[0] != '\0')
		guess_host(worker, guess, server, FLOW_GUESS_SERVER);
}

/* Fill in by evidence what is unknown about the flow, the best grade first.
 * False when there is none. */
static bool guess_facts(const struct worker *worker, const struct flow *flow,
			uint64_t now_ns, bool allow_foreign,
			struct guess *guess)
{
	const struct learned *learned = worker->options.learned;
	const struct facts *facts = &flow->facts;
	struct learned_look look = learned_look(learned, &facts->client,
						&facts->server, facts->proto,
						facts->dport);
	struct learned_found found;
	bool is_foreign = false;
	uint8_t known;

	*guess = (struct guess){ .facts = *facts };
	if (worker->learn.dns && port_has_host(facts) &&
	    find_answer(worker, facts, &look, now_ns, allow_foreign, &found,
			&is_foreign))
		guess_host(worker, guess, &found, FLOW_GUESS_ANSWER);
	guess->is_foreign = is_foreign;
	if (worker->learn.servers &&
	    learned_server(learned, &look, now_ns, &found))
		guess_by_server(worker, guess, &found);
	known = guess->facts.known;
	if (worker->learn.servers && allow_foreign &&
	    learned_shared(learned, &look, now_ns, &found))
		guess_by_server(worker, guess, &found);
	guess->is_foreign |= guess->facts.known != known;
	return guess->facts.known != facts->known;
}

/* Decide by evidence. What other clients showed does not choose between a
 * strict uplink and another path. */
static bool decide_by_guess(const struct worker *worker,
			    const struct flow *flow, uint64_t now_ns,
			    uint8_t path, struct guess *guess,
			    struct decision *ret)
{
	if (!guess_facts(worker, flow, now_ns, true, guess))
		return false;
	decide(worker->policy, &guess->facts, ret);
	if (!guess->is_foreign || ret->path == path ||
	    (!policy_is_strict(worker->policy, path) &&
	     !policy_is_strict(worker->policy, ret->path)))
		return true;
	if (!guess_facts(worker, flow, now_ns, false, guess))
		return false;
	decide(worker->policy, &guess->facts, ret);
	return true;
}

void worker_guess(struct worker *worker, struct flow *flow, uint64_t now_ns,
		  struct decision *decision)
{
	struct guess guess;
	struct decision guessed;

	if (!worker_learns(worker) || !flow->facts.has_ports ||
	    dns_observer_is_dns(flow) ||
	    !decide_by_guess(worker, flow, now_ns, decision->path, &guess,
			     &guessed))
		return;
	flow->guess = (uint8_t)guess.kind;
	flow->guess_hash = guess.hash;
	/* A flow that a guess dropped would show nothing more, and a strict
	 * uplink's claim ends with payload only. */
	if (decision->is_final || guessed.path == worker->marks->path_drop ||
	    (decision->is_claimed &&
	     !policy_is_strict(worker->policy, guessed.path)))
		return;
	decision->path = guessed.path;
	decision->route = guessed.route;
	flow->is_guessed = true;
}

/* ---- learning ---- */

/* Names in DNS and its relatives are not the names of their servers. */
static bool is_name_service(uint16_t port)
{
	return port == PORT_DNS || port == PORT_MDNS || port == PORT_LLMNR;
}

static void count_encrypted_dns(struct worker *worker, const struct flow *flow,
				const char *host)
{
	struct stats_live *counters = &worker->counters;

	switch (encrypted_dns_of(flow->facts.proto, flow->facts.dport, host)) {
	case ENCRYPTED_DNS_TLS:
		stats_add(&counters->dns_over_tls, 1);
		break;
	case ENCRYPTED_DNS_QUIC:
		stats_add(&counters->dns_over_quic, 1);
		break;
	case ENCRYPTED_DNS_HTTPS:
		stats_add(&counters->dns_over_https, 1);
		break;
	default:
		break;
	}
}

static void learn_server(struct worker *worker, const struct flow *flow,
			 const char *host, uint64_t now_ns)
{
	const struct facts *facts = &flow->facts;

	if (!worker->learn.servers || facts->app == APP_NONE ||
	    !facts->has_ports || !(facts->known & FACT_HOST) ||
	    is_name_service(facts->dport))
		return;
	/* The outer name is of those that the server hides, and what is behind
	 * it is known from the client's DNS already. */
	if (flow->is_outer)
		return;
	/* A name that was not found may still be there. */
	if (flow->given_up != 0 && host[0] == '\0')
		return;
	learned_add_server(worker->options.learned, &facts->client,
			   &facts->server, facts->proto, facts->dport,
			   facts->app, host, now_ns);
}

/* Of several names for one address the client uses this one now, and will often
 * use it again. */
static void learn_choice(struct worker *worker, const struct flow *flow,
			 const char *host, uint64_t now_ns)
{
	if (flow->guess != FLOW_GUESS_ANSWER || host[0] == '\0')
		return;
	learned_add_answer(worker->options.learned, &flow->facts.client,
			   &flow->facts.server, host,
			   worker->learn.ttl_min_s, now_ns);
}

void worker_learn(struct worker *worker, const struct flow *flow,
		  uint64_t now_ns)
{
	const char *host = flow_host(worker->flows, flow);

	count_encrypted_dns(worker, flow, host);
	if (flow->late == FLOW_ON_TIME)
		stats_add(&worker->counters.first_packet_correct, 1);
	if (flow->is_guessed)
		stats_add(flow->late == FLOW_ON_TIME ?
			    &worker->counters.learned_correct :
			    &worker->counters.mispredicted, 1);
	learn_server(worker, flow, host, now_ns);
	learn_choice(worker, flow, host, now_ns);
}

/* ---- resets ---- */

bool worker_may_reset(const struct worker *worker, const struct flow *flow,
		      uint64_t now_ns)
{
	const struct facts *facts = &flow->facts;

	if (worker->options.learned == NULL ||
	    flow->data_packets > RESET_DATA_MAX || flow->is_closing ||
	    (facts->proto != IPPROTO_TCP && facts->proto != IPPROTO_UDP))
		return false;
	return learned_may_reset(worker->options.learned, &facts->client,
				 &facts->server, now_ns);
}
