/*
 * refresh.h - ask for the names of a policy, at once or when their time has
 * come, and take in what is answered.
 * It belongs to the thread that has the table.
 */
#ifndef WAYMARK_REFRESH_H
#define WAYMARK_REFRESH_H

#include "rules/hosts/hosts.h"

struct refresh;

/* One line: the thing, what happened, the reason. */
typedef void refresh_log(void *ctx, const char *line);

/*
 * Ask for the names that are wanted, in `hosts`, which stays the caller's and
 * must neither move nor grow meanwhile. `log` may be NULL. NULL when out of
 * memory or descriptors.
 */
struct refresh *refresh_new(struct hosts *hosts,
			    const struct name_limits *limits, refresh_log *log,
			    void *ctx);
void refresh_free(struct refresh *refresh);

/* Ask for all and wait, but no longer than this; what is not answered by then
 * stays as it was. True when other addresses count now. */
bool refresh_all(struct refresh *refresh, int wait_ms);

/* For a loop of events: refresh_turn() when the descriptor is readable, and
 * after so many milliseconds. */
int refresh_fd(const struct refresh *refresh);
int refresh_wait_ms(const struct refresh *refresh);
/* True when other addresses count, now that nothing is asked any more. */
bool refresh_turn(struct refresh *refresh);

/* A clock that goes on: of CLOCK_MONOTONIC. */
uint64_t refresh_now_ms(void);

#endif
