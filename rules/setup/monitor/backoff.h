/*
 * backoff.h - how often each thing had to be put back: more than so many times
 * in a minute, and another program wants it otherwise.
 */
#ifndef WAYMARK_SETUP_BACKOFF_H
#define WAYMARK_SETUP_BACKOFF_H

#include <stdint.h>

/* So often in a minute is no fight yet. */
#define BACKOFF_AFTER 5

#define BACKOFF_THINGS 64
#define BACKOFF_THING_MAX 256

struct backoff {
	char thing[BACKOFF_THING_MAX];
	uint64_t since_ms;	/* of the minute that is counted */
	uint64_t last_ms;
	uint64_t until_ms;	/* left alone until then */
	uint64_t pause_ms;
	unsigned int count;
	int refused;		/* what the kernel said last, see reconcile.c */
};

/* All zero: none yet. The one that was quiet longest makes way. */
struct backoffs {
	struct backoff items[BACKOFF_THINGS];
};

enum backoff_state {
	BACKOFF_NONE,	/* put it back */
	BACKOFF_BEGIN,	/* leave it, and tell that it is a fight */
	BACKOFF_ACTIVE,	/* leave it */
};

struct backoff *backoff_of(struct backoffs *backoffs, const char *thing);
/* `thing` has to be put back once more. */
enum backoff_state backoff_count(struct backoff *backoff, uint64_t now_ms);
/* When something that was left alone may be tried again; 0: never. */
uint64_t backoff_next_ms(const struct backoffs *backoffs, uint64_t now_ms);

#endif
