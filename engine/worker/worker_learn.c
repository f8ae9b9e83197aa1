/*
 * worker_learn.c - the worker's side of what is learned: it hears DNS answers,
 * teaches what payload told, and guesses for a flow's first packet.
 */
#include <string.h>

#include "engine/flow/decide.h"
#include "engine/hints/hint.h"
#include "engine/flow/inspect.h"
#include "engine/learn/learned_dns.h"
#include "engine/worker/worker_private.h"

#define PORT_DNS 53
#define PORT_MDNS 5353
#define PORT_LLMNR 5355
#define SECOND_NS 1000000000u
#define LENGTH_LEN 2		/* before a message in TCP (RFC 1035, 4.2.2) */
#define FLAGS_END 4		/* of a message's first bytes */

/* A client that has sent more packets of data, or got them, is not reset: it
 * has begun to do something. Nor is one that is done. */
#define RESET_DATA_MAX 4

void worker_set_learn(struct worker *worker)
{
	uint8_t needs = policy_needs(worker->policy);

	worker->learn = policy_learn(worker->policy);
	/* What no route asks for need not be learned. */
	worker->learn.dns = policy_inspects_dns(worker->policy) &&
			    worker->options.learned != NULL;
	if (worker->options.learned == NULL ||
	    !(needs & (FACT_HOST | FACT_APP)))
		worker->learn.servers = false;
}

bool worker_learns(const struct worker *worker)
{
	return worker->learn.dns || worker->learn.servers;
}

/* ---- DNS answers ---- */

static bool is_dns(const struct flow *flow)
{
	return flow->facts.dport == PORT_DNS &&
	       (flow->facts.proto == IPPROTO_UDP ||
		flow->facts.proto == IPPROTO_TCP);
}

bool worker_awaits_answer(const struct worker *worker, const struct flow *flow,
			  uint64_t now_ns)
{
	struct inspect budget = worker->inspector->budget;

	if (!worker->learn.dns || !is_dns(flow) ||
	    flow->path == worker->marks->path_drop ||
	    !policy_learns_from(worker->policy, &flow->facts.server))
		return false;
	if (flow->packets >= budget.packets ||
	    now_ns - flow->first_ns >= budget.seconds * (uint64_t)SECOND_NS)
		return false;
	return flow->dns_answers == 0 || flow->dns_answers < flow->dns_asked;
}

/*
 * Stubs use a socket for many questions, and the second may come behind the
 * answer to the first. What is no DNS, as a tunnel that took its port, goes
 * when the budget of packets is spent.
 */
bool worker_may_ask_more(const struct worker *worker, const struct flow *flow)
{
	return worker->learn.dns && flow->facts.dport == PORT_DNS &&
	       flow->facts.proto == IPPROTO_UDP &&
	       flow->path != worker->marks->path_drop &&
	       flow->packets - flow->answer_packet <
		       worker->inspector->budget.packets &&
	       policy_learns_from(worker->policy, &flow->facts.server);
}

/* Another address of the client's machine, by which its other family can be
 * known. */
static bool other_of(const struct worker *worker, const struct flow *flow,
		     uint64_t now_ns, struct address *ret)
{
	return flow != NULL && flow->hwaddr != 0 &&
	       !address_is_v4(&flow->facts.client) &&
	       learned_machine(worker->options.learned, flow->hwaddr, now_ns,
			       ret);
}

void worker_observe_machine(struct worker *worker, struct flow *flow,
			 const struct packet *pkt, bool from_server)
{
	if (!worker->learn.dns || from_server || pkt->hwaddr == 0)
		return;
	flow->hwaddr = pkt->hwaddr;
	learned_observe_machine(worker->options.learned, flow->hwaddr, &pkt->src,
			     pkt->time_ns);
}

static void learn_client(struct worker *worker, const struct address *client,
			 const struct dns_answer *answer, uint64_t now_ns)
{
	struct learn learn = worker->learn;

	for (size_t i = 0; i < answer->count; i++) {
		uint32_t ttl_s = answer->addresses[i].ttl_s;

		if (ttl_s < learn.ttl_min_s)
			ttl_s = learn.ttl_min_s;
		if (ttl_s > learn.ttl_max_s)
			ttl_s = learn.ttl_max_s;
		learned_add_answer(worker->options.learned, client,
				     &answer->addresses[i].address,
				     answer->name, ttl_s, now_ns);
	}
}

/* `flow` may be NULL. */
static void learn_addresses(struct worker *worker, const struct flow *flow,
			    const struct address *client,
			    struct cursor message, uint64_t now_ns)
{
	struct dns_answer answer;
	struct address other;

	if (!dns_read_answer(message, &answer))
		return;
	stats_add(&worker->counters.dns_answers, 1);
	learn_client(worker, client, &answer, now_ns);
	if (other_of(worker, flow, now_ns, &other))
		learn_client(worker, &other, &answer, now_ns);
}

static void inspect_datagram(struct worker *worker, struct flow *flow,
			  const struct packet *pkt, bool from_server)
{
	struct cursor message = cursor_of(pkt->payload, pkt->payload_len);

	if (!from_server) {
		flow->dns_asked += flow->dns_asked < UINT8_MAX;
		return;
	}
	if (!dns_is_answer(message))
		return;
	flow->dns_answers += flow->dns_answers < UINT8_MAX;
	if (dns_repeats_question(message))
		flow->answer_packet = flow->packets;
	learn_addresses(worker, flow, &flow->facts.client, message,
			pkt->time_ns);
}

/* Whether the inspector has heard the server's stream, or it does not begin as
 * DNS does: what speaks first on this port is not to be taken from it. */
static bool is_other_stream(const struct flow *flow, const struct packet *pkt,
			    uint32_t offset)
{
	struct cursor payload = cursor_of(pkt->payload, pkt->payload_len);

	if (flow->payload_bytes[1] > 0)
		return true;
	cursor_skip(&payload, LENGTH_LEN);
	return offset == 0 && cursor_left(&payload) >= FLAGS_END &&
	       !dns_is_answer(payload);
}

/* Answers from the start of the server's stream, as far as it has room. True
 * when it ends with a whole one. */
static bool inspect_segment_stream(struct worker *worker, struct flow *flow,
			const struct packet *pkt)
{
	struct cursor stream, message;
	struct stream **slot = &flow->streams[1];
	uint32_t offset = pkt->tcp_seq - flow->isn[1];
	unsigned int n = 0;

	if (pkt->payload_len == 0 || !flow->has_isn[1] ||
	    (*slot == NULL && is_other_stream(flow, pkt, offset)))
		return false;
	if (*slot == NULL)
		stream_take(worker->inspector->pool, slot);
	stream_segment(*slot, offset, pkt->payload, pkt->payload_len);
	stream = stream_data(*slot);
	while (dns_next_message(&stream, &message)) {
		if (n++ < flow->dns_answers || !dns_is_answer(message))
			continue;
		flow->dns_answers += flow->dns_answers < UINT8_MAX;
		learn_addresses(worker, flow, &flow->facts.client, message,
				pkt->time_ns);
	}
	return !stream.is_short && cursor_left(&stream) == 0;
}

/* Those for both families often go by one connection, in one segment. The
 * client's stream is the inspector's to keep. */
static void count_questions(struct flow *flow, const struct packet *pkt)
{
	struct cursor payload = cursor_of(pkt->payload, pkt->payload_len);
	struct cursor message;

	while (flow->dns_asked < UINT8_MAX &&
	       dns_next_message(&payload, &message))
		flow->dns_asked++;
}

static void note_start(struct flow *flow, const struct packet *pkt)
{
	if (!(pkt->tcp_flags & TCP_SYN) || flow->has_isn[1])
		return;
	flow->isn[1] = pkt->tcp_seq + 1;
	flow->has_isn[1] = true;
}

/*
 * A connection to this host's own resolver, of which only the answers come by.
 * It is never decided: it stays new. What was heard is dropped, so that the
 * connection may go on for long.
 */
static void inspect_stream(struct worker *worker, const struct packet *pkt,
			    uint32_t zone, uint64_t hash, struct flow *flow)
{
	struct cursor seen;

	if (flow_opened_by_server(pkt))
		flow = flow_start(worker->flows, pkt, zone, hash, flow);
	else if (flow == NULL)
		return;
	if (flow->generation != worker->generation)
		worker_forget_parts(worker, flow);
	flow->generation = worker->generation;
	flow_touch(worker->flows, flow, hash, pkt->time_ns);
	note_start(flow, pkt);
	if (inspect_segment_stream(worker, flow, pkt)) {
		seen = stream_data(flow->streams[1]);
		flow->isn[1] += (uint32_t)cursor_left(&seen);
		flow->dns_answers = 0;
		inspect_release(worker->inspector, flow);
	}
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		inspect_release(worker->inspector, flow);
}

bool worker_inspect_dns(struct worker *worker, const struct packet *pkt,
		     uint32_t zone, uint64_t hash, struct flow *flow)
{
	struct cursor message = cursor_of(pkt->payload, pkt->payload_len);
	bool is_tcp = pkt->proto == IPPROTO_TCP;

	if (!worker->learn.dns || !worker->options.has_own_resolver ||
	    pkt->ifindex != 0 || pkt->sport != PORT_DNS ||
	    !(is_tcp || (pkt->proto == IPPROTO_UDP && dns_is_answer(message))))
		return false;
	if (!policy_learns_from(worker->policy, &pkt->src))
		return true;
	if (is_tcp)
		inspect_stream(worker, pkt, zone, hash, flow);
	else
		learn_addresses(worker, NULL, &pkt->dst, message,
				pkt->time_ns);
	return true;
}

void worker_inspect_answer(struct worker *worker, struct flow *flow,
			const struct packet *pkt, bool from_server)
{
	if (!worker->learn.dns || !is_dns(flow) ||
	    !policy_learns_from(worker->policy, &flow->facts.server))
		return;
	if (flow->facts.proto == IPPROTO_UDP) {
		inspect_datagram(worker, flow, pkt, from_server);
	} else if (flow->state == FLOW_SETTLED) {
		return;
	} else if (!from_server) {
		count_questions(flow, pkt);
	} else if (!(pkt->tcp_flags & TCP_RST)) {
		note_start(flow, pkt);
		inspect_segment_stream(worker, flow, pkt);
	}
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

	if (!other_of(worker, flow, now_ns, &other))
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
	is_sure = has_server && server.host_percent >= learn.min_percent;
	if (is_sure && server.host[0] == '\0')
		return facts->known != known;
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

	if (!worker_learns(worker) || !facts.has_ports || is_dns(flow) ||
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
