/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neighbours.h - follow the kernel's neighbour table, which maps
 * IPv4 and IPv6 addresses to machines, confirmed or not
 * (learned_confirm_machine()). For the control thread; nothing here blocks.
 */
#ifndef WAYMARK_NEIGHBOURS_H
#define WAYMARK_NEIGHBOURS_H

#include <stdint.h>

struct learned;
struct neighbours;

/* Follow the table, from its present entries on. 0 or -errno. */
int neighbours_open(struct neighbours **ret);
void neighbours_close(struct neighbours *neighbours);
/* Readable when entries have changed; -1 for NULL. */
int neighbours_fd(const struct neighbours *neighbours);
/* Read the changes; `now_ns` is of the clock that packets carry. */
void neighbours_turn(struct neighbours *neighbours, struct learned *learned,
		     uint64_t now_ns);

#endif
