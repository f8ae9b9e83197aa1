/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print.c - write what set-up would do as a shell script to read. */
#include <errno.h>
#include <net/if.h>
#include <sys/socket.h>

#include "rules/offload/offload.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/ruleset/ruleset.h"
#include "rules/setup/kernel/rt_tables.h"
#include "rules/setup/setup.h"
#include "rules/setup/plan/state.h"

static void print_tables(const struct plan *plan, FILE *out)
{
	if (plan->tables == NULL)
		return;
	fprintf(out,
		"\n# Names for the routing tables.\n"
		"mkdir -p " RT_TABLES_DIR "\n"
		"cat > " RT_TABLES_DIR "/waymark.conf <<'END'\n"
		"%sEND\n", plan->tables);
}

static const struct plan_uplink *uplink_of(const struct plan *plan,
					   uint32_t table)
{
	for (size_t i = 0; i < plan->uplink_count; i++)
		if (plan->uplinks[i].table == table)
			return &plan->uplinks[i];
	return NULL;
}

static void print_routes(const struct plan *plan, const struct state *state,
			 FILE *out)
{
	const struct plan_uplink *last = NULL;
	char text[KERNEL_TEXT_MAX];

	for (size_t i = 0; i < plan->route_count; i++) {
		const struct kernel_route *route = &plan->routes[i];
		const struct plan_uplink *uplink = uplink_of(plan,
							     route->table);
		const char *dev = plan_dev(plan, state, route->oif);

		if (uplink != NULL && uplink != last)
			fprintf(out, "\n# Uplink %s: routing table.\n",
				uplink->name);
		last = uplink;
		fprintf(out, "ip -%c route replace %s\n",
			route->family == AF_INET ? '4' : '6',
			kernel_route_print(route, dev, text));
	}
}

static void print_rules(const struct plan *plan, FILE *out)
{
	char text[KERNEL_TEXT_MAX];

	fputs("\n# Rules: exempt hosts, specific routes of main, marks, the\n"
	      "# uplinks' addresses; from 21000 on, the source address of\n"
	      "# local sockets.\n", out);
	for (size_t i = 0; i < plan->rule_count; i++)
		fprintf(out, "ip -%c rule add %s\n",
			plan->rules[i].family == AF_INET ? '4' : '6',
			kernel_rule_print(&plan->rules[i], text));
	if (plan->local_note != NULL)
		fprintf(out, "# Local traffic: %s.\n",
			plan->local_note);
}

static void print_links(const struct plan *plan, const struct state *state,
			FILE *out)
{
	fputs("\n# Reverse-path filtering has to see the mark.\n", out);
	for (size_t i = 0; i < plan->sysctl_count; i++)
		fprintf(out, "sysctl -w %s=%s\n", plan->sysctls[i].path,
			plan->sysctls[i].value);
	fputs("\n# The uplinks' group: main's routes through it yield to "
	      "marks.\n", out);
	for (size_t i = 0; i < plan->link_count; i++)
		fprintf(out, "ip link set %s group %u\n",
			plan_dev(plan, state, plan->links[i]), KERNEL_GROUP);
}

/* Header-only routes that are not in the kernel. */
static void print_notes(const char *notes, FILE *out)
{
	for (; *notes; notes += strcspn(notes, "\n") + 1)
		fprintf(out, "# In the engine: %.*s\n",
			(int)strcspn(notes, "\n"), notes);
}

static void print_ruleset(const struct plan *plan, FILE *out)
{
	fputs("\n# Marks, NAT and the queues of the engine.\n", out);
	print_notes(plan->offload->notes, out);
	fputs("nft -f - <<'END'\n", out);
	ruleset_write_queues(plan, out);
	ruleset_write(plan, true, out);
	fputs("END\n", out);
}

/* The script is also printed where it is not meant to run. */
static void print_missing(const struct policy *policy, FILE *out)
{
	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *up = policy_uplink(policy, i);

		if (if_nametoindex(up->dev) == 0)
			fprintf(out, "# This system has no interface %s "
				"(uplink %s)%s.\n", up->dev, up->name,
				up->optional ? ", which is optional" :
					       ": `waymark setup` refuses");
	}
}

int setup_print(const struct policy *policy, FILE *out,
		char error[static SETUP_ERROR_MAX])
{
	struct netlink *nl = NULL;
	struct state state = { 0 };
	struct plan plan;
	int rc;

	rc = netlink_open(&nl);
	if (rc == 0)
		rc = state_read(nl, &state);
	if (rc < 0) {
		set_error(error, rc, "netlink: %s; try again", strerror(-rc));
		goto out;
	}
	rc = plan_make(policy, NULL, &state, PLAN_LINKS_NAMED, &plan, error);
	if (rc < 0)
		goto out;
	fputs("#!/bin/sh -e\n"
	      "# What `waymark setup` does on a system without waymark.\n"
	      "# `queue num` needs a kernel with nft_queue. Without it this\n"
	      "# script fails; `waymark setup` then uses the xtables target\n"
	      "# NFQUEUE, which nft has no syntax for: see the queue rules\n"
	      "# in `waymark doctor`.\n",
	      out);
	print_missing(policy, out);
	print_tables(&plan, out);
	print_routes(&plan, &state, out);
	print_rules(&plan, out);
	print_links(&plan, &state, out);
	print_ruleset(&plan, out);
	plan_fini(&plan);
out:
	state_fini(&state);
	netlink_close(nl);
	return rc;
}
