/*
 * resolver.h - ask for the addresses of names without waiting: by /etc/hosts
 * and the servers of /etc/resolv.conf, as these are when asking begins.
 * A resolver belongs to one thread, which watches its descriptor.
 */
#ifndef WAYMARK_RESOLVER_H
#define WAYMARK_RESOLVER_H

#include "rules/hosts/hosts.h"

struct resolver;

/* Question `id` is answered. What the answer points to is gone afterwards. */
typedef void resolver_done(void *ctx, size_t id,
			   const struct host_answer *answer);

/* NULL, and errno says why, when it cannot be. */
struct resolver *resolver_new(resolver_done *done, void *ctx);
void resolver_free(struct resolver *resolver);

/* A and AAAA of a canonical name, which is not searched for in domains. Both
 * are answered in the end, by `done`, perhaps before this returns. */
int resolver_ask(struct resolver *resolver, const char *name, size_t id);
/* Questions that are not answered yet; cancelling answers all. */
size_t resolver_asked(const struct resolver *resolver);
void resolver_cancel(struct resolver *resolver);

/* Readable when resolver_turn() has something to do, as it has after so many
 * milliseconds; -1: never. */
int resolver_fd(const struct resolver *resolver);
int resolver_wait_ms(const struct resolver *resolver);
void resolver_turn(struct resolver *resolver);

#endif
