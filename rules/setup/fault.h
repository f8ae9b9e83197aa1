/*
 * fault.h - the sentence that goes with an error: the thing, what is wrong,
 * the mend.
 */
#ifndef WAYMARK_SETUP_FAULT_H
#define WAYMARK_SETUP_FAULT_H

#define SETUP_ERROR_MAX 512

/* Write the sentence and return `rc`. */
int fault(char error[static SETUP_ERROR_MAX], int rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
