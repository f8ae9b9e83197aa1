/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_payload.h - write the rules that keep TCP segments without payload
 * out of the queues.
 */
#ifndef WAYMARK_SETUP_RULESET_PAYLOAD_H
#define WAYMARK_SETUP_RULESET_PAYLOAD_H

#include <stdbool.h>
#include <stdio.h>

struct plan;

/* Write the chain `no_payload` and those that it ends in. */
void ruleset_payload_write(const struct plan *plan, FILE *out);
/* Write the rule that sends packets of provisional flows there. */
void ruleset_payload_write_jump(const struct plan *plan, FILE *out);
/* Whether the name is that of a chain above. */
bool ruleset_payload_is_chain(const char *name);

#endif
