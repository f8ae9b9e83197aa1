/* SPDX-License-Identifier: GPL-2.0-or-later */
/* untranslated.c - find flows that source NAT has missed. */
#include "rules/setup/monitor/untranslated.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/setup/kernel/flow_entries.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/nat_owner.h"

/* Whether packets with this mark leave by a device where NAT applies to them.
 * An address of the device itself stays, see ruleset_nat.c. */
static bool leaves_by_nat(const struct nat_owners *owners, struct netlink *nl,
			  const struct flow_entry *entry, uint32_t mark)
{
	const struct address *source = &entry->original.src;
	bool v6 = entry->key.family == AF_INET6;
	char dev[IF_NAMESIZE];
	unsigned int link;

	if (netlink_route_get(nl, &entry->reply.src, mark, &link) < 0 ||
	    if_indextoname(link, dev) == NULL ||
	    strcmp(nat_owners_find(owners, source).dev, dev) == 0)
		return false;
	for (size_t i = 0; i < policy_uplinks(owners->policy); i++) {
		const struct uplink *up = policy_uplink(owners->policy, i);

		if (strcmp(up->dev, dev) == 0 &&
		    nat_owners_translate(&up->nat[v6], source))
			return true;
	}
	return false;
}

/* The path of a flow that has no mark yet may be any. */
static bool may_leave_by_nat(const struct nat_owners *owners,
			     struct netlink *nl, const struct flow_entry *entry)
{
	const struct marks *marks = policy_marks(owners->policy);

	if (leaves_by_nat(owners, nl, entry, entry->mark & marks->mask))
		return true;
	for (size_t i = 0; i < policy_uplinks(owners->policy) &&
	     marks_path(marks, entry->mark) == 0; i++)
		if (leaves_by_nat(owners, nl, entry,
				  marks_of(marks, policy_uplink(owners->policy,
						  i)->path, true)))
			return true;
	return false;
}

bool untranslated_is(const struct nat_owners *owners, struct netlink *nl,
		     const struct flow_entry *entry)
{
	return !(entry->status & (IPS_SEEN_REPLY | IPS_SRC_NAT)) &&
	       address_equal(&entry->original.src, &entry->reply.dst) &&
	       nat_owners_find(owners, &entry->original.dst).dev[0] == '\0' &&
	       may_leave_by_nat(owners, nl, entry);
}
