/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_nat.h - write the chains that translate sources and clamp TCP's
 * segment size.
 */
#ifndef WAYMARK_SETUP_RULESET_NAT_H
#define WAYMARK_SETUP_RULESET_NAT_H

#include <stdio.h>

struct plan;

void ruleset_nat_write(const struct plan *plan, FILE *out);
void ruleset_nat_write_mss(const struct plan *plan, FILE *out);
void ruleset_nat_write_input(const struct plan *plan, FILE *out);

#endif
