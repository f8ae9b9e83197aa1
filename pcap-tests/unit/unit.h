/*
 * unit.h - what every Check program's main does: run the suite, print TAP.
 */
#ifndef WAYMARK_UNIT_H
#define WAYMARK_UNIT_H

#include <check.h>
#include <stdlib.h>

/* Run and free `suite`; the exit status for main. */
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
