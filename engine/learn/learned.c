/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned.c - what is learned, how certain it is, and which client uses it.
 *
 * What is learned. Two facts predict a flow before it has sent payload. An
 * answer: this client asked for a name and got this address for it. And a
 * server: flows to this address and port turned out to be this application and
 * to name this host.
 *
 * Owners. A client that can add evidence can choose the uplink of the flows
 * that it is used for. So all evidence has an owner, the client whose packets
 * gave it, and serves that client: answers are matched to the client's own
 * questions (dns_observer.c), servers are remembered by client. Beside a
 * client's own memory of a server there is one that is shared. It counts the
 * clients that agree, an IPv6 /64 as one, and is used only from
 * LEARNED_CLIENTS_MIN clients on, and never to choose between a strict uplink
 * and another (worker_learn.c).
 *
 * Grades. From the best: the client's own answer, its own flows to the server,
 * what several clients agree on. Confidence of servers is in percent. It rises
 * with each flow that agrees and falls with each that does not, until the newer
 * observation replaces the older. So a server that moved is right again at
 * once, while names that take turns on a CDN's address fall below any use.
 * Answers have no percentage: they expire.
 *
 * Eviction. Memory is fixed. Items live in buckets of eight under a keyed hash,
 * so a bucket cannot be targeted. A new item replaces an expired one, else, of
 * the client with the most items in the bucket, the one that was of use longest
 * ago, where confidence counts as some time. So who learns most makes room
 * first. A client keeps at most LEARNED_NAMES_MAX names for one address.
 *
 * Locking. Buckets have sequence locks (learned_lock.h): readers never wait and
 * never block a writer; a writer that finds a bucket busy retries a little and
 * then drops its news, which will come again.
 */
#include "engine/learn/learned.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/flow/client.h"
#include "engine/learn/learned_ech.h"
#include "engine/learn/learned_machines.h"
#include "engine/learn/learned_names.h"
#include "engine/learn/learned_table.h"
#include "rules/policy/facts.h"
#include "rules/util/keyed_hash.h"

#define ITEMS_DEFAULT 65536
#define SECOND_NS 1000000000u

/* Evidence about a server counts for a week. */
#define SERVER_TTL_S (7 * 24 * 3600u)

/*
 * Confidence in percent. The first flow gives PERCENT_FIRST; each that agrees
 * adds a quarter of what is missing. One that disagrees takes PERCENT_LOSS;
 * at PERCENT_OUST and below the newer observation replaces the older, with
 * PERCENT_TURN less.
 */
#define PERCENT_FIRST 60
#define PERCENT_OUST 75
#define PERCENT_LOSS 30
#define PERCENT_TURN 10
#define PERCENT_MIN 10

/* Added to hashes, so that each use has separate hashes. */
#define SERVICE (UINT64_C(1) << 32)
#define RESET (UINT64_C(1) << 33)

#define RESETS 1024		/* pairs remembered; a power of two */
#define RESET_PAUSE_S 60

struct learned {
	struct keyed_hash key;
	struct learned_names *names;
	struct learned_table *answers;
	struct learned_table *servers;
	struct learned_machines *machines;
	struct learned_ech *ech;
	int64_t clock_offset_s;
	/* Half a hash of the pair, and the second of its reset. */
	_Atomic uint64_t resets[RESETS];
};

struct learned *learned_new(const struct learned_options *options)
{
	static const struct learned_options usual;
	struct learned *learned = calloc(1, sizeof(*learned));

	size_t answers, servers;

	if (learned == NULL)
		return NULL;
	if (options == NULL)
		options = &usual;
	answers = options->answers != 0 ? options->answers : ITEMS_DEFAULT;
	servers = options->servers != 0 ? options->servers : ITEMS_DEFAULT;
	learned->clock_offset_s = options->clock_offset_s;
	learned->names = learned_names_new(answers + servers,
					   options->repeatable);
	learned->answers = learned_table_new(LEARNED_ANSWER, answers,
					     learned->names);
	learned->servers = learned_table_new(LEARNED_SERVER, servers,
					     learned->names);
	learned->machines = learned_machines_new(options->repeatable);
	learned->ech = learned_ech_new(options->repeatable);
	if (learned->names == NULL || learned->machines == NULL ||
	    learned->ech == NULL ||
	    learned->answers == NULL || learned->servers == NULL ||
	    keyed_hash_init(&learned->key, options->repeatable) < 0) {
		learned_free(learned);
		return NULL;
	}
	return learned;
}

void learned_free(struct learned *learned)
{
	if (learned == NULL)
		return;
	learned_table_free(learned->answers);
	learned_table_free(learned->servers);
	learned_names_free(learned->names);
	learned_machines_free(learned->machines);
	learned_ech_free(learned->ech);
	free(learned);
}

size_t learned_bytes(const struct learned *learned)
{
	return sizeof(*learned) + learned_machines_bytes() +
	       learned_ech_bytes() +
	       learned_names_bytes(learned->names) +
	       learned_table_bytes(learned->answers) +
	       learned_table_bytes(learned->servers);
}

uint32_t learned_second(const struct learned *learned, uint64_t now_ns)
{
	return (uint32_t)((int64_t)(now_ns / SECOND_NS) +
			  learned->clock_offset_s);
}

/* ---- hashes ---- */

static uint64_t hash_address(const struct learned *learned, uint64_t hash,
			     const struct address *a)
{
	hash = keyed_hash_add(&learned->key, hash, a->be64[0]);
	return keyed_hash_add(&learned->key, hash, a->be64[1]);
}

static struct learned_look look_of(const struct learned *learned,
				   const struct address *client,
				   const struct address *server, uint8_t proto,
				   uint16_t port)
{
	const struct keyed_hash *key = &learned->key;
	uint64_t hash = hash_address(learned, key->start, server);

	uint64_t own = hash_address(learned, hash, client);
	uint64_t service = (uint64_t)proto << 16 | port;

	/* No service is 0, so no two of the three are the same. */
	return (struct learned_look){
		.answer = keyed_hash_end(key, own, 0),
		.server = keyed_hash_end(key, own, service | SERVICE),
		.shared = keyed_hash_end(key, hash, service | SERVICE),
	};
}

static void learn(struct learned *learned, const struct learned_item *news,
		  learned_merge merge)
{
	struct learned_look look = look_of(learned, &news->client,
					   &news->server, news->proto,
					   news->port);

	if (news->kind == LEARNED_ANSWER)
		learned_table_add(learned->answers, look.answer, news, merge);
	else if (news->kind == LEARNED_SERVER)
		learned_table_add(learned->servers, look.server, news, merge);
	else
		learned_table_add(learned->servers, look.shared, news, merge);
}

static bool set_host(struct learned_item *item, const char *host)
{
	size_t len = strlen(host);

	if (len > LEARNED_HOST_MAX)
		return false;
	/* Names that IDNA would convert are not worth it. */
	for (size_t i = 0; i < len; i++)
		if (host[i] <= ' ' || host[i] > '~')
			return false;
	memcpy(item->host, host, len + 1);
	return true;
}

/* ---- DNS answers ---- */

static bool merge_answer(struct learned_item *item,
			 const struct learned_item *news)
{
	if (strcmp(item->host, news->host) != 0)
		return false;
	item->seen_s = news->seen_s;
	item->seen_ms = news->seen_ms;
	if (item->expires_s < news->expires_s)
		item->expires_s = news->expires_s;
	return true;
}

void learned_add_answer(struct learned *learned,
			  const struct address *client,
			  const struct address *server, const char *host,
			  uint32_t ttl_s, uint64_t now_ns)
{
	struct learned_item news = {
		.kind = LEARNED_ANSWER,
		.client = *client,
		.server = *server,
	};

	if (host[0] == '\0' || !set_host(&news, host))
		return;
	news.since_s = news.seen_s = learned_second(learned, now_ns);
	news.expires_s = news.seen_s + ttl_s;
	news.seen_ms = (uint16_t)(now_ns % SECOND_NS / 1000000);
	news.host_percent = 100;
	learn(learned, &news, merge_answer);
}

/* ---- servers ---- */

static uint8_t agreed(uint8_t percent)
{
	return (uint8_t)(percent + (100 - percent + 3) / 4);
}

/* True when the newer observation replaces the older. */
static bool disagree(uint8_t *percent)
{
	if (*percent > PERCENT_OUST) {
		*percent -= PERCENT_LOSS;
		return false;
	}
	*percent = *percent > PERCENT_MIN + PERCENT_TURN ?
		   *percent - PERCENT_TURN : PERCENT_MIN;
	return true;
}

static bool merge_server(struct learned_item *item,
			 const struct learned_item *news)
{
	if (strcmp(item->host, news->host) == 0)
		item->host_percent = agreed(item->host_percent);
	else if (disagree(&item->host_percent))
		memcpy(item->host, news->host, sizeof(item->host));
	if (item->app == news->app)
		item->app_percent = agreed(item->app_percent);
	else if (disagree(&item->app_percent))
		item->app = news->app;
	item->seen_s = news->seen_s;
	item->expires_s = news->expires_s;
	return true;
}

/* ---- what several clients agree on ---- */

/* Never 0. Machines of one IPv6 network choose addresses as they like. */
static uint32_t client_hash(const struct learned *learned,
			    const struct address *client)
{
	const struct keyed_hash *key = &learned->key;
	return (uint32_t)keyed_hash_end(key, key->start, client_of(client)) |
	       1;
}

/* Whether the client is new among those that agree. */
static bool add_client(struct learned_item *item, uint32_t client)
{
	for (int i = 0; i < item->clients; i++)
		if (item->client.be32[i] == client)
			return false;
	if (item->clients == LEARNED_CLIENTS_MAX)
		return false;
	item->client.be32[item->clients++] = client;
	return true;
}

static bool merge_shared(struct learned_item *item,
			 const struct learned_item *news)
{
	if (strcmp(item->host, news->host) == 0 && item->app == news->app) {
		if (add_client(item, news->client.be32[0]))
			item->host_percent = agreed(item->host_percent);
	} else if (disagree(&item->host_percent)) {
		memcpy(item->host, news->host, sizeof(item->host));
		item->app = news->app;
		item->client = news->client;
		item->clients = 1;
	}
	item->seen_s = news->seen_s;
	item->expires_s = news->expires_s;
	return true;
}

void learned_add_server(struct learned *learned, const struct address *client,
			const struct address *server, uint8_t proto,
			uint16_t port, uint16_t app, const char *host,
			uint64_t now_ns)
{
	struct learned_item news = {
		.kind = LEARNED_SERVER,
		.client = *client,
		.server = *server,
		.proto = proto,
		.port = port,
	};

	if (app == APP_NONE || !set_host(&news, host))
		return;
	news.app = app;
	news.app_percent = PERCENT_FIRST;
	news.host_percent = PERCENT_FIRST;
	news.since_s = news.seen_s = learned_second(learned, now_ns);
	news.expires_s = news.seen_s + SERVER_TTL_S;
	learn(learned, &news, merge_server);

	news.kind = LEARNED_SHARED;
	news.client = (struct address){
		.be32 = { client_hash(learned, client) },
	};
	news.clients = 1;
	learn(learned, &news, merge_shared);
}

/* ---- look-ups ---- */

struct learned_look learned_look(const struct learned *learned,
				 const struct address *client,
				 const struct address *server, uint8_t proto,
				 uint16_t port)
{
	struct learned_look look = look_of(learned, client, server, proto,
					   port);

	learned_table_fetch_tags(learned->answers, look.answer);
	learned_table_fetch_tags(learned->servers, look.server);
	learned_table_fetch_tags(learned->servers, look.shared);
	return look;
}

void learned_fetch(const struct learned *learned,
		   const struct learned_look *look)
{
	learned_table_fetch_items(learned->answers, look->answer);
	learned_table_fetch_items(learned->servers, look->server);
	learned_table_fetch_items(learned->servers, look->shared);
}

bool learned_answer(const struct learned *learned,
		    const struct learned_look *look, uint64_t now_ns,
		    struct learned_found *ret)
{
	return learned_table_find(learned->answers, look->answer,
				  learned_second(learned, now_ns), ret);
}

size_t learned_answers(const struct learned *learned,
		       const struct learned_look *look, uint64_t now_ns,
		       struct learned_found ret[LEARNED_NAMES_MAX])
{
	return learned_table_find_all(learned->answers, look->answer,
				      learned_second(learned, now_ns), ret);
}

struct learned_ech *learned_ech_of(const struct learned *learned)
{
	return learned->ech;
}

bool learned_server(const struct learned *learned,
		    const struct learned_look *look, uint64_t now_ns,
		    struct learned_found *ret)
{
	return learned_table_find(learned->servers, look->server,
				  learned_second(learned, now_ns), ret);
}

bool learned_shared(const struct learned *learned,
		    const struct learned_look *look, uint64_t now_ns,
		    struct learned_found *ret)
{
	if (!learned_table_find(learned->servers, look->shared,
				learned_second(learned, now_ns), ret))
		return false;
	/* One percentage for the whole of it, see merge_shared(). */
	ret->clients = ret->app_percent;
	ret->app_percent = ret->host_percent;
	return ret->clients >= LEARNED_CLIENTS_MIN;
}

/* ---- all items ---- */

void learned_each(const struct learned *learned, learned_each_item each,
		  void *ctx)
{
	learned_table_each(learned->answers, each, ctx);
	learned_table_each(learned->servers, each, ctx);
}

static bool merge_nothing(struct learned_item *item,
			  const struct learned_item *news)
{
	/* What was learned since is newer than the file. */
	return item->kind != LEARNED_ANSWER ||
	       strcmp(item->host, news->host) == 0;
}

void learned_add(struct learned *learned, const struct learned_item *item)
{
	learn(learned, item, merge_nothing);
}

/* ---- machines ---- */

void learned_confirm_machine(struct learned *learned, uint64_t hwaddr,
			     const struct address *address, uint64_t now_ns)
{
	learned_machines_confirm(learned->machines, hwaddr, address,
				 learned_second(learned, now_ns));
}

void learned_doubt_machine(struct learned *learned, uint64_t hwaddr,
			   const struct address *address)
{
	learned_machines_doubt(learned->machines, hwaddr, address);
}

bool learned_is_elsewhere(const struct learned *learned, uint64_t hwaddr,
			  const struct address *address, uint64_t now_ns)
{
	return learned_machines_is_elsewhere(learned->machines, hwaddr, address,
					     learned_second(learned, now_ns));
}

bool learned_other_family(const struct learned *learned,
			  const struct address *client, uint64_t now_ns,
			  struct address *ret_v4)
{
	return !address_is_v4(client) &&
	       learned_machines_find(learned->machines, client,
				     learned_second(learned, now_ns), ret_v4);
}

/* ---- resets ---- */

bool learned_may_reset(struct learned *learned, const struct address *client,
		       const struct address *server, uint64_t now_ns)
{
	const struct keyed_hash *key = &learned->key;
	uint64_t hash = keyed_hash_end(key,
				       hash_address(learned,
						    hash_address(learned,
								 key->start,
								 client),
						    server), RESET);
	uint32_t now_s = learned_second(learned, now_ns);
	_Atomic uint64_t *slot;
	uint64_t old, new;

	slot = &learned->resets[hash >> 54 & (RESETS - 1)];
	new = (hash & UINT32_MAX) << 32 | now_s;
	old = atomic_load_explicit(slot, memory_order_relaxed);
	/* Another pair in this slot has to wait as well: rather one reset too
	 * few than a client that is reset again and again. */
	if (old != 0 && now_s - (uint32_t)old < RESET_PAUSE_S)
		return false;
	return atomic_compare_exchange_strong_explicit(
		slot, &old, new, memory_order_relaxed, memory_order_relaxed);
}
