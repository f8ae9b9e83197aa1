/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_pool.h - process a batch of items in several threads. Each item
 * belongs to one member, which processes its items in order. Where the order
 * of all items matters, a member waits until all earlier ones are done. The
 * caller's thread is member 0.
 */
#ifndef WAYMARK_REPLAY_POOL_H
#define WAYMARK_REPLAY_POOL_H

#include <stddef.h>

struct replay_pool;

/* Process a member's items of a batch of `count`, reporting the position with
 * replay_pool_set_position(). */
typedef void (*replay_work)(void *ctx, size_t member, size_t count);

/* Start a pool of at least one member. 0 or -errno. */
int replay_pool_new(size_t members, replay_work work, void *ctx,
		    struct replay_pool **ret_pool);
void replay_pool_free(struct replay_pool *pool);
size_t replay_pool_threads(const struct replay_pool *pool);

/* Process a batch; returns when all members have finished. */
void replay_pool_run(struct replay_pool *pool, size_t count);

/* Report that `member` has finished its items before `item`. Called by that
 * member only, as is replay_pool_await(). */
void replay_pool_set_position(struct replay_pool *pool, size_t member,
			      size_t item);
/* Wait until all items before the current one of `member` are done. */
void replay_pool_await(struct replay_pool *pool, size_t member);

#endif
