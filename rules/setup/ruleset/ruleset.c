/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset.c - write the text of `table inet waymark`.
 *
 * A forwarded packet passes these hooks, in this order:
 *
 *   prerouting -95   divert: restore or choose the packet's path
 *   prerouting -90   settle: save the path in conntrack
 *   postrouting 0    strict: drop what leaves by another uplink's device
 *   postrouting 0    hold: drop what has the address of a lost uplink
 *   postrouting 100  source_nat: masquerade, snat, npt
 *   input 300        unknown_input: flows that conntrack lost
 *
 * With `mss`, clamp_in and clamp_out (-150) come before all of these.
 *
 * Locally generated packets pass divert_local and settle_local in the output
 * hook instead. Those chains are of type route, since only such a chain makes
 * the kernel route a packet again after its mark changed. Conntrack works at
 * priority -200 and destination NAT at -100, so both chains see the flow's
 * entry and the final destination, and the routing decision comes after them.
 *
 * The mark holds a path number and the settled bit. In `divert`:
 *
 *   1. Our bits that a packet arrives with are cleared: a tunnel or another
 *      program left them there. A local socket's SO_MARK is kept instead.
 *   2. Packets of exempt hosts are accepted unmarked.
 *      So are packets with a mark that another program tests as a whole
 *      (foreign_marks.h).
 *   3. Restore: a verdict map takes the conntrack mark to mark_N. A settled
 *      flow ends there (mark_N_settled), and so does a dropped one. For most
 *      packets this is all that happens.
 *   4. A provisional flow gets its mark back as well, and goes on, except for
 *      TCP segments without payload (ruleset_payload.h).
 *   5. A new flow goes to `new_flow`. One that arrives by an uplink is
 *      settled on that uplink (inbound_N), so that its replies leave by it
 *      (ruleset_arrival.h).
 *      The others go to `headers`, the header-only routes, which end in
 *      settle_N, in balance_N, in a drop or in `inspect`. TCP in midstream
 *      goes to the engine, which may know its path (lost_flows.h).
 *   6. `inspect` queues the packet to the engine, which returns a verdict and
 *      a mark, provisional or settled. All packets of a flow go to one queue.
 *
 * A packet that is accepted goes on at the next chain of the hook, never at
 * the next rule, and so does one that the engine accepts. Therefore `settle`, a
 * second chain, saves the mark: save_N stores it in conntrack, keep_nat_N
 * keeps a flow that is translated already on the path it began with.
 *
 * A mark is merged with `mark & ~MASK | N`, where N has to be a constant on
 * kernels before 6.13 and nft before 1.1.2. That is why each path has its own
 * small chains, and why verdict maps of constants select them: a look-up
 * instead of a rule for each path.
 *
 * A transaction replaces maps before it replaces rules: a packet that is
 * between the two finds the old map empty. Each map is therefore followed by
 * rules for the same purpose (restore_again, count_N, the queue rules).
 */
#include "rules/setup/plan/big_set.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/ruleset/ruleset.h"
#include "rules/setup/ruleset/ruleset_arrival.h"
#include "rules/setup/ruleset/ruleset_chosen.h"
#include "rules/setup/ruleset/ruleset_clients.h"
#include "rules/setup/ruleset/ruleset_count.h"
#include "rules/setup/ruleset/ruleset_foreign.h"
#include "rules/setup/ruleset/ruleset_guard.h"
#include "rules/setup/ruleset/ruleset_hold.h"
#include "rules/setup/ruleset/ruleset_nat.h"
#include "rules/setup/ruleset/ruleset_offload.h"
#include "rules/setup/ruleset/ruleset_payload.h"
#include "rules/setup/ruleset/ruleset_queue.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/offload/offload.h"

static const char *const set_names[PLAN_SETS] = { "from4", "from6", "to4",
						  "to6" };
/* The client of the flow, and its server after destination NAT. */
static const char *const set_tests[PLAN_SETS] = {
	"ct original ip saddr",
	"ct original ip6 saddr",
	"ct reply ip saddr",
	"ct reply ip6 saddr",
};

/* A big set is filled separately (big_set.h). The set of the short name stays
 * empty meanwhile, for when the list becomes short again. */
static void write_sets(const struct plan *plan, bool with_big, FILE *out)
{
	char first[ADDRESS_TEXT_MAX];
	char last[ADDRESS_TEXT_MAX];

	for (int i = 0; i < PLAN_SETS; i++) {
		const struct plan_ranges *set = &plan->exempt[i];
		const struct big_set *big = big_set_of(plan, true, (size_t)i,
						       i % 2);
		size_t count = big != NULL && !with_big ? 0 : set->count;

		fprintf(out, "\tset %s {\n\t\ttype %s\n\t\tflags interval\n",
			big != NULL && with_big ? big->name : set_names[i],
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

/* The chains that mark a packet with a path, and that save the path. */
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
		fprintf(out, " counter name engine_flows_%u", path->number);
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
 * Restore the mark of a settled flow by rules. Such a packet gets here only
 * while the map of write_restore() is being replaced and therefore empty.
 */
static void write_restore_again(const struct plan *plan, FILE *out)
{
	fputs("\tchain restore_again {\n", out);
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		if (path->is_drop && plan->ends_flows)
			fprintf(out, "\t\tct mark & 0x%08" PRIx32 " == 0x%08"
				PRIx32 " goto ended\n", plan->mask,
				path->mark);
		fprintf(out, "\t\tct mark & 0x%08" PRIx32 " == 0x%08" PRIx32,
			plan->mask, path->mark | plan->settled);
		if (path->is_drop)
			fputs(" goto dropped\n", out);
		else
			fprintf(out, " goto mark_%u_settled\n", path->number);
	}
	ruleset_arrival_write_again(plan, out);
	ruleset_payload_write_jump(plan, out);
	fputs("\t\tgoto inspect\n"
	      "\t}\n\n", out);
}

/*
 * End a TCP flow (failback.h): packets of the server pass, so that the client
 * acknowledges them, and what the client sends is answered with a reset, which
 * takes its sequence number from that packet.
 */
static void write_ended(const struct plan *plan, FILE *out)
{
	if (plan->ends_flows)
		fputs("\tchain ended {\n"
		      "\t\tct direction reply accept\n"
		      "\t\tmeta l4proto tcp reject with tcp reset\n"
		      "\t\taccept\n"
		      "\t}\n\n", out);
}

/* Settled flows end here; the others carry their path into the queue. */
static void write_restore(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\tct mark & 0x%08" PRIx32 " vmap {", plan->mask);
	for (size_t i = 0; i < plan->path_count; i++) {
		const struct plan_path *path = &plan->paths[i];

		fprintf(out, "%s 0x%08" PRIx32 " : ", i ? "," : "", path->mark);
		if (path->is_drop && plan->ends_flows)
			fputs("goto ended,", out);
		else
			fprintf(out, "jump mark_%u,", path->number);
		fprintf(out, " 0x%08" PRIx32 " : ", path->mark | plan->settled);
		if (path->is_drop)
			fputs("goto dropped", out);
		else
			fprintf(out, "goto mark_%u_settled", path->number);
	}
	ruleset_arrival_write_map(plan, out);
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
				big != NULL ? big->name : set_names[i],
				counter);
	}
}

/* Clear our bits of the mark that the packet arrived with. Where a guard stops
 * packets without a path, a packet seen here carries `settled` and path 0
 * until ruleset_guard_write_unmarked(). */
static void write_clear(const struct plan *plan, bool is_local, FILE *out)
{
	if (plan->has_guard && !is_local)
		fprintf(out, "\t\tmeta mark set meta mark & 0x%08" PRIx32
			" | 0x%08" PRIx32 "\n", ~plan->mask, plan->settled);
	else
		fprintf(out, "\t\tmeta mark & 0x%08" PRIx32 " != 0 "
			"meta mark set meta mark & 0x%08" PRIx32 "\n",
			plan->mask, ~plan->mask);
}

/* The rules that divert and divert_local share. Most packets belong to settled
 * flows and end at the map. Invalid and untracked packets have no conntrack
 * mark, so the map comes before the rule for them. */
static void write_divert(const struct plan *plan, bool is_local, FILE *out)
{
	ruleset_foreign_write_accept(plan, out);
	write_clear(plan, is_local, out);
	ruleset_write_exempts(plan, " counter name exempt", out);
	write_restore(plan, out);
	if (!is_local && ruleset_offload_has_stateless(plan))
		fputs("\t\tct state invalid goto stateless\n", out);
	fprintf(out,
		"\t\tct state invalid,untracked accept\n"
		"\t\tmeta l4proto { icmp, icmpv6 } ct state related accept\n"
		"\t\tct mark & 0x%08" PRIx32 " != 0 goto restore_again\n",
		plan->mask);
	if (is_local && plan->inspects_dns)
		fputs("\t\tmeta l4proto { tcp, udp } th sport 53 "
		      "ct direction reply goto inspect "
		      "comment \"DNS answers\"\n", out);
	fprintf(out,
		"\t\tct state new,related goto %s\n"
		"\t}\n\n",
		is_local ? "new_flow_local" : "new_flow");
}

/* Where several uplinks share a device, the destination before destination NAT
 * identifies the uplink by which a flow arrived. */
static void write_subnets(const struct plan *plan, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < plan->subnet_count; i++) {
		const struct prefix *prefix = &plan->subnets[i].prefix;
		const struct plan_uplink *uplink =
			&plan->uplinks[plan->subnets[i].uplink];
		bool is_v4 = address_is_v4(&prefix->base) && prefix->len >= 96;

		fprintf(out, "\t\tiifname \"%s\" ct original %s daddr %s "
			"goto inbound_%u\n", uplink->dev, is_v4 ? "ip" : "ip6",
			prefix_print(prefix, text), uplink->path);
	}
}

/*
 * Write the chains for new flows. The router's own DHCP stays on its device.
 * A device that several uplinks share, or an uplink and a LAN, does not
 * identify the uplink of a flow that arrives.
 */
static void write_new_flow(const struct plan *plan, FILE *out)
{
	const char *between = "\t\tiifname vmap {";
	/* The engine learns names from the answers, so they are queued even
	 * where headers decide the path. */
	const char *inspect = ruleset_guard_inspect(plan, plan->has_strict);
	char dns[96] = "";

	if (plan->inspects_dns)
		snprintf(dns, sizeof(dns), "\t\ttcp dport 53 %s\n"
			 "\t\tudp dport 53 %s\n", inspect, inspect);

	fputs("\tchain new_flow {\n"
	      "\t\tfib daddr type { broadcast, multicast, anycast } accept\n"
	      "\t\tip6 saddr fe80::/10 accept\n", out);
	for (size_t i = 0; i < plan->uplink_count; i++) {
		if (plan->uplinks[i].shares_dev || plan->uplinks[i].on_lan)
			continue;
		fprintf(out, "%s \"%s\" : goto inbound_%u", between,
			plan->uplinks[i].dev, plan->uplinks[i].path);
		between = ",";
	}
	if (*between == ',')
		fputs(" }\n", out);
	write_subnets(plan, out);
	fprintf(out,
		"\t\tfib daddr type local accept\n"
		"\t\ttcp flags & syn == 0 %s comment \"in midstream: "
		"lost_flows.h\"\n"
		"%s"
		"\t\tgoto headers\n"
		"\t}\n\n"
		"\tchain new_flow_local {\n"
		"\t\tfib daddr type { local, broadcast, multicast, anycast } "
		"accept\n"
		"\t\tip6 daddr fe80::/10 accept\n"
		"\t\tudp sport . udp dport { 68 . 67, 546 . 547 } accept\n"
		"%s"
		"\t\tgoto headers\n"
		"\t}\n\n", inspect, dns, dns);
}

/* Save the mark in conntrack, and end the packets that are to be dropped. */
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

/*
 * The engine knows about NAT only through the options of the uplinks. Conntrack
 * also knows the flows whose source another program translates: their final
 * verdict settles them on the path that they began with. A drop stays a drop.
 */
static void write_keep_nat(const struct plan *plan, FILE *out)
{
	const char *between = "";
	uint32_t drop = 0;

	if (!plan->keeps_nat_path)
		return;
	ruleset_guard_write_bound_nat(plan, out);
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
		fprintf(out, "%s 0x%08" PRIx32 " : goto keep_nat_%u", between,
			path->mark, path->number);
		between = ",";
	}
	fputs(" }\n", out);
}

/* A settled flow has nothing left to save. */
static void write_settled_end(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\tct mark & 0x%08" PRIx32 " != 0 %s\n", plan->settled,
		plan->offload->packets == OFFLOAD_NONE ? "accept" :
			"ct direction reply accept");
}

/*
 * `per packet` routes come last, so that conntrack keeps the flow's own path.
 * They apply to neither replies nor sockets that set SO_MARK.
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
	ruleset_guard_write_unanswered(plan, out);
	ruleset_guard_write_unmarked(plan, out);
	write_settled_end(plan, out);
	write_keep_nat(plan, out);
	fprintf(out,
		"%s"
		"\t}\n\n"
		"\tchain settle_local {\n"
		"\t\ttype route hook output priority -90; policy accept;\n"
		"\t\toif \"lo\" accept\n",
		save);
	ruleset_guard_write_bound(plan, out);
	ruleset_chosen_write_rules(plan, out);
	if (has_packets)
		fprintf(out, "\t\tsocket mark & 0x%08" PRIx32 " != 0 "
			"goto save\n", plan->mask);
	fprintf(out, "%s\t}\n\n", save);
}

static void write_hooks(const struct plan *plan, FILE *out)
{
	fputs("\tchain divert {\n"
	      "\t\ttype filter hook prerouting priority -95; policy accept;\n"
	      "\t\tiif \"lo\" accept\n", out);
	write_divert(plan, false, out);
	fprintf(out,
		"\tchain divert_local {\n"
		"\t\ttype route hook output priority -95; policy accept;\n"
		"\t\toif \"lo\" accept\n"
		"\t\tsocket mark & 0x%08" PRIx32 " != 0 "
		"meta mark set meta mark | 0x%08" PRIx32 " accept "
		"comment \"SO_MARK: a choice\"\n",
		plan->mask, plan->settled);
	write_divert(plan, true, out);
	write_settle(plan, out);
}

/* The flags have to be those of the existing table, see table_owner.h. */
static void write_head(const struct plan *plan, FILE *out)
{
	fprintf(out, "table inet " NFT_TABLE " {\n"
		"\tcomment \"" NFT_COMMENT "\"\n%s\n",
		plan->owns_table ? "\tflags owner\n" : "");
}

void ruleset_write(const struct plan *plan, bool with_big, FILE *out)
{
	write_head(plan, out);
	ruleset_count_write(plan, out);
	write_sets(plan, with_big, out);
	ruleset_clients_write_sets(plan, out);
	write_paths(plan, out);
	ruleset_queue_write_inspect(plan, out);
	ruleset_arrival_write(plan, out);
	ruleset_offload_write(plan, with_big, out);
	write_new_flow(plan, out);
	write_ended(plan, out);
	ruleset_payload_write(plan, out);
	write_restore_again(plan, out);
	write_save(plan, out);
	ruleset_nat_write(plan, out);
	ruleset_nat_write_mss(plan, out);
	ruleset_nat_write_input(plan, out);
	ruleset_guard_write(plan, out);
	ruleset_hold_write(plan, out);
	ruleset_chosen_write(plan, out);
	ruleset_foreign_write(plan, out);
	write_hooks(plan, out);
	fputs("}\n", out);
}

void ruleset_write_queues(const struct plan *plan, FILE *out)
{
	char name[RULESET_QUEUE_MAX];

	write_head(plan, out);
	for (unsigned int i = plan->queue_first; i <= plan->queue_last; i++)
		fprintf(out, "\tchain %s {\n\t\tqueue num %u%s\n\t}\n\n",
			ruleset_queue_name(plan, (uint16_t)i, name), i,
			plan->queue_drop ? "" : " bypass");
	fputs("}\n", out);
}
