/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_flows.c - waymark flows: which flow uses which uplink, and why. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/hints/hint.h"
#include "rules/parse/keywords.h"
#include "tools/cmd.h"
#include "tools/flows_group.h"
#include "tools/flows_list.h"
#include "tools/flows_print.h"
#include "tools/options.h"

struct flows_options {
	const char *state_dir;
	struct flows_filter filter;
	struct flows_names names;
	bool has_leases;	/* --leases replaces the usual files */
	unsigned long times;	/* 0: once, or with `watch` for ever */
	bool watch, json;
	const char *by;		/* print sums by this key; NULL: flows */
};

/* ---- options ---- */

static const struct option words[] = {
	{ "state-dir", required_argument, NULL, 'd' },
	{ "client", required_argument, NULL, 'c' },
	{ "uplink", required_argument, NULL, 'u' },
	{ "class", required_argument, NULL, 'k' },
	{ "host", required_argument, NULL, 'h' },
	{ "app", required_argument, NULL, 'a' },
	{ "line", required_argument, NULL, 'l' },
	{ "unsettled", no_argument, NULL, 'U' },
	{ "sort", required_argument, NULL, 's' },
	{ "by", required_argument, NULL, 'b' },
	{ "rows", required_argument, NULL, 'r' },
	{ "leases", required_argument, NULL, 'f' },
	{ "watch", no_argument, NULL, 'w' },
	{ "json", no_argument, NULL, 'j' },
	{ 0 },
};

static bool refuse(const char *option, const char *value, const char *why)
{
	fprintf(stderr, "waymark flows: %s '%s': %s\n", option, value, why);
	return false;
}

/* A client is an address, a prefix, or a name of the lease files. */
static bool read_client(const char *text, struct flows_filter *filter)
{
	char why[ADDRESS_WHY_MAX];

	filter->client_name = NULL;
	filter->has_client = prefix_parse(text, strlen(text), &filter->client,
					  why) == 0;
	if (filter->has_client)
		return true;
	if (strpbrk(text, "/:") != NULL)
		return refuse("--client", text, why);
	filter->client_name = text;
	return true;
}

static bool check_app(const char *name)
{
	struct nearest nearest = { .word = name, .word_len = strlen(name) };
	char why[128];

	if (hints_app_find(name) != APP_NONE)
		return true;
	for (uint16_t app = 1; app < APP_MAX; app++)
		if (hints_app_name(app) != NULL)
			nearest_offer(&nearest, hints_app_name(app));
	snprintf(why, sizeof(why), nearest.best != NULL ?
		 "unknown application; did you mean '%s'?" :
		 "unknown application; `waymark hints` lists them%s",
		 nearest.best != NULL ? nearest.best : "");
	return refuse("--app", name, why);
}

static bool read_leases(struct flows_options *options, const char *path)
{
	int rc = flows_names_read(&options->names, path);

	options->has_leases = true;
	return rc == 0 || refuse("--leases", path, strerror(-rc));
}

static bool read_sort(struct flows_options *options, const char *key)
{
	char why[128];

	options->filter.sort = key;
	if (flows_list_has_key(key))
		return true;
	snprintf(why, sizeof(why), "use %s", flows_list_keys);
	return refuse("--sort", key, why);
}

static bool read_by(struct flows_options *options, const char *key)
{
	char why[128];

	options->by = key;
	snprintf(why, sizeof(why), "use %s", flows_group_keys);
	if (!flows_group_has_key(key))
		return refuse("--by", key, why);
	options->filter.needs_lines = flows_group_needs_lines(key);
	return true;
}

static bool read_number(const char *option, const char *text,
			unsigned long *ret)
{
	return options_count(text, ret) ||
	       refuse(option, text, "not a number greater than 0");
}

static bool read_option(struct flows_options *options, int option,
			const char *value)
{
	struct flows_filter *filter = &options->filter;

	switch (option) {
	case 'd': options->state_dir = value; return true;
	case 'c': return read_client(value, filter);
	case 'u': filter->uplink = value; return true;
	case 'k': filter->class = value; return true;
	case 'h': filter->host = value + strspn(value, "."); return true;
	case 'a': filter->app = value; return check_app(value);
	case 'l': filter->line = value; return true;
	case 'U': filter->only_unsettled = true; return true;
	case 's': return read_sort(options, value);
	case 'b': return read_by(options, value);
	case 'r': return read_number("--rows", value, &filter->rows);
	case 'n': return read_number("-n", value, &options->times);
	case 'f': return read_leases(options, value);
	case 'w': options->watch = true; return true;
	case 'j': options->json = true; return true;
	default: return false;
	}
}

/* EXIT_SUCCESS, or the exit status of an error that was printed. */
static int check_together(struct flows_options *options)
{
	const char *name = options->filter.client_name;

	if (options->times != 0 && !options->watch) {
		fputs("waymark flows: -n needs --watch\n", stderr);
		return EXIT_USAGE;
	}
	if (!options->has_leases)
		flows_names_read_usual(&options->names);
	if (name == NULL || flows_names_has(&options->names, name))
		return EXIT_SUCCESS;
	refuse("--client", name, "neither an address or prefix nor a name in "
	       "/etc/hosts or a lease file; see --leases");
	return EXIT_USAGE;
}

static int read_options(int argc, char *argv[], struct flows_options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "n:", words, NULL)) != -1) {
		if (option == '?')
			return cmd_usage(argv[0]);
		if (!read_option(options, option, optarg))
			return EXIT_USAGE;
	}
	if (argc != optind) {
		fprintf(stderr, "waymark flows: unexpected argument '%s'\n",
			argv[optind]);
		return cmd_usage(argv[0]);
	}
	return check_together(options);
}

/* ---- output ---- */

static bool is_terminal(void)
{
	return isatty(STDOUT_FILENO) == 1;
}

/* What fits below the titles, and a line for what does not. */
static size_t rows_of_terminal(void)
{
	struct winsize size;

	if (!is_terminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ||
	    size.ws_row < 4)
		return SIZE_MAX;
	return size.ws_row - 3u;
}

static size_t rows_to_show(const struct flows_options *options)
{
	size_t rows = options->filter.rows;

	if (!options->watch || options->json || rows <= rows_of_terminal())
		return rows;
	return rows_of_terminal();
}

static void explain_counts(const struct flows_options *options,
			   const struct flows_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].entry.is_counted)
			return;
	if (!options->json && list->count > 0 && !flows_kernel_counts())
		fputs("waymark flows: the kernel does not count bytes of "
		      "flows; `sysctl net.netfilter.nf_conntrack_acct=1` "
		      "counts those of new ones\n", stderr);
}

static void show(const struct flows_options *options,
		 const struct flows_list *list)
{
	if (options->json && options->by == NULL) {
		flows_print_json(list, stdout);
		return;
	}
	/* ECMA-48: cursor to the corner, and erase what is below. */
	if (options->watch && is_terminal() && !options->json)
		fputs("\033[H\033[J", stdout);
	if (options->by != NULL) {
		if (flows_group_print(list, options->by, options->filter.sort,
				      rows_to_show(options), options->json,
				      stdout) < 0)
			fputs("waymark flows: out of memory\n", stderr);
		return;
	}
	flows_print_table(list, flows_print_width(stdout), stdout);
	if (list->shown < list->count)
		printf("%zu of %zu flows\n", list->shown, list->count);
}

static int list_once(struct flows_options *options,
		     const struct flows_list *prev, struct flows_list *ret)
{
	struct flows_filter filter = options->filter;

	filter.rows = rows_to_show(options);
	return flows_list(options->state_dir, &filter, &options->names, prev,
			  ret);
}

/* A rate is the difference of two lists. */
static int list_rates(struct flows_options *options)
{
	struct flows_list prev, list;
	unsigned long shown = 0;
	int status = list_once(options, NULL, &prev);

	if (status != EXIT_SUCCESS)
		return status;
	do {
		sleep(1);
		status = list_once(options, &prev, &list);
		if (status != EXIT_SUCCESS)
			break;
		show(options, &list);
		if (shown == 0)
			explain_counts(options, &list);
		if (fflush(stdout) != 0)
			status = EXIT_FAILURE;
		flows_list_free(&prev);
		prev = list;
	} while (status == EXIT_SUCCESS && options->watch &&
		 ++shown != options->times);
	flows_list_free(&prev);
	return status;
}

static int run(struct flows_options *options)
{
	struct flows_list list;
	int status;

	if (options->watch || strcmp(options->filter.sort, "rate") == 0)
		return list_rates(options);
	status = list_once(options, NULL, &list);
	if (status != EXIT_SUCCESS)
		return status;
	show(options, &list);
	explain_counts(options, &list);
	flows_list_free(&list);
	return EXIT_SUCCESS;
}

int cmd_flows(int argc, char *argv[])
{
	struct flows_options options = {
		.filter = { .sort = "bytes", .rows = SIZE_MAX },
	};
	int status = read_options(argc, argv, &options);

	if (status == EXIT_SUCCESS)
		status = run(&options);
	flows_names_fini(&options.names);
	return status;
}
