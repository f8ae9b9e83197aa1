/*
 * fight.h - how often each thing had to be put back: more than so many times
 * in a minute, and another program wants it otherwise.
 */
#ifndef WAYMARK_SETUP_FIGHT_H
#define WAYMARK_SETUP_FIGHT_H

#include <stdint.h>

/* So often in a minute is no fight yet. */
#define FIGHT_MOST 5

#define FIGHT_THINGS 64
#define FIGHT_THING_MAX 256

struct fight {
	char thing[FIGHT_THING_MAX];
	uint64_t since_ms;	/* of the minute that is counted */
	uint64_t last_ms;
	uint64_t until_ms;	/* left alone until then */
	uint64_t pause_ms;
	unsigned int count;
	int refused;		/* what the kernel said last, see keep.c */
};

/* All zero: none yet. The one that was quiet longest makes way. */
struct fights {
	struct fight items[FIGHT_THINGS];
};

enum fight_answer {
	FIGHT_NONE,	/* put it back */
	FIGHT_NEW,	/* leave it, and tell that it is a fight */
	FIGHT_ON,	/* leave it */
};

struct fight *fight_of(struct fights *fights, const char *thing);
/* `thing` has to be put back once more. */
enum fight_answer fight_count(struct fight *fight, uint64_t now_ms);
/* When something that was left alone may be tried again; 0: never. */
uint64_t fight_next_ms(const struct fights *fights, uint64_t now_ms);

#endif
