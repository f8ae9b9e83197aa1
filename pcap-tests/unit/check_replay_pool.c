/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_replay_pool.c - process batches in several threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/replay/replay_pool.h"
#include "unit.h"

#define MEMBERS_MAX 9
#define ROUNDS 200
#define ITEMS 1024

struct job {
	struct replay_pool *pool;
	bool is_ordered;
	unsigned int seed;
	atomic_uint done[ITEMS];	/* times processed */
	pthread_t thread[MEMBERS_MAX];		/* latest member */
	/* In turn, without a lock: thread sanitizer would report a race. */
	size_t order[ITEMS];
	size_t ordered;
};

/* Some items take longer than others. */
static void spend(size_t item)
{
	for (volatile size_t i = item * 2654435761u % 97 * 20; i > 0;)
		i--;
}

static size_t member_of(const struct job *job, size_t item)
{
	size_t members = replay_pool_threads(job->pool);

	/* Some members have no items. */
	return (item * 2654435761u >> job->seed % 20) % members %
	       (job->seed % 4 + 1);
}

static void work(void *ctx, size_t member, size_t count)
{
	struct job *job = ctx;

	job->thread[member] = pthread_self();
	for (size_t item = 0; item < count; item++) {
		if (member_of(job, item) != member)
			continue;
		replay_pool_set_position(job->pool, member, item);
		spend(item);
		if (job->is_ordered && item % 3 == 0) {
			replay_pool_await(job->pool, member);
			job->order[job->ordered++] = item;
		}
		atomic_fetch_add(&job->done[item], 1);
	}
}

static void run_row(struct job *job, size_t count, unsigned int seed)
{
	memset(job->done, 0, sizeof(job->done));
	job->ordered = 0;
	job->seed = seed;
	replay_pool_run(job->pool, count);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(job->done[i], 1);
	ck_assert_uint_eq(job->ordered, job->is_ordered ? (count + 2) / 3 : 0);
	for (size_t i = 0; i < job->ordered; i++)
		ck_assert_uint_eq(job->order[i], i * 3);
}

/* Each item is processed once, by its member; items that wait for their turn
 * are processed in their common order. */
START_TEST(batches)
{
	struct job *job = calloc(1, sizeof(*job));
	size_t members = (size_t)_i / 2 + 1;

	job->is_ordered = _i % 2;
	ck_assert_int_eq(replay_pool_new(members, work, job, &job->pool), 0);
	ck_assert_uint_eq(replay_pool_threads(job->pool), members);
	for (unsigned int row = 0; row < ROUNDS; row++)
		run_row(job, row * 37 % (ITEMS + 1), row);
	run_row(job, ITEMS, 3);
	for (size_t i = 1; i < members; i++)
		ck_assert(!pthread_equal(job->thread[0], job->thread[i]));
	replay_pool_free(job->pool);
	free(job);
}
END_TEST

/* Both while threads spin and while they sleep. */
START_TEST(no_batch)
{
	struct job *job = calloc(1, sizeof(*job));

	for (unsigned int i = 0; i < 20; i++) {
		ck_assert_int_eq(replay_pool_new(4, work, job, &job->pool), 0);
		if (i % 2)
			usleep(2000);
		replay_pool_free(job->pool);
	}
	replay_pool_free(NULL);
	free(job);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay_team");
	TCase *tcase = tcase_create("replay_team");

	tcase_add_loop_test(tcase, batches, 0, 2 * MEMBERS_MAX);
	tcase_add_test(tcase, no_batch);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
