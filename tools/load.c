/* load.c - a policy for a command. */
#include "tools/load.h"

#include "engine/hints/hint.h"
#include "rules/diag.h"
#include "rules/source.h"

struct policy *load_policy(const char *path, bool quiet)
{
	struct diag *diag = diag_new();
	struct policy *policy = NULL;
	int rc;

	if (diag == NULL) {
		fprintf(stderr, "waymark: out of memory\n");
		return NULL;
	}
	rc = policy_load(path, hints_vocabulary(), diag, &policy);
	if (rc < 0 || !quiet)
		diag_print(diag, stderr);
	if (rc < 0)
		fprintf(stderr, "%s: %zu error%s\n", path, diag_errors(diag),
			diag_errors(diag) == 1 ? "" : "s");
	diag_free(diag);
	return policy;
}

char *load_place(const struct place *place, char *text, size_t size)
{
	if (place->source == NULL)
		snprintf(text, size, "(default)");
	else
		snprintf(text, size, "%s:%u", place->source->name,
			 place->line);
	return text;
}
