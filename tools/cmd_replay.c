/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_replay.c - waymark replay: classify captures as the engine would. */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/learn/learned.h"
#include "engine/replay/replay.h"
#include "tools/cmd.h"
#include "tools/load/load.h"
#include "tools/options.h"
#include "tools/progress.h"
#include "tools/report.h"
#include "tools/report/report_html.h"

enum form { FORM_TABLE, FORM_JSON, FORM_CSV, FORM_HTML, FORM_PACKETS };

/* What --html writes. */
struct page {
	const char *file;
	const char *policy;	/* its path */
	char **captures;
};

struct listing {
	const struct policy *policy;
	struct progress *progress;	/* NULL: not where the packets are */
};

static void print_packet(void *ctx, const struct replay_packet *packet)
{
	const struct listing *listing = ctx;

	progress_hold(listing->progress);
	report_packet(listing->policy, packet, stdout);
	progress_release(listing->progress);
}

static int write_page(const struct policy *policy, const struct replay *replay,
		      const struct page *page)
{
	FILE *out = fopen(page->file, "we");
	int rc;

	if (out == NULL)
		rc = -errno;
	else
		rc = report_html(policy, page->policy, page->captures, replay,
				 out);
	if (out != NULL && fclose(out) != 0 && rc == 0)
		rc = -errno;
	if (rc < 0)
		fprintf(stderr, "waymark replay: %s: %s\n", page->file,
			strerror(-rc));
	else
		printf("%s: %zu flows\n", page->file, replay_flows(replay));
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_flows(const struct policy *policy, const struct replay *replay,
		       enum form form, const struct page *page)
{
	int rc = 0;

	if (form == FORM_HTML)
		return write_page(policy, replay, page);
	if (form == FORM_CSV)
		rc = report_csv(policy, replay, stdout);

	if (form == FORM_TABLE)
		rc = report_table(policy, replay, stdout);
	if (form == FORM_JSON)
		rc = report_json(policy, replay, stdout);
	if (rc == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "waymark: %s\n", strerror(-rc));
	return EXIT_FAILURE;
}

/* Packets are printed while the capture is read, and a pipe may lead to the
 * terminal, too; flows are printed at the end. */
static bool has_progress(enum form form)
{
	struct stat stat;

	if (form != FORM_PACKETS)
		return true;
	return fstat(STDOUT_FILENO, &stat) == 0 &&
	       (S_ISREG(stat.st_mode) || S_ISCHR(stat.st_mode));
}

/* False: one could not be read to its end. */
static bool feed(struct replay *replay, char *paths[],
		 struct progress *progress, bool complains)
{
	char error[SOURCE_ERROR_MAX];
	bool is_whole = true;

	for (; *paths != NULL; paths++) {
		int rc;

		progress_begin(progress, replay, *paths);
		rc = replay_file(replay, *paths, error);
		progress_end(progress);
		if (rc == 0)
			continue;
		is_whole = false;
		if (!complains)
			continue;
		progress_hold(progress);
		fprintf(stderr, "%s\n", error);
		progress_release(progress);
	}
	return is_whole;
}

/* Learn from the captures into options->learned. A broken capture is reported
 * when it is printed. */
static bool learn_from(const struct policy *policy,
		       const struct replay_options *options, char *paths[],
		       struct progress *progress)
{
	struct replay *replay = replay_new(policy, options);

	if (replay == NULL)
		return false;
	feed(replay, paths, progress, false);
	replay_free(replay);
	return true;
}

/* The captures read, twice if asked for. NULL: out of memory. */
static struct replay *read_all(struct policy *policy,
			       struct replay_options *options, enum form form,
			       char *paths[], bool *ret_is_whole)
{
	size_t readings = options->learned != NULL ? 2 : 1;
	struct listing listing = { .policy = policy };
	struct progress *progress = NULL;
	struct replay *replay = NULL;
	size_t captures = 0;

	while (paths[captures] != NULL)
		captures++;
	if (has_progress(form))
		progress = progress_new(readings * captures);
	if (isatty(STDOUT_FILENO) == 1)
		listing.progress = progress;
	if (options->learned == NULL ||
	    learn_from(policy, options, paths, progress)) {
		if (form == FORM_PACKETS) {
			options->each_packet = print_packet;
			options->ctx = &listing;
		}
		replay = replay_new(policy, options);
		if (replay != NULL)
			*ret_is_whole = feed(replay, paths, progress, true);
	}
	progress_free(progress);
	return replay;
}

/* The second pass over the captures knows what the first pass learned. */
static bool warm_up(struct replay_options *options, char *paths[])
{
	static const struct learned_options repeatable = {
		.repeatable = true,
	};

	for (; *paths != NULL; paths++)
		if (strcmp(*paths, "-") == 0) {
			fprintf(stderr, "waymark: --warm reads captures twice: "
				"give files instead of '-'\n");
			return false;
		}
	options->learned = learned_new(&repeatable);
	if (options->learned == NULL)
		fprintf(stderr, "waymark: out of memory\n");
	return options->learned != NULL;
}

static int replay_all(struct policy *policy, struct replay_options *options,
		      enum form form, const struct page *page)
{
	char **paths = page->captures;
	struct replay *replay;
	bool is_whole = false;
	int status;

	if (policy_needs_interface(policy) && options->interface == NULL)
		fprintf(stderr, "waymark: captures do not record on which "
			"interface packets arrived, so 'in' conditions are "
			"false; --in NAME sets one\n");
	replay = read_all(policy, options, form, paths, &is_whole);
	if (replay == NULL) {
		fprintf(stderr, "waymark: out of memory\n");
		return EXIT_FAILURE;
	}
	status = is_whole ? EXIT_SUCCESS : EXIT_FAILURE;
	if (!is_whole && replay_totals(replay).frames == 0)
		form = FORM_PACKETS;	/* nothing to report */
	if (print_flows(policy, replay, form, page) != EXIT_SUCCESS)
		status = EXIT_FAILURE;
	replay_free(replay);
	return status;
}

/* More threads than processors would only take turns. */
static unsigned long bound_threads(unsigned long threads)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return threads;
	if (threads > (unsigned long)CPU_COUNT(&cpus))
		threads = (unsigned long)CPU_COUNT(&cpus);
	return threads;
}

int cmd_replay(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "csv", no_argument, NULL, 'c' },
		{ "html", required_argument, NULL, 'h' },
		{ "packets", no_argument, NULL, 'p' },
		{ "decap", no_argument, NULL, 'd' },
		{ "filter", required_argument, NULL, 'f' },
		{ "in", required_argument, NULL, 'i' },
		{ "threads", required_argument, NULL, 't' },
		{ "warm", no_argument, NULL, 'w' },
		{ "resolve", no_argument, NULL, 'r' },
		{ "state-dir", required_argument, NULL, 's' },
		{ 0 },
	};
	struct load_options load = { .quiet = true };
	struct replay_options options = { 0 };
	enum form form = FORM_TABLE;
	struct page page = { 0 };
	struct policy *policy;
	int option, status = EXIT_FAILURE, forms = 0;
	bool warm = false;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (option) {
		case 'j':
			form = FORM_JSON;
			forms++;
			break;
		case 'c':
			form = FORM_CSV;
			forms++;
			break;
		case 'h':
			form = FORM_HTML;
			page.file = optarg;
			forms++;
			break;
		case 'p':
			form = FORM_PACKETS;
			forms++;
			break;
		case 'd':
			options.decap = true;
			break;
		case 'f':
			options.filter = optarg;
			break;
		case 'i':
			options.interface = optarg;
			break;
		case 't':
			if (!options_count(optarg, &options.threads))
				return cmd_usage(argv[0]);
			break;
		case 'w':
			warm = true;
			break;
		case 'r':
			load.resolve = true;
			break;
		case 's':
			load.state_dir = optarg;
			break;
		default:
			return cmd_usage(argv[0]);
		}
	}
	if (argc - optind < 2 || forms > 1)
		return cmd_usage(argv[0]);
	policy = load_policy(argv[optind], &load);
	if (policy == NULL)
		return EXIT_FAILURE;
	options.threads = bound_threads(options.threads);
	page.policy = argv[optind];
	page.captures = argv + optind + 1;
	if (!warm || warm_up(&options, page.captures))
		status = replay_all(policy, &options, form, &page);
	learned_free(options.learned);
	policy_free(policy);
	return status;
}
