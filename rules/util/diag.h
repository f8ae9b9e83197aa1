/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diag.h - collect the errors and warnings of a policy: the place, what is
 * wrong, and the fix. One run reports all of them.
 */
#ifndef WAYMARK_DIAG_H
#define WAYMARK_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct source;		/* a file's text: source.h */
struct diag;

/* A place in a file. `source` may be NULL: no file, no caret. Only diag_add()
 * reads it, so it may be freed before the diag. */
struct place {
	const struct source *source;
	uint32_t line;		/* from 1; 0 when there is no line */
	uint32_t column;	/* from 1, in bytes */
	uint32_t width;		/* bytes that the caret underlines */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

/* Allocate an empty diag; NULL when out of memory. */
struct diag *diag_new(void);
void diag_free(struct diag *diag);

/*
 * Add an error or a warning. `text` describes what is wrong in a few words.
 * `fix`, which may be NULL, describes the remedy ("did you mean 'fibre'?") and
 * is printed beside the caret. Both are copied. Beyond DIAG_MAX of a level
 * the others are only counted.
 */
#define DIAG_MAX 100
void diag_add(struct diag *diag, enum diag_level level, struct place place,
	      const char *fix, const char *text, ...)
	__attribute__((format(printf, 5, 6)));
void diag_addv(struct diag *diag, enum diag_level level, struct place place,
	       const char *fix, const char *text, va_list args)
	__attribute__((format(printf, 5, 0)));

size_t diag_errors(const struct diag *diag);
size_t diag_warnings(const struct diag *diag);

/*
 * Print them sorted by file and place:
 *   office.policy:21:16: error: there is no uplink 'fibr'
 *      21 | route mail via fibr
 *         |                ^~~~ did you mean 'fibre'?
 * Tabs are repeated under the line, so that the caret lines up. A line longer
 * than 120 bytes is shown in part, and a byte that is not printable as '?'.
 * Files are printed in the order of their first error or warning.
 */
void diag_print(const struct diag *diag, FILE *out);

/* An error or a warning for other programs; all is borrowed from the diag. */
struct diag_item {
	enum diag_level level;
	const char *file;	/* NULL: no place */
	struct place place;	/* without source */
	/* The fixed words of the text, such as "there-is-no-uplink". */
	const char *code;
	const char *text;
	const char *fix;	/* or NULL */
	const char *marked;	/* what the caret underlines; NULL: nothing */
};

/* Call `each` for all that were kept, in the order of diag_print(). */
void diag_each(const struct diag *diag,
	       void (*each)(void *ctx, const struct diag_item *item),
	       void *ctx);
/* The errors and warnings beyond DIAG_MAX. */
size_t diag_left_out(const struct diag *diag);

#endif
