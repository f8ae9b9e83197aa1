/* SPDX-License-Identifier: GPL-2.0-or-later */
/* language.h - print the words of the policy language, from the tables that
 * also parse them. */
#ifndef WAYMARK_LANGUAGE_H
#define WAYMARK_LANGUAGE_H

#include <stdio.h>

/* Print uplink options, probes and conditions, a line each. */
void language_print(FILE *out);

#endif
