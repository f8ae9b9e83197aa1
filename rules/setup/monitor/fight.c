/* fight.c - how often each thing had to be put back. */
#include "rules/setup/monitor/fight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_MS 60000u
#define PAUSE_FIRST_MS 30000u
#define PAUSE_MAX_MS (10u * MINUTE_MS)

struct fight *fight_of(struct fights *fights, const char *thing)
{
	struct fight *oldest = &fights->items[0];

	for (size_t i = 0; i < FIGHT_THINGS; i++) {
		struct fight *fight = &fights->items[i];

		if (strcmp(fight->thing, thing) == 0)
			return fight;
		if (fight->last_ms < oldest->last_ms)
			oldest = fight;
	}
	*oldest = (struct fight){ 0 };
	snprintf(oldest->thing, sizeof(oldest->thing), "%s", thing);
	return oldest;
}

/* After a pause there is one try; if it does not last, the next pause is
 * twice as long. */
enum fight_answer fight_count(struct fight *fight, uint64_t now_ms)
{
	uint64_t quiet_since = fight->last_ms + fight->pause_ms + MINUTE_MS;
	bool was_fight = fight->pause_ms > 0;

	if (now_ms < fight->until_ms)
		return FIGHT_ON;
	if (was_fight && fight->until_ms > 0) {
		fight->until_ms = 0;
		fight->last_ms = now_ms;
		return FIGHT_NONE;
	}
	if (now_ms > quiet_since)
		fight->pause_ms = 0;
	if (fight->pause_ms == 0 && now_ms - fight->since_ms > MINUTE_MS) {
		fight->since_ms = now_ms;
		fight->count = 0;
	}
	fight->last_ms = now_ms;
	if (fight->pause_ms == 0 && ++fight->count <= FIGHT_MOST)
		return FIGHT_NONE;
	was_fight = fight->pause_ms > 0;
	fight->pause_ms = was_fight ? fight->pause_ms * 2 : PAUSE_FIRST_MS;
	if (fight->pause_ms > PAUSE_MAX_MS)
		fight->pause_ms = PAUSE_MAX_MS;
	fight->until_ms = now_ms + fight->pause_ms;
	return was_fight ? FIGHT_ON : FIGHT_NEW;
}

uint64_t fight_next_ms(const struct fights *fights, uint64_t now_ms)
{
	uint64_t next = 0;

	for (size_t i = 0; i < FIGHT_THINGS; i++) {
		uint64_t until = fights->items[i].until_ms;

		if (until > now_ms && (next == 0 || until < next))
			next = until;
	}
	return next;
}
