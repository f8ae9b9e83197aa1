/*
 * reconcile.h - keep the kernel as a policy wants it, while links flap, gateways
 * change and others meddle: a thread of its own, which hears by netlink what
 * happens, probes the uplinks, and carries out the difference anew.
 */
#ifndef WAYMARK_SETUP_RECONCILE_H
#define WAYMARK_SETUP_RECONCILE_H

#include "rules/setup/kernel/set_error.h"
#include "rules/setup/monitor/uplink_status.h"

struct reconciler;
struct plan_exempts;
struct policy;
struct setup_report;

/* One line: the thing, what happened, the reason. In the keeper's thread. */
typedef void reconcile_log(void *ctx, const char *line);

struct reconcile_options {
	const char *state_dir;	/* as in struct setup_options, */
	const struct plan_exempts *exempts;	/* and this */
	reconcile_log *log;
	/* Who carries whose traffic, told whenever it was looked at, before
	 * flows of the dead are forgotten. In the keeper's thread, and never
	 * while it is held. May be NULL. */
	void (*active_uplinks)(void *ctx, const struct setup_report *report);
	void *ctx;
};

/* Start, where `policy` is set up already. The policy has to stay until
 * reconcile_stop() or reconcile_resume(). 0 or -errno with a sentence. */
int reconcile_start(const struct policy *policy, const struct reconcile_options *options,
	       struct reconciler **ret, char error[static SETUP_ERROR_MAX]);
void reconcile_stop(struct reconciler *reconciler);

/* How the uplinks of the policy in force fare; never waits for a set-up. The
 * caller frees *ret_uplinks. How many there are, or -ENOMEM; none of a keeper
 * of NULL. */
int reconcile_uplinks(struct reconciler *reconciler, struct uplink_status **ret_uplinks);

/* Nothing is looked at or changed between the two, so that another policy, or
 * other exemptions in the place of the old ones, can be set up; it goes on
 * with `policy`, which may be the old one. Both accept a keeper of NULL. */
void reconcile_pause(struct reconciler *reconciler);
void reconcile_resume(struct reconciler *reconciler, const struct policy *policy);

#endif
