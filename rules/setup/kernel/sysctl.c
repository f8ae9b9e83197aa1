/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl.c - read and write one value below /proc/sys. */
#include "rules/setup/kernel/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FULL_MAX 256

static int full_path(const char *path, char full[static FULL_MAX])
{
	return snprintf(full, FULL_MAX, "/proc/sys/%s", path) < FULL_MAX ?
		       0 : -ENAMETOOLONG;
}

static int open_at(const char *path, int flags)
{
	char full[FULL_MAX];
	int rc = full_path(path, full);

	if (rc < 0)
		return rc;
	rc = open(full, flags | O_CLOEXEC);
	return rc < 0 ? -errno : rc;
}

bool sysctl_is_writable(const char *path)
{
	/* access(2) would ignore the capabilities of a user other than root. */
	int fd = open_at(path, O_WRONLY);

	return fd >= 0 && close(fd) == 0;
}

int sysctl_read(const char *path, char value[static SYSCTL_VALUE_MAX])
{
	int fd = open_at(path, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read(fd, value, SYSCTL_VALUE_MAX - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return (int)len;
	value[len] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

int sysctl_write(const char *path, const char *value)
{
	int fd = open_at(path, O_WRONLY);
	int rc = 0;

	if (fd < 0)
		return fd;
	if (write(fd, value, strlen(value)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}
