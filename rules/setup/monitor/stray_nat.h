/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stray_nat.h - delete the conntrack entries whose source NAT uses the address
 * of one uplink although their path leads to another by now: the provider drops
 * what they send. It needs no memory of earlier paths, so that it also finds
 * what changed while no daemon ran, and what a firewall translated.
 */
#ifndef WAYMARK_SETUP_STRAY_NAT_H
#define WAYMARK_SETUP_STRAY_NAT_H

struct policy;
struct setup_report;

/* *ret_count is their number. 0 or -errno. */
int stray_nat_delete(const struct policy *policy,
		     const struct setup_report *report,
		     unsigned int *ret_count);

#endif
