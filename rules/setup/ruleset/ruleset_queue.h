/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_queue.h - write the chains that choose a packet's queue. */
#ifndef WAYMARK_SETUP_RULESET_QUEUE_H
#define WAYMARK_SETUP_RULESET_QUEUE_H

#include <stdint.h>
#include <stdio.h>

#include "rules/setup/plan/plan.h"

/* Room for the name of a chain that holds one queue rule. */
#define RULESET_QUEUE_MAX 32

/*
 * Write the name of the chain for `queue`. The name contains every parameter of
 * its rule, so a chain never changes and packets in the queue are not lost.
 */
char *ruleset_queue_name(const struct plan *plan, uint16_t queue,
			 char name[static RULESET_QUEUE_MAX]);

/* Write the chain `inspect`, by which packets get to the engine. */
void ruleset_queue_write_inspect(const struct plan *plan, FILE *out);

#endif
