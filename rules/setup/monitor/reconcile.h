/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconcile.h - keep the kernel as the policy wants it while links flap,
 * gateways change and other programs interfere. A thread receives netlink
 * notifications, probes the uplinks, and applies the difference again.
 */
#ifndef WAYMARK_SETUP_RECONCILE_H
#define WAYMARK_SETUP_RECONCILE_H

#include "rules/setup/kernel/set_error.h"
#include "rules/setup/monitor/uplink_status.h"
#include "rules/util/log.h"

struct reconciler;
struct plan_exempts;
struct policy;
struct setup_report;

struct reconcile_options {
	const char *state_dir;			/* as in setup_options */
	const struct plan_exempts *exempts;	/* as in setup_options */
	/* Receives what changed, why, and what follows. In the reconciler's
	 * thread. */
	log_sink *log;
	/* Called with the active uplinks after each check, before conntrack
	 * entries of failed uplinks are deleted. In the reconciler's thread,
	 * never while it is paused. May be NULL. */
	void (*active_uplinks)(void *ctx, const struct setup_report *report);
	void *ctx;
};

/* Start; `policy` is set up already and has to stay valid until
 * reconcile_stop() or reconcile_resume(). 0 or -errno with a message. */
int reconcile_start(const struct policy *policy,
		    const struct reconcile_options *options,
		    struct reconciler **ret,
		    char error[static SETUP_ERROR_MAX]);
void reconcile_stop(struct reconciler *reconciler);

/* Copy the status of all uplinks; never waits for a set-up. The caller frees
 * *ret_uplinks. Their number, or -ENOMEM; 0 for a reconciler of NULL. */
int reconcile_uplinks(struct reconciler *reconciler,
		      struct uplink_status **ret_uplinks);

/* Suspend the reconciler while another policy or other exemptions are set up,
 * and continue with `policy`, which may be the old one. Both accept NULL. */
void reconcile_pause(struct reconciler *reconciler);
void reconcile_resume(struct reconciler *reconciler,
		      const struct policy *policy);

struct table_owner;

/* For set-ups between the two: what the reconciler knows of the table's owner,
 * also when the process that kept it has ended. Accepts NULL. */
struct table_owner *reconcile_owner(struct reconciler *reconciler);

#endif
