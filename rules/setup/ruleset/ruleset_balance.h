/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_balance.h - write load balancing (balance.h) as nft chains.
 */
#ifndef WAYMARK_SETUP_RULESET_BALANCE_H
#define WAYMARK_SETUP_RULESET_BALANCE_H

#include <stdio.h>

struct plan;

/* Write the chains balance_N; each leads every packet to a chain settle_N. */
void ruleset_balance_write(const struct plan *plan, FILE *out);

#endif
