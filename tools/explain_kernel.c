/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_kernel.c - the kernel's part of `waymark explain`. */
#include "tools/explain_kernel.h"

#include <stdio.h>

void explain_look(struct policy *policy, const char *state_dir,
		  struct in_force *in_force)
{
	in_force_read(policy, state_dir, in_force);
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		for (int v6 = 0; v6 < 2; v6++) {
			const struct in_force_path *now =
				&in_force->paths[i][v6];

			if (now->way != IN_FORCE_UNKNOWN)
				policy_set_down(policy, i, v6,
						now->way != IN_FORCE_UPLINK ||
						now->by != i);
		}
}

void explain_main(void)
{
	printf("  table  main\n"
	       "  route  that of main\n");
}

static void print_way(const char *family, bool has_via,
		      const struct address *via, const struct uplink *up)
{
	char text[ADDRESS_TEXT_MAX];

	if (has_via)
		printf("  route  %s default via %s dev %s\n", family,
		       address_print(via, text), up->dev);
	else
		printf("  route  %s default dev %s\n", family, up->dev);
}

static bool covers(const struct uplink_nat *nat, const struct address *client)
{
	for (size_t i = 0; i < nat->from_count; i++)
		if (address_compare(client, &nat->from[i].first) >= 0 &&
		    address_compare(client, &nat->from[i].last) <= 0)
			return true;
	return !nat->has_from;
}

static void print_source(const struct uplink *up, const struct address *client)
{
	const struct uplink_nat *nat = &up->nat[!address_is_v4(client)];
	char text[ADDRESS_TEXT_MAX];

	if (nat->kind == NAT_NONE)
		return;
	if (!covers(nat, client))
		printf("  source kept: it is not one that '%s' translates\n",
		       up->name);
	else if (nat->kind == NAT_MASQUERADE)
		printf("  source masqueraded behind the address of %s\n",
		       up->dev);
	else
		printf("  source translated to %s\n",
		       prefix_print(&nat->to, text));
}

/* By its own wire. */
static void print_leaving(const struct uplink *up, const struct address *client)
{
	bool v4 = address_is_v4(client);
	const char *family = v4 ? "IPv4" : "IPv6";

	if (uplink_has_way(up, v4))
		print_way(family, v4 ? up->has_via4 : up->has_via6,
			  v4 ? &up->via4 : &up->via6, up);
	else if (up->strict)
		printf("  route  unreachable: '%s' is strict and has no %s\n",
		       up->name, family);
	else
		printf("  route  that of main: '%s' has no %s gateway\n",
		       up->name, family);
	printf("         more specific routes of main via interfaces of no "
	       "uplink take precedence\n");
	if (uplink_has_way(up, v4))
		print_source(up, client);
}

/* Print which uplink carries the traffic instead; true: none does, which is
 * printed. */
static bool print_instead(const struct policy *policy, const struct uplink *up,
			  const struct in_force_path *now, bool v4)
{
	if (now->way == IN_FORCE_UPLINK &&
	    policy_uplink(policy, now->by) != up)
		printf("  now    '%s' carries the traffic of '%s'\n",
		       policy_uplink(policy, now->by)->name, up->name);
	if (!uplink_has_way(up, v4) || now->way == IN_FORCE_UPLINK ||
	    now->way == IN_FORCE_UNKNOWN)
		return false;
	if (now->way == IN_FORCE_REFUSED) {
		printf("  now    the traffic of '%s' is refused\n"
		       "  route  unreachable\n", up->name);
		return true;
	}
	printf("  now    main carries the traffic of '%s'\n", up->name);
	explain_main();
	return true;
}

static void print_table(const struct policy *policy, uint8_t path,
			const struct uplink *whose)
{
	const struct marks *m = policy_marks(policy);

	printf("  table  %u%s%s, by the rule fwmark 0x%08x/0x%08x\n",
	       whose->table, whose->table_name != NULL ? " " : "",
	       whose->table_name != NULL ? whose->table_name : "",
	       marks_of(m, path, false), m->path_mask);
}

static const struct in_force_path *path_of(const struct policy *policy,
					   const struct in_force *in_force,
					   const struct uplink *up, bool v4)
{
	size_t i = 0;

	while (policy_uplink(policy, i) != up)
		i++;
	return &in_force->paths[i][!v4];
}

void explain_kernel(const struct policy *policy, const struct facts *facts,
		    const struct in_force *in_force, uint8_t path)
{
	const struct marks *m = policy_marks(policy);
	const struct uplink *up = policy_uplink_of_path(policy, path);
	const struct uplink *whose = up;
	const struct in_force_path *now;
	bool v4 = address_is_v4(&facts->client);

	printf("  mark   0x%08x/0x%08x (path %u, settled)\n",
	       marks_of(m, path, true), m->mask, path);
	if (up == NULL) {
		explain_main();
		return;
	}
	now = path_of(policy, in_force, up, v4);
	if (print_instead(policy, up, now, v4))
		return;
	if (now->way == IN_FORCE_UPLINK) {
		whose = policy_uplink(policy, now->table);
		up = policy_uplink(policy, now->by);
	}
	print_table(policy, path, whose);
	print_leaving(up, &facts->client);
}
