/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine_lines.h - translate the numbers of routes and classes of earlier
 * policies: flows keep the numbers of the policy that settled them. For the
 * control thread.
 */
#ifndef WAYMARK_ENGINE_LINES_H
#define WAYMARK_ENGINE_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "engine/worker/worker.h"

/* Reloads that flows are followed across. */
#define ENGINE_LINES 8

/* The next policy's number of each route or class of a policy; -1: none. */
struct engine_numbers {
	int32_t *next;
	size_t count;
};

/* All zeros: no reload yet. */
struct engine_lines {
	struct engine_numbers routes[ENGINE_LINES];
	struct engine_numbers classes[ENGINE_LINES];
	uint32_t reloads;
};

void engine_lines_fini(struct engine_lines *lines);
/* Note that a policy with these routes and classes replaced another. Without
 * memory, flows of the earlier policy have no line. */
void engine_lines_follow(struct engine_lines *lines,
			 const struct tallies *routes,
			 const struct tallies *classes);
/* Replace the numbers of `view` by those of the current policy. */
void engine_lines_translate(const struct engine_lines *lines,
			    struct flow_view *view);

#endif
