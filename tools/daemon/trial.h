/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial.h - a policy that is in force until a time, unless it is confirmed:
 * `waymark reload --for`. Main thread only.
 */
#ifndef WAYMARK_TRIAL_H
#define WAYMARK_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/load/load.h"

struct running;

/* All zeros: no trial. */
struct trial {
	uint64_t until_ms;	/* clock_ms(); 0: none */
	char *path;		/* of the confirmed policy */
	struct loaded confirmed;	/* its text and lists */
};

/* At most a day. */
#define TRIAL_SECONDS_MAX 86400

bool trial_is_on(const struct running *running);
/* Seconds until the daemon goes back, rounded up. */
uint64_t trial_left_s(const struct running *running);

/*
 * A reload has put a policy into force for `seconds`. Take over *path and
 * *former, to go back to; those of a trial that is on stay instead. Warnings
 * go to `out`.
 */
void trial_begin(struct running *running, unsigned seconds, char **path,
		 struct loaded *former, FILE *out);
/* A reload without a time was accepted: the file is in force. */
void trial_forget(struct running *running);

/* Keep the policy, or go back now. 0; -ENOENT: there is no trial; -errno: the
 * policy on trial stays in force. Reasons go to `out`. */
int trial_confirm(struct running *running, FILE *out);
int trial_revert(struct running *running, FILE *out);

/* For the event loop: wait at most this long (-1: for ever), then call
 * trial_turn(), which goes back when the time is over. */
int trial_wait_ms(const struct running *running);
void trial_turn(struct running *running);

void trial_fini(struct trial *trial);

#endif
