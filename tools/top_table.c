/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_table.c - print what flows carry, see top_table.h. */
#include "tools/top_table.h"

#include <ctype.h>
#include <string.h>

#include "tools/flows_print.h"

const char *const top_kinds[] = {
	"uplink", "class", "route", "app", "client", "host", NULL
};
const char *const top_sorts[] = {
	"rate", "bytes", "packets", "active", "flows", NULL
};

static const struct {
	const char *key, *title;
} columns[] = {
	{ "active", "FLOWS" }, { "flows", "TOTAL" }, { "packets", "PACKETS" },
	{ "bytes", "BYTES" }, { "rate", "BYTES/S" },
};
#define COLUMNS_COUNT (sizeof(columns) / sizeof(columns[0]))
#define NUMBERS_WIDTH 50u

int top_find(const char *const *list, const char *word)
{
	for (int i = 0; list[i] != NULL; i++)
		if (strcmp(list[i], word) == 0)
			return i;
	return -1;
}

static void print_titles(const char *kind, const char *sort, FILE *out)
{
	char title[16];

	for (size_t i = 0; i < COLUMNS_COUNT; i++) {
		snprintf(title, sizeof(title), "%s%s", columns[i].title,
			 strcmp(columns[i].key, sort) == 0 ? "*" : "");
		fprintf(out, "%9s ", title);
	}
	for (size_t i = 0; kind[i] != '\0'; i++)
		putc(toupper((unsigned char)kind[i]), out);
	putc('\n', out);
}

static void print_row(const json_t *sums, const char *name, size_t width,
		      FILE *out)
{
	char text[FLOWS_AMOUNT_MAX];
	size_t len = strlen(name);

	for (size_t i = 0; i < COLUMNS_COUNT; i++)
		fprintf(out, "%9s ", flows_print_amount(
			(double)json_integer_value(
				json_object_get(sums, columns[i].key)),
			text));
	if (width > NUMBERS_WIDTH && len > width - NUMBERS_WIDTH)
		fprintf(out, "%.*s~\n", (int)(width - NUMBERS_WIDTH - 1), name);
	else
		fprintf(out, "%s\n", name);
}

static bool has_any(const json_t *sums)
{
	return json_integer_value(json_object_get(sums, "flows")) > 0 ||
	       json_integer_value(json_object_get(sums, "bytes")) > 0 ||
	       json_integer_value(json_object_get(sums, "active")) > 0;
}

void top_table_print(const json_t *traffic, const char *kind, const char *sort,
		     size_t lines, size_t width, FILE *out)
{
	const json_t *data = json_object_get(traffic, kind);
	const json_t *unknown = json_object_get(data, "unknown");
	const json_t *others = json_object_get(data, "others");
	const json_t *row;
	size_t i;

	print_titles(kind, sort, out);
	json_array_foreach(json_object_get(data, "rows"), i, row) {
		if (i + 3 >= lines)
			break;
		print_row(row, json_string_value(json_object_get(row, kind)),
			  width, out);
	}
	if (has_any(others))
		print_row(others, "(others)", width, out);
	if (has_any(unknown))
		print_row(unknown, "(unknown)", width, out);
}
