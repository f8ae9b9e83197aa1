/* learned.c - what is taught, how sure it is, and who gets to know it. */
#include "engine/learned.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/learned_table.h"
#include "rules/facts.h"

#define ITEMS_DEFAULT 65536
#define SECOND_NS 1000000000u

/* What a server was heard to be counts for a week. */
#define SERVER_TTL_S (7 * 24 * 3600u)

/*
 * Confidence in percent. One flow makes for the first; each that agrees takes
 * a quarter of the way that is left. One that disagrees takes from it; below
 * the second figure the newer word stands, a little less sure than the one it
 * ousts. So a server that moved is right again at once, while names that take
 * turns on an address of a CDN sink below any use.
 */
#define PERCENT_FIRST 60
#define PERCENT_OUST 75
#define PERCENT_LOSS 30
#define PERCENT_TURN 10
#define PERCENT_LEAST 10

#define RESETS 1024		/* pairs remembered; a power of two */
#define RESET_PAUSE_S 60

struct learned {
	struct learned_table *answers;
	struct learned_table *servers;
	int64_t clock_offset_s;
	/* Half a hash of the pair, and the second of its reset. */
	_Atomic uint64_t resets[RESETS];
};

struct learned *learned_new(const struct learned_options *options)
{
	static const struct learned_options usual;
	struct learned *learned = calloc(1, sizeof(*learned));

	if (learned == NULL)
		return NULL;
	if (options == NULL)
		options = &usual;
	learned->clock_offset_s = options->clock_offset_s;
	learned->answers = learned_table_new(
		options->answers != 0 ? options->answers : ITEMS_DEFAULT,
		options->repeatable);
	learned->servers = learned_table_new(
		options->servers != 0 ? options->servers : ITEMS_DEFAULT,
		options->repeatable);
	if (learned->answers == NULL || learned->servers == NULL) {
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
	free(learned);
}

size_t learned_bytes(const struct learned *learned)
{
	return sizeof(*learned) + learned_table_bytes(learned->answers) +
	       learned_table_bytes(learned->servers);
}

uint32_t learned_second(const struct learned *learned, uint64_t now_ns)
{
	return (uint32_t)((int64_t)(now_ns / SECOND_NS) +
			  learned->clock_offset_s);
}

/* ---- keys ---- */

static struct learned_item answer_key(const struct address *client,
				      const struct address *server)
{
	return (struct learned_item){
		.kind = LEARNED_ANSWER,
		.client = *client,
		.server = *server,
	};
}

static struct learned_item server_key(const struct address *server,
				      uint8_t proto, uint16_t port)
{
	return (struct learned_item){
		.kind = LEARNED_SERVER,
		.server = *server,
		.proto = proto,
		.port = port,
	};
}

static bool set_host(struct learned_item *item, const char *host)
{
	size_t len = strlen(host);

	if (len > LEARNED_HOST_MAX)
		return false;
	/* It is shown to people; a name that IDNA would have to spell anew is
	 * not worth it. */
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
	item->heard_s = news->heard_s;
	item->heard_ms = news->heard_ms;
	if (item->expires_s < news->expires_s)
		item->expires_s = news->expires_s;
	return true;
}

void learned_teach_answer(struct learned *learned,
			  const struct address *client,
			  const struct address *server, const char *host,
			  uint32_t ttl_s, uint64_t now_ns)
{
	struct learned_item news = answer_key(client, server);

	if (host[0] == '\0' || !set_host(&news, host))
		return;
	news.since_s = news.heard_s = learned_second(learned, now_ns);
	news.expires_s = news.heard_s + ttl_s;
	news.heard_ms = (uint16_t)(now_ns % SECOND_NS / 1000000);
	news.host_percent = 100;
	learned_table_teach(learned->answers, &news, merge_answer);
}

bool learned_answer(const struct learned *learned,
		    const struct address *client,
		    const struct address *server, uint64_t now_ns,
		    struct learned_item *ret)
{
	struct learned_item key = answer_key(client, server);

	return learned_table_find(learned->answers, &key,
				  learned_second(learned, now_ns), ret);
}

/* ---- servers ---- */

static uint8_t agreed(uint8_t percent)
{
	return (uint8_t)(percent + (100 - percent + 3) / 4);
}

/* True when the newer word stands from now on. */
static bool disagree(uint8_t *percent)
{
	if (*percent > PERCENT_OUST) {
		*percent -= PERCENT_LOSS;
		return false;
	}
	*percent = *percent > PERCENT_LEAST + PERCENT_TURN ?
		   *percent - PERCENT_TURN : PERCENT_LEAST;
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
	item->heard_s = news->heard_s;
	item->expires_s = news->expires_s;
	return true;
}

void learned_teach_server(struct learned *learned,
			  const struct address *server, uint8_t proto,
			  uint16_t port, uint16_t app, const char *host,
			  uint64_t now_ns)
{
	struct learned_item news = server_key(server, proto, port);

	if (app == APP_NONE || !set_host(&news, host))
		return;
	news.app = app;
	news.app_percent = PERCENT_FIRST;
	news.host_percent = PERCENT_FIRST;
	news.since_s = news.heard_s = learned_second(learned, now_ns);
	news.expires_s = news.heard_s + SERVER_TTL_S;
	learned_table_teach(learned->servers, &news, merge_server);
}

bool learned_server(const struct learned *learned,
		    const struct address *server, uint8_t proto, uint16_t port,
		    uint64_t now_ns, struct learned_item *ret)
{
	struct learned_item key = server_key(server, proto, port);

	return learned_table_find(learned->servers, &key,
				  learned_second(learned, now_ns), ret);
}

void learned_prefetch(const struct learned *learned,
		      const struct address *client,
		      const struct address *server, uint8_t proto,
		      uint16_t port)
{
	struct learned_item key = answer_key(client, server);

	learned_table_prefetch(learned->answers, &key);
	key = server_key(server, proto, port);
	learned_table_prefetch(learned->servers, &key);
}

/* ---- all of it ---- */

void learned_each(const struct learned *learned, learned_each_item each,
		  void *ctx)
{
	learned_table_each(learned->answers, each, ctx);
	learned_table_each(learned->servers, each, ctx);
}

static bool merge_nothing(struct learned_item *item,
			  const struct learned_item *news)
{
	/* What was heard since is newer than the file. */
	return item->kind == LEARNED_SERVER ||
	       strcmp(item->host, news->host) == 0;
}

void learned_add(struct learned *learned, const struct learned_item *item)
{
	learned_table_teach(item->kind == LEARNED_ANSWER ? learned->answers
							 : learned->servers,
			    item, merge_nothing);
}

/* ---- resets ---- */

bool learned_may_reset(struct learned *learned, const struct address *client,
		       const struct address *server, uint64_t now_ns)
{
	uint64_t hash = client->be64[0] * 0x9e3779b97f4a7c15u +
			client->be64[1] * 0xbf58476d1ce4e5b9u +
			server->be64[0] * 0x94d049bb133111ebu + server->be64[1];
	uint32_t now_s = learned_second(learned, now_ns);
	_Atomic uint64_t *slot;
	uint64_t old, new;

	hash *= 0x9e3779b97f4a7c15u;
	slot = &learned->resets[hash >> 54 & (RESETS - 1)];
	new = (hash & UINT32_MAX) << 32 | now_s;
	old = atomic_load_explicit(slot, memory_order_relaxed);
	/* Another pair in this place has to wait as well: better one reset too
	 * few than a client that is reset again and again. */
	if (old != 0 && now_s - (uint32_t)old < RESET_PAUSE_S)
		return false;
	return atomic_compare_exchange_strong_explicit(
		slot, &old, new, memory_order_relaxed, memory_order_relaxed);
}
