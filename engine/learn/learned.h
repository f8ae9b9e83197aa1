/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned.h - evidence from earlier DNS answers and flows: which names a server
 * has for a client, and which application runs on a port. The first packet of
 * a flow carries no payload; this predicts what its payload will show.
 *
 * Evidence belongs to the client that gave it and serves that client only. What
 * several clients agreed on about a server is kept beside it and serves all.
 *
 * One store of fixed size for all workers: any thread may read and add at any
 * time; readers take no lock and only write when an item was last used. A full
 * bucket evicts its least useful item. Times are nanoseconds of the clock that
 * packets carry.
 */
#ifndef WAYMARK_LEARNED_H
#define WAYMARK_LEARNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"
#include "rules/tables/domain_table.h"

#define LEARNED_HOST_MAX DOMAIN_MAX
/* Maximum number of names of one client for one address. */
#define LEARNED_NAMES_MAX 4

struct learned;
struct learned_ech;

/* By the grade of the evidence, the best first. */
enum learned_kind {
	LEARNED_NONE,
	LEARNED_ANSWER,		/* `client` asked for `host`, got `server` */
	LEARNED_SERVER,		/* flows of `client` to this port */
	LEARNED_SHARED,		/* flows of several clients to this port */
};

/* Evidence is shared once this many clients agree. */
#define LEARNED_CLIENTS_MIN 3
/* Clients are counted up to this number. */
#define LEARNED_CLIENTS_MAX 4

/* Seconds are those of the store's clock, see learned_options. */
struct learned_item {
	uint8_t kind;		/* enum learned_kind */
	uint8_t proto;		/* of servers, with the port */
	uint16_t port;
	uint8_t host_percent;	/* confidence, 0 to 100 */
	union {
		uint8_t app_percent;	/* LEARNED_SERVER */
		uint8_t clients;	/* LEARNED_SHARED: that agree */
	};
	union {
		uint16_t app;		/* of servers; may be APP_NONE */
		uint16_t seen_ms;	/* LEARNED_ANSWER: within seen_s */
	};
	uint32_t since_s;	/* first seen */
	uint32_t seen_s;	/* latest */
	uint32_t expires_s;
	uint32_t used_s;	/* latest look-up, to a minute */
	struct address server;
	struct address client;	/* LEARNED_SHARED: hashes of clients */
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
/* A flow of `client` to this port was `app` and named `host`, or "" if it named
 * none. */
void learned_add_server(struct learned *learned, const struct address *client,
			const struct address *server, uint8_t proto,
			uint16_t port, uint16_t app, const char *host,
			uint64_t now_ns);

/*
 * Where the store keeps its evidence for a flow. Memory is slow: computing a
 * look some packets ahead, and fetching it a few packets later, avoids waiting
 * when the evidence is needed.
 */
struct learned_look {
	uint64_t answer;	/* hashes */
	uint64_t server;
	uint64_t shared;
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
	uint8_t clients;		/* shared: that agree */
	char host[LEARNED_HOST_MAX + 1];
};

/* Find the name that the client asked for latest of those that gave it the
 * server. */
bool learned_answer(const struct learned *learned,
		    const struct learned_look *look, uint64_t now_ns,
		    struct learned_found *ret);
/* Find all these names, the latest first; returns their number. */
size_t learned_answers(const struct learned *learned,
		       const struct learned_look *look, uint64_t now_ns,
		       struct learned_found ret[LEARNED_NAMES_MAX]);
/* The store of ECH configurations that clients received. */
struct learned_ech *learned_ech_of(const struct learned *learned);
/* Find what the client's own flows showed of the server's port. */
bool learned_server(const struct learned *learned,
		    const struct learned_look *look, uint64_t now_ns,
		    struct learned_found *ret);
/* Find what LEARNED_CLIENTS_MIN clients agree on about it. */
bool learned_shared(const struct learned *learned,
		    const struct learned_look *look, uint64_t now_ns,
		    struct learned_found *ret);

/*
 * Join the addresses of a machine that queries DNS in one family and connects
 * in the other, see learned_machines.h. `hwaddr` is where `address` is, which
 * is confirmed, or doubted.
 */
void learned_confirm_machine(struct learned *learned, uint64_t hwaddr,
			     const struct address *address, uint64_t now_ns);
void learned_doubt_machine(struct learned *learned, uint64_t hwaddr,
			   const struct address *address);
/* Whether a frame from `hwaddr` claims an address of another machine. */
bool learned_is_elsewhere(const struct learned *learned, uint64_t hwaddr,
			  const struct address *address, uint64_t now_ns);
/* Find the IPv4 address of a client that is known by IPv6. */
bool learned_other_family(const struct learned *learned,
			  const struct address *client, uint64_t now_ns,
			  struct address *ret_v4);

/* Whether a flow between these two may be reset: true once, then false for a
 * while. */
bool learned_may_reset(struct learned *learned, const struct address *client,
		       const struct address *server, uint64_t now_ns);

/* Call `each` for every item, expired ones too, in no order. */
typedef void (*learned_each_item)(void *ctx, const struct learned_item *item);
void learned_each(const struct learned *learned, learned_each_item each,
		  void *ctx);
/* Add an item that learned_each() gave. */
void learned_add(struct learned *learned, const struct learned_item *item);

/* The store's second that `now_ns` falls into. */
uint32_t learned_second(const struct learned *learned, uint64_t now_ns);

#endif
