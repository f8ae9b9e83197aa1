/*
 * replay_team.h - several threads at one row of items. Each item is a certain
 * member's, each member does its own in their order, and where the order of
 * all counts, one waits until those before its present one are done. The
 * caller's thread is member 0.
 */
#ifndef WAYMARK_REPLAY_TEAM_H
#define WAYMARK_REPLAY_TEAM_H

#include <stddef.h>

struct replay_team;

/* What a member is to do: its items of a row of `count`. It says which one it
 * is at by replay_team_be_at(). */
typedef void (*replay_work)(void *ctx, size_t member, size_t count);

/* 0, or -errno of a thread that cannot be. At least one member. */
int replay_team_new(size_t members, replay_work work, void *ctx,
		    struct replay_team **ret_team);
void replay_team_free(struct replay_team *team);
size_t replay_team_members(const struct replay_team *team);

/* Until all of a row is done. */
void replay_team_run(struct replay_team *team, size_t count);

/* For `member`, within its work: those before this item are done, as far as
 * they are its own. */
void replay_team_be_at(struct replay_team *team, size_t member, size_t item);
/* For `member`: until all items before the one that it is at are done. */
void replay_team_await(struct replay_team *team, size_t member);

#endif
