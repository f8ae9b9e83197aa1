/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flows_kernel.h - read the entries of connection tracking that have a mark of
 * waymark, with their counters.
 */
#ifndef WAYMARK_FLOWS_KERNEL_H
#define WAYMARK_FLOWS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/setup/kernel/flow_entries.h"
#include "rules/tables/address.h"

struct flows_entry {
	/* As the engine sees them: before source NAT, after destination NAT. */
	struct address client, server;
	uint16_t sport, dport;	/* 0 without ports */
	uint8_t proto;
	bool is_redirected;	/* by destination NAT */
	bool is_counted;	/* bytes and packets are known */
	uint32_t mark;
	uint32_t id;		/* conntrack's */
	uint64_t bytes, packets;	/* of both directions */
	uint64_t start_ns;	/* of the wall clock; 0: unknown */
};

struct flows_kernel {
	struct flows_entry *items;
	size_t count, room;
};

/*
 * Add the entries whose mark is `mark` under `mask`, which the kernel tests,
 * and has a bit of `any`, which is tested here; a mask of 0 adds them all. 0
 * or -errno; then there are none.
 */
int flows_kernel_read(uint32_t mark, uint32_t mask, uint32_t any,
		      struct flows_kernel *ret);
/* See an entry as the engine sees the flow. */
void flows_entry_of(const struct flow_entry *entry, struct flows_entry *ret);
void flows_kernel_fini(struct flows_kernel *kernel);

/* Whether the kernel counts bytes and packets of each flow. */
bool flows_kernel_counts(void);

/* Compare client, server, ports and protocol. */
bool flows_entry_same(const struct flows_entry *a, const struct flows_entry *b);
uint64_t flows_entry_hash(const struct flows_entry *entry);

#endif
