/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_dir.c - locate and create the state directory. */
#include "rules/util/state_dir.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "rules/util/state_file.h"

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

int state_dir_file(const char *given, const char *name,
		   char path[static PATH_MAX])
{
	char dir[PATH_MAX];
	int rc = state_dir_path(given, dir);

	if (rc < 0)
		return rc;
	return snprintf(path, PATH_MAX, "%s/%s", dir, name) <
	       PATH_MAX - (int)sizeof(".new") ? 0 : -ENAMETOOLONG;
}

/* Nothing is created below a directory of another user. */
static int make_one(const char *dir, const char *parent)
{
	struct stat st;
	int rc;

	if (lstat(dir, &st) == 0)
		return 0;
	rc = state_dir_check(parent);
	if (rc < 0)
		return rc;
	if (mkdir(dir, 0700) < 0)
		return errno == EEXIST ? 0 : -errno;
	/* The umask may have taken rights from it. */
	if (lstat(dir, &st) < 0)
		return -errno;
	return (st.st_mode & 0777) != 0700 && chmod(dir, 0700) < 0 ?
	       -errno : 0;
}

int state_dir_make(const char *dir)
{
	char part[PATH_MAX], parent[PATH_MAX] = ".";
	size_t len = strlen(dir);
	int rc = 0;

	if (dir[0] == '/')
		strcpy(parent, "/");
	for (size_t i = 1; rc == 0 && i <= len; i++) {
		if (dir[i] != '/' && dir[i] != '\0')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, dir);
		rc = make_one(part, parent);
		strcpy(parent, part);
	}
	return rc < 0 ? rc : state_dir_check(dir);
}

int state_dir_make_for(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return state_dir_check(slash == NULL ? "." : "/");
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	return state_dir_make(dir);
}

int state_file_set_aside(const char *path, char broken[static PATH_MAX])
{
	if (snprintf(broken, PATH_MAX, "%s.broken", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	return rename(path, broken) < 0 ? -errno : 0;
}
