/*
 * ruleset_offload.h - the routes that headers decide, as nft chains.
 *
 * New flows come to the chain `headers`, which ends in a chain take_N or
 * balance_N, in a drop or in `inspect`. Packets that leave come to
 * `per_packet`, where there are routes for it; it ends in packet_N, in a drop
 * or not at all.
 */
#ifndef WAYMARK_SETUP_RULESET_OFFLOAD_H
#define WAYMARK_SETUP_RULESET_OFFLOAD_H

#include <stdbool.h>
#include <stdio.h>

struct offload;
struct plan;

/* Sets, then chains; of big sets what is in them where `whole`. */
void ruleset_offload_write(const struct plan *plan, bool whole, FILE *out);

/* Whether some rule asks for the list: what maps have taken up is in none. */
bool ruleset_offload_asks(const struct offload *offload, size_t set);

/* Whether a set or a chain of the table is made here, whatever the plan. */
bool ruleset_offload_is_set(const char *name);
bool ruleset_offload_is_chain(const char *name);
/* Whether the plan has a chain of that name. */
bool ruleset_offload_has_chain(const struct plan *plan, const char *name);

#endif
