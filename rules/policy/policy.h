/*
 * policy.h - load and free a compiled policy. What a policy has to offer is
 * declared in the headers below; include the one that you need.
 *
 * A policy is immutable and read by all workers without a lock, except for the
 * set of uplinks that are down. It owns copies of all it needs: the syntax tree
 * may be freed. Names and places live as long as the policy.
 */
#ifndef WAYMARK_POLICY_H
#define WAYMARK_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/hosts/hosts.h"
#include "rules/parse/diag.h"
#include "rules/policy/exempt.h"
#include "rules/policy/expectation.h"
#include "rules/policy/marks.h"
#include "rules/policy/resolve.h"
#include "rules/policy/route.h"
#include "rules/policy/settings.h"
#include "rules/policy/uplink.h"

struct ast;
struct policy;

/* A word that can follow `app`: an application, or a family of several. */
struct app_word {
	const char *word;
	bool is_family;
	uint64_t apps[APP_WORDS];	/* bit n: application n */
};

/* The applications that the engine can identify; the caller keeps it. */
struct vocabulary {
	const struct app_word *apps;
	size_t app_count;
};

/*
 * Read, parse and compile `path`. Errors and warnings are in `diag`. 0 without
 * errors, else -EINVAL, or -errno when the file cannot be read; *ret is then
 * not written.
 */
int policy_load(const char *path, const struct vocabulary *vocabulary,
		struct diag *diag, struct policy **ret);
/* Parse and compile a text. */
int policy_parse(const char *name, const char *text, size_t len,
		 const struct vocabulary *vocabulary, struct diag *diag,
		 struct policy **ret);
/* Read and parse `path` as ast_load() does; an empty policy is an error. */
struct ast *policy_read(const char *path, struct diag *diag);
/*
 * Compile a tree. `numbers` are those in force, `hosts` has the addresses of
 * the host names in address lists; NULL: none. The tree keeps the list files,
 * so that it can be compiled again.
 */
int policy_compile(struct ast *ast, const struct vocabulary *vocabulary,
		   const struct uplink_numbers *numbers,
		   const struct hosts *hosts, struct diag *diag,
		   struct policy **ret);
void policy_free(struct policy *policy);

/* A host name in an address list, once for each place. */
struct policy_host {
	const char *name;
	const char *list;	/* that contains it; NULL: a statement */
	struct place place;
	const struct address *addresses;	/* used for it */
	size_t count;
};

size_t policy_hosts(const struct policy *policy);
const struct policy_host *policy_host(const struct policy *policy, size_t i);
struct name_limits policy_name_limits(const struct policy *policy);

#endif
