/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_doctor.c - waymark doctor: report what is missing on this machine, and
 * the fix. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "rules/setup/doctor/doctor.h"
#include "rules/setup/plan/health.h"
#include "rules/setup/setup.h"
#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/daemon/engine_lock.h"
#include "tools/doctor_processes.h"
#include "tools/load/load.h"
#include "tools/status.h"

static const char *const levels[] = { "ok", "warning", "error" };

static void print(void *ctx, enum doctor_level level, const char *line,
		  const char *fix)
{
	bool *has_error = ctx;

	printf("%-8s %s\n", levels[level], line);
	if (fix != NULL)
		printf("         fix: %s\n", fix);
	*has_error |= level == DOCTOR_ERROR;
}

/* Only the daemon knows what its probes find. */
static void report_probes(const char *state_dir, bool *has_error)
{
	char dir[PATH_MAX], line[128];
	json_t *status = NULL;

	if (setup_state_dir(state_dir, dir) < 0 || !health_is_kept(dir))
		return;
	client_ask("doctor", state_dir, json_pack("{s:s}", "do", "status"),
		   &status);
	for (int v6 = 0; v6 < 2 && status != NULL; v6++) {
		if (!status_all_fail(status, v6))
			continue;
		snprintf(line, sizeof(line), "health checks, IPv%d: "
			 STATUS_ALL_FAIL, v6 ? 6 : 4);
		print(has_error, DOCTOR_WARNING, line,
		      "check the lines; if they work, probe another target");
	}
	json_decref(status);
}

/* Report what a daemon may do, if one runs. */
static void report_processes(const char *state_dir, bool *has_error)
{
	pid_t daemon = engine_lock_owner(state_dir);

	if (daemon > 0)
		doctor_processes(daemon, print, has_error);
}

static int examine(const char *path, const char *state_dir, bool probe)
{
	struct load_options options = { .here = true, .state_dir = state_dir };
	struct policy *policy = NULL;
	bool has_error = false;
	int rc = 0;

	if (path != NULL) {
		policy = load_policy(path, &options);
		if (policy == NULL)
			return EXIT_FAILURE;
	}
	rc = probe ? doctor_prove(policy, state_dir, print, &has_error) :
		     doctor_examine(policy, print, &has_error);
	report_probes(state_dir, &has_error);
	report_processes(state_dir, &has_error);
	if (rc < 0)
		fprintf(stderr, "waymark doctor: netlink: %s\n", strerror(-rc));
	policy_free(policy);
	return rc < 0 || has_error ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_doctor(int argc, char *argv[])
{
	static const struct option words[] = {
		{ "probe", no_argument, NULL, 'p' },
		{ "state-dir", required_argument, NULL, 's' },
		{ 0 },
	};
	const char *state_dir = NULL;
	bool probe = false;
	int option;

	while ((option = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (option == 's')
			state_dir = optarg;
		else if (option == 'p')
			probe = true;
		else
			return cmd_usage(argv[0]);
	}
	if (argc - optind > 1 || (probe && argc - optind != 1))
		return cmd_usage(argv[0]);
	return examine(argc > optind ? argv[optind] : NULL, state_dir, probe);
}
