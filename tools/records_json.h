/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records_json.h - the object of a flow that has ended.
 */
#ifndef WAYMARK_RECORDS_JSON_H
#define WAYMARK_RECORDS_JSON_H

#include <jansson.h>

#include "tools/flows_list.h"

#define RECORDS_TEXT_MAX 40

/* What the engine reported of a flow; "": unknown. */
struct records_flow {
	char app[RECORDS_TEXT_MAX], class[RECORDS_TEXT_MAX];
	char evidence[8], late[8];
	char line[96];
	char host[256];
};

/* A flow that has ended, as connection tracking reports it. */
struct records_end {
	struct flow_entry kernel;
	struct flows_entry entry;	/* as the engine sees it */
};

/* `flow` is NULL when the engine did not report it. */
json_t *records_json(const struct records_end *end,
		     const struct flows_marks *marks,
		     const struct records_flow *flow);

#endif
