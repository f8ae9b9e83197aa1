/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_stateless.c - write the chains for packets of flows that conntrack
 * sees half of. */
#include "rules/setup/ruleset/ruleset_offload.h"

#include <inttypes.h>

#include "rules/setup/plan/plan.h"

bool ruleset_offload_has_stateless(const struct plan *plan)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].on_lan)
			return true;
	return false;
}

/*
 * A host on the clients' LAN answers them directly, so conntrack sees one
 * direction only and takes the client's next packet for invalid. Such packets
 * get the path that their headers select.
 */
void ruleset_offload_write_stateless(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		fprintf(out,
			"\tchain stateless_%u {\n"
			"\t\tmeta mark set meta mark & 0x%08" PRIx32
			" | 0x%08" PRIx32 " accept comment \"%s\"\n"
			"\t}\n\n", path->number, ~plan->mask,
			path->mark | plan->settled, path->name);
	}
	fputs("\tchain stateless {\n"
	      "\t\tfib daddr type { local, broadcast, multicast, anycast } "
	      "accept\n"
	      "\t\tip6 saddr fe80::/10 accept\n"
	      "\t\tip6 daddr fe80::/10 accept\n"
	      "\t\tgoto stateless_headers\n"
	      "\t}\n\n", out);
}
