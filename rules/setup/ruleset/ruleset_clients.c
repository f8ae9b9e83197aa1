/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_clients.c - limit the new flows of a client that are queued.
 *
 * A client is an IPv4 address or an IPv6 /64, as in engine/flow/client.h. What
 * exceeds its rate passes or is dropped as if the queue were full, so that the
 * queue has room for the others.
 */
#include "rules/setup/ruleset/ruleset_clients.h"

#include <inttypes.h>
#include <string.h>

#include "rules/setup/plan/plan.h"

/* While the set is full, further clients have no limit. */
#define CLIENTS_MAX 65535
#define IDLE_S 10

static const struct family {
	const char *set, *type, *name, *client;
} families[] = {
	{ "clients4", "ipv4_addr", "ipv4", "ip saddr" },
	{ "clients6", "ipv6_addr", "ipv6",
	  "ip6 saddr & ffff:ffff:ffff:ffff::" },
};
#define FAMILIES (sizeof(families) / sizeof(*families))

void ruleset_clients_write_sets(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < FAMILIES && plan->per_client != 0; i++)
		fprintf(out, "\tset %s {\n"
			"\t\ttype %s\n"
			"\t\tsize %d\n"
			"\t\tflags dynamic,timeout\n"
			"\t\ttimeout %ds\n"
			"\t}\n\n", families[i].set, families[i].type,
			CLIENTS_MAX, IDLE_S);
}

/* The first packets of a flow that is not decided yet. */
void ruleset_clients_write(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < FAMILIES && plan->per_client != 0; i++)
		fprintf(out, "\t\tct mark & 0x%08" PRIx32 " == 0 ct state "
			"new,related meta nfproto %s update @%s { %s limit "
			"rate over %" PRIu32 "/second burst %" PRIu32
			" packets } counter name " RULESET_OVER_LIMIT " %s\n",
			plan->mask, families[i].name, families[i].set,
			families[i].client, plan->per_client,
			plan->per_client,
			plan->queue_drop ? "drop" : "accept");
}

bool ruleset_clients_is_set(const char *name)
{
	for (size_t i = 0; i < FAMILIES; i++)
		if (strcmp(families[i].set, name) == 0)
			return true;
	return false;
}
