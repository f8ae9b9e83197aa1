/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history.c - rings of rows in a file of fixed size, see history.h. */
#include "tools/traffic/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"

#define MAGIC "wmhist1"
#define HEAD_BYTES 4096

const struct history_size history_sizes[HISTORY_RINGS] = {
	{ 1, 3600 }, { 60, 1440 }, { 3600, 8784 },
};

struct head {
	char magic[8];
	uint32_t row_bytes;	/* also finds the other byte order */
	uint32_t series_count;
	struct history_series series[HISTORY_SERIES];
};
_Static_assert(sizeof(struct head) <= HEAD_BYTES, "the head has a fixed size");

struct history {
	int fd;
	bool is_writer;
	struct head head;
	struct history_row current[HISTORY_RINGS];	/* start 0: none */
};

/* ---- the file ---- */

int history_path(const char *state_dir, char path[static PATH_MAX])
{
	return state_dir_file(state_dir, "history", path);
}

static off_t offset_of(enum history_ring ring, int64_t start_s)
{
	int64_t row = start_s / history_sizes[ring].step_s %
		      history_sizes[ring].rows;

	for (int i = 0; i < (int)ring; i++)
		row += history_sizes[i].rows;
	return HEAD_BYTES + row * (off_t)sizeof(struct history_row);
}

static off_t file_bytes(void)
{
	const int last = HISTORY_RINGS - 1;

	return offset_of(last, (history_sizes[last].rows - 1) *
			       history_sizes[last].step_s) +
	       (off_t)sizeof(struct history_row);
}

static int write_at(const struct history *history, const void *data,
		    size_t len, off_t at)
{
	ssize_t done = pwrite(history->fd, data, len, at);

	if (done < 0)
		return -errno;
	return (size_t)done == len ? 0 : -ENOSPC;
}

static int write_head(const struct history *history)
{
	return write_at(history, &history->head, sizeof(history->head), 0);
}

/* The rows of a new file are a hole. */
static int make(struct history *history)
{
	history->head = (struct head){
		.magic = MAGIC, .series_count = HISTORY_SERIES,
		.row_bytes = sizeof(struct history_row),
	};
	if (ftruncate(history->fd, file_bytes()) < 0)
		return -errno;
	return write_head(history);
}

static bool is_sound(const struct history *history)
{
	const struct head *head = &history->head;

	if (memcmp(head->magic, MAGIC, sizeof(head->magic)) != 0 ||
	    head->row_bytes != sizeof(struct history_row) ||
	    head->series_count != HISTORY_SERIES)
		return false;
	for (int i = 0; i < HISTORY_SERIES; i++)
		if (head->series[i].kind > HISTORY_CLASS ||
		    memchr(head->series[i].name, '\0', HISTORY_NAME_MAX) ==
			    NULL)
			return false;
	return true;
}

static int load(struct history *history)
{
	struct stat st;

	if (fstat(history->fd, &st) < 0)
		return -errno;
	if (st.st_size == 0 && history->is_writer)
		return make(history);
	if (st.st_size != file_bytes() ||
	    pread(history->fd, &history->head, sizeof(history->head), 0) !=
		    (ssize_t)sizeof(history->head) || !is_sound(history))
		return -EBADMSG;
	return 0;
}

int history_open(const char *path, bool for_writing, struct history **ret)
{
	struct history *history = calloc(1, sizeof(*history));
	int rc = history == NULL ? -ENOMEM :
		 for_writing ? state_dir_make_for(path) : 0;

	if (rc < 0) {
		free(history);
		return rc;
	}
	history->is_writer = for_writing;
	history->fd = for_writing ? state_file_open(path) :
				    state_file_open_read(path);
	rc = history->fd < 0 ? history->fd : load(history);
	if (rc == 0) {
		*ret = history;
		return 0;
	}
	history->is_writer = false;
	history_close(history);
	return rc;
}

void history_close(struct history *history)
{
	if (history == NULL)
		return;
	if (history->is_writer)
		history_flush(history);
	if (history->fd >= 0)
		close(history->fd);
	free(history);
}

int history_flush(struct history *history)
{
	int rc = write_head(history);

	for (int i = 0; i < HISTORY_RINGS && rc == 0; i++)
		if (history->current[i].start_s != 0)
			rc = write_at(history, &history->current[i],
				      sizeof(history->current[i]),
				      offset_of(i, history->current[i].start_s));
	return rc;
}

/* ---- series ---- */

const struct history_series *history_series(const struct history *history,
					    int number)
{
	return &history->head.series[number];
}

static bool is_named(const struct history_series *series,
		     enum history_kind kind, const char *name)
{
	return series->kind == kind &&
	       strncmp(series->name, name, HISTORY_NAME_MAX - 1) == 0;
}

/* The cells in memory are those of the series before. */
static void clear_cells(struct history *history, int number)
{
	for (int i = 0; i < HISTORY_RINGS; i++)
		history->current[i].cells[number] = (struct history_cell){ 0 };
}

int history_series_get(struct history *history, enum history_kind kind,
		       const char *name, int64_t now_s)
{
	struct history_series *series = history->head.series;
	int oldest = 0;

	for (int i = 0; i < HISTORY_SERIES; i++) {
		if (is_named(&series[i], kind, name)) {
			series[i].used_s = now_s;
			return i;
		}
		if (series[i].used_s < series[oldest].used_s)
			oldest = i;
	}
	if (series[oldest].kind != HISTORY_FREE &&
	    series[oldest].used_s >= now_s)
		return -1;
	series[oldest] = (struct history_series){
		.kind = (uint8_t)kind, .since_s = now_s, .used_s = now_s,
	};
	snprintf(series[oldest].name, HISTORY_NAME_MAX, "%s", name);
	clear_cells(history, oldest);
	return oldest;
}

/* ---- rows ---- */

static bool read_row(const struct history *history, enum history_ring ring,
		     int64_t start_s, struct history_row *ret)
{
	return pread(history->fd, ret, sizeof(*ret),
		     offset_of(ring, start_s)) == (ssize_t)sizeof(*ret) &&
	       ret->start_s == start_s;
}

/* Begin the row of this time, or continue the one that is in the file. */
static struct history_row *row_at(struct history *history,
				  enum history_ring ring, int64_t now_s)
{
	struct history_row *row = &history->current[ring];
	int64_t start_s = now_s - now_s % history_sizes[ring].step_s;

	if (row->start_s == start_s)
		return row;
	if (row->start_s != 0)
		(void)write_at(history, row, sizeof(*row),
			       offset_of(ring, row->start_s));
	if (!read_row(history, ring, start_s, row))
		*row = (struct history_row){ .start_s = start_s };
	return row;
}

static uint32_t add_limited(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

void history_add(struct history *history, int series,
		 const struct history_cell *more, int64_t now_s)
{
	for (int i = 0; i < HISTORY_RINGS; i++) {
		struct history_cell *cell =
			&row_at(history, i, now_s)->cells[series];

		cell->bytes += more->bytes;
		cell->packets = add_limited(cell->packets, more->packets);
		cell->flows = add_limited(cell->flows, more->flows);
	}
}

bool history_read(const struct history *history, enum history_ring ring,
		  int64_t start_s, struct history_row *ret)
{
	if (history->current[ring].start_s == start_s && start_s != 0) {
		*ret = history->current[ring];
	} else if (start_s <= 0 || !read_row(history, ring, start_s, ret)) {
		return false;
	}
	for (int i = 0; i < HISTORY_SERIES; i++)
		if (history->head.series[i].kind == HISTORY_FREE ||
		    start_s + history_sizes[ring].step_s <=
			    history->head.series[i].since_s)
			ret->cells[i] = (struct history_cell){ 0 };
	return true;
}
