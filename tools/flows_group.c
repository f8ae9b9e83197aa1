/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows_group.c - add up flows, see flows_group.h. */
#include "tools/flows_group.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tools/flows_print.h"

struct group {
	const struct flows_row *row;	/* the first one */
	uint64_t flows, bytes, packets;
	double rate;
	bool is_counted, has_rate;
};

static const struct group_key {
	const char *key, *title;
	size_t offset;		/* of the text in a row */
	bool is_client, is_server, needs_lines;
} keys[] = {
	{ "client", "CLIENT", 0, true, false, false },
	{ "server", "SERVER", 0, false, true, false },
	{ "host", "HOST", offsetof(struct flows_row, host), false, false,
	  false },
	{ "app", "APP", offsetof(struct flows_row, app), false, false, false },
	{ "uplink", "UPLINK", offsetof(struct flows_row, uplink), false, false,
	  false },
	{ "class", "CLASS", offsetof(struct flows_row, class), false, false,
	  true },
	{ "line", "LINE", offsetof(struct flows_row, line), false, false,
	  true },
};
const char flows_group_keys[] =
	"client, server, host, app, uplink, class or line";

static const struct group_key *find_key(const char *key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].key, key) == 0)
			return &keys[i];
	return NULL;
}

bool flows_group_has_key(const char *key)
{
	return find_key(key) != NULL;
}

bool flows_group_needs_lines(const char *key)
{
	return find_key(key)->needs_lines;
}

/* ---- groups ---- */

static const struct address *address_of(const struct group_key *key,
					const struct flows_row *row)
{
	return key->is_client ? &row->entry.client : &row->entry.server;
}

static const char *text_of(const struct group_key *key,
			   const struct flows_row *row)
{
	const char *text;

	memcpy(&text, (const char *)row + key->offset, sizeof(text));
	return text;
}

static bool has_address(const struct group_key *key)
{
	return key->is_client || key->is_server;
}

/* qsort() has no context. */
static const struct group_key *sorted_by;

static int by_key(const void *a, const void *b)
{
	const struct flows_row *x = *(const struct flows_row *const *)a;
	const struct flows_row *y = *(const struct flows_row *const *)b;
	const char *s, *t;

	if (has_address(sorted_by))
		return address_compare(address_of(sorted_by, x),
				       address_of(sorted_by, y));
	s = text_of(sorted_by, x);
	t = text_of(sorted_by, y);
	if (s == NULL || t == NULL)
		return (s == NULL) - (t == NULL);
	return strcmp(s, t);
}

static void add(struct group *group, const struct flows_row *row)
{
	group->flows++;
	if (row->entry.is_counted) {
		group->is_counted = true;
		group->bytes += row->entry.bytes;
		group->packets += row->entry.packets;
	}
	if (row->rate >= 0) {
		group->has_rate = true;
		group->rate += row->rate;
	}
}

/* Rows of one group lie side by side once they are sorted. */
static size_t collect(const struct flows_row **rows, size_t count,
		      struct group *groups)
{
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || by_key(&rows[i - 1], &rows[i]) != 0)
			groups[made++] = (struct group){ .row = rows[i] };
		add(&groups[made - 1], rows[i]);
	}
	return made;
}

static int by_flows(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return (x->flows < y->flows) - (x->flows > y->flows);
}

static int by_bytes(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = (x->bytes < y->bytes) - (x->bytes > y->bytes);

	return order != 0 ? order : by_flows(a, b);
}

static int by_packets(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = (x->packets < y->packets) - (x->packets > y->packets);

	return order != 0 ? order : by_flows(a, b);
}

static int by_rate(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = (x->rate < y->rate) - (x->rate > y->rate);

	return order != 0 ? order : by_bytes(a, b);
}

static void sort(struct group *groups, size_t count, const char *key)
{
	if (count > 1)
		qsort(groups, count, sizeof(groups[0]),
		      strcmp(key, "flows") == 0 ? by_flows :
		      strcmp(key, "packets") == 0 ? by_packets :
		      strcmp(key, "rate") == 0 ? by_rate : by_bytes);
}

/* ---- output ---- */

static const char *name_of(const struct group_key *key,
			   const struct group *group,
			   char text[static ADDRESS_TEXT_MAX])
{
	if (has_address(key))
		return address_print_packet(address_of(key, group->row), text);
	return text_of(key, group->row);
}

static void print_json(const struct group_key *key, const struct group *group,
		       FILE *out)
{
	char text[ADDRESS_TEXT_MAX];
	json_t *object = json_pack("{s:s?, s:I, s:o, s:o, s:o}", key->key,
		name_of(key, group, text), "flows", (json_int_t)group->flows,
		"bytes", group->is_counted ?
		json_integer((json_int_t)group->bytes) : json_null(),
		"packets", group->is_counted ?
		json_integer((json_int_t)group->packets) : json_null(),
		"rate", group->has_rate ?
		json_integer((json_int_t)group->rate) : json_null());

	if (key->is_client)
		json_object_set_new(object, "client_name",
				    group->row->client_name != NULL ?
				    json_string(group->row->client_name) :
				    json_null());
	json_dumpf(object, out, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putc('\n', out);
	json_decref(object);
}

static void print_number(bool is_known, double number, FILE *out)
{
	char text[FLOWS_AMOUNT_MAX];

	fprintf(out, "%8s  ", is_known ? flows_print_amount(number, text) :
				       "-");
}

static void print_row(const struct group_key *key, const struct group *group,
		      bool has_rates, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];
	const char *name = name_of(key, group, text);

	print_number(true, (double)group->flows, out);
	print_number(group->is_counted, (double)group->packets, out);
	print_number(group->is_counted, (double)group->bytes, out);
	if (has_rates)
		print_number(group->has_rate, group->rate, out);
	fputs(name != NULL ? name : "-", out);
	if (key->is_client && group->row->client_name != NULL)
		fprintf(out, " (%s)", group->row->client_name);
	putc('\n', out);
}

static void print_all(const struct group_key *key, const struct group *groups,
		      size_t count, bool json, FILE *out)
{
	bool has_rates = false;

	for (size_t i = 0; i < count; i++)
		has_rates |= groups[i].has_rate;
	if (!json)
		fprintf(out, "%8s  %8s  %8s  %s%s\n", "FLOWS", "PKTS", "BYTES",
			has_rates ? " BYTES/S  " : "", key->title);
	for (size_t i = 0; i < count; i++)
		if (json)
			print_json(key, &groups[i], out);
		else
			print_row(key, &groups[i], has_rates, out);
}

int flows_group_print(const struct flows_list *list, const char *key,
		      const char *sort_key, size_t rows, bool json, FILE *out)
{
	const struct flows_row **sorted = calloc(list->count + 1,
						 sizeof(sorted[0]));
	struct group *groups = calloc(list->count + 1, sizeof(groups[0]));
	size_t count;
	int rc = sorted != NULL && groups != NULL ? 0 : -ENOMEM;

	if (rc == 0) {
		for (size_t i = 0; i < list->count; i++)
			sorted[i] = &list->rows[i];
		sorted_by = find_key(key);
		qsort(sorted, list->count, sizeof(sorted[0]), by_key);
		count = collect(sorted, list->count, groups);
		sort(groups, count, sort_key);
		print_all(sorted_by, groups, count < rows ? count : rows, json,
			  out);
		if (!json && count > rows)
			fprintf(out, "%zu of %zu\n", rows, count);
	}
	free(sorted);
	free(groups);
	return rc;
}
