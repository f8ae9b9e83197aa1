/*
 * learned_machines.h - which IPv4 address a machine has, by the link layer
 * address that it sends from; only files of the learned store include this.
 *
 * A machine of both families mostly asks the DNS in one of them and connects
 * in the other: its IPv4 address, of which it has one, stands for it in both.
 * Who sends from several IPv4 addresses is a router, or may be one: nothing is
 * told of such a machine. Fixed memory, no lock; any thread may call all of it.
 */
#ifndef WAYMARK_LEARNED_MACHINES_H
#define WAYMARK_LEARNED_MACHINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

struct learned_machines;

/* NULL: out of memory. */
struct learned_machines *learned_machines_new(void);
void learned_machines_free(struct learned_machines *machines);
size_t learned_machines_bytes(void);

/* A packet from `address` came from `link`, which is not 0. */
void learned_machines_observe(struct learned_machines *machines, uint64_t link,
			   const struct address *address, uint32_t now_s);
bool learned_machines_find(const struct learned_machines *machines,
			   uint64_t link, uint32_t now_s,
			   struct address *ret_v4);

#endif
