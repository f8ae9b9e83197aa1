/*
 * counters.h - the named counters of `table inet waymark`: what the kernel
 * decides and carries. Rules come and go, counters stay.
 *
 *   path_N           packets that the kernel routed by path N
 *   header_flows_N   flows that it settled on the path by their headers
 *   engine_flows_N   flows that it settled by the engine's verdict
 *   inbound_flows_N  flows that arrived by that uplink, and stay with it
 *   route_ID         flows that it decided by a route, or packets of a
 *                    `per packet` route
 *   exempt           packets of exempt hosts
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

/* What the kernel has; none where there is no table. 0 or -errno;
 * counters_fini() in both cases. */
int counters_read(struct counters *ret);
void counters_fini(struct counters *counters);
/* Zeros when there is none. */
struct counter counters_find(const struct counters *counters,
			     const char *name);

/* The name of a route's, by nft_hash() of its text; returns it. */
char *counter_route(uint64_t id, char name[static COUNTER_NAME_MAX]);
/* "path", "header_flows", "engine_flows" or "inbound_flows", and _N. */
char *counter_path(const char *what, uint8_t path,
		   char name[static COUNTER_NAME_MAX]);

#endif
