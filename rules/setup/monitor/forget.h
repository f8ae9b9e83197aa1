/*
 * forget.h - have conntrack forget the flows of a path, so that what goes on
 * enters as new and is translated for the path that it takes now.
 */
#ifndef WAYMARK_SETUP_FORGET_H
#define WAYMARK_SETUP_FORGET_H

#include <stddef.h>
#include <stdint.h>

/* Those of `family` whose mark is `mark` under `mask`. 0 or -errno. */
int forget_flows(uint8_t family, uint32_t mark, uint32_t mask);

/*
 * Clear the bits of `mask` in the marks of all flows that conntrack knows: the
 * flows stay, and so do the other bits. 0 or -errno.
 */
int forget_marks(uint32_t mask);

/* The flows whose mark is `is` under `under` get `put` in the bits of `mask`.
 * The first that fits counts. 0 or -errno. */
struct mark_change {
	uint32_t is, under;
	uint32_t put, mask;
};

int forget_change(const struct mark_change *changes, size_t count);

#endif
