/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failback.c - flows on a fallback whose uplink is up again. */
#include "rules/setup/failback.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/policy/strict.h"
#include "rules/setup/in_force.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/plan/state.h"

/* ---- where paths lead ---- */

/* Without a rule nothing of ours was set up: no flow is on a fallback. */
static uint8_t leads_to(const struct policy *policy, const struct state *state,
			size_t i, bool v6)
{
	struct in_force_path path = in_force_find(
		policy, state, v6 ? AF_INET6 : AF_INET, i);

	if (!path.has_rule)
		return FAILBACK_STAYS;
	return path.way == IN_FORCE_UPLINK ? (uint8_t)path.by : PLAN_NO_UPLINK;
}

static bool shares_dev(const struct policy *policy, size_t a, size_t b)
{
	return strcmp(policy_uplink(policy, a)->dev,
		      policy_uplink(policy, b)->dev) == 0;
}

/* Whether path `i`, which led to `from`, leaves it although it works. */
static bool is_failback(const struct policy *policy,
			const struct setup_report *report, size_t i, bool v6,
			uint8_t from)
{
	uint8_t to = report->active[i][v6];

	if (from == FAILBACK_STAYS || from == to || from == i ||
	    to == PLAN_NO_UPLINK)
		return false;
	return from == PLAN_NO_UPLINK ? !policy_uplink_is_strict(policy, i) :
	       report->active[from][v6] == from && !shares_dev(policy, i, from);
}

static bool find_failbacks(struct failback *fb, const struct state *state)
{
	const struct policy *policy = fb->policy;
	bool has_any = false;

	for (size_t i = 0; i < policy_uplinks(policy); i++)
		for (int v6 = 0; v6 < 2; v6++) {
			uint8_t from = leads_to(policy, state, i, v6);

			if (!is_failback(policy, fb->report, i, v6, from))
				from = FAILBACK_STAYS;
			fb->from[i][v6] = from;
			fb->has_given_up[i][v6] = health_has_given_up(
				&state->health, policy_uplink(policy, i)->name,
				v6 ? AF_INET6 : AF_INET);
			has_any |= from != FAILBACK_STAYS;
		}
	return has_any;
}

/* ---- flows ---- */

/* The path that a flow of path `i` takes in fact; 0: not that of the fallback.
 * *ret_is_bound: it has an address of the fallback. */
static uint8_t path_in_fact(const struct failback *fb,
			    const struct flow_entry *entry, size_t i, bool v6,
			    bool *ret_is_bound)
{
	uint8_t from = fb->from[i][v6];
	const struct uplink *by = from == PLAN_NO_UPLINK ? NULL :
				  policy_uplink(fb->policy, from);
	struct nat_owner owner = nat_owners_find(&fb->owners,
						 &entry->reply.dst);
	bool is_plain = address_equal(&entry->original.src, &entry->reply.dst);
	uint8_t path = by != NULL ? by->path
				  : policy_marks(fb->policy)->path_main;

	if (nat_owners_is_on(&fb->owners, &entry->original.dst, i) ||
	    nat_owners_is_on(&fb->owners, &entry->reply.dst, i))
		return 0;
	*ret_is_bound = owner.dev[0] != '\0' && (by == NULL ? !is_plain :
			strcmp(owner.dev, by->dev) == 0);
	if (*ret_is_bound)
		return by == NULL && owner.uplink >= 0 ?
		       policy_uplink(fb->policy, (size_t)owner.uplink)->path :
		       path;
	/* A flow without NAT may have waited for its uplink: `hold`. */
	return is_plain && fb->has_given_up[i][v6] ? path : 0;
}

static void keep_or_note(void *ctx, const struct flow_entry *entry,
			 struct flow_changes *changes)
{
	struct failback *fb = ctx;
	const struct marks *marks = policy_marks(fb->policy);
	bool v6 = entry->key.family == AF_INET6, is_bound;
	struct failback_flow flow = { entry->key, entry->original.proto };
	int i = nat_owners_path_of(fb->policy, entry->mark);
	enum failback_policy failback;
	uint8_t path;

	if (i < 0 || fb->from[i][v6] == FAILBACK_STAYS)
		return;
	path = path_in_fact(fb, entry, (size_t)i, v6, &is_bound);
	failback = policy_failback(fb->policy, (size_t)i,
				   fb->from[i][v6] == PLAN_NO_UPLINK ? -1 :
				   fb->from[i][v6]);
	if (path == 0 || (failback == FAILBACK_MOVE && !is_bound))
		return;
	flow_changes_mark(changes, &entry->key, marks_of(marks, path, false),
			  marks->path_mask);
	if (failback == FAILBACK_KEEP)
		fb->report->kept_flows[i][v6]++;
	else if (ARRAY_ADD(fb->flows, fb->flow_count, flow) == 0)
		fb->report->reset_flows[i][v6]++;
}

int failback_begin(struct failback *fb, const struct policy *policy,
		   const struct state *state, struct setup_report *report)
{
	int rc;

	*fb = (struct failback){ .policy = policy, .report = report };
	if (!find_failbacks(fb, state))
		return 0;
	rc = nat_owners_init(&fb->owners, policy);
	return rc == 0 ? flow_entries_scan(keep_or_note, fb) : rc;
}

/* A path number of drop that is not settled is never in use otherwise: a route
 * that drops is certain. */
void failback_end_flow(struct flow_changes *changes,
		       const struct policy *policy,
		       const struct flow_entry_key *key, uint8_t protocol)
{
	const struct marks *marks = policy_marks(policy);

	if (protocol == IPPROTO_TCP)
		flow_changes_mark(changes, key,
				  marks_of(marks, marks->path_drop, false),
				  marks->mask);
	else
		flow_changes_delete(changes, key);
}

int failback_end(struct failback *fb)
{
	struct flow_changes *changes;
	int rc;

	if (fb->flow_count == 0)
		return 0;
	rc = flow_changes_open(&changes);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < fb->flow_count; i++)
		failback_end_flow(changes, fb->policy, &fb->flows[i].key,
				  fb->flows[i].protocol);
	flow_changes_close(changes);
	return 0;
}

void failback_fini(struct failback *fb)
{
	nat_owners_fini(&fb->owners);
	free(fb->flows);
	*fb = (struct failback){ 0 };
}
