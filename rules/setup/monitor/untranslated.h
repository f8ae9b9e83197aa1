/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * untranslated.h - find flows that source NAT has missed.
 *
 * A flow that begins while another program has removed the nftables table has
 * a conntrack entry without translation. The kernel translates by the entry,
 * not by the rules, so that the flow would keep its private address for as long
 * as its client sends. One thread.
 */
#ifndef WAYMARK_SETUP_UNTRANSLATED_H
#define WAYMARK_SETUP_UNTRANSLATED_H

#include <stdbool.h>

struct flow_entry;
struct nat_owners;
struct netlink;

/* What one look at all entries needs. */
struct untranslated {
	const struct nat_owners *owners;
	struct netlink *nl;
	unsigned int looks;	/* routes that were asked for */
};

/* Whether a flow without an answer leaves by an uplink that translates its
 * source, and is not translated. The kernel is asked for its route; false once
 * that was done for many flows, as a flood must not delay the failover. */
bool untranslated_is(struct untranslated *search,
		     const struct flow_entry *entry);

#endif
