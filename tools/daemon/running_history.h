/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * running_history.h - write each second what uplinks and classes carried, and
 * the answer to who asks for it. Main thread only.
 */
#ifndef WAYMARK_RUNNING_HISTORY_H
#define WAYMARK_RUNNING_HISTORY_H

#include <jansson.h>

#include "tools/traffic/history.h"
#include "tools/daemon/running.h"

/* Best effort: what fails is logged once. */
void running_history_open(struct running *running);
void running_history_close(struct running *running);

int running_history_wait_ms(const struct running *running);
void running_history_turn(struct running *running);

#endif
