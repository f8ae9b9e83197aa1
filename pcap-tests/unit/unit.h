/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unit.h - common code of all Check programs: tables of rows, and a main that
 * runs the suite and prints TAP. */
#ifndef WAYMARK_UNIT_H
#define WAYMARK_UNIT_H

#include <check.h>
#include <stdlib.h>

/* The number of rows, as a loop test expects it. */
#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Run and free `suite`. Returns the exit status for main. */
static inline int unit_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
