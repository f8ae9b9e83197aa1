/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stores.h - helpers of the tests of the learned store. */
#ifndef WAYMARK_STORES_H
#define WAYMARK_STORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/learn/learned.h"

#define SECOND UINT64_C(1000000000)
#define NOW (1000 * SECOND)

/* The client whose flows reveal hosts and applications of servers. */
extern const struct address stores_client;

/* Create a store for that many answers and as many servers. */
struct learned *stores_new(size_t items);
size_t stores_count(const struct learned *learned);

struct address stores_address(const char *text);

/* `client` asked for `host` and got `server`, with a TTL of 60 seconds. */
void stores_add_answer(struct learned *learned, const char *client,
		       const char *server, const char *host, uint64_t now_ns);
/* The host that `client` asked for, or "none". Valid until the next call. */
const char *stores_host(const struct learned *learned, const char *client,
			const char *server, uint64_t now_ns);
/* What stores_client's flows revealed about a server. */
bool stores_find_server(const struct learned *learned,
			const struct address *server, uint8_t proto,
			uint16_t port, uint64_t now_ns,
			struct learned_found *ret);

#endif
