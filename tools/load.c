/* load.c - a policy for a command. */
#include "tools/load.h"

#include <stdlib.h>

#include "engine/hints/hint.h"
#include "rules/diag.h"
#include "rules/setup/numbers.h"
#include "rules/source.h"

static struct policy *load(const char *path, bool quiet,
			   const struct uplink_numbers *numbers)
{
	struct diag *diag = diag_new();
	struct policy *policy = NULL;
	int rc;

	if (diag == NULL) {
		fprintf(stderr, "waymark: out of memory\n");
		return NULL;
	}
	rc = policy_load_in_force(path, hints_vocabulary(), numbers, diag,
				  &policy);
	if (rc < 0 || !quiet)
		diag_print(diag, stderr);
	if (rc < 0)
		fprintf(stderr, "%s: %zu error%s\n", path, diag_errors(diag),
			diag_errors(diag) == 1 ? "" : "s");
	diag_free(diag);
	return policy;
}

struct policy *load_policy(const char *path, bool quiet)
{
	return load(path, quiet, NULL);
}

/* A journal that cannot be read is for set-up to complain of. */
struct policy *load_policy_here(const char *path, bool quiet,
				const char *state_dir)
{
	struct uplink_numbers numbers;
	struct policy *policy;

	(void)numbers_load(state_dir, &numbers);
	policy = load(path, quiet, &numbers);
	free(numbers.items);
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
