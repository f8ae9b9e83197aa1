/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_test.c - waymark test: replay cases, compared with what is expected.
 * A case is a directory with case.policy, input.pcap and expect.txt: a line for
 * each flow, sorted. Prints TAP.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/replay/replay.h"
#include "tools/cmd.h"
#include "tools/load/load.h"
#include "tools/report.h"

#define PATH_ROOM 4096

struct lines {
	char **items;
	size_t count;
	size_t room;
};

static void lines_fini(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i]);
	free(lines->items);
	memset(lines, 0, sizeof(*lines));
}

/* Takes `line` over. */
static int lines_add(struct lines *lines, char *line)
{
	if (lines->count == lines->room) {
		size_t room = lines->room == 0 ? 64 : lines->room * 2;
		char **items = reallocarray(lines->items, room,
					    sizeof(*items));

		if (items == NULL) {
			free(line);
			return -ENOMEM;
		}
		lines->items = items;
		lines->room = room;
	}
	lines->items[lines->count++] = line;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_sort(struct lines *lines)
{
	if (lines->count > 0)
		qsort(lines->items, lines->count, sizeof(*lines->items),
		      by_text);
}

static int read_lines(FILE *in, struct lines *lines)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int rc = 0;

	while (rc == 0 && (len = getline(&line, &room, in)) >= 0) {
		char *copy;

		if (len > 0 && line[len - 1] == '\n')
			line[len - 1] = '\0';
		copy = strdup(line);
		rc = copy == NULL ? -ENOMEM : lines_add(lines, copy);
	}
	free(line);
	return rc;
}

static int flows_to_lines(const struct policy *policy,
			  const struct replay *replay, struct lines *lines)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	FILE *in;
	int rc = -ENOMEM;

	if (out == NULL)
		return rc;
	for (size_t i = 0; i < replay_flows(replay); i++) {
		const struct replay_flow *flow = replay_flow(replay, i);

		if (flow != NULL)
			report_case_line(policy, flow, out);
	}
	if (fclose(out) == 0 && replay_error(replay) == 0) {
		in = len > 0 ? fmemopen(text, len, "r") : NULL;
		rc = in != NULL ? read_lines(in, lines) : 0;
		if (in != NULL)
			fclose(in);
	}
	free(text);
	lines_sort(lines);
	return rc;
}

/* What the case's capture gives under the case's policy. */
static int replay_case(const char *dir, struct lines *ret_lines)
{
	/* What a case knows of names is its own, too. */
	struct load_options options_load = { .quiet = true, .is_case = true };
	struct replay_options options = { 0 };
	char path[PATH_ROOM], error[SOURCE_ERROR_MAX];
	struct policy *policy;
	struct replay *replay = NULL;
	int rc = -EINVAL;

	snprintf(path, sizeof(path), "%s/case.policy", dir);
	options_load.state_dir = dir;
	policy = load_policy(path, &options_load);
	if (policy == NULL)
		goto out;
	replay = replay_new(policy, &options);
	if (replay == NULL) {
		rc = -ENOMEM;
		goto out;
	}
	snprintf(path, sizeof(path), "%s/input.pcap", dir);
	rc = replay_file(replay, path, error);
	if (rc < 0)
		printf("# %s\n", error);
	else
		rc = flows_to_lines(policy, replay, ret_lines);
out:
	replay_free(replay);
	policy_free(policy);
	return rc;
}

static int read_expected(const char *dir, struct lines *ret_lines)
{
	char path[PATH_ROOM];
	FILE *in;
	int rc;

	snprintf(path, sizeof(path), "%s/expect.txt", dir);
	in = fopen(path, "r");
	if (in == NULL) {
		printf("# %s: %s\n", path, strerror(errno));
		return -errno;
	}
	rc = read_lines(in, ret_lines);
	fclose(in);
	lines_sort(ret_lines);
	return rc;
}

/* Both sorted; prints what only one side has. */
static bool compare(const struct lines *got, const struct lines *want)
{
	size_t g = 0, w = 0;
	bool same = true;

	while (g < got->count || w < want->count) {
		int order = g == got->count ? 1 :
			    w == want->count ? -1 :
			    strcmp(got->items[g], want->items[w]);

		if (order < 0)
			printf("#   got:  %s\n", got->items[g]);
		if (order > 0)
			printf("#   want: %s\n", want->items[w]);
		same = same && order == 0;
		g += order <= 0;
		w += order >= 0;
	}
	return same;
}

static bool write_expected(const char *dir, const struct lines *lines)
{
	char path[PATH_ROOM];
	FILE *out;

	snprintf(path, sizeof(path), "%s/expect.txt", dir);
	out = fopen(path, "w");
	if (out == NULL) {
		printf("# %s: %s\n", path, strerror(errno));
		return false;
	}
	for (size_t i = 0; i < lines->count; i++)
		fprintf(out, "%s\n", lines->items[i]);
	return fclose(out) == 0;
}

static bool run_case(const char *dir, bool bless)
{
	struct lines got = { 0 }, want = { 0 };
	bool good = replay_case(dir, &got) == 0;

	if (good && bless)
		good = write_expected(dir, &got);
	else if (good)
		good = read_expected(dir, &want) == 0 && compare(&got, &want);
	lines_fini(&got);
	lines_fini(&want);
	return good;
}

/* `dir` when it is a case, else the cases right below it. */
static int find_cases(const char *dir, struct lines *cases)
{
	char path[PATH_ROOM];
	struct dirent **names;
	int count, rc = 0;

	snprintf(path, sizeof(path), "%s/case.policy", dir);
	if (access(path, F_OK) == 0) {
		char *copy = strdup(dir);

		return copy == NULL ? -ENOMEM : lines_add(cases, copy);
	}
	count = scandir(dir, &names, NULL, alphasort);
	if (count < 0) {
		fprintf(stderr, "waymark: %s: %s\n", dir, strerror(errno));
		return -errno;
	}
	for (int i = 0; i < count; i++) {
		char *below = NULL;

		snprintf(path, sizeof(path), "%s/%s/case.policy", dir,
			 names[i]->d_name);
		if (rc == 0 && access(path, F_OK) == 0) {
			rc = asprintf(&below, "%s/%s", dir, names[i]->d_name);
			rc = rc < 0 ? -ENOMEM : lines_add(cases, below);
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

int cmd_test(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "bless", no_argument, NULL, 'b' }, { 0 },
	};
	struct lines cases = { 0 };
	bool bless = false;
	size_t failed = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option != 'b')
			return cmd_usage(argv[0]);
		bless = true;
	}
	if (optind == argc)
		return cmd_usage(argv[0]);
	for (; optind < argc; optind++)
		if (find_cases(argv[optind], &cases) < 0) {
			lines_fini(&cases);
			return EXIT_FAILURE;
		}
	if (cases.count == 0)
		fprintf(stderr, "waymark: no directory with a case.policy\n");
	printf("1..%zu\n", cases.count);
	for (size_t i = 0; i < cases.count; i++) {
		bool good = run_case(cases.items[i], bless);

		failed += !good;
		printf("%s %zu - %s\n", good ? "ok" : "not ok", i + 1,
		       cases.items[i]);
	}
	if (cases.count == 0)
		failed = 1;
	lines_fini(&cases);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
