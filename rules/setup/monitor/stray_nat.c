/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stray_nat.c - conntrack entries with the address of another uplink. */
#include "rules/setup/monitor/stray_nat.h"

#include <string.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/policy/strict.h"
#include "rules/setup/failback.h"
#include "rules/setup/kernel/flow_entries.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/monitor/untranslated.h"
#include "rules/setup/nat_owner.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/plan/plan_routes.h"
#include "rules/setup/setup.h"

struct scan {
	const struct policy *policy;
	const struct setup_report *report;
	const struct stray_paths *paths;
	struct nat_owners owners;
	struct untranslated search;
	struct stray_counts counts;
};

static bool is_on(struct nat_owner owned, const struct policy *policy,
		  size_t uplink)
{
	return strcmp(owned.dev, policy_uplink(policy, uplink)->dev) == 0;
}

/* Whether a flow of path `i` cannot continue via its active uplink. Where that
 * is main, an address of no uplink is main's. */
static bool is_lost(const struct scan *scan, const struct flow_entry *entry,
		    size_t i, uint8_t active)
{
	struct nat_owner owner = nat_owners_find(&scan->owners,
						 &entry->reply.dst);

	if (address_equal(&entry->original.src, &entry->reply.dst) ||
	    owner.dev[0] == '\0')
		return true;
	if (active == PLAN_NO_UPLINK)
		return is_on(owner, scan->policy, i);
	return !is_on(owner, scan->policy, active);
}

static bool is_stray(const struct scan *scan, const struct flow_entry *entry,
		     struct nat_owner owner, uint8_t active)
{
	return owner.uplink >= 0 && active != PLAN_NO_UPLINK &&
	       !address_equal(&entry->original.src, &entry->reply.dst) &&
	       !is_on(owner, scan->policy, active);
}

static bool is_fallback_of(const struct policy *policy, size_t i, int other)
{
	int at;

	for (size_t step = 1;
	     (at = plan_routes_fallback(policy, i, step)) >= 0; step++)
		if (at == other)
			return true;
	return false;
}

/* A flow that failed over, and whose uplink was up again before failback.h
 * could see it, is treated as there. */
static void end_stray(struct scan *scan, const struct flow_entry *entry,
		      struct flow_changes *changes, size_t i, int owner)
{
	const struct marks *marks = policy_marks(scan->policy);
	bool v6 = entry->key.family == AF_INET6;
	enum failback_policy failback = policy_failback(scan->policy, i, owner);

	if (!is_fallback_of(scan->policy, i, owner) ||
	    scan->report->active[owner][v6] != owner) {
		flow_changes_delete(changes, &entry->key);
		scan->counts.wrong_address++;
	} else if (failback == FAILBACK_KEEP) {
		flow_changes_mark(changes, &entry->key,
				  marks_of(marks, policy_uplink(scan->policy,
						  (size_t)owner)->path, false),
				  marks->path_mask);
	} else {
		failback_end_flow(changes, scan->policy, &entry->key,
				  entry->original.proto);
		scan->counts.wrong_address++;
	}
}

static void check_entry(void *ctx, const struct flow_entry *entry,
			struct flow_changes *changes)
{
	struct scan *scan = ctx;
	bool v6 = entry->key.family == AF_INET6;
	int path = nat_owners_path_of(scan->policy, entry->mark);
	struct nat_owner owner;
	uint8_t active;

	if (untranslated_is(&scan->search, entry)) {
		flow_changes_delete(changes, &entry->key);
		scan->counts.untranslated++;
		return;
	}
	if (path < 0)
		return;
	active = scan->report->active[path][v6];
	owner = nat_owners_find(&scan->owners, &entry->reply.dst);
	if (nat_owners_is_on(&scan->owners, &entry->original.dst,
			     (size_t)path) ||
	    (scan->paths->held[path][v6] &&
	     is_on(owner, scan->policy, (size_t)path)))
		return;
	if (scan->paths->moved[path][v6] &&
	    is_lost(scan, entry, (size_t)path, active))
		flow_changes_delete(changes, &entry->key);
	else if (is_stray(scan, entry, owner, active))
		end_stray(scan, entry, changes, (size_t)path, owner.uplink);
}

int stray_nat_delete(const struct policy *policy,
		     const struct setup_report *report,
		     const struct stray_paths *paths,
		     struct stray_counts *ret_counts)
{
	struct scan scan = {
		.policy = policy, .report = report, .paths = paths,
		.search.owners = &scan.owners,
	};
	int rc = nat_owners_init(&scan.owners, policy);

	if (rc == 0)
		rc = netlink_open(&scan.search.nl);
	if (rc == 0)
		rc = flow_entries_scan(check_entry, &scan);
	*ret_counts = scan.counts;
	netlink_close(scan.search.nl);
	nat_owners_fini(&scan.owners);
	return rc;
}
