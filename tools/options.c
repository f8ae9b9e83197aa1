/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.c - parse common options, see options.h. */
#include "tools/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

bool options_read(int argc, char *argv[], bool has_json, int min, int max,
		  struct options *options)
{
	static const struct option words[] = {
		{ "state-dir", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' }, { 0 },
	};
	static const struct option words_without_json[] = {
		{ "state-dir", required_argument, NULL, 's' }, { 0 },
	};
	int option;

	*options = (struct options){ 0 };
	while ((option = getopt_long(argc, argv, "",
				     has_json ? words : words_without_json,
				     NULL)) != -1) {
		if (option == 's')
			options->state_dir = optarg;
		else if (option == 'j')
			options->json = true;
		else
			return false;
	}
	return argc - optind >= min && argc - optind <= max;
}

bool options_read_daemon(int argc, char *argv[], bool has_events,
			 struct options *options)
{
	static const struct option words[] = {
		{ "events-dir", required_argument, NULL, 'e' },
		{ "state-dir", required_argument, NULL, 's' },
		{ "verbose", no_argument, NULL, 'v' }, { 0 },
	};
	int option;

	*options = (struct options){ 0 };
	while ((option = getopt_long(argc, argv, "v", has_events ? words :
				     words + 1, NULL)) != -1) {
		if (option == 's')
			options->state_dir = optarg;
		else if (option == 'e')
			options->events_dir = optarg;
		else if (option == 'v')
			options->verbose = true;
		else
			return false;
	}
	return argc - optind == 1;
}

char *options_join(int argc, char *argv[])
{
	char *words = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&words, &len);

	if (out == NULL)
		return NULL;
	for (int i = 0; i < argc; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", argv[i]);
	return fclose(out) == 0 ? words : NULL;
}

bool options_time(const char *text, int64_t *ret_seconds)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char *end;
	long long n;

	*ret_seconds = 0;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || errno != 0 || n <= 0 || n > 100000000 ||
	    *end == '\0' || end[1] != '\0')
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit == *end)
			*ret_seconds = n * units[i].seconds;
	return *ret_seconds > 0;
}

bool options_count(const char *text, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' &&
	       errno == 0 && *ret > 0;
}
