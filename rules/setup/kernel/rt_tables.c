/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rt_tables.c - name our routing tables for iproute2. */
#include "rules/setup/kernel/rt_tables.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/setup/kernel/nft.h"

#define NAME "waymark.conf"
/* A larger file is not ours. */
#define FILE_MAX 65536

static void parent_of(const char *dir, char parent[static PATH_MAX])
{
	char *slash;

	snprintf(parent, PATH_MAX, "%s", dir);
	slash = strrchr(parent, '/');
	if (slash != NULL)
		*slash = '\0';
}

/* By the capabilities in effect, which access(2) ignores for a user other than
 * root. */
static bool is_writable(const char *path)
{
	return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

/* Its parent, /etc, where it does not exist itself. */
static bool is_read_only(const char *dir)
{
	char parent[PATH_MAX];

	if (is_writable(dir))
		return false;
	if (errno != ENOENT)
		return true;
	parent_of(dir, parent);
	return !is_writable(parent);
}

int rt_tables_read(const char *dir, struct rt_tables *ret)
{
	char path[PATH_MAX];
	char parent[PATH_MAX];
	char *text;
	size_t len;
	FILE *in;

	*ret = (struct rt_tables){ 0 };
	parent_of(dir, parent);
	ret->dirs_missing = (access(dir, F_OK) < 0) +
			       (access(parent, F_OK) < 0);
	ret->is_read_only = is_read_only(ret->dirs_missing == 0 ? dir : parent);
	snprintf(path, sizeof(path), "%s/" NAME, dir);
	in = fopen(path, "re");
	if (in == NULL)
		return errno == ENOENT ? 0 : -errno;
	text = calloc(1, FILE_MAX + 1);
	if (text == NULL) {
		fclose(in);
		return -ENOMEM;
	}
	len = fread(text, 1, FILE_MAX, in);
	ret->exists = true;
	ret->hash = len < FILE_MAX ? nft_hash(text) : 0;
	free(text);
	fclose(in);
	return 0;
}

static int make_dir(const char *path)
{
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int rt_tables_write(const char *dir, const char *text)
{
	char path[PATH_MAX];
	char next[PATH_MAX];
	FILE *out;
	int rc, fd;

	parent_of(dir, path);
	rc = make_dir(path);
	if (rc == 0)
		rc = make_dir(dir);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/" NAME, dir);
	snprintf(next, sizeof(next), "%s/" NAME ".next", dir);
	unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (out == NULL) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		return rc;
	}
	/* For every user of ip, whatever the umask. */
	if (fchmod(fd, 0644) < 0)
		rc = -errno;
	fputs(text, out);
	if (fclose(out) != 0 || rename(next, path) < 0)
		rc = -errno;
	return rc;
}

int rt_tables_remove(const char *dir, unsigned int dirs_made)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" NAME ".next", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" NAME, dir);
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	parent_of(dir, path);
	if (dirs_made > 0 && rmdir(dir) == 0 && dirs_made > 1)
		rmdir(path);
	return 0;
}
