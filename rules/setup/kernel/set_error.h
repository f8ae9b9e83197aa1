/*
 * set_error.h - the sentence that goes with an error: the thing, what is wrong,
 * the mend.
 */
#ifndef WAYMARK_SETUP_SET_ERROR_H
#define WAYMARK_SETUP_SET_ERROR_H

#define SETUP_ERROR_MAX 512

/* Write the sentence and return `rc`. */
int set_error(char error[static SETUP_ERROR_MAX], int rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
