/*
 * answer_parts.h - the longer answers of a running engine.
 */
#ifndef WAYMARK_ANSWER_PARTS_H
#define WAYMARK_ANSWER_PARTS_H

#include <jansson.h>

#include "rules/setup/kernel/counters.h"
#include "tools/daemon/running.h"

/* Text of any encoding: where it is no UTF-8, '?' stand for what JSON cannot
 * say. */
json_t *answer_text(const char *text);

/* NULL when out of memory. */
json_t *answer_status(const struct running *running);

/* Parts of it: what the kernel counted of a path; the uplinks, with that, and
 * how they fare. */
json_t *answer_kernel_path(const struct counters *counters, uint8_t path);
json_t *answer_uplinks(const struct running *running,
		       const struct counters *counters);

#define ANSWER_FLOWS_MAX 4096
/* *ret_silent: workers that did not answer. */
json_t *answer_flows(struct running *running, size_t *ret_silent);

#endif
