/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay_pool.c - process batches in threads that publish their position. */
#include "engine/replay/replay_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "rules/util/big_alloc.h"

#define DONE SIZE_MAX

struct member {
	/* The item it processes, or DONE. Stored by the caller before a batch,
	 * then by the member, loaded by any. */
	_Alignas(64) atomic_size_t at;
	/* Constant. */
	struct replay_pool *pool;
	pthread_t thread;
};

/*
 * Threads that wait sleep: where processors are shared, one that spins takes
 * the time of those it waits for. Batches are large enough for that.
 */
struct replay_pool {
	/* Constant. */
	size_t member_count;
	struct member *members;
	replay_work work;
	void *ctx;
	size_t threads;			/* started */
	/* The earliest item that a member awaits; SIZE_MAX: none. Stored under
	 * the lock, loaded by any. */
	_Alignas(64) atomic_size_t awaited;
	/* Under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t has_begun;
	pthread_cond_t has_moved;	/* a position or `running` */
	unsigned int batches;
	bool is_stopped;
	size_t count;			/* of the batch */
	size_t running;			/* threads at the batch */
};

static size_t position_of(const struct member *member)
{
	return atomic_load(&member->at);
}

/* The store precedes the load in the order of all threads, and a waiting one
 * stores first what it awaits: one of both sees the other. */
static void set_position(struct member *member, size_t item)
{
	struct replay_pool *pool = member->pool;

	atomic_store(&member->at, item);
	if (item < atomic_load(&pool->awaited))
		return;
	pthread_mutex_lock(&pool->lock);
	pthread_cond_broadcast(&pool->has_moved);
	pthread_mutex_unlock(&pool->lock);
}

static void do_batch(struct member *member, size_t count)
{
	struct replay_pool *pool = member->pool;

	pool->work(pool->ctx, (size_t)(member - pool->members), count);
	set_position(member, DONE);
}

/* Wait for a batch after `batches`; false when stopped. */
static bool await_batch(struct replay_pool *pool, unsigned int batches,
			size_t *ret_count)
{
	bool is_stopped;

	pthread_mutex_lock(&pool->lock);
	while (!pool->is_stopped && pool->batches == batches)
		pthread_cond_wait(&pool->has_begun, &pool->lock);
	is_stopped = pool->is_stopped;
	*ret_count = pool->count;
	pthread_mutex_unlock(&pool->lock);
	return !is_stopped;
}

static void end_batch(struct replay_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	if (--pool->running == 0)
		pthread_cond_broadcast(&pool->has_moved);
	pthread_mutex_unlock(&pool->lock);
}

/* A batch ends when all members have finished it, so none is missed. */
static void *member_main(void *ctx)
{
	struct member *member = ctx;
	unsigned int batches = 0;
	size_t count;

	while (await_batch(member->pool, batches++, &count)) {
		do_batch(member, count);
		end_batch(member->pool);
	}
	return NULL;
}

static int start_threads(struct replay_pool *pool)
{
	for (size_t i = 1; i < pool->member_count; i++) {
		int rc = pthread_create(&pool->members[i].thread, NULL,
					member_main, &pool->members[i]);

		if (rc != 0)
			return -rc;
		pool->threads++;
	}
	return 0;
}

int replay_pool_new(size_t members, replay_work work, void *ctx,
		    struct replay_pool **ret_pool)
{
	struct replay_pool *pool = big_alloc(sizeof(*pool));
	int rc;

	if (pool == NULL)
		return -ENOMEM;
	pool->members = big_alloc(members * sizeof(pool->members[0]));
	if (pool->members == NULL) {
		free(pool);
		return -ENOMEM;
	}
	pool->member_count = members;
	pool->work = work;
	pool->ctx = ctx;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->has_begun, NULL);
	pthread_cond_init(&pool->has_moved, NULL);
	atomic_init(&pool->awaited, SIZE_MAX);
	for (size_t i = 0; i < members; i++)
		pool->members[i].pool = pool;
	rc = start_threads(pool);
	if (rc < 0) {
		replay_pool_free(pool);
		return rc;
	}
	*ret_pool = pool;
	return 0;
}

void replay_pool_free(struct replay_pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->is_stopped = true;
	pthread_cond_broadcast(&pool->has_begun);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 1; i <= pool->threads; i++)
		pthread_join(pool->members[i].thread, NULL);
	pthread_cond_destroy(&pool->has_begun);
	pthread_cond_destroy(&pool->has_moved);
	pthread_mutex_destroy(&pool->lock);
	free(pool->members);
	free(pool);
}

size_t replay_pool_threads(const struct replay_pool *pool)
{
	return pool->member_count;
}

static void begin_batch(struct replay_pool *pool, size_t count)
{
	/* Reset all positions before any member reads another's. */
	for (size_t i = 0; i < pool->member_count; i++)
		atomic_store(&pool->members[i].at, 0);
	if (pool->threads == 0)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->count = count;
	pool->running = pool->threads;
	pool->batches++;
	pthread_cond_broadcast(&pool->has_begun);
	pthread_mutex_unlock(&pool->lock);
}

void replay_pool_run(struct replay_pool *pool, size_t count)
{
	begin_batch(pool, count);
	do_batch(&pool->members[0], count);
	if (pool->threads == 0)
		return;
	pthread_mutex_lock(&pool->lock);
	while (pool->running > 0)
		pthread_cond_wait(&pool->has_moved, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}

void replay_pool_set_position(struct replay_pool *pool, size_t member,
			      size_t item)
{
	if (pool->threads > 0)
		set_position(&pool->members[member], item);
}

static bool are_past(const struct replay_pool *pool, size_t item)
{
	for (size_t i = 0; i < pool->member_count; i++)
		if (position_of(&pool->members[i]) < item)
			return false;
	return true;
}

void replay_pool_await(struct replay_pool *pool, size_t member)
{
	size_t item = position_of(&pool->members[member]);

	if (are_past(pool, item))
		return;
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		/* Another waiting member may have stored a later item. */
		if (item < atomic_load(&pool->awaited))
			atomic_store(&pool->awaited, item);
		if (are_past(pool, item))
			break;
		pthread_cond_wait(&pool->has_moved, &pool->lock);
	}
	/* Others that wait store their items again. */
	atomic_store(&pool->awaited, SIZE_MAX);
	pthread_cond_broadcast(&pool->has_moved);
	pthread_mutex_unlock(&pool->lock);
}
