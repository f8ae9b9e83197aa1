/*
 * learned.h - what earlier DNS answers and flows taught: which names a server
 * has for a client, and what it speaks on a port. The first packet of a flow
 * says nothing of itself; this stands in for it until payload tells.
 *
 * One store for all workers, of fixed size: anyone may read and teach at any
 * time; readers take no lock and write nothing but when an item was last of
 * use. When a place is wanted, the least useful item of its bucket goes.
 * Times are nanoseconds of the clock that packets carry.
 */
#ifndef WAYMARK_LEARNED_H
#define WAYMARK_LEARNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"
#include "rules/tables/domain_table.h"

#define LEARNED_HOST_MAX DOMAIN_MAX
/* How many names a client may have for one address. */
#define LEARNED_NAMES_MAX 4

struct learned;

enum learned_kind {
	LEARNED_NONE,
	LEARNED_ANSWER,		/* client asked for `host`, got `server` */
	LEARNED_SERVER,		/* flows to `server` and `port` said so */
};

/* Seconds are those of the store's clock, see learned_options. */
struct learned_item {
	uint8_t kind;		/* enum learned_kind */
	uint8_t proto;		/* LEARNED_SERVER: with its port */
	uint16_t port;
	uint8_t host_percent;	/* confidence, 0 to 100 */
	uint8_t app_percent;
	union {
		uint16_t app;		/* LEARNED_SERVER; may be APP_NONE */
		uint16_t seen_ms;	/* LEARNED_ANSWER: within seen_s */
	};
	uint32_t since_s;	/* first heard */
	uint32_t seen_s;	/* latest */
	uint32_t expires_s;
	uint32_t used_s;	/* latest look-up, to the minute */
	struct address server;
	struct address client;	/* LEARNED_ANSWER */
	char host[LEARNED_HOST_MAX + 1];	/* canonical; "": none */
};

struct learned_options {
	size_t answers;		/* items of a kind; 0: 65,536 */
	size_t servers;
	/* Added to packets' seconds: the difference to the time of day, where
	 * they are of another clock, so that a file means the same later. */
	int64_t clock_offset_s;
	bool repeatable;	/* the same items always meet in a bucket */
};

/* NULL: out of memory. `options` may be NULL. */
struct learned *learned_new(const struct learned_options *options);
void learned_free(struct learned *learned);
size_t learned_bytes(const struct learned *learned);

/* `client` got `server` for `host` (canonical), good for `ttl_s`. */
void learned_add_answer(struct learned *learned,
			  const struct address *client,
			  const struct address *server, const char *host,
			  uint32_t ttl_s, uint64_t now_ns);
/* A flow to this port turned out to be `app` and to want `host`, which is ""
 * when it named none. */
void learned_add_server(struct learned *learned,
			  const struct address *server, uint8_t proto,
			  uint16_t port, uint16_t app, const char *host,
			  uint64_t now_ns);

/*
 * Where the store has what it knows for a flow. Memory is slow: a look that is
 * made some packets ahead, and fetched a few of them later, costs no waiting
 * when the questions come.
 */
struct learned_look {
	uint64_t answer;	/* hashes */
	uint64_t server;
};

struct learned_look learned_look(const struct learned *learned,
				 const struct address *client,
				 const struct address *server, uint8_t proto,
				 uint16_t port);
void learned_fetch(const struct learned *learned,
		   const struct learned_look *look);

struct learned_found {
	uint32_t seen_s;
	uint16_t app;			/* of a server */
	uint8_t host_percent;		/* confidence, 0 to 100 */
	uint8_t app_percent;
	char host[LEARNED_HOST_MAX + 1];
};

/* The name that the client asked for latest of those that gave it the
 * server. */
bool learned_answer(const struct learned *learned,
		    const struct learned_look *look, uint64_t now_ns,
		    struct learned_found *ret);
bool learned_server(const struct learned *learned,
		    const struct learned_look *look, uint64_t now_ns,
		    struct learned_found *ret);

/*
 * A machine of both families asks the DNS in one and connects in the other.
 * Tell that `client` sends from the hardware address `link`, and find the IPv4
 * address of who does: false where nothing is known, or it may be a router.
 */
void learned_observe_machine(struct learned *learned, uint64_t link,
			  const struct address *client, uint64_t now_ns);
bool learned_machine(const struct learned *learned, uint64_t link,
		     uint64_t now_ns, struct address *ret_v4);

/* Whether a flow between these two may be reset: true once, then not for a
 * while. */
bool learned_may_reset(struct learned *learned, const struct address *client,
		       const struct address *server, uint64_t now_ns);

/* Every item, expired ones too, in no order; others may teach meanwhile. */
typedef void (*learned_each_item)(void *ctx, const struct learned_item *item);
void learned_each(const struct learned *learned, learned_each_item each,
		  void *ctx);
/* An item as learned_each() gave it. */
void learned_add(struct learned *learned, const struct learned_item *item);

/* The store's second that `now_ns` falls into. */
uint32_t learned_second(const struct learned *learned, uint64_t now_ns);

#endif
