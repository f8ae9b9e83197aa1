/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_setup_diff.c - the steps from the present to the wanted state. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/diff.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/ruleset/ruleset.h"
#include "setup_state.h"

#define POLICY                                                               \
	"uplink fibre { dev eth1 via 203.0.113.1 via 2001:db8:f::1 strict }\n" \
	"uplink cheap { dev ppp0 table 210 out masquerade fallback fibre }\n" \
	"exempt from 192.168.1.20 by rule\nqueues 4-5\ndefault via fibre\n"

static struct state state;
static struct plan plan;
static struct journal journal;
static struct rt_tables tables;
static struct diff_input input;
static const char *value;	/* of each sysctl but this */
static const char *rp_filter;

static int read_value(const char *path, char text[static SYSCTL_VALUE_MAX])
{
	snprintf(text, SYSCTL_VALUE_MAX, "%s",
		 strstr(path, "/rp_filter") != NULL ? rp_filter : value);
	return 0;
}

static bool is_never_writable(const char *path)
{
	(void)path;
	return false;
}

static void start(void)
{
	struct policy *policy = setup_policy(POLICY);
	char error[SETUP_ERROR_MAX];

	setup_state(&state);
	ck_assert_int_eq(plan_make(policy, NULL, &state, PLAN_LINKS_UP, &plan,
				   error), 0);
	policy_free(policy);
	journal = (struct journal){ 0 };
	tables = (struct rt_tables){ 0 };
	value = "0";
	rp_filter = "1";
	input = (struct diff_input){ &plan, &state, &journal, &tables, 77,
				     read_value, NULL };
}

static void end(void)
{
	plan_fini(&plan);
	state_fini(&state);
	journal_fini(&journal);
}

/* Apply all steps to the model. */
static void arrive(void)
{
	for (size_t i = 0; i < plan.route_count; i++)
		ck_assert_int_eq(ARRAY_ADD(state.routes, state.route_count,
					   plan.routes[i]), 0);
	for (size_t i = 0; i < plan.rule_count; i++)
		ck_assert_int_eq(ARRAY_ADD(state.rules, state.rule_count,
					   plan.rules[i]), 0);
	for (size_t i = 2; i < 4; i++) {
		journal_note_group(&journal, state.links[i].index,
				   state.links[i].name, 5);
		state.links[i].group = KERNEL_GROUP;
	}
	for (size_t i = 0; i < plan.sysctl_count; i++)
		journal_note_sysctl(&journal, plan.sysctls[i].path, "0", "1");
	value = "1";
	tables.exists = true;
	tables.hash = nft_hash(plan.tables);
	journal.made_file = true;
	journal.file = journal.file_next = tables.hash;
	state.table.exists = state.table.is_ours = true;
	state.table.hash = 88;
	journal.ruleset_asked = 77;
	journal.ruleset_found = 88;
}

static size_t count(const struct diff *diff, enum step_kind kind)
{
	size_t found = 0;

	for (size_t i = 0; i < diff->count; i++)
		found += diff->steps[i].kind == kind;
	return found;
}

START_TEST(from_nothing)
{
	struct diff diff;

	ck_assert_int_eq(diff_make(&input, &diff), 0);
	ck_assert_uint_eq(count(&diff, STEP_ROUTE_ADD), plan.route_count);
	ck_assert_uint_eq(count(&diff, STEP_RULE_ADD), plan.rule_count - 2);
	ck_assert_uint_eq(count(&diff, STEP_GUARD_ADD), 2);
	ck_assert_uint_eq(count(&diff, STEP_SYSCTL), plan.sysctl_count);
	ck_assert_uint_eq(count(&diff, STEP_GROUP), 2);
	ck_assert_uint_eq(count(&diff, STEP_RULESET), 1);
	ck_assert_uint_eq(count(&diff, STEP_TABLES_WRITE), 1);
	for (size_t i = 1; i < diff.count; i++)
		ck_assert_int_le(diff.steps[i - 1].kind, diff.steps[i].kind);
	/* The guard drops packets without a mark: marking comes first. */
	ck_assert_int_eq(diff.steps[diff.count - 3].kind, STEP_RULESET);
	ck_assert_int_eq(diff.steps[diff.count - 1].kind, STEP_GUARD_ADD);
	diff_fini(&diff);
}
END_TEST

/* What only adds convenience has no step; what packets need has one, which
 * fails with the place. */
START_TEST(read_only)
{
	struct diff diff;
	size_t needed = 0;

	for (size_t i = 0; i < plan.sysctl_count; i++)
		needed += strstr(plan.sysctls[i].path, "src_valid_mark") !=
			  NULL;
	tables.is_read_only = true;
	input.is_writable = is_never_writable;
	ck_assert_int_eq(diff_make(&input, &diff), 0);
	ck_assert_uint_eq(count(&diff, STEP_TABLES_WRITE), 0);
	ck_assert_uint_gt(needed, 0);
	ck_assert_uint_eq(count(&diff, STEP_SYSCTL), needed);
	diff_fini(&diff);
	rp_filter = "0";
	ck_assert_int_eq(diff_make(&input, &diff), 0);
	ck_assert_uint_eq(count(&diff, STEP_SYSCTL), 0);
	diff_fini(&diff);
}
END_TEST

START_TEST(arrived)
{
	struct diff diff;

	arrive();
	ck_assert_int_eq(diff_make(&input, &diff), 0);
	ck_assert_uint_eq(diff.count, 0);
	diff_fini(&diff);
}
END_TEST

START_TEST(to_nothing)
{
	struct plan nothing = { 0 };
	struct diff diff;

	arrive();
	input.plan = &nothing;
	ck_assert_int_eq(diff_make(&input, &diff), 0);
	ck_assert_uint_eq(count(&diff, STEP_ROUTE_DELETE), plan.route_count);
	ck_assert_uint_eq(count(&diff, STEP_RULE_DELETE), plan.rule_count - 2);
	ck_assert_uint_eq(count(&diff, STEP_SYSCTL_RESTORE),
			  plan.sysctl_count);
	ck_assert_uint_eq(count(&diff, STEP_GROUP_RESTORE), 2);
	ck_assert_int_eq(diff.steps[0].kind, STEP_GUARD_DELETE);
	ck_assert_int_eq(diff.steps[1].kind, STEP_GUARD_DELETE);
	ck_assert_int_eq(diff.steps[2].kind, STEP_RULESET_DELETE);
	ck_assert_uint_eq(diff.steps[3].group.put, 5);
	ck_assert_int_eq(diff.steps[diff.count - 1].kind, STEP_TABLES_REMOVE);
	diff_fini(&diff);
}
END_TEST

static void lose_route(void)
{
	state.route_count--;
}

static void lose_rule(void)
{
	state.rule_count--;
}

static void lose_guard(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < state.rule_count; i++)
		if (state.rules[i].pref != PREF_GUARD)
			state.rules[kept++] = state.rules[i];
	state.rule_count = kept;
}

static void change_guard(void)
{
	for (size_t i = 0; i < state.rule_count; i++)
		if (state.rules[i].pref == PREF_GUARD)
			state.rules[i].protocol = 4;
}

static void change_route(void)
{
	state.routes[6].oif = 2;
}

static void add_old_rule(void)
{
	struct kernel_rule rule = state.rules[2];

	rule.pref = PREF_LAST;
	ck_assert_int_eq(ARRAY_ADD(state.rules, state.rule_count, rule), 0);
}

static void add_foreign_rule(void)
{
	struct kernel_rule rule = state.rules[2];

	rule.protocol = 4;
	ck_assert_int_eq(ARRAY_ADD(state.rules, state.rule_count, rule), 0);
}

static void touch_ruleset(void)
{
	state.table.hash++;
}

static void lose_ruleset(void)
{
	state.table.exists = false;
}

static void own_ruleset(void)
{
	state.table.has_owner = true;
}

static void lose_owner(void)
{
	plan.owns_table = true;
}

static void change_group(void)
{
	state.links[2].group = 8;
}

static void change_sysctls(void)
{
	value = "0";
}

static void lose_names(void)
{
	tables.exists = false;
}

static void take_names(void)
{
	tables.hash = 1;
}

/* A change by another program after the set-up, and the kind of step that
 * repairs it; -1: none, because the object is foreign. */
static const struct {
	const char *name;
	void (*change)(void);
	int want;
} changes[] = {
	{ "a lost route", lose_route, STEP_ROUTE_ADD },
	{ "a lost rule", lose_rule, STEP_RULE_ADD },
	{ "a lost guard", lose_guard, STEP_GUARD_ADD },
	{ "a changed guard", change_guard, STEP_GUARD_ADD },
	{ "a changed route", change_route, STEP_ROUTE_REPLACE },
	{ "a rule of an older policy", add_old_rule, STEP_RULE_DELETE },
	{ "a foreign rule", add_foreign_rule, -1 },
	{ "a changed ruleset", touch_ruleset, STEP_RULESET },
	{ "a lost ruleset", lose_ruleset, STEP_RULESET },
	{ "a ruleset with an owner", own_ruleset, STEP_RULESET },
	{ "a ruleset without its owner", lose_owner, STEP_RULESET },
	{ "a changed group", change_group, STEP_GROUP },
	{ "changed sysctls", change_sysctls, STEP_SYSCTL },
	{ "lost table names", lose_names, STEP_TABLES_WRITE },
	{ "foreign table names", take_names, -1 },
};

START_TEST(fix)
{
	struct diff diff;

	arrive();
	changes[_i].change();
	ck_assert_int_eq(diff_make(&input, &diff), 0);
	if (changes[_i].want < 0)
		ck_assert_msg(diff.count == 0, "%s", changes[_i].name);
	else
		ck_assert_msg(diff.count > 0 &&
			      count(&diff, (enum step_kind)changes[_i].want) ==
				      diff.count, "%s", changes[_i].name);
	diff_fini(&diff);
}
END_TEST

/* ---- the ruleset's text ---- */

static char *script(const struct nft_table *table, bool native)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ruleset_write_change(&plan, table, native, out);
	fclose(out);
	return text;
}

/* The kernel refuses a table whose flags change. */
START_TEST(owner_flag)
{
	const struct nft_table none = { 0 };
	unsigned int tables_named = 0, owners = 0;

	for (int owns = 0; owns < 2; owns++) {
		char *text;

		plan.owns_table = owns;
		text = script(&none, true);
		tables_named = owners = 0;
		for (char *at = text; (at = strstr(at, "made by")); at++)
			tables_named++;
		for (char *at = text; (at = strstr(at, "flags owner")); at++)
			owners++;
		ck_assert_uint_eq(tables_named, 3);
		ck_assert_uint_eq(owners, owns ? 3 : 0);
		free(text);
	}
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	bool native;
	bool wanted;
} lines[] = {
	{ "a base chain is flushed", "flush chain inet waymark divert\n",
	  false, true },
	{ "a base chain is not deleted", "delete chain inet waymark divert\n",
	  false, false },
	{ "the NAT chain is not deleted",
	  "delete chain inet waymark source_nat\n", false, false },
	{ "the chain of an old path is deleted",
	  "delete chain inet waymark mark_44_settled\n", false, true },
	{ "the chain of a path stays", "delete chain inet waymark mark_1\n",
	  false, false },
	{ "a chain whose name has two words stays, too",
	  "delete chain inet waymark keep_nat_1\n", false, false },
	{ "foreign chains stay", "inet waymark mark_mine", false, false },
	{ "a queue rule is not flushed", "flush chain inet waymark queue_4\n",
	  false, false },
	{ "a native queue rule is flushed", "flush chain inet waymark queue_4\n",
	  true, true },
	{ "a native queue rule is written again", "queue num 4 bypass\n", true,
	  true },
	{ "a raw queue rule is not written", "queue num", false, false },
	{ "a new queue is added", "add chain inet waymark queue_5\n", false,
	  true },
	{ "an old queue is deleted", "delete chain inet waymark queue_9\n",
	  false, true },
	{ "settled flows end at the map", "0x41000000 : goto mark_1_settled",
	  false, true },
	{ "foreign bits stay", "meta mark & 0x80ffffff | 0x41000000", false,
	  true },
	{ "dropped flows are dropped", "0x7e000000 : goto dropped", false,
	  true },
	{ "main has a number", "0x7f000000 : goto mark_63_settled", false,
	  true },
	{ "exempt both ways",
	  "ct original ip saddr @from4 counter name exempt accept", false,
	  true },
	{ "no rule for an empty set", "@to6 counter", false, false },
	{ "a counter stays", "delete counter inet waymark path_1\n", false,
	  false },
	{ "the counter of an old path is deleted",
	  "delete counter inet waymark header_flows_44\n", false, true },
	{ "the counter of an old route is deleted",
	  "delete counter inet waymark route_0123456789abcdef\n", false,
	  true },
	{ "the chain of an old route is deleted",
	  "delete chain inet waymark route_0123456789abcdef\n", false, true },
	{ "foreign counters stay", "inet waymark path_mine", false, false },
	{ "loopback", "iif \"lo\" accept", false, true },
	{ "a missed family map leads to the engine",
	  "chain settle_1 {\n\t\tmeta nfproto vmap { ipv4 : goto count_1, "
	  "ipv6 : goto count_1 }\n\t\tgoto inspect\n", false, true },
	{ "settled flows are restored by rules, too",
	  "ct mark & 0x7f000000 == 0x42000000 goto mark_2_settled\n", false,
	  true },
	{ "a packet that was seen carries settled",
	  "& 0x80ffffff | 0x40000000\n", false, true },
	{ "a packet without a path is main's",
	  "== 0x40000000 ct state != invalid meta mark "
	  "set meta mark & 0x80ffffff | 0x7f000000 accept\n", false, true },
	{ "strict stops at other uplinks", "0x3f000000 == 0x01000000 "
	  "oifname { \"ppp0\" } goto wrong_uplink\n", false, true },
	{ "the chain strict is not deleted", "delete chain inet waymark strict",
	  false, false },
	{ "the chain strict is flushed", "flush chain inet waymark strict\n",
	  false, true },
	{ "masquerade", "oifname { \"ppp0\" } masquerade", false, true },
};

START_TEST(ruleset_line)
{
	static char *chains[] = { "divert", "mark_1", "mark_44_settled",
				  "mark_mine", "queue_4", "queue_9",
				  "source_nat", "route_0123456789abcdef",
				  "strict", "keep_nat_1" };
	static struct counter counters[] = {
		{ .name = "path_1" }, { .name = "header_flows_44" },
		{ .name = "route_0123456789abcdef" }, { .name = "path_mine" },
	};
	struct nft_table table = { .exists = true, .chains = chains,
				   .chain_count = 10,
				   .counters = { counters, 4 } };
	char *text = script(&table, lines[_i].native);

	ck_assert_msg(!!strstr(text, lines[_i].text) == lines[_i].wanted,
		      "%s: in\n%s", lines[_i].name, text);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("setup_diff");
	TCase *tcase = tcase_create("diff");

	tcase_add_checked_fixture(tcase, start, end);
	tcase_add_test(tcase, from_nothing);
	tcase_add_test(tcase, read_only);
	tcase_add_test(tcase, arrived);
	tcase_add_test(tcase, to_nothing);
	tcase_add_loop_test(tcase, fix, 0, ROWS(changes));
	tcase_add_test(tcase, owner_flag);
	tcase_add_loop_test(tcase, ruleset_line, 0, ROWS(lines));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
