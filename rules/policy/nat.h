/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nat.h - the source translation of an uplink.
 */
#ifndef WAYMARK_POLICY_NAT_H
#define WAYMARK_POLICY_NAT_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/policy/exempt.h"
#include "rules/tables/address.h"

enum nat_kind {
	NAT_NONE,
	NAT_MASQUERADE,		/* to the address of the device */
	NAT_SNAT,		/* to one address */
	NAT_NPT,		/* to a prefix; host bits stay (RFC 6296) */
};

/* Of one family. */
struct uplink_nat {
	enum nat_kind kind;
	struct prefix to;	/* NAT_SNAT: a single address */
	bool has_from;		/* only these sources are translated */
	const struct exempt_range *from;	/* of both families */
	size_t from_count;
};

/* Each list is part of the text of one nftables rule. */
#define NAT_RANGES_MAX 4096u

#endif
