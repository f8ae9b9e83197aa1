/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history.h - what uplinks and classes carried: the last hour by seconds, the
 * last day by minutes, the last year by hours. It is a file of fixed size in
 * the state directory, with a ring of rows for each of the three. One process
 * writes it, others may read it meanwhile. Times are those of the wall clock.
 */
#ifndef WAYMARK_HISTORY_H
#define WAYMARK_HISTORY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_SERIES 64
#define HISTORY_NAME_MAX 32	/* longer names are cut */

enum history_kind {
	HISTORY_FREE,
	HISTORY_UPLINK,
	HISTORY_CLASS,
};

enum history_ring {
	HISTORY_SECONDS,
	HISTORY_MINUTES,
	HISTORY_HOURS,
	HISTORY_RINGS
};

/* Seconds of a row, and the number of rows. */
struct history_size {
	int64_t step_s;
	int64_t rows;
};
extern const struct history_size history_sizes[HISTORY_RINGS];

struct history_cell {
	uint64_t bytes;
	uint32_t packets;	/* these two stop at their maximum */
	uint32_t flows;
};

struct history_row {
	int64_t start_s;	/* a multiple of the step; 0: never written */
	struct history_cell cells[HISTORY_SERIES];
};

struct history_series {
	uint8_t kind;		/* enum history_kind */
	char name[HISTORY_NAME_MAX];
	int64_t since_s;	/* earlier cells are another's */
	int64_t used_s;
};

struct history;

/* The file's path, for a state directory or NULL. 0 or -errno. */
int history_path(const char *state_dir, char path[static PATH_MAX]);

/* Open the file, or create it. -EBADMSG: damaged, or of another version; other
 * -errno. */
int history_open(const char *path, bool for_writing, struct history **ret);
/* Write what is in memory. NULL is fine. */
void history_close(struct history *history);

/* The number of a series, made if needed in place of the one that was used
 * longest ago; -1: all are in use. */
int history_series_get(struct history *history, enum history_kind kind,
		       const char *name, int64_t now_s);
const struct history_series *history_series(const struct history *history,
					    int number);

/* Add to the current second, minute and hour. */
void history_add(struct history *history, int series,
		 const struct history_cell *more, int64_t now_s);
/* Write the current rows to the file. 0 or -errno. */
int history_flush(struct history *history);

/* Read the row that begins at `start_s`. False: there is none. */
bool history_read(const struct history *history, enum history_ring ring,
		  int64_t start_s, struct history_row *ret);

#endif
