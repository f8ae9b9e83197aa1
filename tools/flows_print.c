/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows_print.c - print flows, see flows_print.h. */
#include "tools/flows_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "rules/parse/keywords.h"
#include "tools/community_id.h"

#define CELL_MAX 300
#define GAP 2

/* The text of a cell, perhaps in `text` of CELL_MAX bytes; NULL: unknown. */
typedef const char *(*cell_text)(const struct flows_row *row, char *text);

/* ---- cells ---- */

static const char *proto_text(const struct flows_row *row, char *text)
{
	const char *name = keywords_of(keywords_protocol, row->entry.proto);

	snprintf(text, CELL_MAX, "%u", row->entry.proto);
	return name != NULL ? name : text;
}

static const char *endpoint(const struct address *address, uint16_t port,
			    char *text)
{
	char plain[ADDRESS_TEXT_MAX];

	address_print_packet(address, plain);
	if (port == 0)
		return strcpy(text, plain);
	snprintf(text, CELL_MAX, strchr(plain, ':') != NULL ? "[%s]:%u" :
		 "%s:%u", plain, port);
	return text;
}

static const char *client_text(const struct flows_row *row, char *text)
{
	return endpoint(&row->entry.client, row->entry.sport, text);
}

static const char *server_text(const struct flows_row *row, char *text)
{
	return endpoint(&row->entry.server, row->entry.dport, text);
}

static const char *name_text(const struct flows_row *row, char *text)
{
	(void)text;
	return row->client_name;
}

static const char *host_text(const struct flows_row *row, char *text)
{
	(void)text;
	return row->host;
}

static const char *app_text(const struct flows_row *row, char *text)
{
	(void)text;
	return row->app;
}

static const char *class_text(const struct flows_row *row, char *text)
{
	(void)text;
	return row->class;
}

static const char *uplink_text(const struct flows_row *row, char *text)
{
	(void)text;
	return row->uplink;
}

static const char *line_text(const struct flows_row *row, char *text)
{
	const char *slash = row->line != NULL ? strrchr(row->line, '/') : NULL;

	(void)text;
	return slash != NULL ? slash + 1 : row->line;
}

static const char *evidence_text(const struct flows_row *row, char *text)
{
	(void)text;
	return row->evidence;
}

static const char *needs_text(const struct flows_row *row, char *text)
{
	const json_t *need;
	size_t i, len = 0;

	text[0] = '\0';
	json_array_foreach(row->needs, i, need)
		len += (size_t)snprintf(text + len, CELL_MAX - len, "%s%s",
					len > 0 ? "," : "",
					json_string_value(need));
	return text[0] != '\0' ? text : NULL;
}

const char *flows_print_amount(double number,
			       char text[static FLOWS_AMOUNT_MAX])
{
	static const char units[] = " kMGTPE";
	size_t unit = 0;

	while (number >= 999.5 && units[unit + 1] != '\0') {
		number /= 1000;
		unit++;
	}
	if (unit == 0)
		snprintf(text, FLOWS_AMOUNT_MAX, "%.0f", number);
	else
		snprintf(text, FLOWS_AMOUNT_MAX, number < 9.95 ? "%.1f%c" : "%.0f%c",
			 number, units[unit]);
	return text;
}

static const char *bytes_text(const struct flows_row *row, char *text)
{
	return row->entry.is_counted ? flows_print_amount((double)row->entry.bytes, text) :
				       NULL;
}

static const char *packets_text(const struct flows_row *row, char *text)
{
	return row->entry.is_counted ?
	       flows_print_amount((double)row->entry.packets, text) : NULL;
}

static const char *rate_text(const struct flows_row *row, char *text)
{
	return row->rate >= 0 ? flows_print_amount(row->rate, text) : NULL;
}

/* "59s", "12m", "3h", "4d" */
static const char *age_text(const struct flows_row *row, char *text)
{
	static const struct {
		double seconds, max;
		char unit;
	} units[] = {
		{ 1, 100, 's' }, { 60, 6000, 'm' }, { 3600, 172800, 'h' },
		{ 86400, 1e12, 'd' },
	};
	size_t i = 0;

	if (row->age < 0)
		return NULL;
	while (i < 3 && row->age >= units[i].max)
		i++;
	snprintf(text, CELL_MAX, "%.0f%c", row->age / units[i].seconds,
		 units[i].unit);
	return text;
}

/* ---- table ---- */

enum { KEEP = 99 };

/* Columns of low rank are left out first; a column with `min` may be cut down
 * to that. */
static const struct column {
	const char *title;
	cell_text text;
	int rank;
	size_t min;
	bool is_number;
	bool is_optional;	/* left out if no row has it */
} columns[] = {
	{ "PROTO", proto_text, 6, 0, false, false },
	{ "CLIENT", client_text, KEEP, 15, false, false },
	{ "NAME", name_text, 6, 10, false, true },
	{ "SERVER", server_text, 5, 21, false, false },
	{ "HOST", host_text, KEEP, 20, false, true },
	{ "APP", app_text, 10, 0, false, true },
	{ "CLASS", class_text, 7, 0, false, true },
	{ "UPLINK", uplink_text, KEEP, 0, false, false },
	{ "LINE", line_text, 4, 0, false, true },
	{ "KNOWN BY", evidence_text, 2, 0, false, true },
	{ "WAITS FOR", needs_text, 3, 0, false, true },
	{ "PKTS", packets_text, 1, 0, true, false },
	{ "BYTES", bytes_text, KEEP, 0, true, false },
	{ "BYTES/S", rate_text, 11, 0, true, true },
	{ "AGE", age_text, 8, 0, true, true },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct layout {
	size_t width[COLUMNS];	/* 0: left out */
	bool is_narrow;		/* no column of servers: the host's has them
				 * where no host is known, and the client's
				 * names */
};

/* NULL: unknown. */
static const char *text_of(const struct layout *layout, size_t i,
			   const struct flows_row *row, char *text)
{
	const char *found = columns[i].text(row, text);

	if (!layout->is_narrow)
		return found;
	if (columns[i].text == client_text)
		return row->client_name != NULL ? row->client_name :
		       endpoint(&row->entry.client, 0, text);
	if (columns[i].text == host_text && found == NULL)
		return server_text(row, text);
	return found;
}

static const char *cell(const struct layout *layout, size_t i,
			const struct flows_row *row, char *text)
{
	const char *found = text_of(layout, i, row, text);

	return found != NULL ? found : "-";
}

static size_t width_of(const struct layout *layout, size_t i,
		       const struct flows_list *list)
{
	bool any = !columns[i].is_optional;
	size_t max = strlen(columns[i].title);
	char text[CELL_MAX];

	for (size_t n = 0; n < list->shown; n++) {
		const char *found = text_of(layout, i, &list->rows[n], text);

		any |= found != NULL;
		if (found != NULL && strlen(found) > max)
			max = strlen(found);
	}
	return any ? max : 0;
}

static void measure(const struct flows_list *list, bool is_narrow,
		    struct layout *layout)
{
	layout->is_narrow = is_narrow;
	for (size_t i = 0; i < COLUMNS; i++)
		layout->width[i] = is_narrow &&
				   (columns[i].text == server_text ||
				    columns[i].text == name_text) ? 0 :
				   width_of(layout, i, list);
}

static size_t total(const struct layout *layout)
{
	size_t sum = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		if (layout->width[i] != 0)
			sum += layout->width[i] + GAP;
	return sum >= GAP ? sum - GAP : 0;
}

/* The total if all texts were cut as far as they may. */
static size_t total_cut(const struct layout *layout)
{
	size_t sum = total(layout);

	for (size_t i = 0; i < COLUMNS; i++)
		if (columns[i].min != 0 && layout->width[i] > columns[i].min)
			sum -= layout->width[i] - columns[i].min;
	return sum;
}

static bool lacks_server(const struct layout *layout)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (columns[i].text == server_text)
			return layout->width[i] == 0;
	return true;
}

static void leave_out_lowest(struct layout *layout)
{
	size_t lowest = COLUMNS;

	for (size_t i = 0; i < COLUMNS; i++)
		if (layout->width[i] != 0 &&
		    (lowest == COLUMNS ||
		     columns[i].rank < columns[lowest].rank))
			lowest = i;
	if (lowest < COLUMNS)
		layout->width[lowest] = 0;
}

static int lowest_rank(const struct layout *layout)
{
	int rank = KEEP;

	for (size_t i = 0; i < COLUMNS; i++)
		if (layout->width[i] != 0 && columns[i].rank < rank)
			rank = columns[i].rank;
	return rank;
}

/* Cut the widest text that may be cut by a character; false: none. */
static bool cut_widest(struct layout *layout)
{
	size_t widest = COLUMNS;

	for (size_t i = 0; i < COLUMNS; i++)
		if (columns[i].min != 0 && layout->width[i] > columns[i].min &&
		    (widest == COLUMNS ||
		     layout->width[i] > layout->width[widest]))
			widest = i;
	if (widest == COLUMNS)
		return false;
	layout->width[widest]--;
	return true;
}

static void fit(struct layout *layout, size_t width)
{
	while (total_cut(layout) > width && lowest_rank(layout) < KEEP)
		leave_out_lowest(layout);
	while (total(layout) > width && cut_widest(layout))
		;
}

/* A text that is cut ends in '~'; a host keeps its end, which names its
 * owner. */
static void put(const char *text, size_t width, bool is_number, bool is_host,
		FILE *out)
{
	size_t len = strlen(text);

	if (len > width && is_host)
		fprintf(out, "~%s", text + len - (width - 1));
	else if (len > width)
		fprintf(out, "%.*s~", (int)width - 1, text);
	else
		fprintf(out, is_number ? "%*s" : "%-*s", (int)width, text);
}

static size_t last_of(const struct layout *layout)
{
	size_t last = 0;

	for (size_t i = 0; i < COLUMNS; i++)
		if (layout->width[i] != 0)
			last = i;
	return last;
}

/* NULL: the titles. */
static void print_row(const struct layout *layout, const struct flows_row *row,
		      FILE *out)
{
	size_t last = last_of(layout);
	char text[CELL_MAX];

	for (size_t i = 0; i <= last; i++) {
		if (layout->width[i] == 0)
			continue;
		put(row != NULL ? cell(layout, i, row, text) :
		    columns[i].title, layout->width[i], columns[i].is_number,
		    columns[i].text == host_text, out);
		fputs(i == last ? "\n" : "  ", out);
	}
}

size_t flows_print_width(FILE *out)
{
	struct winsize size;
	const char *columns_set = getenv("COLUMNS");

	if (columns_set != NULL && atoi(columns_set) > 0)
		return (size_t)atoi(columns_set);
	if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col > 0 ? size.ws_col : 80;
}

void flows_print_table(const struct flows_list *list, size_t width, FILE *out)
{
	struct layout layout;

	measure(list, false, &layout);
	if (width != 0)
		fit(&layout, width);
	if (lacks_server(&layout)) {
		measure(list, true, &layout);
		fit(&layout, width);
	}
	print_row(&layout, NULL, out);
	for (size_t i = 0; i < list->shown; i++)
		print_row(&layout, &list->rows[i], out);
}

/* ---- JSON ---- */

static json_t *number_or_null(bool is_known, uint64_t number)
{
	return is_known ? json_integer((json_int_t)number) : json_null();
}

static json_t *real_or_null(double number)
{
	return number >= 0 ? json_real((double)(int64_t)(number * 1000) / 1000)
			   : json_null();
}

static json_t *row_json(const struct flows_row *row)
{
	char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];
	const struct flows_entry *entry = &row->entry;
	char proto[CELL_MAX], id[COMMUNITY_ID_MAX];

	return json_pack(
		"{s:s, s:s, s:i, s:s?, s:s, s:i, s:s?, s:s?, s:s?, s:s?, s:s?, "
		"s:s?, s:s, s:s?, s:O?, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}",
		"proto", proto_text(row, proto),
		"src", address_print_packet(&entry->client, client),
		"sport", entry->sport, "client_name", row->client_name,
		"dst", address_print_packet(&entry->server, server),
		"dport", entry->dport, "host", row->host, "app", row->app,
		"class", row->class, "route", row->line,
		"uplink", row->uplink, "evidence", row->evidence,
		"state", row->is_settled ? "settled" : "unsettled",
		"late", row->late, "needs", row->needs,
		"bytes", number_or_null(entry->is_counted, entry->bytes),
		"packets", number_or_null(entry->is_counted, entry->packets),
		"rate", real_or_null(row->rate),
		"inspected", number_or_null(row->inspected >= 0,
					    (uint64_t)row->inspected),
		"age_seconds", real_or_null(row->age),
		"idle_seconds", real_or_null(row->idle),
		"community_id", community_id(entry, id));
}

void flows_print_json(const struct flows_list *list, FILE *out)
{
	for (size_t i = 0; i < list->shown; i++) {
		json_t *object = row_json(&list->rows[i]);

		json_dumpf(object, out, JSON_COMPACT | JSON_PRESERVE_ORDER |
			   JSON_REAL_PRECISION(12));
		putc('\n', out);
		json_decref(object);
	}
}
