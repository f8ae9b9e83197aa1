/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backoff.c - count how often each object had to be restored. */
#include "rules/setup/monitor/backoff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_MS 60000u
#define PAUSE_FIRST_MS 30000u
#define PAUSE_MAX_MS (10u * MINUTE_MS)

struct backoff *backoff_of(struct backoffs *backoffs, const char *thing)
{
	struct backoff *oldest = &backoffs->items[0];

	for (size_t i = 0; i < BACKOFF_THINGS; i++) {
		struct backoff *backoff = &backoffs->items[i];

		if (strcmp(backoff->thing, thing) == 0)
			return backoff;
		if (backoff->last_ms < oldest->last_ms)
			oldest = backoff;
	}
	*oldest = (struct backoff){ 0 };
	snprintf(oldest->thing, sizeof(oldest->thing), "%s", thing);
	return oldest;
}

/* One attempt follows each pause; if that does not last, the pause doubles. */
enum backoff_state backoff_count(struct backoff *backoff, uint64_t now_ms)
{
	uint64_t quiet_since = backoff->last_ms + backoff->pause_ms + MINUTE_MS;
	bool was_backoff = backoff->pause_ms > 0;

	if (now_ms < backoff->until_ms)
		return BACKOFF_ACTIVE;
	if (was_backoff && backoff->until_ms > 0) {
		backoff->until_ms = 0;
		backoff->last_ms = now_ms;
		return BACKOFF_NONE;
	}
	if (now_ms > quiet_since)
		backoff->pause_ms = 0;
	if (backoff->pause_ms == 0 && now_ms - backoff->since_ms > MINUTE_MS) {
		backoff->since_ms = now_ms;
		backoff->count = 0;
	}
	backoff->last_ms = now_ms;
	if (backoff->pause_ms == 0 && ++backoff->count <= BACKOFF_AFTER)
		return BACKOFF_NONE;
	was_backoff = backoff->pause_ms > 0;
	backoff->pause_ms =
		was_backoff ? backoff->pause_ms * 2 : PAUSE_FIRST_MS;
	if (backoff->pause_ms > PAUSE_MAX_MS)
		backoff->pause_ms = PAUSE_MAX_MS;
	backoff->until_ms = now_ms + backoff->pause_ms;
	return was_backoff ? BACKOFF_ACTIVE : BACKOFF_BEGIN;
}

void backoff_clear_refusals(struct backoffs *backoffs)
{
	for (size_t i = 0; i < BACKOFF_THINGS; i++)
		backoffs->items[i].refused = 0;
}

uint64_t backoff_next_ms(const struct backoffs *backoffs, uint64_t now_ms)
{
	uint64_t next = 0;

	for (size_t i = 0; i < BACKOFF_THINGS; i++) {
		uint64_t until = backoffs->items[i].until_ms;

		if (until > now_ms && (next == 0 || until < next))
			next = until;
	}
	return next;
}
