/*
 * replay_pool.h - several threads at one row of items. Each item is a certain
 * member's, each member does its own in their order, and where the order of
 * all counts, one waits until those before its present one are done. The
 * caller's thread is member 0.
 */
#ifndef WAYMARK_REPLAY_POOL_H
#define WAYMARK_REPLAY_POOL_H

#include <stddef.h>

struct replay_pool;

/* What a member is to do: its items of a row of `count`. It says which one it
 * is at by replay_pool_be_at(). */
typedef void (*replay_work)(void *ctx, size_t member, size_t count);

/* 0, or -errno of a thread that cannot be. At least one member. */
int replay_pool_new(size_t members, replay_work work, void *ctx,
		    struct replay_pool **ret_pool);
void replay_pool_free(struct replay_pool *pool);
size_t replay_pool_threads(const struct replay_pool *pool);

/* Until all of a row is done. */
void replay_pool_run(struct replay_pool *pool, size_t count);

/* For `member`, within its work: those before this item are done, as far as
 * they are its own. */
void replay_pool_be_at(struct replay_pool *pool, size_t member, size_t item);
/* For `member`: until all items before the one that it is at are done. */
void replay_pool_await(struct replay_pool *pool, size_t member);

#endif
