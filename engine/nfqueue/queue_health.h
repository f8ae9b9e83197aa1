/*
 * queue_health.h - what the kernel says of a queue.
 */
#ifndef WAYMARK_QUEUE_HEALTH_H
#define WAYMARK_QUEUE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct queue_health {
	bool is_bound;		/* somebody listens */
	uint32_t holder;	/* a netlink port, most often a pid */
	uint32_t waiting;	/* packets without a verdict yet */
	uint32_t copy_range;
	uint32_t full;		/* packets that found its limit reached */
	uint32_t lost;		/* packets that found the socket full */
	uint32_t last_id;	/* of a packet: how many there were */
};

/* Of this network namespace. 0 or -errno; a queue that nobody holds is none. */
int queue_health_read(uint16_t queue, struct queue_health *ret);

/* The same from an open file, in the format of the kernel's. */
void queue_health_find(FILE *file, uint16_t queue, struct queue_health *ret);

#endif
