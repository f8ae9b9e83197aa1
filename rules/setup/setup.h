/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setup.h - apply a policy to the kernel, and undo it.
 *
 * One function derives the wanted state from a policy, one reads the present
 * state, and the difference between the two is applied. Undo is the difference
 * to an empty plan. Any number of processes may call these functions; a lock
 * serializes them. setup.c opens with a description of how it works.
 */
#ifndef WAYMARK_SETUP_H
#define WAYMARK_SETUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "rules/setup/kernel/set_error.h"
#include "rules/setup/plan/foreign_marks.h"

struct health;
struct plan;
struct plan_exempts;
struct policy;
struct table_owner;

/* One step as reported: '+' adds what is missing, '~' changes, '-' removes;
 * `thing` is the object: "ip -4 rule pref 20101 ...", "table inet waymark". */
struct setup_change {
	char sign;
	const char *thing;
};

/*
 * For the reconciler. `step` is called before each step and returns false to
 * skip it; `refused` is called for each step that the kernel refuses, after
 * which the remaining steps are still applied.
 */
struct setup_listener {
	bool (*step)(void *ctx, const struct setup_change *change);
	void (*refused)(void *ctx, const struct setup_change *change, int rc);
	void *ctx;
};

#define SETUP_UPLINKS_MAX 256

/* Why an uplink does not carry its own traffic in one address family. */
enum setup_way {
	SETUP_WAY_ITSELF,	/* it does */
	SETUP_WAY_LINK,		/* its link is gone, down or without carrier */
	SETUP_WAY_PROBES,	/* its probes fail */
	SETUP_WAY_FORCED,	/* `waymark uplink down` */
	SETUP_WAY_NONE,		/* it has no gateway in this family */
};

struct setup_report {
	/* Marks that other programs test as a whole: packets that carry one
	 * are left alone. */
	struct foreign_mark_list foreign;
	unsigned int changes;	/* 0: the kernel was as wanted */
	/* Undo only: without a journal sysctls were not restored. */
	bool no_journal;
	bool masqueraded;	/* undo only: an uplink masqueraded */
	unsigned int port;	/* of our requests, see netlink_port();
				 * also after a failure */
	/* For each uplink of the policy, IPv4 and IPv6: the active uplink of
	 * its traffic, or PLAN_NO_UPLINK. */
	uint8_t active[SETUP_UPLINKS_MAX][2];
	uint8_t way[SETUP_UPLINKS_MAX][2];	/* enum setup_way */
	uint8_t admin_state[SETUP_UPLINKS_MAX];	/* enum health_admin_state */
	/* Flows that were on the fallback when the uplink was up again, and
	 * stay there or are reset; see `failback`. */
	unsigned int kept_flows[SETUP_UPLINKS_MAX][2];
	unsigned int reset_flows[SETUP_UPLINKS_MAX][2];
	/* IPv4 and IPv6: main's default leaves by no uplink's device. */
	bool has_separate_main[2];
};

struct setup_options {
	/* The journal's directory; NULL: /run/waymark/netns-INODE of this
	 * network namespace. */
	const char *state_dir;
	/* For a policy in force: a link that is missing or down is no error;
	 * what depends on it is left out. */
	bool down_links;
	/* For a daemon that starts: rely on recent probe results of the
	 * previous one, see health.h. */
	bool recent_probes;
	/* Report what would change, and change nothing. */
	bool dry_run;
	/* Receives the steps, one a line, before they are applied; may be
	 * NULL. */
	FILE *steps;
	/* Exemptions beside the policy's; may be NULL. */
	const struct plan_exempts *exempts;
	/* Called once everything that the policy needs exists, before what
	 * only an older policy needed is removed; an -errno stops there, with
	 * the message in `error`. The report's active uplinks are set. May be
	 * NULL. */
	int (*ready)(void *ctx, const struct setup_report *report,
		     char error[static SETUP_ERROR_MAX]);
	void *ctx;
	const struct setup_listener *listener;	/* may be NULL */
	/* What a daemon knows of the table's owner; NULL: nothing. */
	struct table_owner *owner;
};

/*
 * Apply `policy`. 0, or -errno with one sentence in `error`: the object, what
 * is wrong, the fix. Everything that can be checked is checked before the
 * first change; a first set-up that fails half way is undone.
 */
int setup_apply(const struct policy *policy,
		const struct setup_options *options,
		struct setup_report *report,
		char error[static SETUP_ERROR_MAX]);

/* Restore what set-up found, where its own value is still in place. */
int setup_undo(const struct setup_options *options,
	       struct setup_report *report,
	       char error[static SETUP_ERROR_MAX]);

/* Write the whole set-up as a shell script to read; needs no root. */
int setup_print(const struct policy *policy, FILE *out,
		char error[static SETUP_ERROR_MAX]);

/* Check for the rights to do so: 0, or -EPERM with a message. */
int setup_may_change(char error[static SETUP_ERROR_MAX]);

/* Return why uplink `i` of a plan made with `health` does not carry its own
 * traffic. */
enum setup_way setup_way_of(const struct plan *plan,
			    const struct health *health, size_t i, bool v6);
/* The reason as a word for programs; NULL for SETUP_WAY_ITSELF. */
const char *setup_way_name(enum setup_way way);

/* Resolve the state directory; `given` may be NULL. 0 or -errno. */
int setup_state_dir(const char *given, char dir[static PATH_MAX]);

#endif
