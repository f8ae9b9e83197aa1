/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counter_totals.h - let the kernel's counters go on when the table is lost.
 * Where a counter is less than before, its table was made again, and what was
 * counted until then is added from now on. Main thread only.
 */
#ifndef WAYMARK_COUNTER_TOTALS_H
#define WAYMARK_COUNTER_TOTALS_H

#include <stdbool.h>

#include "rules/setup/kernel/counters.h"

struct counter_total {
	struct counter last;	/* as read from the kernel */
	uint64_t lost_packets;	/* counted by tables that are gone */
	uint64_t lost_bytes;
	bool was_read;
};

/* All zero: nothing was read yet. */
struct counter_totals {
	struct counter_total *items;	/* by name */
	size_t count;
};

/* Add to `counters`, which were read from the kernel, what tables counted that
 * are gone. Without memory it changes nothing. */
void counter_totals_apply(struct counter_totals *totals,
			  struct counters *counters);
void counter_totals_fini(struct counter_totals *totals);

#endif
