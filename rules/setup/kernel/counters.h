/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * counters.h - read the named counters of `table inet waymark`: what the kernel
 * decided and forwarded without the engine. They outlive the rules that count.
 *
 *   path_N           packets that the kernel routed by path N
 *   header_flows_N   flows that it settled on the path by their headers
 *   engine_flows_N   flows that it settled by the engine's verdict
 *   inbound_flows_N  flows that arrived by that uplink, and stay with it
 *   route_ID         flows that it decided by a route, or packets of a
 *                    `per packet` route
 *   exempt           packets of exempt hosts
 *   over_limit       new flows of clients over the limit of `queues`: their
 *                    packets bypass the engine
 */
#ifndef WAYMARK_SETUP_COUNTERS_H
#define WAYMARK_SETUP_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#define COUNTER_NAME_MAX 32

struct counter {
	char name[COUNTER_NAME_MAX];	/* longer ones are not ours */
	uint64_t packets;
	uint64_t bytes;
};

struct counters {
	struct counter *items;		/* by name */
	size_t count;
};

/* Read all counters; none where there is no table. 0 or -errno;
 * counters_fini() in both cases. */
int counters_read(struct counters *ret);
void counters_fini(struct counters *counters);
/* Restore the order by name, which counters_find() needs. */
void counters_sort(struct counters *counters);
/* Find a counter; zeros when there is none. */
struct counter counters_find(const struct counters *counters,
			     const char *name);

/* Write and return the name of a route's counter; `id` is nft_hash() of the
 * route's text. */
char *counter_route(uint64_t id, char name[static COUNTER_NAME_MAX]);
/* The same for "path", "header_flows", "engine_flows" or "inbound_flows", and a
 * path number. */
char *counter_path(const char *what, uint8_t path,
		   char name[static COUNTER_NAME_MAX]);

#endif
