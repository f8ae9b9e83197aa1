/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set_error.h - write the message of an error: the object, what is wrong, the
 * fix.
 */
#ifndef WAYMARK_SETUP_SET_ERROR_H
#define WAYMARK_SETUP_SET_ERROR_H

#define SETUP_ERROR_MAX 512

/* Write the message and return `rc`. */
int set_error(char error[static SETUP_ERROR_MAX], int rc, const char *format,
	      ...) __attribute__((format(printf, 3, 4)));

#endif
