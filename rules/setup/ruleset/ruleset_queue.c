/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_queue.c - write the chains that choose a packet's queue. */
#include "rules/setup/ruleset/ruleset_queue.h"

#include <inttypes.h>

#include "rules/setup/ruleset/ruleset_clients.h"

/* An arbitrary constant, so that all kernels and nft versions hash alike. */
#define HASH_SEED 0x57617931u

char *ruleset_queue_name(const struct plan *plan, uint16_t queue,
			 char name[static RULESET_QUEUE_MAX])
{
	snprintf(name, RULESET_QUEUE_MAX, "queue_%u%s", queue,
		 plan->queue_drop ? "_drop" : "");
	return name;
}

/* Traffic that one hash expression covers: a family, and a protocol or NULL. */
static const struct hashed {
	const char *family;
	const char *ip;
	const char *protocol;
} hashed[] = {
	{ "ipv4", "ip", "tcp" },  { "ipv4", "ip", "udp" },
	{ "ipv4", "ip", NULL },   { "ipv6", "ip6", "tcp" },
	{ "ipv6", "ip6", "udp" }, { "ipv6", "ip6", NULL },
};
#define HASHED (sizeof(hashed) / sizeof(hashed[0]))

/* Hash the flow's original tuple, so that both directions get one queue. nft
 * knows the type of conntrack's ports only where the protocol is given. */
static void write_hash(const struct plan *plan, const struct hashed *hashed_as,
		       FILE *out)
{
	fprintf(out, "\t\tmeta nfproto %s ", hashed_as->family);
	if (hashed_as->protocol != NULL)
		fprintf(out, "meta l4proto %s ", hashed_as->protocol);
	fprintf(out, "jhash ct original %s saddr . ct original %s daddr ",
		hashed_as->ip, hashed_as->ip);
	if (hashed_as->protocol != NULL)
		fputs(". ct original proto-src . ct original proto-dst ", out);
	fprintf(out, "mod %u seed 0x%08x",
		plan->queue_last - plan->queue_first + 1, HASH_SEED);
}

/*
 * Choose a queue by one map. The rules behind it choose the same queue while
 * the map is being replaced and therefore empty: a packet without a queue
 * would be accepted unmarked.
 */
static void write_queue_choice(const struct plan *plan, FILE *out)
{
	unsigned int first = plan->queue_first, last = plan->queue_last;
	char name[RULESET_QUEUE_MAX];

	for (size_t i = 0; i < HASHED && first != last; i++) {
		write_hash(plan, &hashed[i], out);
		for (unsigned int queue = first; queue <= last; queue++)
			fprintf(out, "%s %u : goto %s",
				queue > first ? "," : " vmap {", queue - first,
				ruleset_queue_name(plan, (uint16_t)queue,
						   name));
		fputs(" }\n", out);
	}
	for (size_t i = 0; i < HASHED && first != last; i++)
		for (unsigned int queue = first; queue <= last; queue++) {
			write_hash(plan, &hashed[i], out);
			fprintf(out, " == %u goto %s\n", queue - first,
				ruleset_queue_name(plan, (uint16_t)queue,
						   name));
		}
	fprintf(out, "\t\tgoto %s\n",
		ruleset_queue_name(plan, (uint16_t)last, name));
}

/* A packet may get here by mistake, while the map of count_N is empty. Remove
 * the sign that `divert` saw it: without an engine's verdict it must not pass
 * as main's. */
static void write_checked_inspect(const struct plan *plan, FILE *out)
{
	fprintf(out,
		"\tchain inspect {\n"
		"\t\tmeta nfproto vmap { ipv4 : goto enqueue, "
		"ipv6 : goto enqueue }\n"
		"\t\tmeta mark & 0x%08" PRIx32 " == 0x%08" PRIx32
		" meta mark set meta mark & 0x%08" PRIx32 "\n"
		"\t\tgoto enqueue\n"
		"\t}\n\n",
		plan->mask, plan->settled, ~plan->mask);
}

void ruleset_queue_write_inspect(const struct plan *plan, FILE *out)
{
	fprintf(out, "\tchain %s {\n", plan->has_guard ? "enqueue" : "inspect");
	ruleset_clients_write(plan, out);
	write_queue_choice(plan, out);
	fputs("\t}\n\n", out);
	if (plan->has_guard)
		write_checked_inspect(plan, out);
}
