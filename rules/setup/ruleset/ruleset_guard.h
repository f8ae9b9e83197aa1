/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_guard.h - write the rules that keep traffic of a strict uplink, and
 * of sockets bound to an uplink, from leaving by another.
 */
#ifndef WAYMARK_SETUP_RULESET_GUARD_H
#define WAYMARK_SETUP_RULESET_GUARD_H

#include <stdbool.h>
#include <stdio.h>

struct plan;

/* Write the chains; nothing where no uplink is strict. */
void ruleset_guard_write(const struct plan *plan, FILE *out);
/* Write the rules that drop packets at other devices than their uplink's. */
void ruleset_guard_write_strict(const struct plan *plan, FILE *out);
/* "goto inspect", or where strict uplinks decide what happens without a
 * verdict, "goto inspect_strict" for packets that may be theirs. */
const char *ruleset_guard_inspect(const struct plan *plan, bool may_be_strict);
/* Write the rule of `settle` for packets that got no verdict. */
void ruleset_guard_write_unanswered(const struct plan *plan, FILE *out);
/* Write the rules of `settle` that mark what `divert` accepted unmarked. */
void ruleset_guard_write_unmarked(const struct plan *plan, FILE *out);
/* Write the rules of `settle` for flows that belong to a strict uplink, but are
 * bound to another path by NAT. */
void ruleset_guard_write_bound_nat(const struct plan *plan, FILE *out);
/* Write the rules of `settle_local` for sockets bound to an uplink. */
void ruleset_guard_write_bound(const struct plan *plan, FILE *out);

#endif
