/* SPDX-License-Identifier: GPL-2.0-or-later */
/* queue_health.h - read the kernel's statistics of a queue. */
#ifndef WAYMARK_QUEUE_HEALTH_H
#define WAYMARK_QUEUE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct queue_health {
	bool is_bound;		/* a program listens */
	uint32_t holder;	/* a netlink port, most often a pid */
	uint32_t waiting;	/* packets without a verdict yet */
	uint32_t copy_range;
	uint32_t full;		/* packets over the queue's limit */
	uint32_t lost;		/* packets over the socket's buffer */
	uint32_t last_id;	/* the latest packet's: their number */
};

/* Read those of `queue` in this network namespace. 0 or -errno; a queue that
 * no process has bound is all zeros. */
int queue_health_read(uint16_t queue, struct queue_health *ret);

/* Read the same from an open file in the kernel's format. */
void queue_health_find(FILE *file, uint16_t queue, struct queue_health *ret);

#endif
