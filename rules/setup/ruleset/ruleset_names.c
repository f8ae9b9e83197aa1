/* ruleset_names.c - interfaces as nft tests them, see ruleset_names.h. */
#include "rules/setup/ruleset/ruleset_names.h"

#include <string.h>

#include "rules/offload/offload.h"

static bool is_open(const char *name)
{
	return name[strlen(name) - 1] == '*';
}

/* Names that are whole can stand in a set, others cannot: how many ways there
 * are to say that one of them holds. */
size_t ruleset_names_ways(const struct offload_set *set)
{
	size_t open = 0, whole = 0;

	for (size_t i = 0; i < set->count; i++)
		*(is_open(set->names[i]) ? &open : &whole) += 1;
	return open + (whole > 0);
}

static void write_whole(const struct offload_set *set, bool negated, FILE *out)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (is_open(set->names[i]))
			continue;
		if (count == 0)
			fprintf(out, "iifname %s{ ", negated ? "!= " : "");
		fprintf(out, "%s\"%s\"", count++ > 0 ? ", " : "",
			set->names[i]);
	}
	if (count > 0)
		fputs(" } ", out);
}

/* All the ways at once where it is negated, else the one asked for. */
void ruleset_names_write(const struct offload_set *set, bool negated,
			 size_t way, FILE *out)
{
	size_t open = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (!is_open(set->names[i]) || (!negated && open++ != way))
			continue;
		fprintf(out, "iifname %s\"%s\" ", negated ? "!= " : "",
			set->names[i]);
		if (!negated)
			return;
	}
	write_whole(set, negated, out);
}
