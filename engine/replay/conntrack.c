/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conntrack.c - model the kernel's nf_conntrack for replay. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/replay/conntrack.h"
#include "engine/flow/flow.h"

#define SECOND_NS 1000000000u
#define FIRST_SLOTS 1024
#define SWEPT_SLOTS 2		/* per new entry */
#define EVICT_AMONG 8		/* slots, as in early_drop() */

/* The states of nf_conntrack_proto_tcp.c. */
enum tcp_state {
	STATE_NONE,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_ESTABLISHED,
	STATE_FIN_WAIT,		/* one side has sent a FIN */
	STATE_CLOSE_WAIT,	/* and the other has acknowledged it */
	STATE_LAST_ACK,		/* both have sent a FIN */
	STATE_TIME_WAIT,
	STATE_CLOSE,		/* reset */
};

/* nf_conntrack_tcp_timeout_*, in seconds. */
static const uint32_t tcp_timeouts[] = {
	[STATE_NONE] = 0,
	[STATE_SYN_SENT] = 120,
	[STATE_SYN_RECV] = 60,
	[STATE_ESTABLISHED] = 432000,
	[STATE_FIN_WAIT] = 120,
	[STATE_CLOSE_WAIT] = 60,
	[STATE_LAST_ACK] = 30,
	[STATE_TIME_WAIT] = 120,
	[STATE_CLOSE] = 10,
};

#define UDP_TIMEOUT 30
#define UDP_STREAM_TIMEOUT 120
/* A UDP flow with replies counts as a stream from this age on. */
#define UDP_STREAM_AGE_NS (2 * (uint64_t)SECOND_NS)
#define ICMP_TIMEOUT 30
#define GRE_TIMEOUT 30
#define GRE_STREAM_TIMEOUT 180
#define SCTP_TIMEOUT 210
#define GENERIC_TIMEOUT 600

struct conntrack {
	struct conntrack_entry **slots;
	size_t slot_count;		/* a power of two */
	size_t entry_count;
	size_t entry_max;
	size_t swept;			/* the latest slot swept */
	conntrack_ended ended;
	void *ctx;
};

struct conntrack *conntrack_new(size_t max, conntrack_ended ended, void *ctx)
{
	struct conntrack *conntrack = calloc(1, sizeof(*conntrack));

	if (conntrack == NULL)
		return NULL;
	conntrack->slot_count = FIRST_SLOTS;
	conntrack->entry_max = max;
	conntrack->ended = ended;
	conntrack->ctx = ctx;
	conntrack->slots = calloc(FIRST_SLOTS, sizeof(*conntrack->slots));
	if (conntrack->slots == NULL) {
		free(conntrack);
		return NULL;
	}
	return conntrack;
}

void conntrack_free(struct conntrack *conntrack)
{
	if (conntrack == NULL)
		return;
	for (size_t i = 0; i < conntrack->slot_count; i++) {
		struct conntrack_entry *next;

		for (struct conntrack_entry *e = conntrack->slots[i];
		     e != NULL; e = next) {
			next = e->next;
			free(e);
		}
	}
	free(conntrack->slots);
	free(conntrack);
}

/* ---- the table ---- */

/* Double the slots; when out of memory, chains get longer instead. */
static void grow(struct conntrack *conntrack)
{
	size_t count = conntrack->slot_count * 2;
	struct conntrack_entry **slots = calloc(count, sizeof(*slots));

	if (slots == NULL)
		return;
	for (size_t i = 0; i < conntrack->slot_count; i++) {
		struct conntrack_entry *next;

		for (struct conntrack_entry *e = conntrack->slots[i];
		     e != NULL; e = next) {
			size_t slot = e->hash & (count - 1);

			next = e->next;
			e->next = slots[slot];
			slots[slot] = e;
		}
	}
	free(conntrack->slots);
	conntrack->slots = slots;
	conntrack->slot_count = count;
}

static bool is_forward(const struct conntrack_entry *e,
		       const struct packet *pkt)
{
	return e->sport == pkt->sport && e->dport == pkt->dport &&
	       address_equal(&e->src, &pkt->src) &&
	       address_equal(&e->dst, &pkt->dst);
}

static bool is_backward(const struct conntrack_entry *e,
			const struct packet *pkt)
{
	return e->sport == pkt->dport && e->dport == pkt->sport &&
	       address_equal(&e->src, &pkt->dst) &&
	       address_equal(&e->dst, &pkt->src);
}

static struct conntrack_entry **slot_of(const struct conntrack *conntrack,
					uint64_t hash)
{
	return &conntrack->slots[hash & (conntrack->slot_count - 1)];
}

static struct conntrack_entry *find(const struct conntrack *conntrack,
				    const struct packet *pkt, uint32_t zone,
				    uint64_t hash, bool *ret_from_server)
{
	struct conntrack_entry *e = *slot_of(conntrack, hash);

	for (; e != NULL; e = e->next) {
		if (e->proto != pkt->proto || e->zone != zone)
			continue;
		*ret_from_server = !is_forward(e, pkt);
		if (!*ret_from_server || is_backward(e, pkt))
			return e;
	}
	return NULL;
}

/* ---- entries ---- */

/* Set client and server from `pkt`; returns true when the server sent it. */
static bool orient(struct conntrack_entry *e, const struct packet *pkt)
{
	bool from_server = flow_opened_by_server(pkt);

	e->src = from_server ? pkt->dst : pkt->src;
	e->dst = from_server ? pkt->src : pkt->dst;
	e->sport = from_server ? pkt->dport : pkt->sport;
	e->dport = from_server ? pkt->sport : pkt->dport;
	return from_server;
}

/* End the connection of an entry; the entry itself remains. */
static void expire(struct conntrack *conntrack, struct conntrack_entry *e)
{
	uintptr_t owner = e->owner;

	e->is_tracked = false;
	e->mark = 0;
	e->owner = CONNTRACK_NO_OWNER;
	if (owner != CONNTRACK_NO_OWNER && conntrack->ended != NULL)
		conntrack->ended(conntrack->ctx, owner);
}

static void discard(struct conntrack *conntrack, struct conntrack_entry **at)
{
	struct conntrack_entry *e = *at;

	expire(conntrack, e);
	*at = e->next;
	conntrack->entry_count--;
	free(e);
}

static bool has_expired(const struct conntrack_entry *e, uint64_t now_ns)
{
	return now_ns > e->until_ns && e->until_ns != 0;
}

static struct conntrack_entry **next_slot(struct conntrack *conntrack)
{
	conntrack->swept = (conntrack->swept + 1) & (conntrack->slot_count - 1);
	return &conntrack->slots[conntrack->swept];
}

/* Sweeping two slots per new entry visits all slots while half as many entries
 * are added, so expired entries never greatly outnumber active ones. */
static void sweep(struct conntrack *conntrack, uint64_t now_ns)
{
	for (int i = 0; i < SWEPT_SLOTS; i++) {
		struct conntrack_entry **at = next_slot(conntrack);

		while (*at != NULL) {
			if (has_expired(*at, now_ns))
				discard(conntrack, at);
			else
				at = &(*at)->next;
		}
	}
}

/* Evict the entry that would time out first among a few slots. */
static void evict(struct conntrack *conntrack)
{
	struct conntrack_entry **min = NULL;
	size_t slots = 0;

	while (slots < EVICT_AMONG || min == NULL) {
		struct conntrack_entry **at = next_slot(conntrack);

		slots++;
		for (; *at != NULL; at = &(*at)->next)
			if (min == NULL ||
			    (*at)->until_ns < (*min)->until_ns)
				min = at;
	}
	discard(conntrack, min);
}

static struct conntrack_entry *insert(struct conntrack *conntrack,
				      const struct packet *pkt, uint32_t zone,
				      uint64_t hash)
{
	struct conntrack_entry *e = calloc(1, sizeof(*e));
	struct conntrack_entry **slot;

	if (e == NULL)
		return NULL;
	sweep(conntrack, pkt->time_ns);
	if (conntrack->entry_count >= conntrack->entry_max)
		evict(conntrack);
	if (++conntrack->entry_count > conntrack->slot_count)
		grow(conntrack);
	e->proto = pkt->proto;
	e->zone = zone;
	e->hash = hash;
	e->owner = CONNTRACK_NO_OWNER;
	orient(e, pkt);
	slot = slot_of(conntrack, hash);
	e->next = *slot;
	*slot = e;
	return e;
}

static void begin(struct conntrack_entry *e, const struct packet *pkt)
{
	orient(e, pkt);
	e->is_tracked = true;
	e->has_reply = false;
	e->tcp_state = STATE_NONE;
	e->tcp_fins = 0;
	e->mark = 0;
	e->since_ns = pkt->time_ns;
}

void conntrack_drop(struct conntrack_entry *entry)
{
	entry->is_tracked = false;
	entry->mark = 0;
}

/* ---- TCP ---- */

static uint8_t tcp_kind(const struct packet *pkt)
{
	return pkt->tcp_flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);
}

/* A connection begins with a SYN or, picked up in midstream (tcp_loose), with
 * a plain ACK; never with a SYN-ACK, FIN or RST. */
static bool tcp_may_begin(const struct packet *pkt)
{
	return tcp_kind(pkt) == TCP_SYN || tcp_kind(pkt) == TCP_ACK;
}

/* A SYN after the end begins a new connection (RFC 1122, 4.2.2.13). After a
 * reset, only the original client's SYN does. */
static bool tcp_reopens(const struct conntrack_entry *e,
			const struct packet *pkt, bool from_server)
{
	if (tcp_kind(pkt) != TCP_SYN)
		return false;
	return e->tcp_state == STATE_TIME_WAIT ||
	       (e->tcp_state == STATE_CLOSE && !from_server);
}

static enum tcp_state tcp_next(const struct conntrack_entry *e,
			       const struct packet *pkt, bool from_server)
{
	uint8_t flags = pkt->tcp_flags;

	if (flags & TCP_RST)
		return STATE_CLOSE;
	if (flags & TCP_SYN) {
		if (e->tcp_state == STATE_NONE)
			return STATE_SYN_SENT;
		if (e->tcp_state == STATE_SYN_SENT && flags & TCP_ACK &&
		    from_server)
			return STATE_SYN_RECV;
		return e->tcp_state;
	}
	switch (e->tcp_state) {
	case STATE_NONE:		/* picked up in midstream */
		return STATE_ESTABLISHED;
	case STATE_SYN_RECV:
		if (from_server)
			return STATE_SYN_RECV;
		/* fall through */
	case STATE_ESTABLISHED:
	case STATE_FIN_WAIT:
	case STATE_CLOSE_WAIT:
		if (e->tcp_fins == 0)
			return STATE_ESTABLISHED;
		if (e->tcp_fins == 3)
			return STATE_LAST_ACK;
		return flags & TCP_FIN ? STATE_FIN_WAIT : STATE_CLOSE_WAIT;
	case STATE_LAST_ACK:
		return flags & TCP_FIN ? STATE_LAST_ACK : STATE_TIME_WAIT;
	default:
		return e->tcp_state;
	}
}

/* A subset of tcp_valid_flags and tcp_conntracks in nf_conntrack_proto_tcp.c
 * that covers what real and hostile senders do. */
static bool tcp_is_valid(const struct conntrack_entry *e,
			 const struct packet *pkt, bool from_server)
{
	bool is_unanswered = e->tcp_state == STATE_SYN_SENT;

	switch (tcp_kind(pkt)) {
	case TCP_SYN:
		return !from_server || is_unanswered;
	case TCP_SYN | TCP_ACK:
		return from_server;
	case TCP_ACK:
		/* Before an answer there is nothing to acknowledge. */
		return from_server || !is_unanswered;
	case TCP_FIN | TCP_ACK:
		return !is_unanswered;
	case TCP_RST:
	case TCP_RST | TCP_ACK:
		return true;
	default:
		return false;
	}
}

static uint32_t tcp_track(struct conntrack_entry *e, const struct packet *pkt,
			  bool from_server)
{
	if (pkt->tcp_flags & TCP_FIN)
		e->tcp_fins |= from_server ? 2 : 1;
	e->tcp_state = tcp_next(e, pkt, from_server);
	return tcp_timeouts[e->tcp_state];
}

/* ---- ICMP ---- */

/* Only requests open a flow (RFC 792, 950; RFC 4443). */
static bool icmp_may_begin(const struct packet *pkt)
{
	if (pkt->proto == IPPROTO_ICMPV6)
		return pkt->icmp_type == ICMP6_ECHO_REQUEST;
	return pkt->icmp_type == ICMP_ECHO ||
	       pkt->icmp_type == ICMP_TIMESTAMP ||
	       pkt->icmp_type == ICMP_INFO_REQUEST ||
	       pkt->icmp_type == ICMP_ADDRESS;
}

/* The kernel does not track listener and neighbour discovery (RFC 2710, 3810,
 * 4861; nf_conntrack_proto_icmpv6.c). */
static bool is_untracked(const struct packet *pkt)
{
	if (pkt->proto != IPPROTO_ICMPV6)
		return false;
	return (pkt->icmp_type >= MLD_LISTENER_QUERY &&
		pkt->icmp_type <= ND_REDIRECT) || pkt->icmp_type == 143;
}

/* ---- all protocols ---- */

static bool may_begin(const struct packet *pkt)
{
	switch (pkt->proto) {
	case IPPROTO_TCP:
		return tcp_may_begin(pkt);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return pkt->quoted == NULL && icmp_may_begin(pkt);
	default:
		return true;
	}
}

static uint32_t timeout_of(struct conntrack_entry *e, const struct packet *pkt,
			   bool from_server)
{
	bool is_stream = e->has_reply &&
			 pkt->time_ns - e->since_ns > UDP_STREAM_AGE_NS;

	switch (pkt->proto) {
	case IPPROTO_TCP:
		return tcp_track(e, pkt, from_server);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return is_stream ? UDP_STREAM_TIMEOUT : UDP_TIMEOUT;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return ICMP_TIMEOUT;
	case IPPROTO_GRE:
		return e->has_reply ? GRE_STREAM_TIMEOUT : GRE_TIMEOUT;
	case IPPROTO_SCTP:
		return SCTP_TIMEOUT;
	default:
		return GENERIC_TIMEOUT;
	}
}

static enum conntrack_state track(struct conntrack *conntrack,
				  struct conntrack_entry *e,
				  const struct packet *pkt, bool *from_server)
{
	bool is_tcp = pkt->proto == IPPROTO_TCP;
	bool is_new;

	if (e->owner == CONNTRACK_NO_OWNER)
		*from_server = orient(e, pkt);
	if (is_untracked(pkt))
		return CONNTRACK_UNTRACKED;
	if (e->is_tracked && is_tcp && tcp_reopens(e, pkt, *from_server))
		expire(conntrack, e);
	is_new = !e->is_tracked;
	if (is_new && !may_begin(pkt))
		return CONNTRACK_INVALID;
	if (!is_new && is_tcp && !tcp_is_valid(e, pkt, *from_server))
		return CONNTRACK_INVALID;
	if (is_new) {
		begin(e, pkt);
		*from_server = false;
	}
	e->has_reply |= *from_server;
	e->until_ns = pkt->time_ns +
		      timeout_of(e, pkt, *from_server) * (uint64_t)SECOND_NS;
	return is_new ? CONNTRACK_NEW : CONNTRACK_KNOWN;
}

int conntrack_track(struct conntrack *conntrack, const struct packet *pkt,
		    uint32_t zone, uint64_t hash,
		    struct conntrack_entry **ret_entry,
		    enum conntrack_state *ret_state, bool *ret_from_server)
{
	struct conntrack_entry *e;

	*ret_from_server = false;
	e = find(conntrack, pkt, zone, hash, ret_from_server);
	if (e == NULL) {
		e = insert(conntrack, pkt, zone, hash);
		if (e == NULL)
			return -ENOMEM;
	}
	if (has_expired(e, pkt->time_ns))
		expire(conntrack, e);
	*ret_state = track(conntrack, e, pkt, ret_from_server);
	/* Packets that the kernel does not track time out, too. */
	if (!e->is_tracked)
		e->until_ns = pkt->time_ns +
			      GENERIC_TIMEOUT * (uint64_t)SECOND_NS;
	*ret_entry = e;
	return 0;
}

struct conntrack_entry *conntrack_related(struct conntrack *conntrack,
					  const struct packet *quoted,
					  uint32_t zone, uint64_t hash,
					  uint64_t now_ns,
					  bool *ret_from_server)
{
	struct conntrack_entry *e = find(conntrack, quoted, zone, hash,
					 ret_from_server);

	if (e == NULL || !e->is_tracked || now_ns > e->until_ns)
		return NULL;
	*ret_from_server = !*ret_from_server;
	return e;
}
