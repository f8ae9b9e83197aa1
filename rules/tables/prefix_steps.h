/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefix_steps.h - steps of the address space: the addresses where the
 * combination of sets changes. A builder's ranges become steps, steps become a
 * trie. Private to prefix_*.c.
 */
#ifndef WAYMARK_PREFIX_STEPS_H
#define WAYMARK_PREFIX_STEPS_H

#include <stddef.h>
#include <stdint.h>

struct set_pool;

/*
 * An address as a 128-bit number; an IPv4 address is the upper 32 bits. In a
 * builder a set starts or ends here (`what` is set * 2, plus 1 for an end).
 * Later, combination `what` of a pool applies from here on.
 */
struct prefix_step {
	uint64_t high;
	uint64_t low;
	uint32_t what;
};

/* Sort by address, in place and in linear time. */
void prefix_steps_sort(struct prefix_step *steps, size_t count);

/*
 * Convert `count` sorted starts and ends to steps, in place. Adjacent steps
 * differ; addresses before the first are in no set. 0 or -ENOMEM.
 */
int prefix_steps_sweep(struct prefix_step *steps, size_t count, size_t sets,
		       struct set_pool *pool, size_t *ret_count);

#endif
