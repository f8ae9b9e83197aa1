/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_offload.h - write header-only routes as nft chains.
 *
 * New flows enter the chain `headers`, which ends in a chain settle_N or
 * balance_N, in a drop or in `inspect`. Where the policy has `per packet`
 * routes, packets of the original direction enter `per_packet`, which ends in
 * packet_N, in a drop, or returns.
 */
#ifndef WAYMARK_SETUP_RULESET_OFFLOAD_H
#define WAYMARK_SETUP_RULESET_OFFLOAD_H

#include <stdbool.h>
#include <stdio.h>

struct offload;
struct plan;

/* Write sets, then chains; with `with_big`, also the elements of big sets. */
void ruleset_offload_write(const struct plan *plan, bool with_big, FILE *out);

/* Whether there is a chain `stateless`: some uplink is a host on the LAN. */
bool ruleset_offload_has_stateless(const struct plan *plan);
/* Write that chain and those that it ends in, except for the routes. */
void ruleset_offload_write_stateless(const struct plan *plan, FILE *out);

/* Whether the name of a set or chain is one of this module, under any plan. */
bool ruleset_offload_is_set(const char *name);
bool ruleset_offload_is_chain(const char *name);
/* Whether the plan has a chain of that name. */
bool ruleset_offload_has_chain(const struct plan *plan, const char *name);

#endif
