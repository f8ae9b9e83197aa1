/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_hold.h - drop what would leave an uplink's established flow via
 * another uplink, with an address that the other provider does not accept.
 */
#ifndef WAYMARK_SETUP_RULESET_HOLD_H
#define WAYMARK_SETUP_RULESET_HOLD_H

#include <stdio.h>

struct plan;

void ruleset_hold_write(const struct plan *plan, FILE *out);

#endif
