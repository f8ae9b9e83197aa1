/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_history.c - waymark history: what uplinks and classes carried. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rules/util/state_file.h"
#include "tools/cmd.h"
#include "tools/flows_print.h"
#include "tools/traffic/history_list.h"

#define LAST_USUAL 300

struct history_options {
	const char *state_dir;
	const char *only;	/* "uplink", "class"; NULL: both */
	struct history_query query;
	bool json;
};

/* 30s, 5m, 2h, 7d; a number alone is seconds. */
static bool read_time(const char *text, int64_t *ret)
{
	static const char units[] = "smhd";
	static const int64_t seconds[] = { 1, 60, 3600, 86400 };
	const char *unit;
	char *end;
	long number = strtol(text, &end, 10);

	unit = *end != '\0' ? strchr(units, *end) : units;
	if (end == text || number <= 0 || number > 10000000 || unit == NULL ||
	    (*end != '\0' && end[1] != '\0'))
		return false;
	*ret = number * seconds[unit - units];
	return true;
}

static bool refuse(const char *option, const char *value, const char *why)
{
	fprintf(stderr, "waymark history: %s '%s': %s\n", option, value, why);
	return false;
}

static bool read_option(struct history_options *options, int option,
			const char *value)
{
	static const char why[] = "not a time such as 30s, 5m, 2h or 7d";

	switch (option) {
	case 'd':
		options->state_dir = value;
		return true;
	case 'j':
		options->json = true;
		return true;
	case 'l':
		return read_time(value, &options->query.last_s) ||
		       refuse("--last", value, why);
	case 's':
		return read_time(value, &options->query.step_s) ||
		       refuse("--step", value, why);
	case 'b':
		options->only = value;
		return strcmp(value, "uplink") == 0 ||
		       strcmp(value, "class") == 0 ||
		       refuse("--by", value, "use uplink or class");
	default:
		return false;
	}
}

static int read_options(int argc, char *argv[], struct history_options *options)
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 'd' },
		{ "last", required_argument, NULL, 'l' },
		{ "step", required_argument, NULL, 's' },
		{ "by", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	char why[HISTORY_WHY_MAX];
	int option;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (option == '?')
			return cmd_usage(argv[0]);
		if (!read_option(options, option, optarg))
			return EXIT_USAGE;
	}
	if (argc != optind)
		return cmd_usage(argv[0]);
	if (history_query_check(&options->query, why))
		return EXIT_SUCCESS;
	fprintf(stderr, "waymark history: %s\n", why);
	return EXIT_USAGE;
}

/* ---- output ---- */

static bool is_wanted(const json_t *series, const char *only)
{
	const char *kind = json_string_value(json_object_get(series, "kind"));

	return only == NULL || strcmp(kind, only) == 0;
}

static void keep_wanted(json_t *data, const char *only)
{
	json_t *list = json_object_get(data, "series");

	for (size_t i = json_array_size(list); i > 0; i--)
		if (!is_wanted(json_array_get(list, i - 1), only))
			json_array_remove(list, i - 1);
}

static const char *name_of(const json_t *series)
{
	return json_string_value(json_object_get(series, "name"));
}

static int width_of(const json_t *series)
{
	int width = (int)strlen(name_of(series));

	return width < 8 ? 8 : width;
}

static void print_titles(const json_t *list, FILE *out)
{
	const json_t *series;
	size_t i;

	fprintf(out, "%-19s", "BYTES/S");
	json_array_foreach(list, i, series)
		fprintf(out, "  %*s", width_of(series), name_of(series));
	putc('\n', out);
}

static void print_step(const json_t *list, size_t step, int64_t start_s,
		       int64_t step_s, FILE *out)
{
	time_t when = (time_t)start_s;
	char text[FLOWS_AMOUNT_MAX];
	const json_t *series;
	struct tm local;
	size_t i;

	localtime_r(&when, &local);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
	fprintf(out, "%-19s", text);
	json_array_foreach(list, i, series) {
		const json_t *bytes = json_array_get(
			json_object_get(series, "bytes"), step);

		fprintf(out, "  %*s", width_of(series), !json_is_integer(bytes) ?
			"-" : flows_print_amount(
				(double)json_integer_value(bytes) /
				(double)step_s, text));
	}
	putc('\n', out);
}

static void print_table(const json_t *data, FILE *out)
{
	const json_t *list = json_object_get(data, "series");
	const json_t *first = json_array_get(list, 0);
	size_t steps = json_array_size(json_object_get(first, "bytes"));
	int64_t from_s = json_integer_value(json_object_get(data, "from"));
	int64_t step_s = json_integer_value(
		json_object_get(data, "step_seconds"));

	print_titles(list, out);
	for (size_t i = 0; i < steps; i++)
		print_step(list, i, from_s + (int64_t)i * step_s, step_s, out);
}

static int open_history(const char *state_dir, struct history **ret)
{
	char path[PATH_MAX], why[STATE_WHY_MAX];
	int rc = history_path(state_dir, path);

	if (rc == 0)
		rc = history_open(path, false, ret);
	if (rc == -ENOENT)
		fprintf(stderr, "waymark history: %s: there is none yet; "
			"`waymark up` writes it\n", path);
	else if (rc < 0)
		fprintf(stderr, "waymark history: %s: %s\n", path,
			rc == -EBADMSG ? "damaged, or of another version" :
			state_file_reason(path, rc, why));
	return rc;
}

int cmd_history(int argc, char *argv[])
{
	struct history_options options = { .query.last_s = LAST_USUAL };
	struct history *history = NULL;
	int status = read_options(argc, argv, &options);
	json_t *data;

	if (status != EXIT_SUCCESS)
		return status;
	if (open_history(options.state_dir, &history) < 0)
		return EXIT_FAILURE;
	options.query.now_s = (int64_t)time(NULL);
	data = history_json(history, &options.query);
	history_close(history);
	keep_wanted(data, options.only);
	if (options.json) {
		json_dumpf(data, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	} else {
		print_table(data, stdout);
	}
	json_decref(data);
	return EXIT_SUCCESS;
}
