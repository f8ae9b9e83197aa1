/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state_file.c - access files of the state directory, see state_file.h. */
#include "rules/util/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/util/state_dir.h"

/* More than any state file has. */
#define FILE_MAX ((off_t)1 << 30)
#define FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* ---- owners ---- */

/* Root chose the owner of a directory that is right below a directory that
 * only root can write. */
static bool is_owner_of(const char *dir, const char *parent, uid_t uid)
{
	struct stat st, above;

	return stat(parent, &above) == 0 && above.st_uid == 0 &&
	       (above.st_mode & 022) == 0 && lstat(dir, &st) == 0 &&
	       S_ISDIR(st.st_mode) && st.st_uid == uid;
}

static bool is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid() ||
	       is_owner_of("/run/waymark", "/run", uid) ||
	       is_owner_of("/var/lib/waymark", "/var/lib", uid);
}

/* In a user namespace, directories of the host's root have the overflow UID,
 * which no user of the namespace has. */
static bool is_host_user(uid_t uid)
{
	unsigned int inside = 0, outside = 0, count = 0, overflow = 65534;
	FILE *in = fopen("/proc/sys/kernel/overflowuid", "re");

	if (in != NULL) {
		if (fscanf(in, "%u", &overflow) != 1)
			overflow = 65534;
		fclose(in);
	}
	if (uid != overflow)
		return false;
	in = fopen("/proc/self/uid_map", "re");
	while (in != NULL && fscanf(in, "%u %u %u", &inside, &outside,
				    &count) == 3)
		if (uid >= inside && uid - inside < count)
			uid = 0;
	if (in != NULL)
		fclose(in);
	return uid == overflow;
}

/* ---- directories ---- */

/* What is wrong with a part of the path; NULL: nothing. */
static const char *fault_of(const struct stat *st, bool is_parent, bool is_link)
{
	if (!is_trusted(st->st_uid) && !(is_parent && is_host_user(st->st_uid)))
		return "belongs to";
	if (is_link || (is_parent && (st->st_mode & S_ISVTX) != 0))
		return NULL;
	if ((st->st_mode & S_IWOTH) != 0)
		return "others";
	/* Root's group is as trusted as root. */
	if ((st->st_mode & S_IWGRP) != 0 && (st->st_gid != 0 || !is_parent))
		return "its group";
	return NULL;
}

static int report(const char *part, const struct stat *st, const char *fault,
		  char *why)
{
	if (why == NULL)
		return -EPERM;
	if (strcmp(fault, "belongs to") == 0)
		snprintf(why, STATE_WHY_MAX, "%s belongs to user %u, who could "
			 "change what is in it; give it to root", part,
			 (unsigned int)st->st_uid);
	else
		snprintf(why, STATE_WHY_MAX, "%s can be written by %s; "
			 "`chmod go-w` it", part, fault);
	return -EPERM;
}

/* Check each part of `path`: symbolic links only, or directories only. */
static int check_parts(const char *path, bool links, char *why)
{
	size_t len = strlen(path);
	char part[PATH_MAX];
	const char *fault;
	struct stat st;

	for (size_t i = 1; i <= len; i++) {
		/* The root directory comes first. */
		if (path[i] != '/' && path[i] != '\0' &&
		    (i != 1 || path[0] != '/'))
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if (lstat(part, &st) < 0)
			return -errno;
		if (links != S_ISLNK(st.st_mode))
			continue;
		if (!links && !S_ISDIR(st.st_mode))
			return -ENOTDIR;
		fault = fault_of(&st, i < len, links);
		if (fault != NULL)
			return report(part, &st, fault, why);
	}
	return 0;
}

static int check_dir(const char *dir, char *why)
{
	char real[PATH_MAX];
	int rc;

	if (realpath(dir, real) == NULL)
		return -errno;
	rc = check_parts(dir, true, why);
	return rc < 0 ? rc : check_parts(real, false, why);
}

int state_dir_check(const char *dir)
{
	return check_dir(dir, NULL);
}

static void dir_of(const char *path, char dir[static PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		strcpy(dir, ".");
	else
		snprintf(dir, PATH_MAX, "%.*s",
			 slash == path ? 1 : (int)(slash - path), path);
}

static void go_up(char dir[static PATH_MAX])
{
	char lower[PATH_MAX];

	strcpy(lower, dir);
	dir_of(lower, dir);
}

/* ---- files ---- */

static int check_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && is_trusted(st.st_uid) &&
	       st.st_size <= FILE_MAX ? 0 : -EBADMSG;
}

/* A descriptor of a file that passed the checks, or -errno. ENXIO is a socket
 * or a FIFO without a reader. */
static int open_checked(const char *path, int flags)
{
	char dir[PATH_MAX];
	int rc, fd;

	dir_of(path, dir);
	rc = state_dir_check(dir);
	if (rc < 0)
		return rc;
	fd = open(path, flags | FLAGS, 0600);
	if (fd < 0)
		return errno == ELOOP || errno == ENXIO || errno == EISDIR ?
		       -EBADMSG : -errno;
	rc = check_file(fd);
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

/* A creator's umask may have taken rights from it, and an earlier version may
 * have given some to others. A file of another user stays as it is. */
static void own_mode(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (st.st_mode & 0777) != 0600)
		(void)!fchmod(fd, 0600);
}

int state_file_open(const char *path)
{
	int fd = open_checked(path, O_RDWR | O_CREAT);

	if (fd >= 0)
		own_mode(fd);
	return fd;
}

int state_file_open_read(const char *path)
{
	return open_checked(path, O_RDONLY);
}

int state_file_read(const char *path, char **ret_text, size_t *ret_len)
{
	int fd = state_file_open_read(path), rc = 0;
	char *text = NULL;
	struct stat st;
	size_t got = 0;
	ssize_t more;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		rc = -errno;
	else
		text = malloc((size_t)st.st_size + 1);
	if (rc == 0 && text == NULL)
		rc = -ENOMEM;
	while (rc == 0 && got < (size_t)st.st_size) {
		more = read(fd, text + got, (size_t)st.st_size - got);
		if (more < 0 && errno != EINTR)
			rc = -errno;
		if (more == 0)
			break;
		if (more > 0)
			got += (size_t)more;
	}
	close(fd);
	if (rc < 0) {
		free(text);
		return rc;
	}
	text[got] = '\0';
	*ret_text = text;
	*ret_len = got;
	return 0;
}

static int write_all(int fd, const char *text, size_t len)
{
	ssize_t done;

	while (len > 0) {
		done = write(fd, text, len);
		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			text += done;
			len -= (size_t)done;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* The new file replaces what a process that died left under its name. */
static int write_new(const char *path, const char *text, size_t len)
{
	int fd, rc;

	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	fd = open_checked(path, O_WRONLY | O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	own_mode(fd);
	rc = write_all(fd, text, len);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	return rc;
}

static int sync_dir(const char *path)
{
	char dir[PATH_MAX];
	int fd, rc;

	dir_of(path, dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

int state_file_write(const char *path, const void *text, size_t len)
{
	char next[PATH_MAX];
	int rc;

	if (snprintf(next, sizeof(next), "%s.new", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	rc = state_dir_make_for(path);
	if (rc < 0)
		return rc;
	rc = write_new(next, text, len);
	if (rc == 0 && rename(next, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(next);
	return rc < 0 ? rc : sync_dir(path);
}

int state_file_print(const char *path,
		     int (*print)(const void *what, FILE *out),
		     const void *what)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int rc;

	if (out == NULL)
		return -ENOMEM;
	rc = print(what, out);
	if (fclose(out) != 0 && rc == 0)
		rc = -ENOMEM;
	if (rc == 0)
		rc = state_file_write(path, text, len);
	free(text);
	return rc;
}

/* ---- messages ---- */

static const char *file_reason(const struct stat *st, char *why)
{
	if (S_ISLNK(st->st_mode))
		return "it is a symbolic link; remove it";
	if (!S_ISREG(st->st_mode))
		return "it is not a regular file; remove it";
	if (!is_trusted(st->st_uid)) {
		snprintf(why, STATE_WHY_MAX, "it belongs to user %u; remove "
			 "it, or give it to root", (unsigned int)st->st_uid);
		return why;
	}
	return "it is damaged, or of another version";
}

const char *state_file_reason(const char *path, int rc,
			      char why[static STATE_WHY_MAX])
{
	char dir[PATH_MAX];
	struct stat st;
	bool is_dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	const char *text = strerror(-rc);

	why[0] = '\0';
	if (rc == -EPERM) {
		snprintf(dir, sizeof(dir), "%s", path);
		if (!is_dir)
			dir_of(path, dir);
		/* It may not exist yet. */
		while (check_dir(dir, why) == -ENOENT)
			go_up(dir);
		text = why[0] != '\0' ? why : text;
	} else if (rc == -EBADMSG && lstat(path, &st) == 0) {
		text = file_reason(&st, why);
	}
	if (text != why)
		snprintf(why, STATE_WHY_MAX, "%s", text);
	return why;
}
