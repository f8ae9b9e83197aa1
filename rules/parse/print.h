/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * print.h - print the parts of statements in canonical form; for ast_print.c
 * and uplink_options.c.
 */
#ifndef WAYMARK_PRINT_H
#define WAYMARK_PRINT_H

#include <stdio.h>

#include "rules/parse/ast.h"

/* A name, in quotes if it would be read as something else. */
void print_name(const char *text, FILE *out);
/* One value, or several in braces. */
void print_values(const struct ast_value *values, enum atom_kind atom,
		  FILE *out);
/* Values in braces, also none. */
void print_braces(const struct ast_value *value, enum atom_kind atom,
		  FILE *out);
void print_condition(const struct ast_condition *c, FILE *out);
/* ADDR, ADDR:PORT or [ADDR]:PORT. */
void print_endpoint(const struct address *address,
		    const struct ast_number *port, FILE *out);

/* Options: a blank, the word and the value; nothing if it is not given. */
void print_number_option(const char *word, const struct ast_number *number,
			 FILE *out);
void print_name_option(const char *word, const struct ast_name *name,
		       FILE *out);
void print_late(enum late_policy late, FILE *out);

#endif
