/*
 * running.h - an engine in its process, with what the commands that talk to
 * it need: where its policy came from, and who else obeys it.
 */
#ifndef WAYMARK_RUNNING_H
#define WAYMARK_RUNNING_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "engine/engine.h"
#include "rules/setup/exempts.h"
#include "tools/load.h"

struct refresh;

struct running {
	const char *path;	/* the policy's, as it was given */
	struct loaded source;	/* its text and names; no policy */
	struct refresh *refresh;	/* of names; NULL: there are none */
	uint64_t names_retry_ms;	/* a change is not in force yet; 0 */
	const char *state_dir;	/* as it was given: may be NULL */
	struct engine *engine;
	bool has_setup;		/* the kernel follows the policy, too */
	time_t started;
	time_t loaded;		/* the policy that is in force */
	unsigned reloads;
	struct exempts exempts;
	struct reconciler *reconciler;	/* of the set-up; NULL: there is none */
};

/*
 * Read the policy's file again, and go over to what it says: kernel and
 * engine, each in its turn. Complaints go to `out`, as `waymark check` has
 * them. 0, or -errno: the old policy stays in force.
 */
int running_reload(struct running *running, FILE *out);

/* Have the kernel follow policy and exemptions; complaints go to `out`. With
 * `down_links`, links that are down are none. */
int running_set_up(struct running *running, bool down_links, FILE *out);

/* Of an engine that somebody else sets the kernel up for: which uplinks are
 * dead now. */
void running_look(struct running *running);

/* Keep the kernel so from now on. 0, or -errno and the reason on stderr. */
int running_keep(struct running *running);

/* Exemptions that are over go. */
void running_expire(struct running *running, time_t now);

/*
 * Take over the text and the names of the policy that is in force, and ask
 * for these from now on.
 */
void running_take_names(struct running *running, struct loaded *loaded);
/* For a loop of events: running_follow_names() when the descriptor (-1: none)
 * is readable, and after so many milliseconds (-1: never). */
int running_names_fd(const struct running *running);
int running_names_wait_ms(const struct running *running);
/* Ask for names whose time has come; where they have other addresses, go over
 * to the policy that comes of it. */
void running_follow_names(struct running *running);
/* Put a policy into force, in kernel and engine, which is taken over. 0, or
 * -errno and the reason in `out`: the old one stays. */
int running_go_over(struct running *running, struct policy *policy, FILE *out);

/*
 * The answer to what a client asks, an object: `exit`, the client's status;
 * `say`, what it prints to stderr; `data`, for it to print. From malloc().
 */
char *running_answer(void *running, const char *line, size_t len,
		     size_t *ret_len);

#endif
