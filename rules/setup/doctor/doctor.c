/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor.c - report what would keep a policy from working, see doctor.h. */
#include "rules/setup/doctor/doctor_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "rules/setup/plan/conflict.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/plan/plan_foreign.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/kernel/sysctl.h"

#define LINE_MAX_BYTES 512

void doctor_report(const struct doctor *doctor, enum doctor_level level,
		const char *fix, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	doctor->report(doctor->ctx, level, line, fix[0] ? fix : NULL);
}

void doctor_ok(const struct doctor *doctor, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	doctor->report(doctor->ctx, DOCTOR_OK, line, NULL);
}

long doctor_sysctl(const char *path, long missing)
{
	char value[SYSCTL_VALUE_MAX];

	return sysctl_read(path, value) == 0 ? strtol(value, NULL, 10) :
					       missing;
}

/* Report a set-up error, which ends in "; FIX". */
static void report_sentence(const struct doctor *doctor, char *sentence)
{
	char *fix = strrchr(sentence, ';');

	if (fix != NULL)
		*fix++ = '\0';
	while (fix != NULL && *fix == ' ')
		fix++;
	doctor_report(doctor, DOCTOR_ERROR, fix != NULL ? fix : "", "%s",
		      sentence);
}

/* Whether the plan has a rule at this preference: conflict_check() then
 * reports the rule as an error. */
static bool is_needed(const struct plan *plan, const struct kernel_rule *rule)
{
	for (size_t i = 0; plan != NULL && i < plan->rule_count; i++)
		if (plan->rules[i].family == rule->family &&
		    plan->rules[i].pref == rule->pref)
			return true;
	return false;
}

/* Warn of foreign rules in our range: another policy may need that
 * preference. */
static void check_prefs(const struct doctor *doctor, const struct plan *plan)
{
	const struct state *state = doctor->state;
	char text[KERNEL_TEXT_MAX], fix[96];
	bool is_free = true;

	snprintf(fix, sizeof(fix), "give the rule a preference outside %u "
		 "to %u", PREF_FIRST, PREF_LAST);
	for (size_t i = 0; i < state->rule_count; i++) {
		const struct kernel_rule *rule = &state->rules[i];

		if (rule->pref < PREF_FIRST || rule->pref > PREF_LAST ||
		    rule->protocol == KERNEL_PROTOCOL)
			continue;
		is_free = false;
		if (!is_needed(plan, rule))
			doctor_report(doctor, DOCTOR_WARNING, fix,
				      "pref %" PRIu32 " has a rule that is "
				      "not waymark's: %s", rule->pref,
				      kernel_rule_print(rule, text));
	}
	if (is_free)
		doctor_ok(doctor, "prefs %u to %u: free, or used by waymark",
			  PREF_FIRST, PREF_LAST);
}

static void check_plan(const struct doctor *doctor, const struct plan *plan)
{
	char error[SETUP_ERROR_MAX];

	doctor_ok(doctor, "uplinks: every device exists or is optional");
	if (conflict_check(plan, doctor->state, error) == 0)
		doctor_ok(doctor, "tables of the uplinks: free, or used by "
			  "waymark");
	else
		report_sentence(doctor, error);
}

/* Check links, rule preferences and routing tables. */
static void check_routing(const struct doctor *doctor)
{
	char error[SETUP_ERROR_MAX];
	struct plan plan = { 0 };
	int rc = 0;

	if (doctor->policy != NULL)
		rc = plan_make(doctor->policy, NULL, doctor->state,
			       PLAN_LINKS_UP, &plan, error);
	if (rc < 0)
		report_sentence(doctor, error);
	else if (doctor->policy != NULL)
		check_plan(doctor, &plan);
	check_prefs(doctor, &plan);
	plan_fini(&plan);
}

static void report_foreign(void *ctx, const char *line, const char *fix)
{
	doctor_report(ctx, fix != NULL ? DOCTOR_WARNING : DOCTOR_OK,
		      fix != NULL ? fix : "", "%s", line);
}

static int examine(const struct policy *policy, const struct state *state,
		   doctor_report_fn *report, void *ctx)
{
	struct doctor doctor = {
		.policy = policy,
		.state = state,
		.mask = policy != NULL ? policy_marks(policy)->mask :
				 MARKS_MASK_DEFAULT,
		.report = report,
		.ctx = ctx,
	};

	doctor_kernel(&doctor);
	doctor_settings(&doctor);
	check_routing(&doctor);
	if (policy != NULL)
		plan_foreign_each(policy, state, report_foreign, &doctor);
	doctor_others(&doctor);
	return 0;
}

int doctor_read(struct netlink **nl, struct state *state)
{
	int rc;

	*nl = NULL;
	*state = (struct state){ 0 };
	rc = netlink_open(nl);
	if (rc == 0)
		rc = state_read(*nl, state);
	if (rc == 0)
		nft_table_read(&state->table, NULL);
	return rc;
}

int doctor_examine(const struct policy *policy, doctor_report_fn *report,
		   void *ctx)
{
	struct netlink *nl;
	struct state state;
	int rc = doctor_read(&nl, &state);

	if (rc == 0)
		rc = examine(policy, &state, report, ctx);
	state_fini(&state);
	netlink_close(nl);
	return rc;
}
