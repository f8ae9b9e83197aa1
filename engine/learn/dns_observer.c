/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns_observer.c - match DNS answers to questions, and learn from them. */
#include "engine/flow/segment.h"
#include "engine/learn/dns_observer.h"

#include <string.h>

#include "engine/flow/stream.h"
#include "engine/learn/learned_dns.h"
#include "engine/learn/learned_ech.h"

#define PORT_DNS 53
#define SECOND_NS UINT64_C(1000000000)
#define LENGTH_LEN 2		/* before a message in TCP (RFC 1035, 4.2.2) */
#define FLAGS_END 4		/* of a message's first bytes */

/* Stub resolvers have given up on a question by then. */
#define QUESTION_NS (15 * SECOND_NS)

_Static_assert(FLOW_QUESTIONS == 8, "dns_pending has a bit for each");

int dns_observer_init(struct dns_observer *observer, bool fixed_key)
{
	return keyed_hash_init(&observer->key, fixed_key);
}

void dns_observer_use(struct dns_observer *observer,
		      const struct policy *policy, struct stream_pool *pool,
		      bool is_wanted)
{
	observer->policy = policy;
	observer->pool = pool;
	observer->learn = policy_learn(policy);
	observer->learn.dns = is_wanted && observer->learned != NULL;
	observer->budget = policy_inspect(policy);
	observer->path_drop = policy_marks(policy)->path_drop;
}

bool dns_observer_is_dns(const struct flow *flow)
{
	return flow->facts.dport == PORT_DNS &&
	       (flow->facts.proto == IPPROTO_UDP ||
		flow->facts.proto == IPPROTO_TCP);
}

static bool is_observed(const struct dns_observer *observer,
			const struct flow *flow)
{
	return observer->learn.dns && dns_observer_is_dns(flow) &&
	       policy_learns_from(observer->policy, &flow->facts.server);
}

bool dns_observer_awaits(const struct dns_observer *observer,
			 const struct flow *flow, uint64_t now_ns)
{
	if (!is_observed(observer, flow) || flow->path == observer->path_drop)
		return false;
	if (flow->packets >= observer->budget.packets ||
	    now_ns - flow->first_ns >= observer->budget.seconds * SECOND_NS)
		return false;
	return flow->dns_answers == 0 || flow->dns_pending != 0;
}

/*
 * Stub resolvers use a socket for several questions, and the second may come
 * after the first answer. A flow that is not DNS, such as a tunnel on its port,
 * leaves when the budget of packets is spent.
 */
bool dns_observer_may_ask_more(const struct dns_observer *observer,
			       const struct flow *flow)
{
	return is_observed(observer, flow) &&
	       flow->facts.proto == IPPROTO_UDP &&
	       flow->path != observer->path_drop &&
	       flow->packets - flow->answer_packet < observer->budget.packets;
}

/* ---- questions ---- */

static uint64_t hash_of(const struct dns_observer *observer,
			const struct dns_question *question)
{
	uint64_t hash = observer->key.start;
	uint64_t word;

	for (size_t i = 0; i < question->len; i += sizeof(word)) {
		size_t left = question->len - i;

		word = 0;
		memcpy(&word, question->name + i,
		       left < sizeof(word) ? left : sizeof(word));
		hash = keyed_hash_add(&observer->key, hash, word);
	}
	return keyed_hash_end(&observer->key, hash,
			      (uint64_t)question->len << 32 |
			      (uint32_t)question->id << 16 | question->type);
}

/* Place of a pending question; -1: it was not asked, or has been answered. */
static int find_pending(const struct flow *flow, const uint64_t *questions,
			uint64_t hash)
{
	for (int i = 0; i < FLOW_QUESTIONS; i++)
		if (flow->dns_pending >> i & 1 && questions[i] == hash)
			return i;
	return -1;
}

/* Whether another machine of the local network uses the client's address. */
static bool is_forged(const struct dns_observer *observer,
		      const struct packet *pkt)
{
	return observer->learned != NULL && pkt->hwaddr != 0 &&
	       learned_is_elsewhere(observer->learned, pkt->hwaddr, &pkt->src,
				    pkt->time_ns);
}

/* Of more questions than fit, the oldest is forgotten. */
static void note_question(struct dns_observer *observer, struct flow *flow,
			  struct cursor message, const struct packet *pkt)
{
	uint64_t *questions = flow_names(observer->flows, flow)->questions;
	uint64_t now_ns = pkt->time_ns;
	struct dns_question question;
	uint64_t hash;

	if (!dns_read_question(message, &question) || question.is_response ||
	    is_forged(observer, pkt))
		return;
	if (now_ns - flow->question_ns > QUESTION_NS)
		flow->dns_pending = 0;
	flow->question_ns = now_ns;
	hash = hash_of(observer, &question);
	if (find_pending(flow, questions, hash) >= 0)
		return;		/* a retransmission */
	questions[flow->dns_asked] = hash;
	flow->dns_pending |= (uint8_t)(1u << flow->dns_asked);
	flow->dns_asked = (uint8_t)((flow->dns_asked + 1) % FLOW_QUESTIONS);
}

/* Whether a message answers a pending question, which is answered then. */
static bool take_answer(struct dns_observer *observer, struct flow *flow,
			struct cursor message, uint64_t now_ns)
{
	const uint64_t *questions =
		flow_names(observer->flows, flow)->questions;
	struct dns_question question;
	int place = -1;

	if (!dns_read_question(message, &question) || !question.is_response)
		return false;
	if (now_ns - flow->question_ns <= QUESTION_NS)
		place = find_pending(flow, questions,
				     hash_of(observer, &question));
	if (place < 0) {
		stats_add(&observer->counters->dns_unmatched, 1);
		return false;
	}
	flow->dns_pending &= (uint8_t)~(1u << place);
	flow->dns_answers += flow->dns_answers < UINT8_MAX;
	flow->answer_packet = flow->packets;
	return true;
}

/* ---- answers ---- */

static uint32_t kept_ttl(const struct dns_observer *observer, uint32_t ttl_s)
{
	if (ttl_s < observer->learn.ttl_min_s)
		return observer->learn.ttl_min_s;
	return ttl_s > observer->learn.ttl_max_s ? observer->learn.ttl_max_s :
						   ttl_s;
}

static void learn_ech(struct dns_observer *observer,
		      const struct address *client,
		      const struct dns_answer *answer, uint64_t now_ns)
{
	uint32_t now_s = learned_second(observer->learned, now_ns);

	for (size_t i = 0; i < answer->ech_count; i++) {
		const struct dns_ech *ech = &answer->ech[i];
		struct learned_ech_config config = {
			.client = client,
			.host = answer->name,
			.public_name = ech->public_name,
			.config_id = ech->config_id,
		};

		learned_ech_note(learned_ech_of(observer->learned), &config,
				 now_s + kept_ttl(observer, ech->ttl_s));
	}
}

static void learn_client(struct dns_observer *observer,
			 const struct address *client,
			 const struct dns_answer *answer, uint64_t now_ns)
{
	for (size_t i = 0; i < answer->count; i++)
		learned_add_answer(observer->learned, client,
				   &answer->addresses[i].address, answer->name,
				   kept_ttl(observer,
					    answer->addresses[i].ttl_s),
				   now_ns);
	learn_ech(observer, client, answer, now_ns);
}

static void learn_addresses(struct dns_observer *observer,
			    const struct address *client,
			    struct cursor message, uint64_t now_ns)
{
	struct dns_answer answer;
	struct address other;

	if (!dns_read_answer(message, &answer))
		return;
	stats_add(&observer->counters->dns_answers, 1);
	learn_client(observer, client, &answer, now_ns);
	if (learned_other_family(observer->learned, client, now_ns, &other))
		learn_client(observer, &other, &answer, now_ns);
}

static void observe_datagram(struct dns_observer *observer, struct flow *flow,
			     const struct packet *pkt, bool from_server)
{
	struct cursor message = cursor_of(pkt->payload, pkt->payload_len);

	if (!from_server)
		note_question(observer, flow, message, pkt);
	else if (take_answer(observer, flow, message, pkt->time_ns))
		learn_addresses(observer, &flow->facts.client, message,
				pkt->time_ns);
}

/* ---- TCP ---- */

static void note_server_start(struct flow *flow, const struct packet *pkt)
{
	if (!(pkt->tcp_flags & TCP_SYN) || flow->has_isn[1])
		return;
	flow->isn[1] = pkt->tcp_seq + 1;
	flow->has_isn[1] = true;
}

/* Whether the client's segment acknowledges the server's SYN. */
static bool acknowledges_start(const struct flow *flow,
			       const struct packet *pkt)
{
	uint32_t ack;

	return segment_ack(pkt, &ack) && flow->has_isn[1] &&
	       (int32_t)(ack - flow->isn[1]) >= 0;
}

/* Questions that are complete within their segment, as clients send them. */
static void note_questions(struct dns_observer *observer, struct flow *flow,
			   const struct packet *pkt)
{
	struct cursor payload = cursor_of(pkt->payload, pkt->payload_len);
	struct cursor message;

	if (!acknowledges_start(flow, pkt))
		return;
	while (dns_next_message(&payload, &message))
		note_question(observer, flow, message, pkt);
}

/* Whether the inspector already read the server's stream, or the stream does
 * not begin as DNS does: another protocol on this port is left to the
 * inspector. */
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

/* Reassemble the server's stream, as far as it has room. Returns false when
 * there is nothing to read. */
static bool reassemble(struct dns_observer *observer, struct flow *flow,
		       const struct packet *pkt, struct cursor *ret_stream)
{
	struct stream **slot = &flow->streams[1];
	uint32_t offset = pkt->tcp_seq - flow->isn[1];

	if (pkt->payload_len == 0 || !flow->has_isn[1] ||
	    (*slot == NULL && is_other_stream(flow, pkt, offset)))
		return false;
	if (*slot == NULL)
		stream_take(observer->pool, slot, &flow->facts.client);
	stream_segment(*slot, offset, pkt->payload, pkt->payload_len);
	*ret_stream = stream_data(*slot);
	return true;
}

static void observe_server_segment(struct dns_observer *observer,
				   struct flow *flow,
				   const struct packet *pkt)
{
	struct cursor stream, message;
	unsigned int n = 0;

	note_server_start(flow, pkt);
	/* What the server sends before it was asked is not kept. */
	if ((flow->dns_pending == 0 && flow->streams[1] == NULL) ||
	    !reassemble(observer, flow, pkt, &stream))
		return;
	while (dns_next_message(&stream, &message)) {
		if (n++ < flow->dns_messages)
			continue;
		flow->dns_messages += flow->dns_messages < UINT8_MAX;
		if (take_answer(observer, flow, message, pkt->time_ns))
			learn_addresses(observer, &flow->facts.client,
					message, pkt->time_ns);
	}
}

/* ---- this host's resolver ---- */

/*
 * A connection to this host's resolver, of which only the answers pass. What
 * was read is released at the end of a message, so that the connection may go
 * on for long.
 */
static void observe_local_segment(struct dns_observer *observer,
				  struct flow *flow, const struct packet *pkt)
{
	struct cursor stream, message;
	unsigned int n = 0;

	note_server_start(flow, pkt);
	if (reassemble(observer, flow, pkt, &stream)) {
		uint32_t len = (uint32_t)cursor_left(&stream);

		while (dns_next_message(&stream, &message)) {
			if (n++ < flow->dns_messages)
				continue;
			flow->dns_messages += flow->dns_messages < UINT8_MAX;
			learn_addresses(observer, &flow->facts.client,
					message, pkt->time_ns);
		}
		if (n > 0 && !stream.is_short && cursor_left(&stream) == 0) {
			flow->isn[1] += len;
			flow->dns_messages = 0;
			stream_give_back(observer->pool, &flow->streams[1]);
		}
	}
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		stream_give_back(observer->pool, &flow->streams[1]);
}

bool dns_observer_is_local(const struct dns_observer *observer,
			   const struct packet *pkt)
{
	struct cursor message = cursor_of(pkt->payload, pkt->payload_len);

	if (!observer->learn.dns || !observer->has_local_resolver ||
	    pkt->ifindex != 0 || pkt->sport != PORT_DNS)
		return false;
	return pkt->proto == IPPROTO_TCP ||
	       (pkt->proto == IPPROTO_UDP && dns_is_answer(message));
}

static void observe_local(struct dns_observer *observer, struct flow *flow,
			  const struct packet *pkt)
{
	if (!policy_learns_from(observer->policy, &pkt->src))
		return;
	if (pkt->proto == IPPROTO_TCP)
		observe_local_segment(observer, flow, pkt);
	else
		learn_addresses(observer, &pkt->dst,
				cursor_of(pkt->payload, pkt->payload_len),
				pkt->time_ns);
}

void dns_observe(struct dns_observer *observer, struct flow *flow,
		 const struct packet *pkt, bool from_server)
{
	if (dns_observer_is_local(observer, pkt)) {
		observe_local(observer, flow, pkt);
		return;
	}
	if (!is_observed(observer, flow))
		return;
	if (flow->facts.proto == IPPROTO_UDP)
		observe_datagram(observer, flow, pkt, from_server);
	else if (flow->state == FLOW_SETTLED || pkt->tcp_flags & TCP_RST)
		return;
	else if (from_server)
		observe_server_segment(observer, flow, pkt);
	else
		note_questions(observer, flow, pkt);
}
