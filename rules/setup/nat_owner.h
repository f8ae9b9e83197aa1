/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nat_owner.h - find the uplink whose address NAT gave a flow. One thread.
 */
#ifndef WAYMARK_SETUP_NAT_OWNER_H
#define WAYMARK_SETUP_NAT_OWNER_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

struct policy;
struct uplink_nat;

/* An address of this machine, or one that `snat` or `npt` names. */
struct nat_owner {
	struct address address;
	char dev[IFNAMSIZ];	/* "": unknown */
	int uplink;		/* -1: none, or several that share the device */
};

struct nat_owners {
	const struct policy *policy;
	struct nat_owner *items;
	size_t count;
};

/* Read the addresses of the machine. 0 or -errno; nat_owners_fini in both
 * cases. */
int nat_owners_init(struct nat_owners *owners, const struct policy *policy);
void nat_owners_fini(struct nat_owners *owners);
struct nat_owner nat_owners_find(const struct nat_owners *owners,
				 const struct address *address);
/* Whether the address belongs to the device of `uplink`. */
bool nat_owners_is_on(const struct nat_owners *owners,
		      const struct address *address, size_t uplink);

/* Whether source NAT changes packets with this source. */
bool nat_owners_translate(const struct uplink_nat *nat,
			  const struct address *source);

/* The uplink of the mark's path; -1: none. */
int nat_owners_path_of(const struct policy *policy, uint32_t mark);

#endif
