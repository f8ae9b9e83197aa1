/* SPDX-License-Identifier: GPL-2.0-or-later */
/* language.c - print the words of the policy language, see language.h. */
#include "tools/language.h"

#include "rules/parse/uplink_options.h"
#include "rules/policy/conditions.h"
#include "rules/policy/probe_kinds.h"

static void print_row(const char *syntax, const char *help, FILE *out)
{
	fprintf(out, "  %-36s %s\n", syntax, help);
}

void language_print(FILE *out)
{
	const char *syntax, *help;

	fputs("Options of an uplink:\n", out);
	for (size_t i = 0; uplink_option_help(i, &syntax, &help); i++)
		print_row(syntax, help, out);
	fputs("\nHealth checks (probe):\n", out);
	for (int i = 0; i < PROBE_KINDS; i++)
		print_row(probe_kinds[i].word, probe_kinds[i].help, out);
	fputs("\nConditions of a route or class, joined by and, or, not:\n",
	      out);
	for (int i = 0; i < ATOM_KINDS; i++)
		print_row(condition_rows[i].syntax, condition_rows[i].help,
			  out);
	fputs("\nThe whole language: waymark.policy(5).\n", out);
}
