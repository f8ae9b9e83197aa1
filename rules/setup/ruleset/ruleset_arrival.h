/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_arrival.h - the chains of flows that arrive by an uplink. They have a
 * number of their own (policy_arrival_path()), whose rule selects the table of
 * the uplink also while its traffic fails over because its probes fail: through
 * another uplink, answers would have a wrong source.
 */
#ifndef WAYMARK_SETUP_RULESET_ARRIVAL_H
#define WAYMARK_SETUP_RULESET_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct plan;
struct plan_uplink;

/* Write set_N and mark_N_settled for these numbers. */
void ruleset_arrival_write(const struct plan *plan, FILE *out);
/* Write the elements of the map that restores marks, and the rules that do so
 * while it is replaced. */
void ruleset_arrival_write_map(const struct plan *plan, FILE *out);
void ruleset_arrival_write_again(const struct plan *plan, FILE *out);

/* Return the number by which flows that arrive by an uplink are marked: `path`
 * itself if there is no other. */
uint8_t ruleset_arrival_number(const struct plan *plan, uint8_t path);
bool ruleset_arrival_has(const struct plan *plan, uint8_t number);
/* Return the mark, without the settled bit; 0: none. */
uint32_t ruleset_arrival_mark(const struct plan *plan,
			      const struct plan_uplink *uplink);

#endif
