/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows_filter.c - select, rate and sort listed flows, see flows_list.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/flows_list.h"

/* ---- select ---- */

static bool is_text(const char *have, const char *want)
{
	return want == NULL || (have != NULL && strcmp(have, want) == 0);
}

static bool is_below(const char *host, const char *domain)
{
	size_t len = host != NULL ? strlen(host) : 0, tail;

	if (domain == NULL)
		return true;
	tail = strlen(domain);
	return len >= tail && strcasecmp(host + len - tail, domain) == 0 &&
	       (len == tail || host[len - tail - 1] == '.');
}

/* "12" or "office.policy:12" for "/etc/waymark/office.policy:12" */
static bool is_line(const char *line, const char *want)
{
	size_t len = line != NULL ? strlen(line) : 0, tail;

	if (want == NULL)
		return true;
	tail = strlen(want);
	return len >= tail && strcmp(line + len - tail, want) == 0 &&
	       (len == tail || strchr(":/", line[len - tail - 1]) != NULL);
}

bool flows_filter_passes(const struct flows_filter *filter,
			 const struct flows_row *row)
{
	const char *name = row->client_name;

	if (filter->has_client &&
	    !prefix_contains(&filter->client, &row->entry.client))
		return false;
	if (filter->client_name != NULL &&
	    (name == NULL || strcasecmp(name, filter->client_name) != 0))
		return false;
	return is_text(row->uplink, filter->uplink) &&
	       is_text(row->app, filter->app) &&
	       is_below(row->host, filter->host);
}

bool flows_filter_passes_line(const struct flows_filter *filter,
			      const struct flows_row *row)
{
	return is_text(row->class, filter->class) &&
	       is_line(row->line, filter->line);
}

/* ---- rates ---- */

static const struct flows_row *find_prev(const struct flows_list *prev,
					 const uint32_t *slots, size_t mask,
					 const struct flows_entry *entry)
{
	for (size_t at = flows_entry_hash(entry); slots[at & mask] != 0; at++) {
		const struct flows_row *row = &prev->rows[slots[at & mask] - 1];

		if (row->entry.id == entry->id &&
		    flows_entry_same(&row->entry, entry))
			return row;
	}
	return NULL;
}

/* A flow that is new since `prev` has had all its bytes since then. */
static double rate_of(const struct flows_row *row,
		      const struct flows_row *before, double seconds)
{
	uint64_t then = before != NULL && before->entry.is_counted ?
			before->entry.bytes : 0;

	if (!row->entry.is_counted || row->entry.bytes < then || seconds <= 0)
		return -1;
	return (double)(row->entry.bytes - then) / seconds;
}

int flows_list_rate(struct flows_list *list, const struct flows_list *prev)
{
	size_t slots = 64;
	uint32_t *index;

	while (slots < prev->count * 2)
		slots *= 2;
	index = calloc(slots, sizeof(index[0]));
	if (index == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < prev->count; i++) {
		size_t at = flows_entry_hash(&prev->rows[i].entry);

		while (index[at & (slots - 1)] != 0)
			at++;
		index[at & (slots - 1)] = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < list->count; i++) {
		struct flows_row *row = &list->rows[i];

		row->rate = rate_of(row, find_prev(prev, index, slots - 1,
						   &row->entry),
				    list->when_s - prev->when_s);
	}
	free(index);
	return 0;
}

/* ---- sort ---- */

typedef int (*row_order)(const void *a, const void *b);

/* What is unknown comes last. */
static int by_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

static int by_number(double a, double b)
{
	return (a < b) - (a > b);
}

static int by_count(const struct flows_entry *a, const struct flows_entry *b,
		    uint64_t x, uint64_t y)
{
	if (a->is_counted != b->is_counted)
		return a->is_counted ? -1 : 1;
	return (x < y) - (x > y);
}

static int by_client(const void *a, const void *b)
{
	const struct flows_row *x = a, *y = b;
	int order = address_compare(&x->entry.client, &y->entry.client);

	return order != 0 ? order : (x->entry.sport > y->entry.sport) -
				    (x->entry.sport < y->entry.sport);
}

static int by_server(const void *a, const void *b)
{
	const struct flows_row *x = a, *y = b;
	int order = address_compare(&x->entry.server, &y->entry.server);

	return order != 0 ? order : by_client(a, b);
}

/* Define the comparison by `expression` of x and y, then by client. */
#define ORDER_BY(name, expression) \
static int by_##name(const void *a, const void *b) \
{ \
	const struct flows_row *x = a, *y = b; \
	int order = expression; \
\
	return order != 0 ? order : by_client(a, b); \
}

ORDER_BY(bytes, by_count(&x->entry, &y->entry, x->entry.bytes, y->entry.bytes))
ORDER_BY(packets, by_count(&x->entry, &y->entry, x->entry.packets,
			   y->entry.packets))
ORDER_BY(rate, by_number(x->rate, y->rate))
ORDER_BY(age, by_number(x->age, y->age))
ORDER_BY(app, by_text(x->app, y->app))
ORDER_BY(host, by_text(x->host, y->host))
ORDER_BY(class, by_text(x->class, y->class))
ORDER_BY(line, by_text(x->line, y->line))
ORDER_BY(uplink, by_text(x->uplink, y->uplink))

static const struct {
	const char *key;
	row_order order;
} orders[] = {
	{ "bytes", by_bytes }, { "packets", by_packets }, { "rate", by_rate },
	{ "flows", by_bytes }, { "age", by_age }, { "client", by_client }, { "server", by_server },
	{ "app", by_app }, { "host", by_host }, { "class", by_class },
	{ "line", by_line }, { "uplink", by_uplink },
};
const char flows_list_keys[] =
	"bytes, packets, rate, flows, age, client, server, app, host, class, line or "
	"uplink";

static row_order find_order(const char *key)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (strcmp(orders[i].key, key) == 0)
			return orders[i].order;
	return NULL;
}

bool flows_list_has_key(const char *key)
{
	return find_order(key) != NULL;
}

void flows_list_sort(struct flows_list *list, const char *key)
{
	if (list->count > 1)
		qsort(list->rows, list->count, sizeof(list->rows[0]),
		      find_order(key));
}
