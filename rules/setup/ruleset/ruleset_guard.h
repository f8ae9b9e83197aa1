/*
 * ruleset_guard.h - parts of the ruleset: what keeps traffic of a strict
 * uplink, and of sockets bound to one, from leaving by another.
 */
#ifndef WAYMARK_SETUP_RULESET_GUARD_H
#define WAYMARK_SETUP_RULESET_GUARD_H

#include <stdio.h>

struct plan;

/* The chains; nothing where no uplink is strict. */
void ruleset_guard_write(const struct plan *plan, FILE *out);
/* For `settle`: the mark of what `divert` has left alone. */
void ruleset_guard_write_unmarked(const struct plan *plan, FILE *out);
/* For `settle_own`: sockets bound to an uplink's address. */
void ruleset_guard_write_bound(const struct plan *plan, FILE *out);

#endif
