/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_dir.c - locate and create the state directory. */
#include "rules/util/state_dir.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DIR "/var/lib/waymark"

/* Each network namespace has its own inode of net/dev. Unlike ns/net it is
 * readable without rights over process 1. */
static bool is_initial_netns(void)
{
	struct stat first, ours;

	return stat("/proc/1/net/dev", &first) < 0 ||
	       stat("/proc/self/net/dev", &ours) < 0 ||
	       (first.st_ino == ours.st_ino && first.st_dev == ours.st_dev);
}

int state_dir_path(const char *given, char dir[static PATH_MAX])
{
	struct stat net;

	if (given == NULL && !is_initial_netns() &&
	    stat("/proc/self/ns/net", &net) == 0) {
		snprintf(dir, PATH_MAX, DIR "/netns-%lu",
			 (unsigned long)net.st_ino);
		return 0;
	}
	return snprintf(dir, PATH_MAX, "%s", given != NULL ? given : DIR) <
	       PATH_MAX ? 0 : -ENAMETOOLONG;
}

int state_dir_make(const char *dir)
{
	char part[PATH_MAX];
	size_t len = strlen(dir);

	for (size_t i = 1; i <= len; i++) {
		if (dir[i] != '/' && dir[i] != '\0')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, dir);
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int state_dir_make_for(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return 0;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	return state_dir_make(dir);
}

int state_file_set_aside(const char *path, char broken[static PATH_MAX])
{
	if (snprintf(broken, PATH_MAX, "%s.broken", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	return rename(path, broken) < 0 ? -errno : 0;
}
