/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_chosen.h - let sockets choose their uplink: by IP_UNICAST_IF,
 * IP_PKTINFO or the address that they are bound to, also where uplinks
 * masquerade. SO_BINDTODEVICE needs no rule.
 */
#ifndef WAYMARK_SETUP_RULESET_CHOSEN_H
#define WAYMARK_SETUP_RULESET_CHOSEN_H

#include <stdio.h>

struct plan;

/* Write the chains. */
void ruleset_chosen_write(const struct plan *plan, FILE *out);
/* Write the rules of `settle_local`. */
void ruleset_chosen_write_rules(const struct plan *plan, FILE *out);

#endif
