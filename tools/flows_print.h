/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flows_print.h - print flows as a table that fits the terminal, or as JSON.
 */
#ifndef WAYMARK_FLOWS_PRINT_H
#define WAYMARK_FLOWS_PRINT_H

#include <stdio.h>

#include "tools/flows_list.h"

/* Columns of a terminal; 0: `out` is not one, and lines may have any length. */
size_t flows_print_width(FILE *out);

/* Print a number in few characters: "999", "1.2k", "34k", "567M". */
#define FLOWS_AMOUNT_MAX 32
const char *flows_print_amount(double number,
			       char text[static FLOWS_AMOUNT_MAX]);

/* Print a table of the flows to be shown, in lines of `width` characters (0:
 * any): columns that matter less are left out, then texts are cut. */
void flows_print_table(const struct flows_list *list, size_t width, FILE *out);
/* Print an object in a line for each of them. */
void flows_print_json(const struct flows_list *list, FILE *out);

#endif
