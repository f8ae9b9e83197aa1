/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report_csv.c - flows of a replay for spreadsheets, see report_html.h. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "tools/report.h"
#include "tools/report/report_html.h"

/* Quoted if needed: a quotation mark is doubled. */
static void print_text(const char *text, FILE *out)
{
	if (text[strcspn(text, ",\"\r\n")] == '\0') {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void print_head(json_t *flow, FILE *out)
{
	const char *between = "", *key;
	json_t *value;

	json_object_foreach(flow, key, value) {
		fprintf(out, "%s%s", between, key);
		between = ",";
	}
	fputs("\r\n", out);
}

static void print_row(json_t *flow, FILE *out)
{
	const char *between = "", *key;
	json_t *value;

	json_object_foreach(flow, key, value) {
		fputs(between, out);
		if (json_is_string(value))
			print_text(json_string_value(value), out);
		else if (json_is_integer(value))
			fprintf(out, "%lld",
				(long long)json_integer_value(value));
		else if (json_is_real(value))
			fprintf(out, "%.6f", json_real_value(value));
		between = ",";
	}
	fputs("\r\n", out);
}

int report_csv(const struct policy *policy, const struct replay *replay,
	       FILE *out)
{
	for (size_t i = 0; i < replay_flows(replay); i++) {
		const struct replay_flow *flow = replay_flow(replay, i);
		json_t *json = flow != NULL ? report_flow(policy, flow) : NULL;

		if (flow == NULL)
			return replay_error(replay);
		if (json == NULL)
			return -ENOMEM;
		if (i == 0)
			print_head(json, out);
		print_row(json, out);
		json_decref(json);
	}
	return 0;
}
