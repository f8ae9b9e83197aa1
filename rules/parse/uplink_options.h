/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink_options.h - the options of an uplink in canonical form; parser.h has
 * the rest of uplink_options.c.
 */
#ifndef WAYMARK_UPLINK_OPTIONS_H
#define WAYMARK_UPLINK_OPTIONS_H

#include <stdio.h>

#include "rules/parse/ast.h"

void uplink_options_print(const struct ast_uplink *uplink, FILE *out);

#endif
