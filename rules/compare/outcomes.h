/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outcomes.h - what a policy makes of every flow, as a diagram.
 *
 * The outcome of a flow is what engine/expect.h computes for one flow: where its
 * first packet goes, where the flow belongs once its payload is known, what
 * happens if the two differ, its class, and the route of packets that are routed
 * by themselves. Uplinks and classes are compared by name.
 */
#ifndef WAYMARK_OUTCOMES_H
#define WAYMARK_OUTCOMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/compare/space.h"
#include "rules/policy/balance.h"
#include "rules/policy/types.h"

#define WAY_NONE UINT32_MAX

/* A path, or paths that a hash of the flow chooses from. */
struct way {
	char *text;		/* "fibre", "drop", "{ fibre 3, cable 1 }" */
	struct {
		bool is_used;
		uint8_t path;
		const struct balance *balance;	/* NULL: a path */
	} of[SPACE_POLICIES];
	/* `strict first`: only strict members take the flow, others leave it
	 * to this way. WAY_NONE: all take it. */
	uint32_t otherwise;
};

/* Where a flow belongs. */
struct ending {
	uint32_t way;
	enum late_policy late;	/* of the route */
	const char *class_name;	/* NULL: none */
};

struct outcome {
	bool is_exempt;		/* the rest is not set */
	uint32_t first, last;	/* ways */
	char *late;		/* "keep", "move", "reset"; "" if the two are
				 * equal; a list if it depends on a hash */
	const char *class_name;	/* NULL: none */
	uint32_t packet;	/* the way of a route per packet, or WAY_NONE */
};

/* Diagrams of a policy's conditions: once all is known; and, while payload is
 * not known, certainly true, certainly false, and true if it is absent. */
enum view { VIEW_FULL, VIEW_TRUE, VIEW_FALSE, VIEW_GUESS, VIEWS };

struct outcomes {
	struct space space;
	struct way *ways;
	size_t way_count, way_room;
	struct ending *endings;
	size_t ending_count, ending_room;
	struct outcome *items;
	size_t count, room;
	uint32_t *views[SPACE_POLICIES][VIEWS];	/* by node */
	uint32_t operations;	/* IDs in use */
};

/* 0 or -ENOMEM; the policies are borrowed. outcomes_fini() in either case. */
int outcomes_init(struct outcomes *outcomes,
		  const struct policy *const *policies, size_t count,
		  const struct vocabulary *vocabulary, size_t max_nodes);
void outcomes_fini(struct outcomes *outcomes);

/* The diagram of a condition of policy `k`. */
uint32_t outcomes_condition(struct outcomes *outcomes, size_t k, uint32_t node,
			    enum view view);
/* The diagram of the exempt flows. */
uint32_t outcomes_exempt(struct outcomes *outcomes, size_t k);
/* The diagram of the outcomes of policy `k`; the leaves are numbers of
 * outcomes->items. */
uint32_t outcomes_of(struct outcomes *outcomes, size_t k);

/* The path of a flow by a way of policy `k`; 0 for WAY_NONE. */
uint8_t outcomes_path(const struct outcomes *outcomes, size_t k, uint32_t way,
		      const struct facts *facts);
/* Whether some flow can take this path by the way. */
bool outcomes_may_take(const struct outcomes *outcomes, size_t k, uint32_t way,
		       uint8_t path);
/* Whether the way depends on a hash of the flow. */
bool outcomes_is_hashed(const struct outcomes *outcomes, uint32_t way);

#endif
