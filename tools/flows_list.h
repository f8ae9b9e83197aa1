/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flows_list.h - the flows of a router: what connection tracking carries, joined
 * with what the engine remembers of each.
 */
#ifndef WAYMARK_FLOWS_LIST_H
#define WAYMARK_FLOWS_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/traffic/flows_kernel.h"
#include "tools/flows_names.h"

/* Which flows to list; NULL and 0: all. */
struct flows_filter {
	bool has_client;
	struct prefix client;
	const char *client_name;
	const char *uplink, *class, *app;
	const char *host;	/* and the names below it */
	const char *line;	/* N or FILE:N */
	bool only_unsettled;
	const char *sort;	/* a key of flows_list_has_key() */
	bool needs_lines;	/* of all flows */
	size_t rows;		/* to be shown; the others may lack their
				 * lines and classes */
};

/* Texts are borrowed from the list; NULL: unknown. */
struct flows_row {
	struct flows_entry entry;
	const char *client_name;
	const char *app, *host, *class, *line, *uplink;
	const char *evidence;	/* how the host, or the line, is known */
	const char *late;
	const json_t *needs;	/* NULL: settled */
	bool is_settled;
	bool is_headers;	/* the kernel decided, the engine never saw it */
	double rate;		/* bytes per second; < 0: unknown */
	double age, idle;	/* seconds; < 0: unknown */
	int64_t inspected;	/* packets that the engine saw; < 0: none */
};

/* What the marks of the policy mean; borrowed from the engine's answer. */
struct flows_marks {
	uint32_t settled, path_mask;
	const json_t *uplinks;	/* name: mark */
	const json_t *arrivals;	/* of flows that arrived; 0: the same */
	const json_t *classes;
	const json_t *devices;	/* of uplinks, by name */
};
void flows_marks_read(const json_t *data, struct flows_marks *ret);
/* NULL: none. */
const char *flows_marks_uplink(const struct flows_marks *marks, uint32_t mark);
/* Whether the flow arrived by its uplink. */
bool flows_marks_arrived(const struct flows_marks *marks, uint32_t mark);
/* Read a flow of the engine; texts are borrowed from it. */
bool flows_row_read(const json_t *flow, struct flows_row *row);

struct flows_list {
	struct flows_row *rows;
	size_t count;
	size_t shown;		/* the first ones: filter->rows at most */
	double when_s;		/* monotonic */
	json_t *owned;		/* what the texts are borrowed from */
};

/*
 * List the flows that `filter` lets pass, sorted. `prev`, an earlier list or NULL, gives
 * the rates. Errors are printed. Returns the exit status; with EXIT_SUCCESS, the
 * caller frees the list.
 */
int flows_list(const char *state_dir, const struct flows_filter *filter,
	       struct flows_names *names, const struct flows_list *prev,
	       struct flows_list *ret);
void flows_list_free(struct flows_list *list);

/* The parts of that, in flows_filter.c. The line and the class of flows that
 * the kernel decided are asked for only if the rest passes. */
bool flows_filter_passes(const struct flows_filter *filter,
			 const struct flows_row *row);
bool flows_filter_passes_line(const struct flows_filter *filter,
			      const struct flows_row *row);
int flows_list_rate(struct flows_list *list, const struct flows_list *prev);

/* Sort by a key; false when there is no such key. `keys` is for messages. */
extern const char flows_list_keys[];
bool flows_list_has_key(const char *key);
void flows_list_sort(struct flows_list *list, const char *key);

#endif
