/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.c - read whole files, resolve the paths in them. */
#include "rules/util/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first buffer of a pipe. */
#define PIPE_ROOM ((size_t)65536)

/* Accept files and pipes: a device might never end. */
static int check_kind(int fd, size_t *ret_size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return -ENODEV;
	if (st.st_size > (off_t)SOURCE_MAX)
		return -EFBIG;
	*ret_size = S_ISREG(st.st_mode) ? (size_t)st.st_size : PIPE_ROOM;
	return 0;
}

/* 0 when `room` is full, 1 at the end of the file, or -errno. */
static int fill(int fd, char *text, size_t room, size_t *len)
{
	ssize_t got;

	while (*len < room) {
		got = read(fd, text + *len, room - *len);
		if (got == 0)
			return 1;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			*len += got;
		if (*len > SOURCE_MAX)
			return -EFBIG;
	}
	return 0;
}

/* Read to the end whatever the size: files in /proc report 0, others grow. */
static int read_all(int fd, size_t room, char **ret_text, size_t *ret_len)
{
	char *text = NULL, *larger;
	size_t len = 0;
	int rc = 0;

	for (room += 1; rc == 0; room = 2 * room + PIPE_ROOM) {
		larger = realloc(text, room + 1);
		if (larger == NULL) {
			rc = -ENOMEM;
			break;
		}
		text = larger;
		rc = fill(fd, text, room, &len);
	}
	if (rc == 1) {
		text[len] = '\0';
		*ret_text = text;
		*ret_len = len;
		return 0;
	}
	free(text);
	return rc;
}

static const char *reason(int rc)
{
	switch (rc) {
	case -EISDIR:
		return "it is a directory";
	case -ENODEV:
		return "it is neither a file nor a pipe";
	case -EFBIG:
		return "it is larger than 1 GiB";
	default:
		return strerror(-rc);
	}
}

int source_read(const char *path, struct place from, struct diag *diag,
		struct source **ret_source)
{
	struct source *source = NULL;
	char *text = NULL, *name = strdup(path);
	size_t size = 0, len = 0;
	int fd, rc;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	rc = fd < 0 ? -errno : check_kind(fd, &size);
	if (rc < 0)
		goto out;
	rc = read_all(fd, size, &text, &len);
	if (rc < 0)
		goto out;
	rc = -ENOMEM;
	source = malloc(sizeof(*source));
	if (source == NULL || name == NULL)
		goto out;
	*source = (struct source){ .name = name, .text = text, .len = len };
	*ret_source = source;
	source = NULL;
	name = NULL;
	text = NULL;
	rc = 0;
out:
	if (rc < 0)
		diag_add(diag, DIAG_ERROR, from, NULL, "cannot read '%s': %s",
			 path, reason(rc));
	if (fd >= 0)
		close(fd);
	free(source);
	free(text);
	free(name);
	return rc == -EISDIR || rc == -ENODEV ? -EINVAL : rc;
}

void source_free(struct source *source)
{
	if (source == NULL)
		return;
	free((char *)source->name);
	free((char *)source->text);
	free(source);
}

char *source_resolve(const struct source *from, const char *path)
{
	const char *slash = from != NULL ? strrchr(from->name, '/') : NULL;
	size_t dir, len = strlen(path);
	char *resolved;

	if (path[0] == '/' || slash == NULL)
		return strdup(path);
	dir = slash + 1 - from->name;
	resolved = malloc(dir + len + 1);
	if (resolved == NULL)
		return NULL;
	memcpy(resolved, from->name, dir);
	memcpy(resolved + dir, path, len + 1);
	return resolved;
}
