/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load.c - a policy for a command. */
#include "rules/compile/policy_load.h"
#include "tools/load/load.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "rules/compare/reach_warn.h"
#include "rules/parse/ast.h"
#include "rules/util/diag.h"
#include "rules/hosts/hosts_file.h"
#include "rules/hosts/refresh.h"
#include "rules/util/clock.h"
#include "rules/setup/in_force.h"
#include "rules/setup/numbers.h"
#include "rules/setup/plan/plan_foreign.h"
#include "rules/util/json_file.h"
#include "rules/util/source.h"
#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"
#include "tools/load/expects.h"

/* That a start may wait for the DNS. */
#define WAIT_MS 3000

/* One attempt to compile it, with separate diagnostics. */
struct attempt {
	const char *path;
	const struct load_options *options;
	FILE *out;
	struct diag *diag;
	struct loaded loaded;
	bool is_unsure;		/* some name was not answered */
};

/* A journal that cannot be read is reported by the set-up. */
static int compile_text(const struct loaded *loaded, bool here,
			const char *state_dir, struct diag *diag,
			struct policy **ret_policy)
{
	struct uplink_numbers numbers = { 0 };
	int rc;

	if (here)
		(void)numbers_load(state_dir, &numbers);
	rc = policy_compile(loaded->ast, hints_vocabulary(), &numbers,
			    &loaded->hosts, diag, ret_policy);
	free(numbers.items);
	return rc;
}

static int compile(struct attempt *attempt)
{
	struct loaded *loaded = &attempt->loaded;

	policy_free(loaded->policy);
	loaded->policy = NULL;
	diag_free(attempt->diag);
	attempt->diag = diag_new();
	if (attempt->diag == NULL)
		return -ENOMEM;
	if (loaded->ast == NULL) {
		loaded->ast = policy_read(attempt->path, attempt->diag);
		if (loaded->ast != NULL && attempt->options->query != NULL &&
		    ast_add_query(loaded->ast, attempt->options->query,
				  attempt->diag) == -ENOMEM)
			return -ENOMEM;
	}
	if (loaded->ast == NULL)
		return -EINVAL;
	return compile_text(loaded, attempt->options->here,
			    attempt->options->state_dir, attempt->diag,
			    &loaded->policy);
}

/* ---- names ---- */

static void recall(struct attempt *attempt)
{
	const struct load_options *options = attempt->options;
	char why[HOSTS_FILE_WHY_MAX] = "", path[PATH_MAX], broken[PATH_MAX];
	int rc;

	if (options->known != NULL)
		rc = hosts_copy(&attempt->loaded.hosts, options->known);
	else
		rc = hosts_load(&attempt->loaded.hosts, options->state_dir,
				clock_ms(), why);
	if (rc < 0)
		fprintf(attempt->out, "waymark: what is remembered of names "
			"is left out: %s\n", why[0] ? why : strerror(-rc));
	if (rc == -EINVAL && options->remember &&
	    state_dir_file(options->state_dir, "names.json", path) == 0 &&
	    state_file_set_aside(path, broken) == 0)
		fprintf(attempt->out, "%s: renamed to %s\n", path, broken);
}

static int want_names(struct loaded *loaded)
{
	for (size_t i = 0; i < policy_hosts(loaded->policy); i++) {
		struct host *host = hosts_add(
			&loaded->hosts, policy_host(loaded->policy, i)->name);

		if (host == NULL)
			return -ENOMEM;
		host->is_wanted = true;
	}
	return 0;
}

/* Whether what the names are asked through is set up. Before that, the main
 * table would route the queries. */
static bool may_ask(const struct attempt *attempt)
{
	const struct policy *policy = attempt->loaded.policy;
	struct name_limits limits = policy_name_limits(policy);
	struct in_force in_force;

	if (limits.mark == 0)
		return true;
	in_force_read(policy, attempt->options->state_dir, &in_force);
	return in_force.paths[limits.via][0].has_rule &&
	       in_force.paths[limits.via][1].has_rule;
}

static void note_unasked(struct attempt *attempt)
{
	struct hosts *hosts = &attempt->loaded.hosts;

	for (size_t i = 0; i < hosts->count; i++)
		if (hosts->items[i].is_wanted)
			snprintf(hosts->items[i].why,
				 sizeof(hosts->items[i].why),
				 "its uplink has to be set up first");
}

/* True when the policy has to be compiled again. */
static bool ask_names(struct attempt *attempt)
{
	struct hosts *hosts = &attempt->loaded.hosts;
	struct name_limits limits = policy_name_limits(attempt->loaded.policy);
	struct refresh *refresh = refresh_new(hosts, &limits, NULL, NULL);
	bool changed;

	if (!may_ask(attempt)) {
		note_unasked(attempt);
		refresh_free(refresh);
		return true;
	}
	if (refresh == NULL) {
		fprintf(attempt->out, "waymark: names: %s\n", strerror(errno));
		return false;
	}
	changed = refresh_all(refresh, WAIT_MS);
	refresh_free(refresh);
	for (size_t i = 0; i < hosts->count; i++)
		changed |= hosts->items[i].is_wanted &&
			   hosts->items[i].why[0] != '\0';
	return changed;
}

static void remember(struct attempt *attempt)
{
	char path[PATH_MAX] = "", why[STATE_WHY_MAX];
	int rc = hosts_save(&attempt->loaded.hosts,
			    attempt->options->state_dir);

	(void)state_dir_file(attempt->options->state_dir, "names.json", path);
	if (rc < 0)
		fprintf(attempt->out, "waymark: what is known of names is not "
			"kept: %s: %s\n", path,
			state_file_reason(path, rc, why));
}

/* Where warnings are suppressed, this one is still printed, in one line. */
static void warn_unknown(const struct attempt *attempt)
{
	const struct hosts *hosts = &attempt->loaded.hosts;
	const char *between = "waymark: no address is known of ";
	size_t count = 0;

	for (size_t i = 0; i < hosts->count; i++) {
		if (!hosts->items[i].is_wanted || hosts->items[i].count > 0)
			continue;
		fprintf(attempt->out, "%s%s", between, hosts->items[i].name);
		between = ", ";
		count++;
	}
	if (count > 0)
		fprintf(attempt->out, ": %s%s\n", count == 1 ?
			"it counts as none" : "they count as none",
			attempt->options->resolve ||
			attempt->options->is_case ? "" :
			"; --resolve asks the DNS");
}

static int make(struct attempt *attempt)
{
	int rc;

	recall(attempt);
	rc = compile(attempt);
	if (rc < 0 || policy_hosts(attempt->loaded.policy) == 0)
		return rc;
	rc = want_names(&attempt->loaded);
	if (rc == 0 && attempt->options->resolve && ask_names(attempt))
		rc = compile(attempt);
	if (rc == 0 && attempt->options->remember)
		remember(attempt);
	return rc;
}

static struct place find_place(void *ctx, struct place place)
{
	return ast_place(ctx, place);
}

/* About 75 MB. */
#define PROVE_NODES ((size_t)1 << 21)
#define PROVE_MS 5000

/* Look for routes that no flow reaches. */
static void prove(struct attempt *attempt)
{
	const struct reach_options options = {
		.overlaps = attempt->options->overlaps,
		.max_nodes = PROVE_NODES, .max_ms = PROVE_MS,
		.place = find_place, .ctx = attempt->loaded.ast,
	};

	if (reach_warn(attempt->loaded.policy, hints_vocabulary(), &options,
		       attempt->diag) < 0)
		diag_add(attempt->diag, DIAG_WARNING, (struct place){ 0 },
			 "out of memory",
			 "routes that are never reached are not found");
}

static void print_diag(const struct attempt *attempt)
{
	const struct load_options *options = attempt->options;

	if (options->report != NULL)
		options->report(options->report_ctx, attempt->diag);
	else
		diag_print(attempt->diag, attempt->out);
}

static void warn_foreign(void *ctx, const char *line, const char *fix)
{
	fprintf(ctx, "%s: %s%s%s\n", fix != NULL ? "warning" : "note", line,
		fix != NULL ? "; " : "", fix != NULL ? fix : "");
}

int load(const char *path, const struct load_options *options,
	 struct loaded *ret)
{
	struct attempt attempt = {
		.path = path,
		.options = options,
		.out = options->out != NULL ? options->out : stderr,
	};
	int rc = make(&attempt);

	*ret = (struct loaded){ 0 };
	if (attempt.diag == NULL) {
		fprintf(attempt.out, "waymark: out of memory\n");
		loaded_fini(&attempt.loaded);
		return -ENOMEM;
	}
	if (rc == 0 && options->prove)
		prove(&attempt);
	if (rc < 0 || !options->quiet)
		print_diag(&attempt);
	else
		warn_unknown(&attempt);
	if (rc < 0 && options->report == NULL)
		fprintf(attempt.out, "%s: %zu error%s\n", path,
			diag_errors(attempt.diag),
			diag_errors(attempt.diag) == 1 ? "" : "s");
	diag_free(attempt.diag);
	if (rc < 0) {
		loaded_fini(&attempt.loaded);
		return rc;
	}
	if (options->warn_foreign && options->report_foreign != NULL)
		(void)plan_foreign_report(attempt.loaded.policy,
					  options->report_foreign,
					  options->report_ctx);
	else if (options->warn_foreign)
		(void)plan_foreign_report(attempt.loaded.policy, warn_foreign,
					  attempt.out);
	if (options->run_expects)
		expects_run(attempt.loaded.policy, "warning", attempt.out);
	if (policy_hosts(attempt.loaded.policy) == 0)
		hosts_fini(&attempt.loaded.hosts);
	if (policy_hosts(attempt.loaded.policy) == 0 && !options->keep_tree) {
		ast_free(attempt.loaded.ast);
		attempt.loaded.ast = NULL;
	}
	*ret = attempt.loaded;
	return 0;
}

int load_again(const struct loaded *loaded, const char *state_dir,
	       struct policy **ret_policy)
{
	struct diag *diag = diag_new();
	int rc = -ENOMEM;

	if (diag != NULL)
		rc = compile_text(loaded, true, state_dir, diag, ret_policy);
	diag_free(diag);
	return rc;
}

void loaded_fini(struct loaded *loaded)
{
	policy_free(loaded->policy);
	ast_free(loaded->ast);
	hosts_fini(&loaded->hosts);
	*loaded = (struct loaded){ 0 };
}

struct policy *load_policy(const char *path,
			   const struct load_options *options)
{
	struct loaded loaded;
	struct policy *policy;

	if (load(path, options, &loaded) < 0)
		return NULL;
	policy = loaded.policy;
	loaded.policy = NULL;
	loaded_fini(&loaded);
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
