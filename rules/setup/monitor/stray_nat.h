/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stray_nat.h - delete the conntrack entries whose source NAT uses the address
 * of one uplink although their path leads to another by now, and those that
 * were not translated (untranslated.h): the provider drops what they send. It
 * needs no memory of earlier paths, so that it also finds what changed while no
 * daemon ran, and what a firewall translated.
 */
#ifndef WAYMARK_SETUP_STRAY_NAT_H
#define WAYMARK_SETUP_STRAY_NAT_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/setup/setup.h"

struct policy;

/* What happens to the flows of each path; IPv4, IPv6. */
struct stray_paths {
	/* Its uplink may be back soon: entries with its address stay. */
	bool held[SETUP_UPLINKS_MAX][2];
	/* It leads elsewhere now: entries that cannot continue are deleted, so
	 * that the flows start again as new ones. These continue: flows that
	 * have the address of the active uplink; flows that arrived by the
	 * uplink. */
	bool moved[SETUP_UPLINKS_MAX][2];
};

/* Entries that were deleted, without those of `moved` paths. */
struct stray_counts {
	unsigned int wrong_address;	/* of another uplink */
	unsigned int untranslated;
};

/* 0 or -errno. */
int stray_nat_delete(const struct policy *policy,
		     const struct setup_report *report,
		     const struct stray_paths *paths,
		     struct stray_counts *ret_counts);

#endif
