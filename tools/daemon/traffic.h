/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * traffic.h - count what the flows of a running daemon carry, by uplink, class,
 * route, application, client and host, also of flows that the engine no longer
 * sees: connection tracking is read again and again, a part in each turn of the
 * event loop. Main thread only.
 */
#ifndef WAYMARK_TRAFFIC_H
#define WAYMARK_TRAFFIC_H

#include <jansson.h>

#include "engine/engine.h"
#include "tools/traffic/traffic_flows.h"

struct traffic;

/* NULL: out of memory, then nothing is counted; all functions accept it. */
struct traffic *traffic_new(void);
void traffic_free(struct traffic *traffic);

/* Take a flow that the engine has settled. */
void traffic_take_settled(struct traffic *traffic, const struct policy *policy,
			  const struct flow_view *view);

/* Milliseconds until traffic_turn() has something to do; -1: never. */
int traffic_wait_ms(const struct traffic *traffic, uint64_t now_ms);
void traffic_turn(struct traffic *traffic, const struct engine *engine,
		  uint64_t now_ms);

/* Seconds between the latest two readings, at least 1. */
double traffic_interval_s(const struct traffic *traffic);
/* The sums of a name, NULL: of what is unknown; zeros when there are none. */
struct traffic_sums traffic_sums_of(const struct traffic *traffic,
				    enum traffic_kind kind, const char *name);
/* The same as JSON. */
json_t *traffic_sums_json(const struct traffic *traffic,
			  enum traffic_kind kind, const char *name);
/* Whether bytes are counted, how often, and how many flows were left out. */
json_t *traffic_state_json(const struct traffic *traffic);
/*
 * The same, and for each kind the first `rows` names by `sort`: bytes, packets, flows,
 * active or rate. With `only`, that kind alone.
 */
json_t *traffic_json(const struct traffic *traffic, const char *only,
		     const char *sort, size_t rows);
extern const char *const traffic_kind_names[TRAFFIC_KINDS];

#endif
