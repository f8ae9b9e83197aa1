/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow.c - a set-associative table of flows under a keyed hash. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "engine/flow/client.h"
#include "engine/flow/flow.h"
#include "rules/util/big_alloc.h"

#define BUCKET_FLOWS 8
#define HASH_WORDS 6
#define HUGE_PAGE ((size_t)2 << 20)
#define CACHE_LINE 64
#define FLOWS_AT_ONCE BUCKET_FLOWS	/* that a part reserves at a time */

/*
 * A bucket has a two-byte tag for each flow, so that no other flow is touched;
 * 0 is an empty place. A place gets a flow when it is first used and keeps it.
 * So flows lie side by side in order of arrival, and a table that is far from
 * full takes little cache and memory.
 *
 * The bucket also knows which flow is evicted next: `order` lists the places by
 * their latest packet, four bits each, the newest in the lowest digit;
 * `settled` marks settled flows, and `clients` has a keyed byte of each flow's
 * client (client.h), 0 for none.
 */
struct bucket {
	_Alignas(CACHE_LINE) uint16_t tags[BUCKET_FLOWS];
	uint8_t clients[BUCKET_FLOWS];
	uint32_t flows[BUCKET_FLOWS];
	uint32_t order;			/* XOR ORDER_FIRST: memory is zeroed */
	uint8_t settled;		/* bit n: the flow in place n */
};
_Static_assert(sizeof(struct bucket) == CACHE_LINE, "one line of the cache");

#define ORDER_FIRST 0x76543210u
#define DIGITS 0x11111111u		/* one in each */
#define DIGIT_BITS 4

struct flow_table {
	struct bucket *buckets;
	struct flow *flows;
	/* Index of the next unused flow, and how many follow it that are
	 * reserved for this table. */
	size_t next;
	size_t left;
	struct flow_names *names;
	size_t bucket_count;		/* a power of two */
	/* NULL: not a part. */
	struct flow_table *whole;
	atomic_size_t used;		/* reserved flows, in a whole table */
	uint64_t key[HASH_WORDS + 1];
	flow_release release;
	void *ctx;
	uint64_t evicted;
};

/* Zeroed memory whose pages cost nothing until they are written. */
static void *map_pages(size_t bytes)
{
	void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (pages == MAP_FAILED)
		return NULL;
	/* Child processes do not need it, and would make writes to it slow. */
	(void)madvise(pages, bytes, MADV_DONTFORK);
	/* Flows fill it from one end, so huge pages mean few faults and few TLB
	 * misses. Best effort, and not for small tables. */
	if (bytes >= HUGE_PAGE)
		(void)madvise(pages, bytes, MADV_HUGEPAGE);
	return pages;
}

static void unmap_pages(void *pages, size_t bytes)
{
	if (pages != NULL)
		munmap(pages, bytes);
}

static bool key_init(uint64_t *key, bool fixed)
{
	size_t bytes = (HASH_WORDS + 1) * sizeof(key[0]);

	if (!fixed)
		return getrandom(key, bytes, 0) == (ssize_t)bytes;
	for (size_t i = 0; i <= HASH_WORDS; i++)
		key[i] = 0x9e3779b97f4a7c15u * (i + 1);
	return true;
}

/* Size of the buckets and the flows behind them in the same mapping. */
static size_t table_bytes(const struct flow_table *table)
{
	return table->bucket_count *
	       (sizeof(*table->buckets) +
		BUCKET_FLOWS * sizeof(*table->flows));
}

static size_t names_bytes(const struct flow_table *table)
{
	return table->bucket_count * BUCKET_FLOWS * sizeof(*table->names);
}

struct flow_table *flow_table_new(size_t capacity, bool fixed_key,
				  flow_release release, void *ctx)
{
	struct flow_table *table = big_alloc(sizeof(*table));

	if (table == NULL)
		return NULL;
	table->bucket_count = 1;
	while (table->bucket_count * BUCKET_FLOWS < capacity)
		table->bucket_count *= 2;
	table->release = release;
	table->ctx = ctx;
	table->buckets = map_pages(table_bytes(table));
	table->names = map_pages(names_bytes(table));
	if (table->buckets == NULL || table->names == NULL ||
	    !key_init(table->key, fixed_key)) {
		flow_table_free(table);
		return NULL;
	}
	table->flows = (struct flow *)(table->buckets + table->bucket_count);
	return table;
}

struct flow_table *flow_table_part(struct flow_table *table, size_t number,
				   size_t parts, flow_release release,
				   void *ctx)
{
	struct flow_table *part = big_alloc(sizeof(*part));

	if (part == NULL)
		return NULL;
	*part = (struct flow_table){
		.flows = table->flows,
		.names = table->names,
		.bucket_count = table->bucket_count / parts,
		.whole = table,
		.release = release,
		.ctx = ctx,
	};
	part->buckets = table->buckets + number * part->bucket_count;
	memcpy(part->key, table->key, sizeof(part->key));
	return part;
}

void flow_table_free(struct flow_table *table)
{
	if (table == NULL)
		return;
	if (table->whole != NULL) {
		free(table);
		return;
	}
	unmap_pages(table->buckets, table_bytes(table));
	unmap_pages(table->names, names_bytes(table));
	free(table);
}

size_t flow_table_bytes(const struct flow_table *table)
{
	return sizeof(*table) + table_bytes(table) + names_bytes(table);
}

void flow_table_preallocate(struct flow_table *table)
{
	/* Best effort: without it the kernel gives pages one by one. */
	(void)madvise(table->buckets, table_bytes(table), MADV_POPULATE_WRITE);
	(void)madvise(table->names, names_bytes(table), MADV_POPULATE_WRITE);
}

static bool address_less(const struct address *a, const struct address *b)
{
	if (a->be64[0] != b->be64[0])
		return a->be64[0] < b->be64[0];
	return a->be64[1] < b->be64[1];
}

/* Whether the hash takes the packet's ends in reverse, so that both directions
 * agree. */
static bool is_swapped(const struct packet *pkt)
{
	if (address_equal(&pkt->src, &pkt->dst))
		return pkt->dport < pkt->sport;
	return address_less(&pkt->dst, &pkt->src);
}

static unsigned __int128 product(uint64_t a, uint64_t b)
{
	return (unsigned __int128)a * b;
}

/*
 * NH (RFC 4418, 5.2: the sum of products of keyed pairs) with 64-bit words: two
 * tuples collide with probability 2^-64 for anyone who does not know the key.
 * One more keyed product spreads the result over all bits.
 */
uint64_t flow_hash(const struct flow_table *table, const struct packet *pkt,
		   uint32_t zone)
{
	const uint64_t *k = table->key;
	bool swapped = is_swapped(pkt);
	const struct address *a = swapped ? &pkt->dst : &pkt->src;
	const struct address *b = swapped ? &pkt->src : &pkt->dst;
	uint16_t aport = swapped ? pkt->dport : pkt->sport;
	uint16_t bport = swapped ? pkt->sport : pkt->dport;
	uint64_t ends = (uint64_t)aport << 32 | (uint64_t)bport << 16 |
			pkt->proto;
	unsigned __int128 sum =
		product(a->be64[0] + k[0], a->be64[1] + k[1]) +
		product(b->be64[0] + k[2], b->be64[1] + k[3]) +
		product(ends + k[4], zone + k[5]);

	sum = product((uint64_t)sum ^ (uint64_t)(sum >> 64), k[6] | 1);
	return (uint64_t)sum ^ (uint64_t)(sum >> 64);
}

static size_t bucket_of(const struct flow_table *table, uint64_t hash)
{
	return (hash >> 16) & (table->bucket_count - 1);
}

static uint16_t tag_of(uint64_t hash)
{
	uint16_t tag = (uint16_t)hash;

	return tag != 0 ? tag : 1;
}

static struct flow *flow_of(const struct flow_table *table,
			    const struct bucket *bucket, size_t place)
{
	return &table->flows[bucket->flows[place]];
}

void flow_prefetch(const struct flow_table *table, uint64_t hash)
{
	__builtin_prefetch(&table->buckets[bucket_of(table, hash)]);
}

/* Bit position of the digit that holds `place`. */
static unsigned int digit_of(uint32_t order, uint32_t place)
{
	uint32_t zero = order ^ place * DIGITS;

	/* The high bit of the lowest zero digit, and maybe of digits above it
	 * that the subtraction borrowed from. */
	zero = (zero - DIGITS) & ~zero & DIGITS << (DIGIT_BITS - 1);
	return (unsigned int)__builtin_ctz(zero) / DIGIT_BITS * DIGIT_BITS;
}

/* Move `place` to the lowest digit, and those below it up by one. */
static uint32_t order_with_first(uint32_t order, uint32_t place)
{
	unsigned int at = digit_of(order, place);
	uint32_t below = (1u << at) - 1;

	return (order & ~(below << DIGIT_BITS | 0xf)) |
	       (order & below) << DIGIT_BITS | place;
}

/* The longest idle of `places`, one bit each, of which there is one. */
static uint32_t longest_idle(const struct bucket *bucket, unsigned int places)
{
	uint32_t order = bucket->order ^ ORDER_FIRST;
	uint32_t place = 0;

	for (int digit = BUCKET_FLOWS - 1; digit >= 0; digit--) {
		place = order >> digit * DIGIT_BITS & 0xf;
		if (places >> place & 1)
			break;
	}
	return place;
}

/*
 * The place for the bucket's next new flow: an empty one, else that of the
 * longest idle settled flow, else of the client with the most flows in the
 * bucket that of the longest idle. The keyed hash spreads a client's flows
 * evenly, so a bucket shows who fills the table.
 */
static uint32_t place_of_next(const struct bucket *bucket)
{
	for (uint32_t i = 0; i < BUCKET_FLOWS; i++)
		if (bucket->tags[i] == 0)
			return i;
	return longest_idle(bucket, bucket->settled != 0 ? bucket->settled :
				    client_heaviest_bytes(bucket->clients));
}

static void prefetch_flow(const struct flow *flow, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += CACHE_LINE)
		__builtin_prefetch((const char *)flow + at, 1);
}

bool flow_prefetch_match(const struct flow_table *table, uint64_t hash)
{
	const struct bucket *bucket = &table->buckets[bucket_of(table, hash)];
	uint16_t tag = tag_of(hash);
	uint32_t place;

	for (size_t i = 0; i < BUCKET_FLOWS; i++) {
		if (bucket->tags[i] != tag)
			continue;
		prefetch_flow(flow_of(table, bucket, i),
			      bucket->settled >> i & 1 ? CACHE_LINE
						       : sizeof(struct flow));
		return true;
	}
	place = place_of_next(bucket);
	prefetch_flow(bucket->tags[place] != 0 ?
			      flow_of(table, bucket, place) :
			      &table->flows[table->next],
		      sizeof(struct flow));
	return false;
}

static bool matches(const struct flow *flow, const struct packet *pkt,
		    uint32_t zone, bool *ret_from_server)
{
	const struct facts *f = &flow->facts;

	if (f->proto != pkt->proto || flow->zone != zone)
		return false;
	if (address_equal(&f->client, &pkt->src) &&
	    address_equal(&f->server, &pkt->dst) &&
	    f->sport == pkt->sport && f->dport == pkt->dport) {
		*ret_from_server = false;
		return true;
	}
	if (address_equal(&f->client, &pkt->dst) &&
	    address_equal(&f->server, &pkt->src) &&
	    f->sport == pkt->dport && f->dport == pkt->sport) {
		*ret_from_server = true;
		return true;
	}
	return false;
}

struct flow *flow_find(struct flow_table *table, const struct packet *pkt,
		       uint32_t zone, uint64_t hash, bool *ret_from_server)
{
	const struct bucket *bucket = &table->buckets[bucket_of(table, hash)];
	uint16_t tag = tag_of(hash);

	for (size_t i = 0; i < BUCKET_FLOWS; i++) {
		struct flow *flow = flow_of(table, bucket, i);

		if (bucket->tags[i] == tag &&
		    matches(flow, pkt, zone, ret_from_server))
			return flow;
	}
	return NULL;
}

/* Index of an unused flow. There are as many flows as places. */
static size_t next_flow(struct flow_table *table)
{
	struct flow_table *whole = table->whole != NULL ? table->whole : table;

	if (table->left == 0) {
		table->left = FLOWS_AT_ONCE;
		table->next = atomic_fetch_add_explicit(&whole->used,
							table->left,
							memory_order_relaxed);
	}
	table->left--;
	return table->next++;
}

static struct flow *make_room(struct flow_table *table, uint64_t hash)
{
	size_t at = bucket_of(table, hash);
	struct bucket *bucket = &table->buckets[at];
	uint32_t place = place_of_next(bucket);
	struct flow *flow;

	if (bucket->tags[place] == 0)
		bucket->flows[place] = (uint32_t)next_flow(table);
	bucket->tags[place] = tag_of(hash);
	flow = flow_of(table, bucket, place);
	flow->seat = (uint32_t)(at * BUCKET_FLOWS + place);
	return flow;
}

static struct bucket *bucket_of_seat(const struct flow_table *table,
				     uint32_t seat)
{
	return &table->buckets[seat / BUCKET_FLOWS];
}

/* The place is searched, because flow->seat lies in a cache line that a settled
 * flow does not touch. */
void flow_touch(struct flow_table *table, struct flow *flow, uint64_t hash,
		uint64_t now_ns)
{
	struct bucket *bucket = &table->buckets[bucket_of(table, hash)];
	uint32_t number = (uint32_t)(flow - table->flows);
	uint32_t place = 0;

	flow->last_ns = now_ns;
	while (place < BUCKET_FLOWS - 1 && bucket->flows[place] != number)
		place++;
	bucket->order = order_with_first(bucket->order ^ ORDER_FIRST, place) ^
			ORDER_FIRST;
}

void flow_settle(struct flow_table *table, struct flow *flow)
{
	struct bucket *bucket = bucket_of_seat(table, flow->seat);

	flow->state = FLOW_SETTLED;
	bucket->settled |= (uint8_t)(1u << flow->seat % BUCKET_FLOWS);
}

static uint8_t client_byte(const struct flow_table *table,
			   const struct address *address)
{
	uint64_t client = client_of(address);
	uint8_t byte = (uint8_t)((client ^ table->key[0]) *
				 (table->key[HASH_WORDS] | 1) >> 56);

	return client == 0 ? 0 : byte != 0 ? byte : 1;
}

/* Record the new flow in its bucket. */
static void enter(struct flow_table *table, const struct flow *flow)
{
	struct bucket *bucket = bucket_of_seat(table, flow->seat);
	uint32_t place = flow->seat % BUCKET_FLOWS;

	bucket->settled &= (uint8_t)~(1u << place);
	bucket->clients[place] = client_byte(table, &flow->facts.client);
}

static bool is_response(const struct packet *pkt)
{
	struct cursor http = cursor_of(pkt->payload, pkt->payload_len);
	struct cursor tls = http;
	uint8_t type = cursor_u8(&tls), version = cursor_u8(&tls);

	cursor_skip(&tls, 3);
	/* RFC 8446, 5.1 and 4: a handshake record with a ServerHello. */
	return cursor_match(&http, "HTTP/1.", 7) ||
	       (type == 22 && version == 3 && cursor_u8(&tls) == 2);
}

bool flow_begins_with_server(const struct packet *pkt)
{
	if (pkt->proto != IPPROTO_TCP || pkt->status != DECODE_OK)
		return false;
	if (pkt->tcp_flags & TCP_SYN)
		return flow_opened_by_server(pkt);
	if (pkt->payload_len > 0 && is_response(pkt))
		return true;
	/* Clients use ports above those of services. */
	return pkt->sport < pkt->dport &&
	       hints_preferred(pkt->proto, pkt->sport) >= 0 &&
	       hints_preferred(pkt->proto, pkt->dport) < 0;
}

static void facts_init(struct facts *facts, const struct packet *pkt)
{
	bool from_server = flow_begins_with_server(pkt);

	facts->client = from_server ? pkt->dst : pkt->src;
	facts->server = from_server ? pkt->src : pkt->dst;
	facts->sport = from_server ? pkt->dport : pkt->sport;
	facts->dport = from_server ? pkt->sport : pkt->dport;
	facts->has_ports = pkt->has_ports;
	facts->proto = pkt->proto;
	facts->tos = pkt->tos;
	facts->length = pkt->ip_len < UINT16_MAX ? (uint16_t)pkt->ip_len
						 : UINT16_MAX;
}

struct flow *flow_start(struct flow_table *table, const struct packet *pkt,
			uint32_t zone, uint64_t hash, struct flow *again)
{
	struct flow *flow = again != NULL ? again : make_room(table, hash);
	uint32_t seat = flow->seat;

	if (flow->state != FLOW_EMPTY) {
		if (again == NULL && flow->state != FLOW_SETTLED)
			table->evicted++;
		if (table->release != NULL)
			table->release(table->ctx, flow);
	}
	memset(flow, 0, sizeof(*flow));
	flow->seat = seat;
	facts_init(&flow->facts, pkt);
	enter(table, flow);
	flow_touch(table, flow, hash, pkt->time_ns);
	flow->zone = zone;
	flow->state = FLOW_NEW;
	flow->hint = -1;
	flow->first_ns = pkt->time_ns;
	flow->ifindex = pkt->ifindex;
	flow->uid = pkt->has_uid ? pkt->uid : UID_NONE;
	if (pkt->proto == IPPROTO_TCP &&
	    (pkt->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		flow->isn[0] = pkt->tcp_seq + 1;
		flow->has_isn[0] = true;
	}
	return flow;
}

struct flow_names *flow_names(const struct flow_table *table,
			      const struct flow *flow)
{
	return &table->names[flow - table->flows];
}

size_t flow_table_places(const struct flow_table *table)
{
	return table->used - table->left;
}

const struct flow *flow_table_at(const struct flow_table *table, size_t place)
{
	return &table->flows[place];
}

uint64_t flow_table_evicted(const struct flow_table *table)
{
	return table->evicted;
}
