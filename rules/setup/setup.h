/*
 * setup.h - make the kernel do what a policy says, and undo it.
 *
 * There is one function from a policy to the wanted state, one that reads
 * the present state, and a difference between the two that is carried out.
 * Undoing is the difference to nothing. Any number of processes may call
 * these; a lock keeps them apart.
 */
#ifndef WAYMARK_SETUP_H
#define WAYMARK_SETUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "rules/setup/kernel/set_error.h"

struct health;
struct plan;
struct plan_exempts;
struct policy;

/* One step as it is told: '+' was missing, '~' was different, '-' too much;
 * and what: "ip -4 rule pref 20101 ...", "table inet waymark". */
struct setup_change {
	char sign;
	const char *thing;
};

/*
 * For the one who keeps a set-up as it is: told of each step beforehand,
 * false leaves it out; and of each that the kernel refused, which keeps no
 * other from being taken.
 */
struct setup_listener {
	bool (*step)(void *ctx, const struct setup_change *change);
	void (*refused)(void *ctx, const struct setup_change *change, int rc);
	void *ctx;
};

#define SETUP_UPLINKS_MAX 256

/* Why an uplink does not carry its own traffic in one family. */
enum setup_way {
	SETUP_WAY_ITSELF,		/* it does */
	SETUP_WAY_LINK,		/* its link is gone, down or without carrier */
	SETUP_WAY_PROBES,	/* they fail */
	SETUP_WAY_FORCED,	/* `waymark uplink down` */
	SETUP_WAY_NONE,		/* it has no gateway in this family */
};

struct setup_report {
	unsigned int changes;	/* 0: all was as it should be */
	/* Of undoing: no journal said what was there before, so sysctls could
	 * not be put back. */
	bool no_journal;
	bool masqueraded;	/* of undoing: an uplink did, until now */
	unsigned int port;	/* of our requests, see netlink_port() */
	/* For each uplink of the policy, IPv4 and IPv6: the one that carries
	 * its traffic, or PLAN_NO_UPLINK. */
	uint8_t active[SETUP_UPLINKS_MAX][2];
	uint8_t way[SETUP_UPLINKS_MAX][2];	/* enum setup_way */
	uint8_t admin_state[SETUP_UPLINKS_MAX];	/* enum health_admin_state */
};

struct setup_options {
	/* Where the journal is; NULL: /run/waymark/netns-INODE, of this
	 * network namespace. */
	const char *state_dir;
	/* A link that is gone or down is no error: what needs it is left
	 * out. For a policy that is already in force. */
	bool down_links;
	/* Only say what would be changed. */
	bool dry_run;
	/* The steps, one a line, before they are taken; may be NULL. */
	FILE *steps;
	/* Exemptions beside the policy's; may be NULL. */
	const struct plan_exempts *exempts;
	/* Called when all that the policy needs is there, before what only an
	 * older one needed goes; an -errno ends it there, with the sentence in
	 * `error`. Of the report the carriers are known. May be NULL. */
	int (*ready)(void *ctx, const struct setup_report *report,
		     char error[static SETUP_ERROR_MAX]);
	void *ctx;
	const struct setup_listener *listener;	/* may be NULL */
};

/*
 * 0, or -errno with one sentence in `error`: the thing, what is wrong, the
 * mend. What can be known beforehand is found before anything is changed;
 * and a first set-up that fails half way is undone.
 */
int setup_apply(const struct policy *policy,
		const struct setup_options *options,
		struct setup_report *report,
		char error[static SETUP_ERROR_MAX]);

/* Put back what was there, as far as it is still as we left it. */
int setup_undo(const struct setup_options *options,
	       struct setup_report *report,
	       char error[static SETUP_ERROR_MAX]);

/* A shell script that sets all up, for people to read; needs no root. */
int setup_print(const struct policy *policy, FILE *out,
		char error[static SETUP_ERROR_MAX]);

/* Whether this process may do all that: 0, or -EPERM with the sentence. */
int setup_may_change(char error[static SETUP_ERROR_MAX]);

/* Why uplink `i` of a plan that was made with `health` does not carry its own
 * traffic. */
enum setup_way setup_way_of(const struct plan *plan,
			    const struct health *health, size_t i, bool v6);

/* The folder that `given`, which may be NULL, stands for. 0 or -errno. */
int setup_state_dir(const char *given, char dir[static PATH_MAX]);

#endif
