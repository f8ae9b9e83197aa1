/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_file.c - locate and replace JSON files in the state directory. */
#include "rules/util/json_file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "rules/util/state_dir.h"

#define SUFFIX ".new"

int json_file_path(const char *state_dir, const char *name,
		   char path[static PATH_MAX])
{
	char dir[PATH_MAX];
	int rc = state_dir_path(state_dir, dir);

	if (rc < 0)
		return rc;
	return snprintf(path, PATH_MAX, "%s/%s", dir, name) <
	       PATH_MAX - (int)sizeof(SUFFIX) ? 0 : -ENAMETOOLONG;
}

static int write_file(const char *path, const json_t *value)
{
	FILE *out = fopen(path, "we");
	int rc;

	if (out == NULL)
		return -errno;
	rc = json_dumpf(value, out, JSON_INDENT(2)) < 0 ||
	     putc('\n', out) == EOF || fflush(out) != 0 ||
	     fsync(fileno(out)) < 0 ? -EIO : 0;
	if (fclose(out) != 0)
		rc = -EIO;
	return rc;
}

int json_file_save(const char *path, const json_t *value)
{
	char next[PATH_MAX + sizeof(SUFFIX)];
	int rc = state_dir_make_for(path);

	if (rc < 0)
		return rc;
	snprintf(next, sizeof(next), "%s" SUFFIX, path);
	rc = write_file(next, value);
	if (rc == 0 && rename(next, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(next);
	return rc;
}
