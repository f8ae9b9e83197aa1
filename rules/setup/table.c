/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - who may change `table inet waymark`, see table.h. */
#include "rules/setup/table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/nft_table.h"
#include "rules/setup/kernel/table_owner.h"
#include "rules/util/log.h"

int table_check_owner(const struct nft_table *table,
		      const struct table_owner *owner,
		      char error[static SETUP_ERROR_MAX])
{
	if (!table->has_owner ||
	    (owner->socket >= 0 && owner->port == table->owner))
		return 0;
	return set_error(error, -EBUSY, "nftables: table inet " NFT_TABLE
			 " belongs to another process (own-table, netlink port "
			 "%" PRIu32 "); use the state directory that it was "
			 "made with, or end the process waymark-table",
			 table->owner);
}

bool table_wants_owner(const struct policy *policy,
		       const struct nft_table *table, bool logs)
{
	if (!policy_own_table(policy))
		return false;
	if (table->has_owner || table_owner_works())
		return true;
	if (logs)
		log_warning("own-table: this kernel has no tables with an "
			    "owner (Linux 5.12): `nft flush ruleset` removes "
			    "table inet " NFT_TABLE ", which is then restored");
	return false;
}

int table_keep_owner(const struct nft_table *table, struct table_owner *owner,
		     const char *dir, char error[static SETUP_ERROR_MAX])
{
	int rc = table_owner_keep(owner, dir);

	if (rc < 0)
		return set_error(error, rc, "%s/table: the process that owns "
				 "table inet " NFT_TABLE " cannot be started: "
				 "%s; leave out own-table", dir, strerror(-rc));
	if (rc == 1 && table->has_owner)
		log_warning("table inet " NFT_TABLE ": the process waymark-"
			    "table that kept it has ended; another one keeps "
			    "it now");
	return 0;
}
