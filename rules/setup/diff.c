/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff.c - compute the steps from the kernel's state to the plan's. */
#include "rules/setup/diff.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "rules/setup/kernel/array.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/util/log.h"

static int add(struct diff *diff, struct step step)
{
	return ARRAY_ADD(diff->steps, diff->count, step);
}

void diff_fini(struct diff *diff)
{
	free(diff->steps);
	*diff = (struct diff){ 0 };
}

/* ---- routes and rules ---- */

/* Whether a route of ours has the table, prefix and metric of `route`; with
 * `exactly`, whether one equals it. */
static bool has_route(const struct kernel_route *routes, size_t count,
		      const struct kernel_route *route, bool exactly)
{
	for (size_t i = 0; i < count; i++)
		if (state_route_is_ours(&routes[i]) &&
		    (exactly ? kernel_route_equal(&routes[i], route) :
			       kernel_route_same_place(&routes[i], route)))
			return true;
	return false;
}

static int diff_routes(const struct diff_input *in, struct diff *diff)
{
	const struct plan *plan = in->plan;
	const struct state *state = in->state;
	int rc = 0;

	for (size_t i = 0; i < plan->route_count && rc == 0; i++) {
		const struct kernel_route *route = &plan->routes[i];
		bool replaces = has_route(state->routes, state->route_count,
					  route, false);

		if (!has_route(state->routes, state->route_count, route, true))
			rc = add(diff, (struct step){
				.kind = replaces ? STEP_ROUTE_REPLACE :
						   STEP_ROUTE_ADD,
				.route = route });
	}
	for (size_t i = 0; i < state->route_count && rc == 0; i++) {
		const struct kernel_route *route = &state->routes[i];

		if (state_route_is_ours(route) &&
		    !has_route(plan->routes, plan->route_count, route, false))
			rc = add(diff, (struct step){
				.kind = STEP_ROUTE_DELETE, .route = route });
	}
	return rc;
}

static bool has_rule(const struct kernel_rule *rules, size_t count,
		     const struct kernel_rule *rule)
{
	for (size_t i = 0; i < count; i++)
		if (kernel_rule_equal(&rules[i], rule))
			return true;
	return false;
}

/* The rule that rejects unmarked packets exists only while marks are set. */
static enum step_kind kind_of(const struct kernel_rule *rule, bool adds)
{
	if (rule->pref == PREF_GUARD)
		return adds ? STEP_GUARD_ADD : STEP_GUARD_DELETE;
	return adds ? STEP_RULE_ADD : STEP_RULE_DELETE;
}

static int diff_rules(const struct diff_input *in, struct diff *diff)
{
	const struct plan *plan = in->plan;
	const struct state *state = in->state;
	int rc = 0;

	for (size_t i = 0; i < plan->rule_count && rc == 0; i++)
		if (!has_rule(state->rules, state->rule_count, &plan->rules[i]))
			rc = add(diff, (struct step){
				.kind = kind_of(&plan->rules[i], true),
				.rule = &plan->rules[i] });
	for (size_t i = 0; i < state->rule_count && rc == 0; i++) {
		const struct kernel_rule *rule = &state->rules[i];

		if (state_rule_is_ours(rule) &&
		    !has_rule(plan->rules, plan->rule_count, rule))
			rc = add(diff, (struct step){
				.kind = kind_of(rule, false),
				.rule = rule });
	}
	return rc;
}

/* ---- device groups ---- */

static struct step group_step(enum step_kind kind,
			      const struct kernel_link *link, uint32_t put)
{
	struct step step = {
		.kind = kind,
		.group = { .link = link->index, .found = link->group,
			   .put = put },
	};

	memcpy(step.group.dev, link->name, sizeof(step.group.dev));
	return step;
}

static bool wants_group(const struct plan *plan, unsigned int link)
{
	for (size_t i = 0; i < plan->link_count; i++)
		if (plan->links[i] == link)
			return true;
	return false;
}

/* Without a journal: set-up put a link that our routes use into the group. */
static bool is_ours(const struct state *state, unsigned int link)
{
	for (size_t i = 0; i < state->route_count; i++)
		if (state->routes[i].oif == link &&
		    state_route_is_ours(&state->routes[i]))
			return true;
	return false;
}

static int diff_groups(const struct diff_input *in, struct diff *diff)
{
	int rc = 0;

	for (size_t i = 0; i < in->state->link_count && rc == 0; i++) {
		const struct kernel_link *link = &in->state->links[i];
		bool wanted = wants_group(in->plan, link->index);
		const struct journal_group *old =
			journal_group(in->journal, link->index);

		if (wanted && link->group != KERNEL_GROUP)
			rc = add(diff, group_step(STEP_GROUP, link,
						  KERNEL_GROUP));
		else if (!wanted && link->group == KERNEL_GROUP &&
			 (old != NULL || is_ours(in->state, link->index)))
			rc = add(diff,
				 group_step(STEP_GROUP_RESTORE, link,
					    old != NULL ? old->found : 0));
	}
	return rc;
}

/* ---- sysctls ---- */

static int add_sysctl(struct diff *diff, enum step_kind kind, const char *path,
		      const char *found, const char *put)
{
	struct step step = { .kind = kind };

	snprintf(step.sysctl.path, sizeof(step.sysctl.path), "%s", path);
	snprintf(step.sysctl.found, sizeof(step.sysctl.found), "%s", found);
	snprintf(step.sysctl.put, sizeof(step.sysctl.put), "%s", put);
	return add(diff, step);
}

static bool wants_sysctl(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->sysctl_count; i++)
		if (strcmp(plan->sysctls[i].path, path) == 0)
			return true;
	return false;
}

static bool has_value(const struct diff_input *in, const char *dir,
		      const char *dev, const char *key, const char *wanted)
{
	char path[PLAN_PATH_MAX], value[SYSCTL_VALUE_MAX];

	snprintf(path, sizeof(path), "%s%.*s/%s", dir, (int)strcspn(dev, "/"),
		 dev, key);
	return in->sysctl(path, value) == 0 && strcmp(value, wanted) == 0;
}

/*
 * Whether packets pass without the setting: the kernel combines `all` and the
 * device's value of IPv4 settings by "or", src_valid_mark only matters to
 * rp_filter, and routes without carrier are removed by the reconciler, too.
 */
static bool is_dispensable(const struct diff_input *in, const char *path)
{
	static const char dir[] = "net/ipv4/conf/";
	const char *dev = path + strlen(dir);

	if (strstr(path, "/ignore_routes_with_linkdown") != NULL)
		return true;
	return strncmp(path, dir, strlen(dir)) == 0 &&
	       strstr(path, "/src_valid_mark") != NULL &&
	       (has_value(in, dir, "all", "src_valid_mark", "1") ||
		(has_value(in, dir, "all", "rp_filter", "0") &&
		 has_value(in, dir, dev, "rp_filter", "0")));
}

static bool needs_step(const struct diff_input *in, const char *path)
{
	return in->is_writable == NULL || in->is_writable(path) ||
	       !is_dispensable(in, path);
}

/* A sysctl that this kernel lacks is not needed. */
static int diff_sysctls(const struct diff_input *in, struct diff *diff)
{
	char value[SYSCTL_VALUE_MAX];
	int rc = 0;

	for (size_t i = 0; i < in->plan->sysctl_count && rc == 0; i++) {
		const struct plan_sysctl *want = &in->plan->sysctls[i];

		if (in->sysctl(want->path, value) == 0 &&
		    strcmp(value, want->value) != 0 &&
		    needs_step(in, want->path))
			rc = add_sysctl(diff, STEP_SYSCTL, want->path, value,
					want->value);
	}
	for (size_t i = 0; i < in->journal->sysctl_count && rc == 0; i++) {
		const struct journal_sysctl *old = &in->journal->sysctls[i];

		if (!wants_sysctl(in->plan, old->path) &&
		    in->sysctl(old->path, value) == 0 &&
		    strcmp(value, old->put) == 0 &&
		    strcmp(value, old->found) != 0)
			rc = add_sysctl(diff, STEP_SYSCTL_RESTORE, old->path,
					value, old->found);
	}
	return rc;
}

/* ---- the file and the ruleset ---- */

static int diff_tables(const struct diff_input *in, struct diff *diff)
{
	const struct journal *journal = in->journal;
	const struct rt_tables *tables = in->tables;
	bool ours = journal->made_file && tables->exists &&
		    (tables->hash == journal->file ||
		     tables->hash == journal->file_next);
	const char *text = in->plan->tables;

	if (tables->is_read_only)
		return 0;
	if (text == NULL && (ours || (journal->dirs_made && !tables->exists)))
		return add(diff, (struct step){ .kind = STEP_TABLES_REMOVE });
	if (text != NULL && (!tables->exists ||
		     (ours && tables->hash != nft_hash(text))))
		return add(diff, (struct step){ .kind = STEP_TABLES_WRITE });
	return 0;
}

static int diff_ruleset(const struct diff_input *in, struct diff *diff)
{
	const struct nft_table *table = &in->state->table;

	if (!in->plan->has_ruleset)
		return table->exists && table->is_ours ?
			       add(diff, (struct step){
					 .kind = STEP_RULESET_DELETE }) :
			       0;
	if (table->exists && table->has_owner == in->plan->owns_table &&
	    in->journal->ruleset_asked == in->ruleset &&
	    in->journal->ruleset_found == table->hash)
		return 0;
	return add(diff, (struct step){ .kind = STEP_RULESET });
}

static int compare_steps(const void *a, const void *b)
{
	const struct step *left = a;
	const struct step *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	/* Each array is in the order of addition; removal reverses it. */
	if (left->kind == STEP_RULE_DELETE)
		return left->rule < right->rule ? 1 : -1;
	if (left->kind == STEP_ROUTE_DELETE)
		return left->route < right->route ? 1 : -1;
	if (left->kind == STEP_RULE_ADD)
		return left->rule < right->rule ? -1 : 1;
	if (left->kind == STEP_ROUTE_ADD || left->kind == STEP_ROUTE_REPLACE)
		return left->route < right->route ? -1 : 1;
	return 0;
}

int diff_make(const struct diff_input *input, struct diff *diff)
{
	int rc;

	*diff = (struct diff){ 0 };
	rc = diff_tables(input, diff);
	if (rc == 0)
		rc = diff_routes(input, diff);
	if (rc == 0)
		rc = diff_rules(input, diff);
	if (rc == 0)
		rc = diff_sysctls(input, diff);
	if (rc == 0)
		rc = diff_groups(input, diff);
	if (rc == 0)
		rc = diff_ruleset(input, diff);
	if (rc < 0)
		diff_fini(diff);
	else if (diff->count)
		qsort(diff->steps, diff->count, sizeof(*diff->steps),
		      compare_steps);
	return rc;
}

void diff_log_skipped(const struct diff_input *input)
{
	const struct plan *plan = input->plan;
	char value[SYSCTL_VALUE_MAX];

	if (plan->tables != NULL && input->tables->is_read_only &&
	    !input->tables->exists)
		log_notice("%s is read-only: ip(8) shows numbers "
			   "of tables instead of names", RT_TABLES_DIR);
	for (size_t i = 0; i < plan->sysctl_count; i++) {
		const struct plan_sysctl *want = &plan->sysctls[i];

		if (input->sysctl(want->path, value) == 0 &&
		    strcmp(value, want->value) != 0 &&
		    !needs_step(input, want->path))
			log_notice("sysctl %s is %s and read-only: left as it "
				   "is, no packet needs %s", want->path, value,
				   want->value);
	}
}

/* ---- printing ---- */

static void print_route(const struct step *step, const char *sign,
			const char *verb, const struct diff_input *in,
			FILE *out)
{
	char text[KERNEL_TEXT_MAX];
	const char *dev = plan_dev(in->plan, in->state, step->route->oif);

	fprintf(out, "%s ip -%c route %s %s\n", sign,
		step->route->family == AF_INET ? '4' : '6', verb,
		kernel_route_print(step->route, dev, text));
}

static void print_rule(const struct step *step, const char *sign,
		       const char *verb, FILE *out)
{
	char text[KERNEL_TEXT_MAX];

	fprintf(out, "%s ip -%c rule %s %s\n", sign,
		step->rule->family == AF_INET ? '4' : '6', verb,
		kernel_rule_print(step->rule, text));
}

static void print_step(const struct step *step, const struct diff_input *in,
		       FILE *out)
{
	switch (step->kind) {
	case STEP_TABLES_WRITE:
		fputs("+ write " RT_TABLES_DIR "/waymark.conf\n", out);
		break;
	case STEP_TABLES_REMOVE:
		fputs("- remove " RT_TABLES_DIR "/waymark.conf\n", out);
		break;
	case STEP_ROUTE_ADD:
		print_route(step, "+", "add", in, out);
		break;
	case STEP_ROUTE_REPLACE:
		print_route(step, "~", "replace", in, out);
		break;
	case STEP_ROUTE_DELETE:
		print_route(step, "-", "del", in, out);
		break;
	case STEP_RULE_ADD:
	case STEP_GUARD_ADD:
		print_rule(step, "+", "add", out);
		break;
	case STEP_RULE_DELETE:
	case STEP_GUARD_DELETE:
		print_rule(step, "-", "del", out);
		break;
	case STEP_SYSCTL:
	case STEP_SYSCTL_RESTORE:
		fprintf(out, "~ sysctl -w %s=%s\t# was %s\n",
			step->sysctl.path, step->sysctl.put,
			step->sysctl.found);
		break;
	case STEP_GROUP:
	case STEP_GROUP_RESTORE:
		fprintf(out, "~ ip link set %s group %u\t# was %u\n",
			step->group.dev, step->group.put, step->group.found);
		break;
	case STEP_RULESET:
		fprintf(out, "%c table inet " NFT_TABLE "\n",
			in->state->table.exists ? '~' : '+');
		break;
	case STEP_RULESET_DELETE:
		fputs("- table inet " NFT_TABLE "\n", out);
		break;
	}
}

char diff_thing(const struct step *step, const struct diff_input *in,
		char *thing, size_t size)
{
	char text[KERNEL_TEXT_MAX];

	switch (step->kind) {
	case STEP_ROUTE_ADD:
	case STEP_ROUTE_REPLACE:
	case STEP_ROUTE_DELETE:
		snprintf(thing, size, "ip -%c route %s",
			 step->route->family == AF_INET ? '4' : '6',
			 kernel_route_print(step->route,
					    plan_dev(in->plan, in->state,
						     step->route->oif), text));
		return step->kind == STEP_ROUTE_ADD	? '+' :
		       step->kind == STEP_ROUTE_REPLACE ? '~' :
							  '-';
	case STEP_RULE_ADD:
	case STEP_GUARD_ADD:
	case STEP_RULE_DELETE:
	case STEP_GUARD_DELETE:
		snprintf(thing, size, "ip -%c rule %s",
			 step->rule->family == AF_INET ? '4' : '6',
			 kernel_rule_print(step->rule, text));
		return step->kind == STEP_RULE_ADD ||
				       step->kind == STEP_GUARD_ADD ?
			       '+' : '-';
	case STEP_SYSCTL:
	case STEP_SYSCTL_RESTORE:
		snprintf(thing, size, "sysctl %s", step->sysctl.path);
		return '~';
	case STEP_GROUP:
	case STEP_GROUP_RESTORE:
		snprintf(thing, size, "link %s: group", step->group.dev);
		return '~';
	case STEP_RULESET:
	case STEP_RULESET_DELETE:
		snprintf(thing, size, "table inet " NFT_TABLE);
		return step->kind == STEP_RULESET_DELETE ? '-' :
		       in->state->table.exists		 ? '~' :
							   '+';
	case STEP_TABLES_WRITE:
	case STEP_TABLES_REMOVE:
		break;
	}
	snprintf(thing, size, RT_TABLES_DIR "/waymark.conf");
	return step->kind == STEP_TABLES_WRITE ? '+' : '-';
}

void diff_print(const struct diff *diff, const struct diff_input *input,
		FILE *out)
{
	for (size_t i = 0; i < diff->count; i++)
		print_step(&diff->steps[i], input, out);
}
