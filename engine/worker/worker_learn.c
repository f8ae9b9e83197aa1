/*
 * worker_learn.c - the worker's side of what is learned: it hears DNS answers,
 * teaches what payload told, and guesses for a flow's first packet.
 */
#include <string.h>

#include "engine/flow/decide.h"
#include "engine/hints/hint.h"
#include "engine/flow/inspect.h"
#include "engine/worker/worker_private.h"

#define PORT_DNS 53
#define PORT_MDNS 5353
#define PORT_LLMNR 5355

/* A client that has sent more packets of data, or got them, is not reset: it
 * has begun to do something. Nor is one that is done. */
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

void worker_observe_machine(struct worker *worker, struct flow *flow,
			    const struct packet *pkt, bool from_server)
{
	if (!worker->dns.learn.dns || from_server || pkt->hwaddr == 0)
		return;
	flow->hwaddr = pkt->hwaddr;
	learned_observe_machine(worker->options.learned, flow->hwaddr,
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

/* Whether what usually runs on this port says a host name at all. */
static bool port_has_host(const struct facts *facts)
{
	int hint = hints_preferred(facts->proto, facts->dport);

	return hint < 0 || hints_at((size_t)hint)->yields_host;
}

static void take_host(struct worker *worker, struct flow *flow,
		      struct facts *facts, const struct learned_found *item,
		      enum flow_guess guess)
{
	if (facts->known & FACT_HOST)
		return;
	facts->host_sets = policy_resolve_host(worker->policy, item->host,
					       strlen(item->host));
	facts->known |= FACT_HOST;
	flow->guess = (uint8_t)guess;
	flow->guess_hash = worker_host_hash(item->host);
}

/* What the client got for itself, or the other family on its machine, if that
 * was later. */
static bool find_answer(const struct worker *worker, const struct flow *flow,
			const struct learned_look *look, uint64_t now_ns,
			struct learned_found *ret)
{
	const struct learned *learned = worker->options.learned;
	bool has_own = learned_answer(learned, look, now_ns, ret);
	struct learned_look look_other;
	struct learned_found found;
	struct address other;

	if (!dns_observer_other_family(&worker->dns, flow, now_ns,
				       &other))
		return has_own;
	look_other = learned_look(learned, &other, &flow->facts.server, 0, 0);
	if (!learned_answer(learned, &look_other, now_ns, &found) ||
	    (has_own && found.seen_s <= ret->seen_s))
		return has_own;
	*ret = found;
	return true;
}

/* What is learned of the flow, put in for what is not known of it. False when
 * that is nothing. */
static bool put_in(struct worker *worker, struct flow *flow, uint64_t now_ns,
		   struct facts *facts)
{
	const struct learned *learned = worker->options.learned;
	struct learn learn = worker->learn;
	uint8_t known = facts->known;
	struct learned_look look;
	struct learned_found server, answer;
	bool has_server, is_sure;

	look = learned_look(learned, &facts->client, &facts->server,
			    facts->proto, facts->dport);
	has_server = learn.servers &&
		     learned_server(learned, &look, now_ns, &server);
	if (has_server && server.app_percent >= learn.min_percent &&
	    server.app != APP_NONE && !(facts->known & FACT_APP)) {
		facts->app = server.app;
		facts->known |= FACT_APP;
	}
	is_sure = has_server && server.host_percent >= learn.min_percent &&
		  server.host[0] != '\0';
	if (learn.dns && port_has_host(facts) &&
	    find_answer(worker, flow, &look, now_ns, &answer))
		take_host(worker, flow, facts, &answer, FLOW_GUESS_ANSWER);
	else if (is_sure)
		take_host(worker, flow, facts, &server, FLOW_GUESS_SERVER);
	return facts->known != known;
}

void worker_guess(struct worker *worker, struct flow *flow, uint64_t now_ns,
		  struct decision *decision)
{
	struct facts facts = flow->facts;
	struct decision guessed;

	if (!worker_learns(worker) || !facts.has_ports || dns_observer_is_dns(flow) ||
	    !put_in(worker, flow, now_ns, &facts) || decision->is_final)
		return;
	decide(worker->policy, &facts, &guessed);
	/* Nothing more would be heard of a flow that is dropped by a guess. */
	if (guessed.path == worker->marks->path_drop)
		return;
	decision->path = guessed.path;
	decision->route = guessed.route;
	flow->is_guessed = true;
}

/* ---- teaching ---- */

/* Names in the DNS's own protocols are no names of their servers. */
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
	/* A name that was not found may still be there. */
	if (flow->is_given_up && host[0] == '\0')
		return;
	learned_add_server(worker->options.learned, &facts->server,
			     facts->proto, facts->dport, facts->app, host,
			     now_ns);
}

/* Of several names that it got this address for, the client is at this one
 * now, and will often be at it again. */
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
