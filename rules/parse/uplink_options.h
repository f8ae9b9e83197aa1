/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink_options.h - the options of an uplink in canonical form; parser.h has
 * the rest of uplink_options.c.
 */
#ifndef WAYMARK_UPLINK_OPTIONS_H
#define WAYMARK_UPLINK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "rules/parse/ast.h"

/* The syntax of option `i` and a line of help; false: no such option. */
bool uplink_option_help(size_t i, const char **ret_syntax,
			const char **ret_help);
void uplink_options_print(const struct ast_uplink *uplink, FILE *out);

#endif
