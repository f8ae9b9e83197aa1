/* flow.c - a set-associative table of flows under a keyed hash. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "engine/flow.h"

#define BUCKET_FLOWS 8
#define HASH_WORDS 6
#define HUGE_PAGE ((size_t)2 << 20)

/*
 * What tells the flows of a bucket apart without touching them: one tag each,
 * 0 for an empty place. A place gets a flow when it is first taken and keeps
 * it; so flows lie side by side in the order in which they came, and a table
 * that is far from full is small in the caches and in memory.
 */
struct bucket {
	_Alignas(64) uint16_t tags[BUCKET_FLOWS];
	uint32_t flows[BUCKET_FLOWS];
};

struct flow_table {
	struct bucket *buckets;
	struct flow *flows;
	size_t used;			/* of the flows */
	struct flow_names *names;
	size_t bucket_count;		/* a power of two */
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
	/* Flows fill it from one end: few faults, and few misses of the TLB.
	 * Best effort, and not for tables that would be mostly empty. */
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

struct flow_table *flow_table_new(size_t capacity, bool fixed_key,
				  flow_release release, void *ctx)
{
	struct flow_table *table = calloc(1, sizeof(*table));
	size_t flows;

	if (table == NULL)
		return NULL;
	table->bucket_count = 1;
	while (table->bucket_count * BUCKET_FLOWS < capacity)
		table->bucket_count *= 2;
	flows = table->bucket_count * BUCKET_FLOWS;
	table->release = release;
	table->ctx = ctx;
	table->buckets = map_pages(table->bucket_count *
				   sizeof(*table->buckets));
	table->flows = map_pages(flows * sizeof(*table->flows));
	table->names = map_pages(flows * sizeof(*table->names));
	if (table->buckets == NULL || table->flows == NULL ||
	    table->names == NULL || !key_init(table->key, fixed_key)) {
		flow_table_free(table);
		return NULL;
	}
	return table;
}

void flow_table_free(struct flow_table *table)
{
	size_t flows;

	if (table == NULL)
		return;
	flows = table->bucket_count * BUCKET_FLOWS;
	unmap_pages(table->buckets,
		    table->bucket_count * sizeof(*table->buckets));
	unmap_pages(table->flows, flows * sizeof(*table->flows));
	unmap_pages(table->names, flows * sizeof(*table->names));
	free(table);
}

size_t flow_table_bytes(const struct flow_table *table)
{
	return sizeof(*table) +
	       table->bucket_count *
		       (sizeof(*table->buckets) +
			BUCKET_FLOWS * (sizeof(*table->flows) +
					sizeof(*table->names)));
}

void flow_table_preallocate(struct flow_table *table)
{
	size_t flows = table->bucket_count * BUCKET_FLOWS;

	/* Best effort: without it the kernel gives pages one by one. */
	(void)madvise(table->buckets,
		      table->bucket_count * sizeof(*table->buckets),
		      MADV_POPULATE_WRITE);
	(void)madvise(table->flows, flows * sizeof(*table->flows),
		      MADV_POPULATE_WRITE);
}

static bool address_less(const struct address *a, const struct address *b)
{
	if (a->be64[0] != b->be64[0])
		return a->be64[0] < b->be64[0];
	return a->be64[1] < b->be64[1];
}

/* Which end comes first in the hash, whoever sends. */
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
 * NH (RFC 4418, 5.2: the sum of products of keyed pairs) with 64-bit words:
 * two tuples collide with a chance of 2^-64 to whoever does not know the key.
 * One more keyed product spreads it over all bits.
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

bool flow_prefetch_match(const struct flow_table *table, uint64_t hash)
{
	size_t at = bucket_of(table, hash);
	uint16_t tag = tag_of(hash);

	for (size_t i = 0; i < BUCKET_FLOWS; i++) {
		const struct flow *flow;

		if (table->buckets[at].tags[i] != tag)
			continue;
		flow = flow_of(table, &table->buckets[at], i);
		__builtin_prefetch(flow, 1);
		__builtin_prefetch((const char *)flow + 64, 1);
		return true;
	}
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

/* Whether `a` gives up its place before `b`. */
static bool gives_way(const struct flow *a, const struct flow *b)
{
	bool a_settled = a->state == FLOW_SETTLED;
	bool b_settled = b->state == FLOW_SETTLED;

	if (a_settled != b_settled)
		return a_settled;
	return a->last_ns < b->last_ns;
}

static struct flow *make_room(struct flow_table *table, uint64_t hash)
{
	struct bucket *bucket = &table->buckets[bucket_of(table, hash)];
	size_t place = 0;

	for (size_t i = 0; i < BUCKET_FLOWS; i++) {
		if (bucket->tags[i] == 0) {
			bucket->flows[i] = (uint32_t)table->used++;
			place = i;
			break;
		}
		if (gives_way(flow_of(table, bucket, i),
			      flow_of(table, bucket, place)))
			place = i;
	}
	bucket->tags[place] = tag_of(hash);
	return flow_of(table, bucket, place);
}

static void facts_init(struct facts *facts, const struct packet *pkt)
{
	/* RFC 9293, 3.5: only the side that was called answers SYN+ACK. */
	bool from_server = flow_opened_by_server(pkt);

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

	if (flow->state != FLOW_EMPTY) {
		if (again == NULL && flow->state != FLOW_SETTLED)
			table->evicted++;
		if (table->release != NULL)
			table->release(table->ctx, flow);
	}
	if (flow->has_host)
		flow_names(table, flow)->host[0] = '\0';
	if (flow->has_ja4)
		flow_names(table, flow)->ja4[0] = '\0';
	memset(flow, 0, sizeof(*flow));
	facts_init(&flow->facts, pkt);
	flow->zone = zone;
	flow->state = FLOW_NEW;
	flow->hint = -1;
	flow->first_ns = pkt->time_ns;
	flow->last_ns = pkt->time_ns;
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
	return table->used;
}

const struct flow *flow_table_at(const struct flow_table *table, size_t place)
{
	return &table->flows[place];
}

uint64_t flow_table_evicted(const struct flow_table *table)
{
	return table->evicted;
}
