/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_error.c - write the message of an error. */
#include "rules/setup/kernel/set_error.h"

#include <stdarg.h>
#include <stdio.h>

int set_error(char error[static SETUP_ERROR_MAX], int rc, const char *format,
	      ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, SETUP_ERROR_MAX, format, args);
	va_end(args);
	return rc;
}
