/* replay_team.c - a row of items at a time, and a mark of how far each is. */
#include "engine/replay/replay_team.h"

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
	struct replay_team *team;
	pthread_t thread;
};

struct replay_team {
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
	struct replay_team *team = member->team;

	team->work(team->ctx, (size_t)(member - team->members), team->count);
	set_place(member, DONE);
}

static bool has_begun(const struct replay_team *team, unsigned int rows)
{
	return atomic_load_explicit(&team->rows, memory_order_acquire) != rows;
}

/* One more row than `rows`; false when there will be none. */
static bool await_row(struct replay_team *team, unsigned int rows)
{
	unsigned int spins = 0;
	bool is_stopped;

	while (!has_begun(team, rows) && spins < SPINS_MAX)
		relax(&spins);
	if (has_begun(team, rows))
		return true;
	pthread_mutex_lock(&team->lock);
	while (!team->is_stopped && !has_begun(team, rows))
		pthread_cond_wait(&team->is_begun, &team->lock);
	is_stopped = team->is_stopped;
	pthread_mutex_unlock(&team->lock);
	return !is_stopped;
}

/* No row ends before all members are through with it: none is missed. */
static void *be_member(void *ctx)
{
	struct member *member = ctx;

	for (unsigned int rows = 0; await_row(member->team, rows); rows++)
		do_row(member);
	return NULL;
}

static int start_threads(struct replay_team *team)
{
	for (size_t i = 1; i < team->member_count; i++) {
		int rc = pthread_create(&team->members[i].thread, NULL,
					be_member, &team->members[i]);

		if (rc != 0)
			return -rc;
		team->threads++;
	}
	return 0;
}

int replay_team_new(size_t members, replay_work work, void *ctx,
		    struct replay_team **ret_team)
{
	struct replay_team *team = calloc(1, sizeof(*team));
	int rc;

	if (team == NULL)
		return -ENOMEM;
	team->members = big_alloc(members * sizeof(team->members[0]));
	if (team->members == NULL) {
		free(team);
		return -ENOMEM;
	}
	team->member_count = members;
	team->work = work;
	team->ctx = ctx;
	pthread_mutex_init(&team->lock, NULL);
	pthread_cond_init(&team->is_begun, NULL);
	for (size_t i = 0; i < members; i++)
		team->members[i].team = team;
	rc = start_threads(team);
	if (rc < 0) {
		replay_team_free(team);
		return rc;
	}
	*ret_team = team;
	return 0;
}

void replay_team_free(struct replay_team *team)
{
	if (team == NULL)
		return;
	pthread_mutex_lock(&team->lock);
	team->is_stopped = true;
	pthread_cond_broadcast(&team->is_begun);
	pthread_mutex_unlock(&team->lock);
	for (size_t i = 1; i <= team->threads; i++)
		pthread_join(team->members[i].thread, NULL);
	pthread_cond_destroy(&team->is_begun);
	pthread_mutex_destroy(&team->lock);
	free(team->members);
	free(team);
}

size_t replay_team_members(const struct replay_team *team)
{
	return team->member_count;
}

static void begin_row(struct replay_team *team, size_t count)
{
	/* All are somewhere before one looks where another is. */
	for (size_t i = 0; i < team->member_count; i++)
		set_place(&team->members[i], 0);
	team->count = count;
	if (team->threads == 0)
		return;
	pthread_mutex_lock(&team->lock);
	atomic_fetch_add_explicit(&team->rows, 1, memory_order_release);
	pthread_cond_broadcast(&team->is_begun);
	pthread_mutex_unlock(&team->lock);
}

void replay_team_run(struct replay_team *team, size_t count)
{
	unsigned int spins = 0;

	begin_row(team, count);
	do_row(&team->members[0]);
	for (size_t i = 1; i < team->member_count; i++)
		while (place_of(&team->members[i]) != DONE)
			relax(&spins);
}

void replay_team_be_at(struct replay_team *team, size_t member, size_t item)
{
	set_place(&team->members[member], item);
}

void replay_team_await(struct replay_team *team, size_t member)
{
	size_t item = place_of(&team->members[member]);
	unsigned int spins = 0;

	for (size_t i = 0; i < team->member_count; i++)
		while (place_of(&team->members[i]) < item)
			relax(&spins);
}
