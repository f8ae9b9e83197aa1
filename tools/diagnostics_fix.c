/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diagnostics_fix.c - write the corrections that messages propose to the files
 * of a policy. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/util/source.h"
#include "tools/diagnostics.h"

#define WORD_MAX 256

struct correction {
	char *file, *old;
	char word[WORD_MAX];
	struct place place;
};

struct corrections {
	struct correction *items;	/* by file and place */
	size_t count, room;
	int rc;
};

/* A file with its corrections, written beside it but not renamed yet. */
struct revision {
	char path[PATH_MAX];		/* without symbolic links */
	char temporary[PATH_MAX + 8];	/* "": not written */
};

static bool is_same_place(const struct correction *c,
			  const struct diag_item *item)
{
	return strcmp(c->file, item->file) == 0 &&
	       c->place.line == item->place.line &&
	       c->place.column + c->place.width > item->place.column;
}

/* Items come sorted; of two for one word the first counts. */
static void add(void *ctx, const struct diag_item *item)
{
	struct corrections *all = ctx;
	struct correction *c;
	char word[WORD_MAX];

	if (!diagnostics_correction(item, word, sizeof(word)) ||
	    (all->count > 0 &&
	     is_same_place(&all->items[all->count - 1], item)))
		return;
	if (all->count == all->room) {
		size_t room = all->room == 0 ? 16 : all->room * 2;

		c = reallocarray(all->items, room, sizeof(*c));
		if (c == NULL) {
			all->rc = -ENOMEM;
			return;
		}
		all->items = c;
		all->room = room;
	}
	c = &all->items[all->count++];
	*c = (struct correction){
		.file = strdup(item->file), .old = strdup(item->marked),
		.place = item->place,
	};
	memcpy(c->word, word, sizeof(word));
	if (c->file == NULL || c->old == NULL)
		all->rc = -ENOMEM;
}

/* The text at the place of a correction; NULL if it is not there any longer. */
static const char *find(const struct source *source,
			const struct correction *c)
{
	const char *at = source->text, *end = source->text + source->len;

	for (uint32_t line = 1; line < c->place.line; line++) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (at == NULL)
			return NULL;
		at++;
	}
	at += c->place.column - 1;
	if (at > end || (size_t)(end - at) < strlen(c->old) ||
	    memcmp(at, c->old, strlen(c->old)) != 0)
		return NULL;
	return at;
}

static int write_corrected(const struct source *source,
			   const struct correction *items, size_t count,
			   FILE *out)
{
	const char *from = source->text;

	for (size_t i = 0; i < count; i++) {
		const char *at = find(source, &items[i]);

		if (at == NULL || at < from)
			return -ESTALE;
		fwrite(from, 1, (size_t)(at - from), out);
		fputs(items[i].word, out);
		from = at + strlen(items[i].old);
	}
	fwrite(from, 1, (size_t)(source->text + source->len - from), out);
	return fflush(out) != 0 || fsync(fileno(out)) < 0 ? -errno : 0;
}

/* Create the temporary file with the owner and mode of the file. */
static FILE *open_beside(struct revision *revision)
{
	struct stat st;
	FILE *out;
	int fd;

	if (stat(revision->path, &st) < 0)
		return NULL;
	snprintf(revision->temporary, sizeof(revision->temporary), "%s.XXXXXX",
		 revision->path);
	fd = mkstemp(revision->temporary);
	if (fd < 0) {
		revision->temporary[0] = '\0';
		return NULL;
	}
	out = fchown(fd, st.st_uid, st.st_gid) < 0 ||
	      fchmod(fd, st.st_mode & 07777) < 0 ? NULL : fdopen(fd, "w");
	if (out == NULL)
		close(fd);
	return out;
}

static int revise(const struct correction *items, size_t count,
		  struct revision *revision)
{
	struct diag *unused = diag_new();
	struct source *source = NULL;
	FILE *out;
	int rc = unused == NULL ? -ENOMEM :
		 source_read(items[0].file, (struct place){ 0 }, unused,
			     &source);

	diag_free(unused);
	if (rc < 0)
		return rc;
	errno = 0;
	out = realpath(items[0].file, revision->path) == NULL ? NULL :
	      open_beside(revision);
	rc = out == NULL ? -errno :
	     write_corrected(source, items, count, out);
	if (out != NULL && fclose(out) != 0 && rc == 0)
		rc = -errno;
	source_free(source);
	return rc;
}

/* How many of the first corrections are of one file. */
static size_t same_file(const struct corrections *all, size_t from)
{
	size_t count = 1;

	while (from + count < all->count &&
	       strcmp(all->items[from].file, all->items[from + count].file) ==
		       0)
		count++;
	return count;
}

static void print(const struct corrections *all, FILE *out)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct correction *c = &all->items[i];

		fprintf(out, "%s:%u:%u: '%s' -> '%s'\n", c->file,
			c->place.line, c->place.column, c->old, c->word);
	}
}

static int fail(const char *file, int rc)
{
	fprintf(stderr, "%s: nothing is corrected: %s\n", file,
		rc == -ESTALE ? "the file has changed meanwhile" :
				strerror(-rc));
	return -1;
}

/* Rename the files only when all of them are written. */
static int apply(const struct corrections *all, struct revision *revisions)
{
	size_t files = 0;
	int result = 0;

	for (size_t i = 0; i < all->count && result == 0;) {
		size_t count = same_file(all, i);
		int rc = revise(&all->items[i], count, &revisions[files++]);

		if (rc < 0)
			result = fail(all->items[i].file, rc);
		i += count;
	}
	for (size_t i = 0; i < files && result == 0; i++) {
		if (rename(revisions[i].temporary, revisions[i].path) < 0)
			result = fail(revisions[i].path, -errno);
		else
			revisions[i].temporary[0] = '\0';
	}
	for (size_t i = 0; i < files; i++)
		if (revisions[i].temporary[0] != '\0')
			unlink(revisions[i].temporary);
	return result;
}

int diagnostics_fix(const struct diag *diag, FILE *out)
{
	struct corrections all = { .rc = 0 };
	struct revision *revisions;
	int result = -1;

	diag_each(diag, add, &all);
	revisions = calloc(all.count + 1, sizeof(*revisions));
	if (all.rc < 0 || revisions == NULL)
		fputs("waymark check: out of memory\n", stderr);
	else
		result = apply(&all, revisions);
	if (result == 0) {
		print(&all, out);
		result = (int)all.count;
	}
	for (size_t i = 0; i < all.count; i++) {
		free(all.items[i].file);
		free(all.items[i].old);
	}
	free(all.items);
	free(revisions);
	return result;
}
