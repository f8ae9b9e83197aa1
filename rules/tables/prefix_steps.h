/*
 * prefix_steps.h - address space cut into steps: where the combination of
 * sets changes. What a builder collects becomes steps, steps become a trie.
 * Only for the files of prefix_table.
 */
#ifndef WAYMARK_PREFIX_STEPS_H
#define WAYMARK_PREFIX_STEPS_H

#include <stddef.h>
#include <stdint.h>

struct set_pool;

/*
 * An address as a number whose first bit is the highest: all 128 bits of an
 * IPv6 address, the 32 of an IPv4 address and then zeros. In a builder it is
 * where a set begins or ends (`what` is set * 2, + 1 at an end); afterwards
 * it is where combination `what` of a pool begins to hold.
 */
struct prefix_step {
	uint64_t high;
	uint64_t low;
	uint32_t what;
};

/* Sort by address. In place, time linear in `count`. */
void prefix_steps_sort(struct prefix_step *steps, size_t count);

/*
 * Turn `count` sorted begins and ends into steps, in place: neighbours differ
 * and what comes before the first is in no set. 0 or -ENOMEM.
 */
int prefix_steps_sweep(struct prefix_step *steps, size_t count, size_t sets,
		       struct set_pool *pool, size_t *ret_count);

#endif
