/* fault.c - write the sentence that goes with an error. */
#include "rules/setup/fault.h"

#include <stdarg.h>
#include <stdio.h>

int fault(char error[static SETUP_ERROR_MAX], int rc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, SETUP_ERROR_MAX, format, args);
	va_end(args);
	return rc;
}
