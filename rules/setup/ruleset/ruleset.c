/*
 * ruleset.c - the text of `table inet waymark`.
 *
 * A packet that is accepted goes on at the next chain, never at the next
 * rule: so `divert` asks, and `settle` behind it remembers the answer. The
 * kernel merges masked marks only with constants (before 6.13, or nft before
 * 1.1.2), hence a small chain for each path.
 */
#include "rules/setup/ruleset/big_set.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/ruleset/ruleset.h"
#include "rules/setup/ruleset/ruleset_guard.h"
#include "rules/setup/ruleset/ruleset_count.h"
#include "rules/setup/ruleset/ruleset_offload.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/offload/offload.h"

/* Any number, so that all kernels and nft versions hash alike. */
#define HASH_SEED 0x57617931u

static const char *const set_names[PLAN_SETS] = { "from4", "from6", "to4",
						  "to6" };
/* Who opened the flow, and who answers it with destination NAT undone. */
static const char *const set_tests[PLAN_SETS] = {
	"ct original ip saddr",
	"ct original ip6 saddr",
	"ct reply ip saddr",
	"ct reply ip6 saddr",
};

/* One that is big is filled by itself; its short name stays, for when the
 * list gets short. */
static void write_sets(const struct plan *plan, bool whole, FILE *out)
{
	char first[ADDRESS_TEXT_MAX];
	char last[ADDRESS_TEXT_MAX];

	for (int i = 0; i < PLAN_SETS; i++) {
		const struct plan_ranges *set = &plan->exempt[i];
		const struct big_set *big = big_set_of(plan, true, (size_t)i,
						       i % 2);
		size_t count = big && !whole ? 0 : set->count;

		fprintf(out, "\tset %s {\n\t\ttype %s\n\t\tflags interval\n",
			big && whole ? big->name : set_names[i],
			i % 2 ? "ipv6_addr" : "ipv4_addr");
		for (size_t n = 0; n < count; n++) {
			const struct plan_range *range = &set->items[n];

			fprintf(out, "%s%s", n ? ",\n\t\t\t     " :
				"\t\telements = { ",
				address_print(&range->first, first));
			if (!address_equal(&range->first, &range->last))
				fprintf(out, "-%s",
					address_print(&range->last, last));
		}
		fprintf(out, "%s\t}\n\n", count ? " }\n" : "");
	}
}

/* One pair of chains to put a path on a packet, one to keep it. */
static void write_path(const struct plan *plan, const struct plan_path *path,
		       bool settled, FILE *out)
{
	uint32_t mark = path->mark | (settled ? plan->settled : 0);
	const char *tail = settled ? "_settled" : "";

	fprintf(out, "\tchain mark_%u%s {\n", path->number, tail);
	if (settled && !path->is_drop)
		fprintf(out, "\t\tcounter name path_%u\n", path->number);
	fprintf(out,
		"\t\tmeta mark set meta mark & 0x%08" PRIx32 " | 0x%08" PRIx32
		" comment \"%s\"\n"
		"\t}\n\n",
		~plan->mask, mark, path->name);
	fprintf(out,
		"\tchain save_%u%s {\n"
		"\t\tct mark & 0x%08" PRIx32 " != 0x%08" PRIx32,
		path->number, tail, plan->mask, mark);
	if (settled)
		fprintf(out, " counter name engine_%u", path->number);
	fprintf(out,
		" ct mark set ct mark & 0x%08" PRIx32 " | 0x%08" PRIx32
		" comment \"%s\"\n"
		"%s"
		"\t}\n\n",
		~plan->mask, mark, path->name,
		path->is_drop ? "\t\tdrop\n" : "");
}

static void write_paths(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->path_count; i++) {
		write_path(plan, &plan->paths[i], false, out);
		write_path(plan, &plan->paths[i], true, out);
	}
}

/*
 * Whoever gets here and is settled met the map of write_restore() while it was
 * being replaced: from that moment on it answers no more, while these rules
 * hold to their end.
 */
static void write_again(const struct plan *plan, FILE *out)
{
	fputs("\tchain again {\n", out);
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		fprintf(out, "\t\tct mark & 0x%08" PRIx32 " == 0x%08" PRIx32,
			plan->mask, path->mark | plan->settled);
		if (path->is_drop)
			fputs(" goto dropped\n", out);
		else
			fprintf(out, " goto mark_%u_settled\n", path->number);
	}
	fputs("\t\tgoto inspect\n"
	      "\t}\n\n", out);
}

/* Settled flows are done here; the others wear their path into the queue. */
static void write_restore(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\tct mark & 0x%08" PRIx32 " vmap {", plan->mask);
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		fprintf(out, "%s 0x%08" PRIx32 " : jump mark_%u,",
			i ? "," : "", path->mark, path->number);
		fprintf(out, " 0x%08" PRIx32 " : ", path->mark | plan->settled);
		if (path->is_drop)
			fputs("goto dropped", out);
		else
			fprintf(out, "goto mark_%u_settled", path->number);
	}
	fputs(" }\n", out);
}

void ruleset_write_exempts(const struct plan *plan, const char *counter,
			   FILE *out)
{
	for (int i = 0; i < PLAN_SETS; i++) {
		const struct big_set *big = big_set_of(plan, true, (size_t)i,
						       i % 2);

		if (plan->exempt[i].count)
			fprintf(out, "\t\t%s @%s%s accept\n", set_tests[i],
				big ? big->name : set_names[i], counter);
	}
}

/* Bits of ours that the packet came with mean nothing. Where a guard lets no
 * packet leave without a path, those that were seen here bear `settled` and
 * path 0 until ruleset_guard_write_unmarked(). */
static void write_clear(const struct plan *plan, bool is_own, FILE *out)
{
	if (plan->has_guard && !is_own)
		fprintf(out, "\t\tmeta mark set meta mark & 0x%08" PRIx32
			" | 0x%08" PRIx32 "\n", ~plan->mask, plan->settled);
	else
		fprintf(out, "\t\tmeta mark & 0x%08" PRIx32 " != 0 "
			"meta mark set meta mark & 0x%08" PRIx32 "\n",
			plan->mask, ~plan->mask);
}

/* What both diverting chains do, once they know that the packet counts. Most
 * packets are of flows that are settled, and go no further than to the map:
 * what is invalid or untracked has no mark in it. */
static void write_divert(const struct plan *plan, bool is_own, FILE *out)
{
	write_clear(plan, is_own, out);
	ruleset_write_exempts(plan, " counter name exempt", out);
	write_restore(plan, out);
	fprintf(out,
		"\t\tct state invalid,untracked accept\n"
		"\t\tmeta l4proto { icmp, icmpv6 } ct state related accept\n"
		"\t\tct mark & 0x%08" PRIx32 " != 0 goto again\n",
		plan->mask);
	if (is_own && plan->inspects_dns)
		fputs("\t\tmeta l4proto { tcp, udp } th sport 53 "
		      "ct direction reply goto inspect "
		      "comment \"DNS answers\"\n", out);
	fprintf(out,
		"\t\tct state new,related goto %s\n"
		"\t}\n\n",
		is_own ? "fresh_own" : "fresh");
}

/* Which of a device's uplinks a flow came by is told by the address that it
 * was sent to, before destination NAT. */
static void write_wires(const struct plan *plan, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < plan->wire_count; i++) {
		const struct prefix *prefix = &plan->wires[i].prefix;
		const struct plan_uplink *uplink =
			&plan->uplinks[plan->wires[i].uplink];
		bool is_v4 = address_is_v4(&prefix->base) && prefix->len >= 96;

		fprintf(out, "\t\tiifname \"%s\" ct original %s daddr %s "
			"goto come_%u\n", uplink->dev, is_v4 ? "ip" : "ip6",
			prefix_print(prefix, text), uplink->path);
	}
}

/*
 * Flows that are new. The router's own DHCP keeps to the device it serves.
 * Where several uplinks share a device, or one does with a LAN, nobody knows
 * by which a flow came.
 */
static void write_fresh(const struct plan *plan, FILE *out)
{
	const char *between = "\t\tiifname vmap {";
	/* Their answers teach, whatever their headers decide. */
	const char *dns = plan->inspects_dns ?
		"\t\ttcp dport 53 goto inspect\n"
		"\t\tudp dport 53 goto inspect\n" : "";

	fputs("\tchain fresh {\n"
	      "\t\tfib daddr type { broadcast, multicast, anycast } accept\n"
	      "\t\tip6 saddr fe80::/10 accept\n", out);
	for (size_t i = 0; i < plan->uplink_count; i++) {
		if (plan->uplinks[i].shares_dev || plan->uplinks[i].is_shared)
			continue;
		fprintf(out, "%s \"%s\" : goto come_%u", between,
			plan->uplinks[i].dev, plan->uplinks[i].path);
		between = ",";
	}
	if (*between == ',')
		fputs(" }\n", out);
	write_wires(plan, out);
	fprintf(out,
		"\t\tfib daddr type local accept\n"
		"%s"
		"\t\tgoto headers\n"
		"\t}\n\n"
		"\tchain fresh_own {\n"
		"\t\tfib daddr type { local, broadcast, multicast, anycast } "
		"accept\n"
		"\t\tip6 daddr fe80::/10 accept\n"
		"\t\tudp sport . udp dport { 68 . 67, 546 . 547 } accept\n"
		"%s"
		"\t\tgoto headers\n"
		"\t}\n\n", dns, dns);
}

char *ruleset_queue_name(const struct plan *plan, uint16_t queue,
			 char name[static RULESET_QUEUE_MAX])
{
	snprintf(name, RULESET_QUEUE_MAX, "queue_%u%s", queue,
		 plan->queue_drop ? "_drop" : "");
	return name;
}

/* What is hashed alike: a family, and a protocol of it or NULL. */
static const struct hashed {
	const char *family;
	const char *ip;
	const char *protocol;
} hashed[] = {
	{ "ipv4", "ip", "tcp" }, { "ipv4", "ip", "udp" }, { "ipv4", "ip", NULL },
	{ "ipv6", "ip6", "tcp" }, { "ipv6", "ip6", "udp" },
	{ "ipv6", "ip6", NULL },
};
#define HASHED (sizeof(hashed) / sizeof(hashed[0]))

/* The hash of a flow's first tuple, so that both directions meet. nft types
 * the ports of conntrack only where it knows the protocol. */
static void write_hash(const struct plan *plan, const struct hashed *of,
		       FILE *out)
{
	fprintf(out, "\t\tmeta nfproto %s ", of->family);
	if (of->protocol)
		fprintf(out, "meta l4proto %s ", of->protocol);
	fprintf(out, "jhash ct original %s saddr . ct original %s daddr ",
		of->ip, of->ip);
	if (of->protocol)
		fputs(". ct original proto-src . ct original proto-dst ", out);
	fprintf(out, "mod %u seed 0x%08x",
		plan->queue_last - plan->queue_first + 1, HASH_SEED);
}

/*
 * One map has all queues. While it is being replaced it answers no more; what
 * got no queue by then would pass as nobody's, so the same is said again by
 * rules, which hold to their end.
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

/* With a map that is being replaced, see take_N, who came here should perhaps
 * not have: if no engine answers it must not pass as main's. */
static void write_sure(const struct plan *plan, FILE *out)
{
	fprintf(out,
		"\tchain inspect {\n"
		"\t\tmeta nfproto vmap { ipv4 : goto ask, ipv6 : goto ask }\n"
		"\t\tmeta mark & 0x%08" PRIx32 " == 0x%08" PRIx32
		" meta mark set meta mark & 0x%08" PRIx32 "\n"
		"\t\tgoto ask\n"
		"\t}\n\n",
		plan->mask, plan->settled, ~plan->mask);
}

static void write_inspect(const struct plan *plan, FILE *out)
{
	fprintf(out, "\tchain %s {\n", plan->has_guard ? "ask" : "inspect");
	write_queue_choice(plan, out);
	fputs("\t}\n\n", out);
	if (plan->has_guard)
		write_sure(plan, out);
}

/* The answer into conntrack, and the end of those that are to be dropped. */
static void write_save(const struct plan *plan, FILE *out)
{
	const char *between = "";

	fprintf(out,
		"\tchain save {\n"
		"\t\tmeta mark & 0x%08" PRIx32 " == 0 accept\n"
		"\t\tct state invalid,untracked accept\n"
		"\t\tmeta mark & 0x%08" PRIx32 " vmap {",
		plan->mask, plan->mask);
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		fprintf(out,
			"%s 0x%08" PRIx32 " : goto save_%u, 0x%08" PRIx32
			" : goto save_%u_settled",
			between, path->mark, path->number,
			path->mark | plan->settled, path->number);
		between = ",";
	}
	fputs(" }\n\t}\n\n", out);
}

static bool has_masquerade(const struct plan *plan)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].masquerade)
			return true;
	return false;
}

/* A name twice in one set is no error, so shared devices need no care. */
static void write_masquerade(const struct plan *plan, FILE *out)
{
	const char *between = "\t\toifname {";

	if (!has_masquerade(plan))
		return;
	fputs("\tchain " RULESET_NAT " {\n"
	      "\t\ttype nat hook postrouting priority 100; policy accept;\n",
	      out);
	for (size_t i = 0; i < plan->uplink_count; i++) {
		if (!plan->uplinks[i].masquerade)
			continue;
		fprintf(out, "%s \"%s\"", between, plan->uplinks[i].dev);
		between = ",";
	}
	fputs(" } masquerade\n\t}\n\n", out);
}

/*
 * The engine knows of NAT by the word masquerade alone. A flow whose source
 * somebody else translates is known to conntrack: when its final verdict
 * comes, it settles on the path that it began with. A drop stays a drop.
 */
static void write_keep_nat(const struct plan *plan, FILE *out)
{
	const char *between = "";
	uint32_t drop = 0;

	if (!plan->keeps_nat)
		return;
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].is_drop)
			drop = plan->paths[i].mark | plan->settled;
	fprintf(out,
		"\t\tct status snat meta mark & 0x%08" PRIx32 " != 0 "
		"meta mark & 0x%08" PRIx32 " != 0x%08" PRIx32
		" ct mark & 0x%08" PRIx32 " vmap {",
		plan->settled, plan->mask, drop, plan->mask);
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		if (path->is_drop)
			continue;
		fprintf(out, "%s 0x%08" PRIx32 " : goto keep_%u", between,
			path->mark, path->number);
		between = ",";
	}
	fputs(" }\n", out);
}

/* There is nothing to remember of a flow that is settled. */
static void write_done(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\tct mark & 0x%08" PRIx32 " != 0 %s\n", plan->settled,
		plan->offload->packets == OFFLOAD_NONE ? "accept" :
			"ct direction reply accept");
}

/*
 * `per packet` routes come last, so that conntrack keeps the flow's own path.
 * Answers leave by the way the question came, and a socket's choice stands.
 */
static void write_settle(const struct plan *plan, FILE *out)
{
	bool has_packets = plan->offload->packets != OFFLOAD_NONE;
	const char *save = has_packets ? "\t\tjump save\n"
					 "\t\tct direction original "
					 "goto per_packet\n"
				       : "\t\tgoto save\n";

	fprintf(out,
		"\tchain settle {\n"
		"\t\ttype filter hook prerouting priority -90; "
		"policy accept;\n"
		"\t\tiif \"lo\" accept\n");
	ruleset_guard_write_unmarked(plan, out);
	write_done(plan, out);
	write_keep_nat(plan, out);
	fprintf(out,
		"%s"
		"\t}\n\n"
		"\tchain settle_own {\n"
		"\t\ttype route hook output priority -90; policy accept;\n"
		"\t\toif \"lo\" accept\n",
		save);
	ruleset_guard_write_bound(plan, out);
	if (has_packets)
		fprintf(out, "\t\tsocket mark & 0x%08" PRIx32 " != 0 "
			"goto save\n", plan->mask);
	fprintf(out, "%s\t}\n\n", save);
}

/* Priorities: destination NAT is at -100. The router's own packets find
 * another way only behind a chain of type route. */
static void write_hooks(const struct plan *plan, FILE *out)
{
	fputs("\tchain divert {\n"
	      "\t\ttype filter hook prerouting priority -95; policy accept;\n"
	      "\t\tiif \"lo\" accept\n", out);
	write_divert(plan, false, out);
	fprintf(out,
		"\tchain divert_own {\n"
		"\t\ttype route hook output priority -95; policy accept;\n"
		"\t\toif \"lo\" accept\n"
		"\t\tsocket mark & 0x%08" PRIx32 " != 0 "
		"meta mark set meta mark | 0x%08" PRIx32 " accept "
		"comment \"SO_MARK: a choice\"\n",
		plan->mask, plan->settled);
	write_divert(plan, true, out);
	write_settle(plan, out);
}

void ruleset_write(const struct plan *plan, bool whole, FILE *out)
{
	fputs("table inet " NFT_TABLE " {\n"
	      "\tcomment \"" NFT_COMMENT "\"\n\n", out);
	ruleset_count_write(plan, out);
	write_sets(plan, whole, out);
	write_paths(plan, out);
	write_inspect(plan, out);
	ruleset_offload_write(plan, whole, out);
	write_fresh(plan, out);
	write_again(plan, out);
	write_save(plan, out);
	write_masquerade(plan, out);
	ruleset_guard_write(plan, out);
	write_hooks(plan, out);
	fputs("}\n", out);
}

void ruleset_write_queues(const struct plan *plan, FILE *out)
{
	char name[RULESET_QUEUE_MAX];

	fputs("table inet " NFT_TABLE " {\n"
	      "\tcomment \"" NFT_COMMENT "\"\n\n", out);
	for (unsigned int i = plan->queue_first; i <= plan->queue_last; i++)
		fprintf(out, "\tchain %s {\n\t\tqueue num %u%s\n\t}\n\n",
			ruleset_queue_name(plan, (uint16_t)i, name), i,
			plan->queue_drop ? "" : " bypass");
	fputs("}\n", out);
}
