/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup_state.c - kernel state of a router, see setup_state.h. */
#include "setup_state.h"

#include <check.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "rules/compile/policy_load.h"
#include "rules/policy/policy.h"
#include "rules/setup/kernel/array.h"

static struct address address(const char *text)
{
	struct address a;

	ck_assert_int_eq(address_parse(text, strlen(text), &a), 0);
	return a;
}

static void add_link(struct state *state, const char *name, bool up)
{
	struct kernel_link link = {
		.index = (unsigned int)state->link_count + 1,
		.flags = up ? IFF_UP : 0,
	};

	strncpy(link.name, name, sizeof(link.name) - 1);
	ck_assert_int_eq(ARRAY_ADD(state->links, state->link_count, link), 0);
}

static void add_address(struct state *state, unsigned int link,
			const char *text)
{
	struct kernel_address new = { link, RT_SCOPE_UNIVERSE, address(text) };

	ck_assert_int_eq(ARRAY_ADD(state->addresses, state->address_count,
				   new), 0);
}

static void add_route(struct state *state, unsigned int link,
		      const char *prefix, const char *via)
{
	char why[ADDRESS_WHY_MAX];
	struct kernel_route route = {
		.type = RTN_UNICAST,
		.protocol = via != NULL ? RTPROT_BOOT : RTPROT_KERNEL,
		.scope = via != NULL ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.table = RT_TABLE_MAIN,
		.oif = link,
		.has_via = via,
		.is_plain = true,
	};

	ck_assert_int_eq(prefix_parse(prefix, strlen(prefix), &route.dst, why),
			 0);
	route.family = strchr(prefix, ':') != NULL ? AF_INET6 : AF_INET;
	if (via != NULL)
		route.via = address(via);
	ck_assert_int_eq(ARRAY_ADD(state->routes, state->route_count, route),
			 0);
}

static void add_local(struct state *state, uint8_t family)
{
	struct kernel_rule rule = {
		.family = family,
		.action = FR_ACT_TO_TBL,
		.table = RT_TABLE_LOCAL,
		.suppress_length = -1,
		.suppress_group = -1,
		.is_plain = true,
	};

	ck_assert_int_eq(ARRAY_ADD(state->rules, state->rule_count, rule), 0);
}

void setup_state(struct state *state)
{
	*state = (struct state){ .has_v6 = true };
	add_link(state, "lo", true);
	add_link(state, "eth0", true);
	add_link(state, "eth1", true);
	add_link(state, "ppp0", true);
	add_link(state, "eth3", false);
	add_address(state, 2, "192.168.1.1");
	add_address(state, 3, "203.0.113.2");
	add_address(state, 3, "2001:db8:f::2");
	add_address(state, 4, "195.96.98.1");
	add_route(state, 2, "192.168.1.0/24", NULL);
	add_route(state, 3, "203.0.113.0/24", NULL);
	add_route(state, 3, "2001:db8:f::/64", NULL);
	add_route(state, 4, "195.96.98.253/32", NULL);
	add_route(state, 3, "0.0.0.0/0", "203.0.113.1");
	add_local(state, AF_INET);
	add_local(state, AF_INET6);
}

struct policy *setup_policy(const char *text)
{
	static const struct vocabulary none = { 0 };
	struct diag *diag = diag_new();
	struct policy *policy = NULL;

	policy_parse("p", text, strlen(text), &none, diag, &policy);
	if (policy == NULL)
		diag_print(diag, stderr);
	ck_assert_ptr_nonnull(policy);
	diag_free(diag);
	return policy;
}
