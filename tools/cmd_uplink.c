/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_uplink.c - waymark uplink: show the uplinks, force one up or down. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rules/setup/plan/health.h"
#include "rules/setup/setup.h"
#include "rules/util/state_file.h"
#include "tools/client.h"
#include "tools/cmd.h"
#include "tools/options.h"
#include "tools/status.h"

static const char *const admin_states[] = { "auto", "up", "down" };

static int list(const char *state_dir)
{
	json_t *status;
	int exit_status = client_ask("uplink", state_dir,
				     json_pack("{s:s}", "do", "status"),
				     &status);

	if (status != NULL)
		status_print_uplinks(status, stdout);
	json_decref(status);
	return exit_status;
}

static bool is_known(const struct health *health, const char *name)
{
	for (size_t i = 0; i < health->count; i++)
		if (strcmp(health->items[i].name, name) == 0)
			return true;
	fprintf(stderr, "waymark uplink: there is no uplink '%s'; these are:",
		name);
	for (size_t i = 0; i < health->count; i++)
		fprintf(stderr, " %s", health->items[i].name);
	fputc('\n', stderr);
	return false;
}

static int admin_state(const char *dir, enum health_admin_state wanted, const char *name)
{
	char why[STATE_WHY_MAX];
	struct health health;
	int rc = health_load(dir, 0, &health);

	if (rc == 0 && !is_known(&health, name))
		rc = -ENOENT;
	else if (rc == 0)
		rc = health_save_admin_state(dir, name, wanted);
	if (rc < 0 && rc != -ENOENT)
		fprintf(stderr, "waymark uplink: %s: %s\n", dir,
			state_file_reason(dir, rc, why));
	health_fini(&health);
	if (rc == 0)
		printf("uplink %s: %s\n", name, admin_states[wanted]);
	return rc;
}

static int act(int argc, char *argv[], const char *state_dir, const char *dir)
{
	int wanted = -1;

	for (int i = 0; argc == 2 && i < 3; i++)
		if (strcmp(argv[0], admin_states[i]) == 0)
			wanted = i;
	if (argc != 0 && wanted < 0)
		return cmd_usage("uplink");
	if (!health_is_kept(dir)) {
		fprintf(stderr, "waymark uplink: `waymark up` does not run "
			"here; start it first\n");
		return EXIT_FAILURE;
	}
	if (argc == 0)
		return list(state_dir);
	return admin_state(dir, (enum health_admin_state)wanted, argv[1]) < 0 ?
		       EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_uplink(int argc, char *argv[])
{
	struct options options;
	char dir[PATH_MAX];
	int rc;

	if (!options_read(argc, argv, false, 0, INT_MAX, &options))
		return cmd_usage(argv[0]);
	rc = setup_state_dir(options.state_dir, dir);
	if (rc < 0) {
		fprintf(stderr, "waymark uplink: state directory: %s\n",
			strerror(-rc));
		return EXIT_FAILURE;
	}
	return act(argc - optind, argv + optind, options.state_dir, dir);
}
