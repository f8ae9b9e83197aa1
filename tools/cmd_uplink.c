/* cmd_uplink.c - waymark uplink: which are in use, and to say which are not. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rules/setup/health.h"
#include "rules/setup/setup.h"
#include "tools/cmd.h"
#include "tools/options.h"

static const char *const wishes[] = { "auto", "up", "down" };

static void print_way(const struct health_uplink *item, int v6)
{
	const char *by = item->carrier[v6];
	bool is_dead = v6 ? item->dead6 : item->dead4;

	printf("  IPv%c: %s%s%s", v6 ? '6' : '4',
	       by[0] == '\0'		      ? "no way" :
	       strcmp(by, item->name) == 0 ? "itself" : "by ",
	       by[0] == '\0' || strcmp(by, item->name) == 0 ? "" : by,
	       is_dead ? " (probes fail)" : "");
}

static int list(const char *dir)
{
	struct health health;
	int rc = health_load(dir, &health);

	for (size_t i = 0; i < health.count && rc == 0; i++) {
		const struct health_uplink *item = &health.items[i];

		printf("%-12s %-4s", item->name, wishes[item->wish]);
		print_way(item, 0);
		print_way(item, 1);
		putchar('\n');
	}
	health_fini(&health);
	return rc;
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

static int wish(const char *dir, enum health_wish wanted, const char *name)
{
	struct health health;
	int rc = health_load(dir, &health);

	if (rc == 0 && !is_known(&health, name))
		rc = -ENOENT;
	else if (rc == 0)
		rc = health_save_wish(dir, name, wanted);
	if (rc < 0 && rc != -ENOENT)
		fprintf(stderr, "waymark uplink: %s: %s\n", dir, strerror(-rc));
	health_fini(&health);
	if (rc == 0)
		printf("uplink %s: %s\n", name, wishes[wanted]);
	return rc;
}

static int act(int argc, char *argv[], const char *dir)
{
	int wanted = -1;

	for (int i = 0; argc == 2 && i < 3; i++)
		if (strcmp(argv[0], wishes[i]) == 0)
			wanted = i;
	if (argc != 0 && wanted < 0)
		return cmd_usage("uplink");
	if (!health_is_kept(dir)) {
		fprintf(stderr, "waymark uplink: `waymark up` does not run "
			"here; start it first\n");
		return EXIT_FAILURE;
	}
	if (argc == 0)
		return list(dir) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	return wish(dir, (enum health_wish)wanted, argv[1]) < 0 ?
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
		fprintf(stderr, "waymark uplink: state folder: %s\n",
			strerror(-rc));
		return EXIT_FAILURE;
	}
	return act(argc - optind, argv + optind, dir);
}
