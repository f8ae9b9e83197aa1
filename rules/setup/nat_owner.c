/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nat_owner.c - find the uplink whose address NAT gave a flow. */
#include "rules/setup/nat_owner.h"

#include <stdlib.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/kernel/netlink.h"

/* The uplink with this device; -1: none, or several, which share addresses. */
static int only_uplink(const struct policy *policy, const char *dev)
{
	int found = -1;

	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		if (strcmp(policy_uplink(policy, i)->dev, dev) != 0)
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

static int keep_address(void *ctx, const struct kernel_address *address)
{
	struct nat_owners *owners = ctx;
	struct nat_owner new = { .address = address->address };

	if (if_indextoname(address->link, new.dev) == NULL)
		return 0;
	new.uplink = only_uplink(owners->policy, new.dev);
	return ARRAY_ADD(owners->items, owners->count, new);
}

int nat_owners_init(struct nat_owners *owners, const struct policy *policy)
{
	struct netlink *nl = NULL;
	int rc;

	*owners = (struct nat_owners){ .policy = policy };
	rc = netlink_open(&nl);
	if (rc == 0)
		rc = netlink_addresses(nl, keep_address, owners);
	netlink_close(nl);
	return rc;
}

void nat_owners_fini(struct nat_owners *owners)
{
	free(owners->items);
	*owners = (struct nat_owners){ 0 };
}

/* `snat` and `npt` may name addresses that no device has. */
static struct nat_owner owner_by_nat(const struct policy *policy,
				     const struct address *address)
{
	struct nat_owner found = { .dev = "", .uplink = -1 };
	bool v6 = !address_is_v4(address);

	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *up = policy_uplink(policy, i);
		const struct uplink_nat *nat = &up->nat[v6];

		if ((nat->kind != NAT_SNAT && nat->kind != NAT_NPT) ||
		    !prefix_contains(&nat->to, address))
			continue;
		found.uplink = (int)i;
		memcpy(found.dev, up->dev, sizeof(found.dev));
		break;
	}
	return found;
}

struct nat_owner nat_owners_find(const struct nat_owners *owners,
				 const struct address *address)
{
	for (size_t i = 0; i < owners->count; i++)
		if (address_equal(&owners->items[i].address, address))
			return owners->items[i];
	return owner_by_nat(owners->policy, address);
}

bool nat_owners_is_on(const struct nat_owners *owners,
		      const struct address *address, size_t uplink)
{
	struct nat_owner owner = nat_owners_find(owners, address);

	return strcmp(owner.dev, policy_uplink(owners->policy, uplink)->dev) ==
	       0;
}

int nat_owners_path_of(const struct policy *policy, uint32_t mark)
{
	const struct marks *marks = policy_marks(policy);

	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (marks_path(marks, mark) == policy_uplink(policy, i)->path)
			return (int)i;
	return -1;
}

bool nat_owners_translate(const struct uplink_nat *nat,
			  const struct address *source)
{
	if (nat->kind == NAT_NONE ||
	    (nat->kind == NAT_NPT && prefix_contains(&nat->to, source)))
		return false;
	for (size_t i = 0; i < nat->from_count; i++)
		if (address_compare(&nat->from[i].first, source) <= 0 &&
		    address_compare(source, &nat->from[i].last) <= 0)
			return true;
	return !nat->has_from;
}
