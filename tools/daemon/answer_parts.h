/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer_parts.h - build the longer answers to clients. Main thread only.
 */
#ifndef WAYMARK_ANSWER_PARTS_H
#define WAYMARK_ANSWER_PARTS_H

#include <jansson.h>

#include "engine/flow/decide.h"
#include "rules/setup/kernel/counters.h"
#include "tools/daemon/running.h"

/* Make a JSON string of any text; bytes that are not UTF-8 become '?'. */
json_t *answer_text(const char *text);

/* NULL when out of memory. */
json_t *answer_status(struct running *running);

/* Parts of the status: the counters of a path, and the uplinks with counters
 * and state. */
json_t *answer_kernel_path(const struct counters *counters, uint8_t path);
json_t *answer_uplinks(const struct running *running,
		       const struct counters *counters);

/* A page of flows: those after `next` of the request, which an answer with more
 * to come has. *ret_silent: the number of workers that did not answer. */
json_t *answer_flows(struct running *running, const json_t *request,
		     size_t *ret_silent);
/* One flow, with the host name in `view` made printable. */
json_t *answer_flow(const struct running *running, struct flow_view *view);
/* Decide a flow by client, server, protocol and ports; false: its payload
 * matters. */
bool answer_decide_headers(const struct policy *policy, struct facts *facts,
			   struct decision *decision);
/* The lines that decide flows by addresses, protocol and ports alone. */
json_t *answer_headers(struct running *running, const json_t *request);

#endif
