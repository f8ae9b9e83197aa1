/* SPDX-License-Identifier: GPL-2.0-or-later */
/* progress_line.c - how far a replay is, see progress_line.h. */
#include "tools/progress_line.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_SHOWN 128
#define NAME_MIN 8		/* of a name that is cut */
#define RATE_AFTER_MS 1000	/* unreliable before */
#define LEFT_MAX_S 360000	/* not shown if longer: 100 hours */
#define PART_MAX 64

/* ---- the parts ---- */

/* Three digits at most. */
static void print_number(uint64_t number, char text[static PART_MAX])
{
	static const char units[] = "kMGTPE";
	size_t unit = 0;

	if (number < 1000) {
		snprintf(text, PART_MAX, "%" PRIu64, number);
		return;
	}
	while (number >= 1000000) {
		number /= 1000;
		unit++;
	}
	if (number < 10000)
		snprintf(text, PART_MAX, "%" PRIu64 ".%" PRIu64 "%c",
			 number / 1000, number / 100 % 10, units[unit]);
	else
		snprintf(text, PART_MAX, "%" PRIu64 "%c", number / 1000,
			 units[unit]);
}

static void print_place(const struct progress_state *state,
			char text[static PART_MAX])
{
	text[0] = '\0';
	if (state->captures > 1)
		snprintf(text, PART_MAX, "%zu of %zu: ", state->number,
			 state->captures);
}

/* The percent, or bytes. */
static void print_amount(const struct progress_state *state,
			 char text[static PART_MAX])
{
	char number[PART_MAX];
	double part;

	if (state->size == 0) {
		print_number(state->done, number);
		snprintf(text, PART_MAX, "%.8sB", number);
		return;
	}
	part = (double)state->done / (double)state->size;
	/* It may have grown since. */
	snprintf(text, PART_MAX, "%d%%", part < 1 ? (int)(part * 100) : 100);
}

static bool print_left(const struct progress_state *state,
		       char text[static PART_MAX])
{
	unsigned int left;
	double seconds;

	if (state->done == 0 || state->done > state->size)
		return false;
	seconds = (double)(state->size - state->done) / (double)state->done *
		  (double)state->elapsed_ms / 1000;
	if (seconds >= LEFT_MAX_S)
		return false;
	left = (unsigned int)seconds;
	if (left >= 3600)
		snprintf(text, PART_MAX, "%u:%02u:%02u left", left / 3600,
			 left / 60 % 60, left % 60);
	else
		snprintf(text, PART_MAX, "%u:%02u left", left / 60, left % 60);
	return true;
}

/* Print the time left, or the rate; false: unknown. */
static bool print_speed(const struct progress_state *state,
			char text[static PART_MAX])
{
	char number[PART_MAX];

	if (state->elapsed_ms < RATE_AFTER_MS)
		return false;
	if (state->size != 0)
		return print_left(state, text);
	if (state->packets == 0)
		return false;
	print_number((uint64_t)((double)state->packets * 1000 /
				(double)state->elapsed_ms), number);
	snprintf(text, PART_MAX, "%.8s/s", number);
	return true;
}

/* "  1.2M packets, 0:14 left", either or nothing. */
static void print_rest(const struct progress_state *state,
		       char text[static 2 * PART_MAX])
{
	char number[PART_MAX], speed[PART_MAX];
	bool has_speed = print_speed(state, speed);

	text[0] = '\0';
	print_number(state->packets, number);
	if (state->packets != 0)
		snprintf(text, 2 * PART_MAX, "  %.8s packet%s%s%s", number,
			 state->packets == 1 ? "" : "s", has_speed ? ", " : "",
			 has_speed ? speed : "");
	else if (has_speed)
		snprintf(text, 2 * PART_MAX, "  %s", speed);
}

/* Print the file's name without its directory; '?' for what may not be one
 * column. */
static void print_name(const char *path, char text[static NAME_MAX_SHOWN])
{
	const char *slash = strrchr(path, '/');
	const char *from = slash != NULL ? slash + 1 : path;
	size_t len = 0;

	if (strcmp(path, "-") == 0)
		from = "standard input";
	for (; *from != '\0' && len + 1 < NAME_MAX_SHOWN; from++) {
		if (((unsigned char)*from & 0xc0) == 0x80)
			continue;	/* UTF-8: of the character before */
		text[len++] = *from >= ' ' && *from <= '~' ? *from : '?';
	}
	text[len] = '\0';
}

/* ---- the line ---- */

/* The name in `room` columns, of which there are NAME_MIN: both its ends. */
static void cut_name(char name[static NAME_MAX_SHOWN], size_t room)
{
	size_t len = strlen(name);
	size_t tail = (room - 2) / 2;
	size_t head = room - 2 - tail;

	if (len <= room)
		return;
	memcpy(name + head, "..", 2);
	memmove(name + head + 2, name + len - tail, tail + 1);
}

void progress_line(const struct progress_state *state, size_t columns,
		   char line[static PROGRESS_LINE_MAX])
{
	char place[PART_MAX], name[NAME_MAX_SHOWN], amount[PART_MAX];
	char rest[2 * PART_MAX];
	size_t min, fixed;

	print_place(state, place);
	print_name(state->path, name);
	print_amount(state, amount);
	print_rest(state, rest);
	if (columns > PROGRESS_LINE_MAX - 1)
		columns = PROGRESS_LINE_MAX - 1;
	min = strlen(name) < NAME_MIN ? strlen(name) : NAME_MIN;
	fixed = strlen("  ") + strlen(amount);
	line[0] = '\0';
	if (fixed + min > columns) {
		if (strlen(amount) <= columns)
			strcpy(line, amount);
		return;
	}
	if (fixed + min + strlen(rest) > columns)
		rest[0] = '\0';
	fixed += strlen(rest);
	if (fixed + min + strlen(place) > columns)
		place[0] = '\0';
	fixed += strlen(place);
	cut_name(name, columns - fixed);
	snprintf(line, PROGRESS_LINE_MAX, "%s%s  %s%s", place, name, amount,
		 rest);
}
