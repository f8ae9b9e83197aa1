/* replay_pool.c - process batches in threads that publish their position. */
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
/* A batch and the caller's work between two batches take some microseconds:
 * waiting threads spin and yield before they sleep. */
#define SPINS 512
#define SPINS_MAX (8 * SPINS)

struct member {
	/* The item it processes, or DONE. Stored by the caller before a batch,
	 * then by the member, loaded by any. */
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
	size_t threads;			/* started */
	/* Changed under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t is_begun;
	atomic_uint batches;		/* loaded without it as well */
	bool is_stopped;
	size_t count;			/* of the batch; see `batches` */
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

static size_t position_of(const struct member *member)
{
	return atomic_load_explicit(&member->at, memory_order_acquire);
}

static void set_position(struct member *member, size_t item)
{
	atomic_store_explicit(&member->at, item, memory_order_release);
}

static void do_batch(struct member *member)
{
	struct replay_pool *pool = member->pool;

	pool->work(pool->ctx, (size_t)(member - pool->members), pool->count);
	set_position(member, DONE);
}

static bool has_begun(const struct replay_pool *pool, unsigned int batches)
{
	return atomic_load_explicit(&pool->batches, memory_order_acquire) !=
	       batches;
}

/* Wait for a batch after `batches`; false when stopped. */
static bool await_batch(struct replay_pool *pool, unsigned int batches)
{
	unsigned int spins = 0;
	bool is_stopped;

	while (!has_begun(pool, batches) && spins < SPINS_MAX)
		relax(&spins);
	if (has_begun(pool, batches))
		return true;
	pthread_mutex_lock(&pool->lock);
	while (!pool->is_stopped && !has_begun(pool, batches))
		pthread_cond_wait(&pool->is_begun, &pool->lock);
	is_stopped = pool->is_stopped;
	pthread_mutex_unlock(&pool->lock);
	return !is_stopped;
}

/* A batch ends when all members have finished it, so none is missed. */
static void *member_main(void *ctx)
{
	struct member *member = ctx;

	for (unsigned int batches = 0; await_batch(member->pool, batches);
	     batches++)
		do_batch(member);
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

static void begin_batch(struct replay_pool *pool, size_t count)
{
	/* Reset all positions before any member reads another's. */
	for (size_t i = 0; i < pool->member_count; i++)
		set_position(&pool->members[i], 0);
	pool->count = count;
	if (pool->threads == 0)
		return;
	pthread_mutex_lock(&pool->lock);
	atomic_fetch_add_explicit(&pool->batches, 1, memory_order_release);
	pthread_cond_broadcast(&pool->is_begun);
	pthread_mutex_unlock(&pool->lock);
}

void replay_pool_run(struct replay_pool *pool, size_t count)
{
	unsigned int spins = 0;

	begin_batch(pool, count);
	do_batch(&pool->members[0]);
	for (size_t i = 1; i < pool->member_count; i++)
		while (position_of(&pool->members[i]) != DONE)
			relax(&spins);
}

void replay_pool_set_position(struct replay_pool *pool, size_t member,
			      size_t item)
{
	set_position(&pool->members[member], item);
}

void replay_pool_await(struct replay_pool *pool, size_t member)
{
	size_t item = position_of(&pool->members[member]);
	unsigned int spins = 0;

	for (size_t i = 0; i < pool->member_count; i++)
		while (position_of(&pool->members[i]) < item)
			relax(&spins);
}
