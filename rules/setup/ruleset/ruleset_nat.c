/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_nat.c - write the chains that translate sources and clamp TCP's
 * segment size.
 *
 * The device that a packet leaves by identifies its uplink, also after a
 * failover. Where uplinks with different options share a device, the mark
 * does; what has no mark of theirs belongs to the first of them.
 */
#include "rules/setup/ruleset/ruleset_nat.h"

#include <inttypes.h>
#include <string.h>

#include "rules/setup/plan/plan.h"
#include "rules/setup/ruleset/ruleset.h"

static const char *const family_names[] = { "ipv4", "ipv6" };
static const char *const header_names[] = { "ip", "ip6" };

static bool has_nat(const struct plan *plan)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].translates)
			return true;
	return false;
}

/* Whether the uplink masquerades all packets of both families. */
static bool is_plain(const struct plan_uplink *uplink)
{
	const struct plan_nat *nat = uplink->nat;

	return nat[0].kind == NAT_MASQUERADE && !nat[0].has_from &&
	       nat[1].kind == NAT_MASQUERADE && !nat[1].has_from;
}

/* The first uplink with the device of the i-th. */
static size_t first_of_device(const struct plan *plan, size_t i)
{
	size_t first = 0;

	while (strcmp(plan->uplinks[first].dev, plan->uplinks[i].dev) != 0)
		first++;
	return first;
}

/* Two of one device that both are plain need no marks. */
static bool needs_marks(const struct plan *plan, size_t i)
{
	size_t first = first_of_device(plan, i);

	return first != i && !(is_plain(&plan->uplinks[first]) &&
			       is_plain(&plan->uplinks[i]));
}

/* The packets that leave by uplink i: its own, and those that failed over. */
static void write_marks(const struct plan *plan, size_t i, bool v6, FILE *out)
{
	const char *between = "";

	fprintf(out, "meta mark & 0x%08" PRIx32 " { ",
		plan->mask & ~plan->settled);
	for (size_t n = 0; n < plan->uplink_count; n++) {
		if (n != i && plan->uplinks[n].active[v6] != i)
			continue;
		fprintf(out, "%s0x%08" PRIx32, between, plan->paths[n].mark);
		between = ", ";
	}
	fputs(" } ", out);
}

static void write_from(const struct plan_nat *nat, bool v6, FILE *out)
{
	char first[ADDRESS_TEXT_MAX], last[ADDRESS_TEXT_MAX];

	if (!nat->has_from)
		return;
	fprintf(out, "%s saddr {", header_names[v6]);
	for (size_t i = 0; i < nat->from.count; i++) {
		const struct plan_range *range = &nat->from.items[i];

		fprintf(out, "%s %s", i ? "," : "",
			address_print(&range->first, first));
		if (!address_equal(&range->first, &range->last))
			fprintf(out, "-%s", address_print(&range->last, last));
	}
	fputs(" } ", out);
}

static void write_target(const struct plan_nat *nat, bool v6, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];

	if (nat->kind == NAT_MASQUERADE)
		fputs("masquerade\n", out);
	else
		fprintf(out, "snat %s %sto %s\n", header_names[v6],
			nat->kind == NAT_NPT ? "prefix " : "",
			prefix_print(&nat->to, text));
}

/* The rules of an uplink that does not simply masquerade. */
static void write_uplink(const struct plan *plan, size_t i, FILE *out)
{
	const struct plan_uplink *uplink = &plan->uplinks[i];
	bool by_mark = needs_marks(plan, i);

	for (int v6 = 0; v6 < 2; v6++) {
		const struct plan_nat *nat = &uplink->nat[v6];

		for (int end = nat->kind == NAT_NONE ? 1 : 0;
		     end <= (by_mark ? 1 : 0); end++) {
			fprintf(out, "\t\toifname \"%s\" meta nfproto %s ",
				uplink->dev, family_names[v6]);
			if (by_mark)
				write_marks(plan, i, v6, out);
			if (!end)
				write_from(nat, v6, out);
			if (end)
				fputs("accept\n", out);
			else
				write_target(nat, v6, out);
		}
	}
}

/* A set may list a name twice, so shared devices need no special case. */
static void write_plain(const struct plan *plan, FILE *out)
{
	const char *between = "\t\toifname {";

	for (size_t i = 0; i < plan->uplink_count; i++) {
		if (!is_plain(&plan->uplinks[i]) || needs_marks(plan, i))
			continue;
		fprintf(out, "%s \"%s\"", between, plan->uplinks[i].dev);
		between = ",";
	}
	if (*between == ',')
		fputs(" } masquerade\n", out);
}

/*
 * Two kinds of packets stay as they are: those that IPsec encapsulates, since
 * its policies select the original address, and those with an address of the
 * device that they leave by, which a local socket chose.
 */
void ruleset_nat_write(const struct plan *plan, FILE *out)
{
	if (!has_nat(plan))
		return;
	fputs("\tchain " RULESET_NAT " {\n"
	      "\t\ttype nat hook postrouting priority 100; policy accept;\n",
	      out);
	if (plan->has_xfrm)
		fputs("\t\trt ipsec exists accept\n", out);
	fputs("\t\tfib saddr . oif type local accept\n", out);
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (needs_marks(plan, i))
			write_uplink(plan, i, out);
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (!needs_marks(plan, i) && !is_plain(&plan->uplinks[i]))
			write_uplink(plan, i, out);
	write_plain(plan, out);
	fputs("\t}\n\n", out);
}

/* ---- packets of flows that conntrack lost ---- */

/*
 * The server of a translated flow sends to an address of this host. Without an
 * entry its packets are taken for the host's own: TCP would answer them with a
 * reset, and UDP would leave an entry that keeps the client from its port. No
 * entry begins with a packet that is dropped or rejected. The chain comes after
 * those of firewalls, so that ICMP errors are sent where they would be, too.
 */
void ruleset_nat_write_input(const struct plan *plan, FILE *out)
{
	const char *between = "\t\tiifname != {";

	if (!has_nat(plan))
		return;
	fputs("\tchain unknown_input {\n"
	      "\t\ttype filter hook input priority 300; policy accept;\n"
	      "\t\tct state != new accept\n", out);
	for (size_t i = 0; i < plan->uplink_count; i++) {
		if (!plan->uplinks[i].translates)
			continue;
		fprintf(out, "%s \"%s\"", between, plan->uplinks[i].dev);
		between = ",";
	}
	fputs(" } accept\n"
	      "\t\tfib daddr type != local accept\n"
	      "\t\tsocket wildcard { 0, 1 } accept\n"
	      "\t\ttcp flags & (fin | syn | rst) == 0 drop\n"
	      "\t\tmeta l4proto udp reject\n"
	      "\t}\n\n", out);
}

/* ---- segment sizes ---- */

static bool has_mss(const struct plan *plan)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].mss[0] || plan->uplinks[i].mss[1])
			return true;
	return false;
}

/*
 * The size in a SYN limits what the other side sends, so that both directions
 * need the limit of this uplink: the route that `rt mtu` consults is that of
 * the LAN for packets that arrive. The kernel never raises an option's value
 * (nft_exthdr_tcp_set_eval()).
 */
static void write_clamp(const struct plan *plan, const char *key, FILE *out)
{
	for (size_t i = 0; i < plan->uplink_count; i++) {
		const struct plan_uplink *uplink = &plan->uplinks[i];

		for (int v6 = 0; v6 < 2; v6++)
			if (uplink->mss[v6])
				fprintf(out, "\t\t%s \"%s\" meta nfproto %s "
					"tcp flags & (syn | rst) == syn "
					"tcp option maxseg size set %u\n", key,
					uplink->dev, family_names[v6],
					uplink->mss[v6]);
	}
	fputs("\t}\n\n", out);
}

void ruleset_nat_write_mss(const struct plan *plan, FILE *out)
{
	if (!has_mss(plan))
		return;
	fputs("\tchain clamp_in {\n"
	      "\t\ttype filter hook prerouting priority -150; "
	      "policy accept;\n", out);
	write_clamp(plan, "iifname", out);
	fputs("\tchain clamp_out {\n"
	      "\t\ttype filter hook postrouting priority -150; "
	      "policy accept;\n", out);
	write_clamp(plan, "oifname", out);
}
