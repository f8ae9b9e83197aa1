/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * learned_machines.h - which IPv4 address a machine has, for a client that is
 * known by IPv6; only files of the learned store include this.
 *
 * A machine with both families often queries DNS in one of them and connects in
 * the other. Its addresses are joined by its hardware address, and only while
 * both are confirmed: anybody can send a frame with any source, but the kernel
 * confirms a neighbour by an answer to its own question. A machine with several
 * IPv4 addresses may be a router, so nothing is joined for it. Fixed memory, no
 * lock; any thread may call everything here.
 */
#ifndef WAYMARK_LEARNED_MACHINES_H
#define WAYMARK_LEARNED_MACHINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

struct learned_machines;

/* NULL: out of memory. */
struct learned_machines *learned_machines_new(bool fixed_key);
void learned_machines_free(struct learned_machines *machines);
size_t learned_machines_bytes(void);

/* Note that `address` is confirmed to be at `hwaddr`, which is not 0. */
void learned_machines_confirm(struct learned_machines *machines,
			      uint64_t hwaddr, const struct address *address,
			      uint32_t now_s);
/* Note that `address` may be at `hwaddr`: if it was confirmed elsewhere, that
 * no longer counts, and it is disputed until it is confirmed again. */
void learned_machines_doubt(struct learned_machines *machines,
			    uint64_t hwaddr, const struct address *address);
/* Whether a frame from `hwaddr` with this source may be another machine's: the
 * address is confirmed at another machine, or disputed. */
bool learned_machines_is_elsewhere(const struct learned_machines *machines,
				   uint64_t hwaddr,
				   const struct address *address,
				   uint32_t now_s);
/* Find the IPv4 address of the machine that has `v6`; false if unknown. */
bool learned_machines_find(const struct learned_machines *machines,
			   const struct address *v6, uint32_t now_s,
			   struct address *ret_v4);

#endif
