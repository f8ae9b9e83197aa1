/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refresh.h - resolve the names of a policy, on demand or when their TTL
 * expires, and apply the answers to the table of hosts.
 * It belongs to the thread that owns the table.
 */
#ifndef WAYMARK_REFRESH_H
#define WAYMARK_REFRESH_H

#include "rules/hosts/hosts.h"
#include "rules/util/log.h"

struct refresh;

/*
 * Prepare to resolve the wanted names of `hosts`, which is borrowed and must
 * neither move nor grow until refresh_free(). `log` may be NULL. NULL when out
 * of memory or descriptors.
 */
struct refresh *refresh_new(struct hosts *hosts,
			    const struct name_limits *limits, log_sink *log,
			    void *ctx);
void refresh_free(struct refresh *refresh);

/* Resolve all names, waiting at most `wait_ms`. Names without an answer by
 * then keep their addresses. Returns true when any address changed. */
bool refresh_all(struct refresh *refresh, int wait_ms);

/* For event loops: call refresh_turn() when the descriptor is readable or
 * after refresh_wait_ms(), -1 meaning never. */
int refresh_fd(const struct refresh *refresh);
int refresh_wait_ms(const struct refresh *refresh);
/* Send due queries and process answers. Returns true when a round of queries
 * has finished and changed any address. */
bool refresh_turn(struct refresh *refresh);

#endif
