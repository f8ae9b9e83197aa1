/*
 * answer_parts.h - the longer answers of a running engine.
 */
#ifndef WAYMARK_ANSWER_PARTS_H
#define WAYMARK_ANSWER_PARTS_H

#include <jansson.h>

#include "tools/running.h"

/* Text of any encoding: where it is no UTF-8, '?' stand for what JSON cannot
 * say. */
json_t *answer_text(const char *text);

/* NULL when out of memory. */
json_t *answer_status(const struct running *running);

#define ANSWER_FLOWS_MOST 4096
/* *ret_silent: workers that did not answer. */
json_t *answer_flows(struct running *running, size_t *ret_silent);

#endif
