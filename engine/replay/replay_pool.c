/* replay_pool.c - a row of items at a time, and a mark of how far each is. */
#include "engine/replay/replay_pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "rules/util/big_alloc.h"

#define DONE SIZE_MAX
/* A row takes some ten microseconds, and so does what the caller does between
 * two: who waits for so little does not sleep, but lets others run. */
#define SPINS 512
#define SPINS_MAX (8 * SPINS)

struct member {
	/* The item that it is at, DONE when all are done: stored by the caller
	 * before a row, then by the member, loaded by any. */
	_Alignas(64) atomic_size_t at;
	/* Constant. */
	struct replay_pool *pool;
	pthread_t thread;
};

struct replay_pool {
	/* Constant. */
	size_t member_count;
	struct member *members;
	replay_work work;
	void *ctx;
	size_t threads;			/* that were started */
	/* Changed under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t is_begun;
	atomic_uint rows;		/* loaded without it as well */
	bool is_stopped;
	size_t count;			/* of the row; by `rows` */
};

static void relax(unsigned int *spins)
{
	if (++*spins % SPINS == 0)
		sched_yield();
#if defined(__x86_64__) || defined(__i386__)
	else
		__builtin_ia32_pause();
#endif
}

static size_t place_of(const struct member *member)
{
	return atomic_load_explicit(&member->at, memory_order_acquire);
}

static void set_place(struct member *member, size_t item)
{
	atomic_store_explicit(&member->at, item, memory_order_release);
}

static void do_row(struct member *member)
{
	struct replay_pool *pool = member->pool;

	pool->work(pool->ctx, (size_t)(member - pool->members), pool->count);
	set_place(member, DONE);
}

static bool has_begun(const struct replay_pool *pool, unsigned int rows)
{
	return atomic_load_explicit(&pool->rows, memory_order_acquire) != rows;
}

/* One more row than `rows`; false when there will be none. */
static bool await_row(struct replay_pool *pool, unsigned int rows)
{
	unsigned int spins = 0;
	bool is_stopped;

	while (!has_begun(pool, rows) && spins < SPINS_MAX)
		relax(&spins);
	if (has_begun(pool, rows))
		return true;
	pthread_mutex_lock(&pool->lock);
	while (!pool->is_stopped && !has_begun(pool, rows))
		pthread_cond_wait(&pool->is_begun, &pool->lock);
	is_stopped = pool->is_stopped;
	pthread_mutex_unlock(&pool->lock);
	return !is_stopped;
}

/* No row ends before all members are through with it: none is missed. */
static void *be_member(void *ctx)
{
	struct member *member = ctx;

	for (unsigned int rows = 0; await_row(member->pool, rows); rows++)
		do_row(member);
	return NULL;
}

static int start_threads(struct replay_pool *pool)
{
	for (size_t i = 1; i < pool->member_count; i++) {
		int rc = pthread_create(&pool->members[i].thread, NULL,
					be_member, &pool->members[i]);

		if (rc != 0)
			return -rc;
		pool->threads++;
	}
	return 0;
}

int replay_pool_new(size_t members, replay_work work, void *ctx,
		    struct replay_pool **ret_pool)
{
	struct replay_pool *pool = calloc(1, sizeof(*pool));
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
	pthread_cond_init(&pool->is_begun, NULL);
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
	pthread_cond_broadcast(&pool->is_begun);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 1; i <= pool->threads; i++)
		pthread_join(pool->members[i].thread, NULL);
	pthread_cond_destroy(&pool->is_begun);
	pthread_mutex_destroy(&pool->lock);
	free(pool->members);
	free(pool);
}

size_t replay_pool_threads(const struct replay_pool *pool)
{
	return pool->member_count;
}

static void begin_row(struct replay_pool *pool, size_t count)
{
	/* All are somewhere before one looks where another is. */
	for (size_t i = 0; i < pool->member_count; i++)
		set_place(&pool->members[i], 0);
	pool->count = count;
	if (pool->threads == 0)
		return;
	pthread_mutex_lock(&pool->lock);
	atomic_fetch_add_explicit(&pool->rows, 1, memory_order_release);
	pthread_cond_broadcast(&pool->is_begun);
	pthread_mutex_unlock(&pool->lock);
}

void replay_pool_run(struct replay_pool *pool, size_t count)
{
	unsigned int spins = 0;

	begin_row(pool, count);
	do_row(&pool->members[0]);
	for (size_t i = 1; i < pool->member_count; i++)
		while (place_of(&pool->members[i]) != DONE)
			relax(&spins);
}

void replay_pool_be_at(struct replay_pool *pool, size_t member, size_t item)
{
	set_place(&pool->members[member], item);
}

void replay_pool_await(struct replay_pool *pool, size_t member)
{
	size_t item = place_of(&pool->members[member]);
	unsigned int spins = 0;

	for (size_t i = 0; i < pool->member_count; i++)
		while (place_of(&pool->members[i]) < item)
			relax(&spins);
}
