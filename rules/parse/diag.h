/*
 * diag.h - complaints about a policy: where, what is wrong, the mend.
 * A diag collects all of them, so that one run reports every error.
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

/* Where something stands. `source` may be NULL: no file, no caret. It is only
 * looked at while diag_add() runs, so it may go before the diag does. */
struct place {
	const struct source *source;
	uint32_t line;		/* from 1; 0 when there is no line */
	uint32_t column;	/* from 1, in bytes */
	uint32_t width;		/* bytes that the caret underlines */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

/* NULL when out of memory. */
struct diag *diag_new(void);
void diag_free(struct diag *diag);

/*
 * Add a complaint. `text` says what is wrong in a few words. `mend`, which may
 * be NULL, says what to do ("did you mean 'fibre'?", "expected a port");
 * it is printed beside the caret. Both are copied. Past DIAG_MAX errors the
 * rest is only counted.
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
 * Print them in the order of file and place:
 *   office.policy:21:16: error: there is no uplink 'fibr'
 *      21 | route mail via fibr
 *         |                ^~~~ did you mean 'fibre'?
 * Tabs of the line are kept under the caret; a line longer than 120 bytes is
 * shown in part; bytes that are not printable are shown as '?'. Files come in
 * the order of their first complaint.
 */
void diag_print(const struct diag *diag, FILE *out);

#endif
