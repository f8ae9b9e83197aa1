/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_names.c - write tests of interface names, see ruleset_names.h. */
#include "rules/setup/ruleset/ruleset_names.h"

#include <string.h>

#include "rules/offload/offload.h"

static bool is_wildcard(const char *name)
{
	return name[strlen(name) - 1] == '*';
}

/* Full names share one anonymous set; each name that ends in * needs a rule. */
size_t ruleset_names_rules(const struct offload_set *set)
{
	size_t wildcards = 0, full = 0;

	for (size_t i = 0; i < set->count; i++)
		*(is_wildcard(set->names[i]) ? &wildcards : &full) += 1;
	return wildcards + (full > 0);
}

static void write_full(const struct offload_set *set, bool negated, FILE *out)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (is_wildcard(set->names[i]))
			continue;
		if (count == 0)
			fprintf(out, "iifname %s{ ", negated ? "!= " : "");
		fprintf(out, "%s\"%s\"", count++ > 0 ? ", " : "",
			set->names[i]);
	}
	if (count > 0)
		fputs(" } ", out);
}

/* A negated test contains all names, else rule `index` has its part. */
void ruleset_names_write(const struct offload_set *set, bool negated,
			 size_t index, FILE *out)
{
	size_t wildcards = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (!is_wildcard(set->names[i]) ||
		    (!negated && wildcards++ != index))
			continue;
		fprintf(out, "iifname %s\"%s\" ", negated ? "!= " : "",
			set->names[i]);
		if (!negated)
			return;
	}
	write_full(set, negated, out);
}
