/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conntrack_cleanup.h - change the marks of conntrack entries.
 */
#ifndef WAYMARK_SETUP_CONNTRACK_CLEANUP_H
#define WAYMARK_SETUP_CONNTRACK_CLEANUP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Clear the bits of `mask` in the marks of all entries. 0 or -errno.
 */
int conntrack_cleanup_marks(uint32_t mask);

/* Entries whose mark under `under` is `is` get `put` in the bits of `mask`. */
struct mark_change {
	uint32_t is, under;
	uint32_t put, mask;
};

/* Apply the first change that matches to each entry. 0 or -errno. */
int conntrack_cleanup_change(const struct mark_change *changes, size_t count);

#endif
