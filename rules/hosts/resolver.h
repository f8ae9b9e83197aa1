/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolver.h - resolve names without blocking, via /etc/hosts and the servers
 * of /etc/resolv.conf, which are read when queries begin.
 * A resolver belongs to one thread, which polls its descriptor.
 */
#ifndef WAYMARK_RESOLVER_H
#define WAYMARK_RESOLVER_H

#include "rules/hosts/hosts.h"

struct resolver;

/* Receive the answer to query `id`, borrowed for the call. */
typedef void resolver_done(void *ctx, size_t id,
			   const struct host_answer *answer);

/* Create a resolver whose sockets have this firewall mark (0: none); NULL with
 * errno set on failure. */
struct resolver *resolver_new(uint32_t mark, resolver_done *done, void *ctx);
void resolver_free(struct resolver *resolver);

/* Query A and AAAA of a canonical name; search domains do not apply. `done` is
 * called once for both, perhaps before this returns. 0 or -errno. */
int resolver_ask(struct resolver *resolver, const char *name, size_t id);
/* Count the pending queries; cancelling them calls `done` for each. */
size_t resolver_asked(const struct resolver *resolver);
void resolver_cancel(struct resolver *resolver);

/* Call resolver_turn() when the descriptor is readable and after
 * resolver_wait_ms(); -1: never. */
int resolver_fd(const struct resolver *resolver);
int resolver_wait_ms(const struct resolver *resolver);
void resolver_turn(struct resolver *resolver);

#endif
