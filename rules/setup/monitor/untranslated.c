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

/* Some tenths of a second. */
#define LOOKS_MAX 10000u

static bool translates(const struct uplink *uplink,
		       const struct flow_entry *entry)
{
	return nat_owners_translate(
		&uplink->nat[entry->key.family == AF_INET6],
		&entry->original.src);
}

static bool is_translated_anywhere(const struct policy *policy,
				   const struct flow_entry *entry)
{
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (translates(policy_uplink(policy, i), entry))
			return true;
	return false;
}

/* Whether packets with this mark leave by a device where NAT applies to them.
 * An address of the device itself stays, see ruleset_nat.c. */
static bool leaves_by_nat(struct untranslated *search,
			  const struct flow_entry *entry, uint32_t mark)
{
	const struct policy *policy = search->owners->policy;
	char dev[IF_NAMESIZE];
	unsigned int link;

	if (search->looks++ >= LOOKS_MAX ||
	    netlink_route_get(search->nl, &entry->reply.src, mark, &link) < 0 ||
	    if_indextoname(link, dev) == NULL ||
	    strcmp(nat_owners_find(search->owners, &entry->original.src).dev,
		   dev) == 0)
		return false;
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (strcmp(policy_uplink(policy, i)->dev, dev) == 0 &&
		    translates(policy_uplink(policy, i), entry))
			return true;
	return false;
}

/* The path of a flow that has no mark yet may be any. */
static bool may_leave_by_nat(struct untranslated *search,
			     const struct flow_entry *entry)
{
	const struct policy *policy = search->owners->policy;
	const struct marks *marks = policy_marks(policy);

	if (leaves_by_nat(search, entry, entry->mark & marks->mask))
		return true;
	for (size_t i = 0; i < policy_uplinks(policy) &&
	     marks_path(marks, entry->mark) == 0; i++)
		if (leaves_by_nat(search, entry, marks_of(
				  marks, policy_uplink(policy, i)->path, true)))
			return true;
	return false;
}

bool untranslated_is(struct untranslated *search,
		     const struct flow_entry *entry)
{
	return !(entry->status & (IPS_SEEN_REPLY | IPS_SRC_NAT)) &&
	       address_equal(&entry->original.src, &entry->reply.dst) &&
	       is_translated_anywhere(search->owners->policy, entry) &&
	       nat_owners_find(search->owners,
			       &entry->original.dst).dev[0] == '\0' &&
	       may_leave_by_nat(search, entry);
}
