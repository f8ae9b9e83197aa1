/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history_list.h - list the history of a time as JSON. Any thread may call it.
 */
#ifndef WAYMARK_HISTORY_LIST_H
#define WAYMARK_HISTORY_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/traffic/history.h"

#define HISTORY_STEPS_MAX 1000
#define HISTORY_WHY_MAX 160

struct history_query {
	int64_t last_s;		/* the time up to now */
	int64_t step_s;		/* seconds of a value; 0: some 30 values */
	int64_t now_s;
};

/* Whether the history has that; if not, `why` is a sentence. */
bool history_query_check(const struct history_query *query,
			 char why[static HISTORY_WHY_MAX]);

/*
 * An object with `from`, `step_seconds` and `series`: for each, `kind`, `name`
 * and a list each of `bytes`, `packets` and `flows`, one value per step from
 * the oldest to the latest complete one; null where nothing was recorded.
 */
json_t *history_json(const struct history *history,
		     const struct history_query *query);

#endif
