/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * records.h - what each flow was, until connection tracking reports its end.
 */
#ifndef WAYMARK_RECORDS_H
#define WAYMARK_RECORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Flows that are remembered; 520 bytes each. */
#define RECORDS_FLOWS 65536

struct records;

/*
 * Listen to the ends of flows. `state_dir` is borrowed. 0 or -errno; the reason
 * is printed.
 */
int records_open(const char *state_dir, struct records **ret_records);
void records_close(struct records *records);

/* Learn the flows that the engine has settled so far. Returns the exit status;
 * errors are printed. */
int records_begin(struct records *records);
/* Take an event of the engine. */
void records_take_event(struct records *records, const json_t *event);

/* Readable when records_turn() has something to do. */
int records_fd(const struct records *records);
/* Print the flows that have ended. 0, or -errno, which is printed. */
int records_turn(struct records *records, FILE *out);
size_t records_printed(const struct records *records);

#endif
