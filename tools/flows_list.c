/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows_list.c - join conntrack's flows with the engine's, see flows_list.h. */
#include "tools/flows_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/parse/keywords.h"
#include "rules/util/clock.h"
#include "tools/client.h"

/* Flows of one request of lines: a request has 64 KiB. */
#define HEADERS_MAX 400
#define NS_PER_S 1e9

struct joining {
	const char *state_dir;
	const struct flows_filter *filter;
	struct flows_names *names;
	struct flows_marks marks;
	struct flows_list *list;
	size_t room;
	/* The engine's flows: open addressing, a power of two. */
	struct flows_row *engine;
	size_t engine_count;
	uint32_t *slots;	/* number of a flow + 1 */
	size_t slot_count;
};

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* ---- the engine's flows ---- */

static bool read_address(const json_t *flow, const char *key,
			 struct address *ret)
{
	const char *text = text_at(flow, key);

	return text != NULL && address_parse(text, strlen(text), ret) == 0;
}

/* A flow has the number of its protocol, an event its name. */
static uint8_t proto_of(const json_t *proto)
{
	const char *name = json_string_value(proto);
	uint32_t number = (uint32_t)json_integer_value(proto);

	if (name != NULL &&
	    !keywords_find(keywords_protocol, name, strlen(name), &number))
		return 0;
	return (uint8_t)number;
}

bool flows_row_read(const json_t *flow, struct flows_row *row)
{
	*row = (struct flows_row){
		.entry.proto = proto_of(json_object_get(flow, "proto")),
		.entry.sport = (uint16_t)json_integer_value(
			json_object_get(flow, "sport")),
		.entry.dport = (uint16_t)json_integer_value(
			json_object_get(flow, "dport")),
		.app = text_at(flow, "app"), .host = text_at(flow, "host"),
		.class = text_at(flow, "class"),
		.line = text_at(flow, "route"),
		.uplink = text_at(flow, "uplink"),
		.evidence = text_at(flow, "evidence"),
		.late = text_at(flow, "late"),
		.needs = json_object_get(flow, "needs"),
		.rate = -1,
		.age = json_real_value(json_object_get(flow, "age_seconds")),
		.idle = json_real_value(json_object_get(flow, "idle_seconds")),
		.inspected = json_integer_value(
			json_object_get(flow, "inspected")),
	};
	row->is_settled = text_at(flow, "state") != NULL &&
			  strcmp(text_at(flow, "state"), "settled") == 0;
	return read_address(flow, "src", &row->entry.client) &&
	       read_address(flow, "dst", &row->entry.server);
}

static int take_page(struct joining *joining, const json_t *flows)
{
	size_t more = json_array_size(flows), i;
	struct flows_row *rows = realloc(joining->engine,
		(joining->engine_count + more + 1) * sizeof(rows[0]));
	const json_t *flow;

	if (rows == NULL)
		return -ENOMEM;
	joining->engine = rows;
	json_array_foreach(flows, i, flow)
		if (flows_row_read(flow, &rows[joining->engine_count]))
			joining->engine_count++;
	return 0;
}

/* Page by page, so that the engine serves others in between. */
static int ask_engine(struct joining *joining)
{
	const struct flows_filter *filter = joining->filter;
	char client[ADDRESS_TEXT_MAX];
	json_t *next = NULL, *data;
	int status;

	do {
		status = client_ask("flows", joining->state_dir, json_pack(
			"{s:s, s:b, s:s*, s:s*, s:s*, s:O*}", "do", "flows",
			"settled", (int)!filter->only_unsettled,
			"client", filter->has_client ?
			prefix_print(&filter->client, client) : NULL,
			"app", filter->app, "host", filter->host,
			"next", next), &data);
		if (data == NULL)
			return status != EXIT_SUCCESS ? status : EXIT_FAILURE;
		json_array_append_new(joining->list->owned, data);
		flows_marks_read(data, &joining->marks);
		if (take_page(joining, json_object_get(data, "flows")) < 0)
			return EXIT_FAILURE;
		next = json_object_get(data, "next");
	} while (next != NULL);
	return EXIT_SUCCESS;
}

static int index_engine(struct joining *joining)
{
	joining->slot_count = 64;
	while (joining->slot_count < joining->engine_count * 2)
		joining->slot_count *= 2;
	joining->slots = calloc(joining->slot_count,
				sizeof(joining->slots[0]));
	if (joining->slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < joining->engine_count; i++) {
		size_t at = flows_entry_hash(&joining->engine[i].entry);

		while (joining->slots[at & (joining->slot_count - 1)] != 0)
			at++;
		joining->slots[at & (joining->slot_count - 1)] =
			(uint32_t)i + 1;
	}
	return 0;
}

/* The latest of the engine's flows with these ends. */
static struct flows_row *find_engine(const struct joining *joining,
				     const struct flows_entry *entry)
{
	size_t mask = joining->slot_count - 1;
	struct flows_row *found = NULL;

	for (size_t at = flows_entry_hash(entry); joining->slots[at & mask] != 0;
	     at++) {
		struct flows_row *row =
			&joining->engine[joining->slots[at & mask] - 1];

		if (flows_entry_same(&row->entry, entry) &&
		    (found == NULL || row->idle < found->idle))
			found = row;
	}
	return found;
}

/* An engine that sees a flow from its middle may take the server for the
 * client. */
static struct flows_row *find_either(const struct joining *joining,
				     const struct flows_entry *entry)
{
	struct flows_row *row = find_engine(joining, entry);
	struct flows_entry reversed = *entry;

	if (row != NULL)
		return row;
	reversed.client = entry->server;
	reversed.server = entry->client;
	reversed.sport = entry->dport;
	reversed.dport = entry->sport;
	return find_engine(joining, &reversed);
}

/* ---- rows ---- */

static int add_row(struct joining *joining, const struct flows_row *row)
{
	struct flows_list *list = joining->list;
	size_t room = joining->room != 0 ? joining->room * 2 : 256;
	struct flows_row *rows;

	if (list->count == joining->room) {
		rows = realloc(list->rows, room * sizeof(rows[0]));
		if (rows == NULL)
			return -ENOMEM;
		list->rows = rows;
		joining->room = room;
	}
	list->rows[list->count] = *row;
	list->rows[list->count++].client_name =
		flows_names_find(joining->names, &row->entry.client);
	return 0;
}

static double wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec * NS_PER_S + (double)now.tv_nsec;
}

/* The kernel's mark is the flow's uplink: it may have moved since the engine
 * saw it. */
static int add_entry(struct joining *joining, const struct flows_entry *entry,
		     double now_ns)
{
	struct flows_row *known = find_either(joining, entry);
	struct flows_row row = {
		.age = -1, .idle = -1, .inspected = -1, .is_headers = true,
	};

	if (known != NULL) {
		known->entry.id = 1;	/* it is listed */
		row = *known;
	}
	row.entry = *entry;
	row.rate = -1;
	row.is_settled = (entry->mark & joining->marks.settled) != 0;
	row.uplink = flows_marks_uplink(&joining->marks, entry->mark);
	if (row.is_settled)
		row.needs = NULL;
	if (entry->start_ns != 0)
		row.age = (now_ns - (double)entry->start_ns) / NS_PER_S;
	if (entry->start_ns != 0 && row.age < 0)
		row.age = 0;
	return add_row(joining, &row);
}

static int add_kernel(struct joining *joining,
		      const struct flows_kernel *kernel)
{
	double now_ns = wall_ns();
	int rc = 0;

	for (size_t i = 0; i < kernel->count && rc == 0; i++)
		rc = add_entry(joining, &kernel->items[i], now_ns);
	return rc;
}

/* A settled flow without an entry in connection tracking has ended. */
static int add_unlisted(struct joining *joining)
{
	int rc = 0;

	for (size_t i = 0; i < joining->engine_count && rc == 0; i++)
		if (joining->engine[i].entry.id == 0 &&
		    !joining->engine[i].is_settled)
			rc = add_row(joining, &joining->engine[i]);
	return rc;
}

/* ---- filter ---- */

typedef bool (*row_test)(const struct flows_filter *filter,
			 const struct flows_row *row);

static void keep(struct joining *joining, row_test test)
{
	struct flows_list *list = joining->list;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (test(joining->filter, &list->rows[i]))
			list->rows[kept++] = list->rows[i];
	list->count = kept;
}

/* ---- lines of flows that the kernel decided ---- */

static json_t *headers_of(const struct flows_entry *entry)
{
	char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];

	return json_pack("[i, s, i, s, i]", entry->proto,
			 address_print_packet(&entry->client, client),
			 entry->sport,
			 address_print_packet(&entry->server, server),
			 entry->dport);
}

/* A line that leads elsewhere did not decide the flow: it arrived on its
 * uplink, or a condition of interface, TOS, length or user did. */
static void take_line(struct flows_row *row, const json_t *line)
{
	const char *uplink = text_at(line, "uplink");

	if (uplink == NULL || row->uplink == NULL ||
	    strcmp(uplink, row->uplink) != 0 || row->entry.is_redirected)
		return;
	row->line = text_at(line, "route");
	row->class = text_at(line, "class");
	row->evidence = "headers";
}

static int ask_some(struct joining *joining, struct flows_row **rows,
		    size_t count)
{
	json_t *flows = json_array(), *data;
	int status;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(flows, headers_of(&rows[i]->entry));
	status = client_ask("flows", joining->state_dir, json_pack(
		"{s:s, s:o}", "do", "headers", "flows", flows), &data);
	if (status != EXIT_SUCCESS)
		return status;
	json_array_append_new(joining->list->owned, data);
	for (size_t i = 0; i < count; i++)
		take_line(rows[i], json_array_get(
			json_object_get(data, "lines"), i));
	return EXIT_SUCCESS;
}

/* Of the first `end` rows. */
static int ask_lines(struct joining *joining, size_t end)
{
	struct flows_list *list = joining->list;
	struct flows_row *rows[HEADERS_MAX];
	size_t count = 0;
	int status = EXIT_SUCCESS;

	for (size_t i = 0; i < end && status == EXIT_SUCCESS; i++) {
		if (list->rows[i].is_headers)
			rows[count++] = &list->rows[i];
		if (count < HEADERS_MAX)
			continue;
		status = ask_some(joining, rows, count);
		count = 0;
	}
	if (count > 0 && status == EXIT_SUCCESS)
		status = ask_some(joining, rows, count);
	return status;
}

/* ---- everything ---- */

static bool check_name(const char *what, const char *name, bool is_known)
{
	if (name == NULL || is_known)
		return true;
	fprintf(stderr, "waymark flows: --%s '%s': the policy in force has no "
		"such %s\n", what, name, what);
	return false;
}

static bool has_class(const struct flows_marks *marks, const char *name)
{
	const json_t *class;
	size_t i;

	json_array_foreach(marks->classes, i, class)
		if (name != NULL &&
		    strcmp(json_string_value(class), name) == 0)
			return true;
	return false;
}

static bool check_filter(const struct joining *joining)
{
	const struct flows_filter *filter = joining->filter;
	const struct flows_marks *marks = &joining->marks;

	return check_name("uplink", filter->uplink,
			  filter->uplink != NULL &&
				  json_object_get(marks->uplinks,
						  filter->uplink) != NULL) &&
	       check_name("class", filter->class,
			  has_class(marks, filter->class));
}

/* The kernel tests the mark, so that a list of one uplink costs what its flows
 * cost. */
static int read_kernel(struct joining *joining, struct flows_kernel *kernel)
{
	const struct flows_marks *marks = &joining->marks;
	const char *uplink = joining->filter->uplink;
	uint32_t mark = uplink == NULL ? 0 : (uint32_t)json_integer_value(
		json_object_get(marks->uplinks, uplink));
	uint32_t arrival = uplink == NULL ? 0 : (uint32_t)json_integer_value(
		json_object_get(marks->arrivals, uplink));
	uint32_t mask = uplink == NULL ? 0 : marks->path_mask;
	int rc;

	if (joining->filter->only_unsettled)
		mask |= marks->settled;
	rc = flows_kernel_read(mark, mask, marks->path_mask, kernel);
	if (rc == 0 && arrival != 0)
		rc = flows_kernel_read(arrival, mask, marks->path_mask, kernel);
	return rc;
}

static int join(struct joining *joining)
{
	struct flows_kernel kernel = { 0 };
	int rc = index_engine(joining);
	int error;

	if (rc == 0) {
		error = read_kernel(joining, &kernel);
		if (error < 0)
			fprintf(stderr, "waymark flows: connection tracking: "
				"%s; only unsettled flows are listed, without "
				"bytes\n", strerror(-error));
		rc = add_kernel(joining, &kernel);
	}
	if (rc == 0)
		rc = add_unlisted(joining);
	flows_kernel_fini(&kernel);
	return rc;
}

/* Whether lines and classes of all flows are needed to select and sort. */
static bool needs_lines(const struct flows_filter *filter)
{
	return filter->needs_lines || filter->class != NULL || filter->line != NULL ||
	       strcmp(filter->sort, "class") == 0 ||
	       strcmp(filter->sort, "line") == 0;
}

/* Ask for lines as late as possible: each takes the engine some time. */
static int finish(struct joining *joining, const struct flows_list *prev)
{
	const struct flows_filter *filter = joining->filter;
	struct flows_list *list = joining->list;
	bool is_early = needs_lines(filter);
	int status = EXIT_SUCCESS;

	keep(joining, flows_filter_passes);
	if (is_early)
		status = ask_lines(joining, list->count);
	keep(joining, flows_filter_passes_line);
	if (prev != NULL && flows_list_rate(list, prev) < 0)
		return EXIT_FAILURE;
	flows_list_sort(list, filter->sort);
	list->shown = list->count < filter->rows ? list->count : filter->rows;
	return is_early || status != EXIT_SUCCESS ? status :
	       ask_lines(joining, list->shown);
}

static int list_all(struct joining *joining, const struct flows_list *prev)
{
	struct flows_list *list = joining->list;
	int status = ask_engine(joining);

	if (status != EXIT_SUCCESS)
		return status;
	if (!check_filter(joining))
		return EXIT_FAILURE;
	list->when_s = (double)clock_ms() / 1000;
	if (join(joining) < 0) {
		fputs("waymark flows: out of memory\n", stderr);
		return EXIT_FAILURE;
	}
	return finish(joining, prev);
}

int flows_list(const char *state_dir, const struct flows_filter *filter,
	       struct flows_names *names, const struct flows_list *prev,
	       struct flows_list *ret)
{
	struct joining joining = {
		.state_dir = state_dir, .filter = filter, .names = names,
		.list = ret,
	};
	int status;

	*ret = (struct flows_list){ .owned = json_array() };
	status = list_all(&joining, prev);
	free(joining.engine);
	free(joining.slots);
	if (status != EXIT_SUCCESS)
		flows_list_free(ret);
	return status;
}

void flows_list_free(struct flows_list *list)
{
	free(list->rows);
	json_decref(list->owned);
	*list = (struct flows_list){ 0 };
}
