/*
 * ruleset_balance.h - paths that share flows, as nft chains: what balance.h
 * does, in the kernel.
 */
#ifndef WAYMARK_SETUP_RULESET_BALANCE_H
#define WAYMARK_SETUP_RULESET_BALANCE_H

#include <stdio.h>

struct plan;

/* The chains balance_N; each ends in a chain take_N for any packet. */
void ruleset_balance_write(const struct plan *plan, FILE *out);

#endif
