/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_plan_routes.c - gateways outside the prefixes of their device. */
#include "unit.h"

#include <linux/rtnetlink.h>

#include <string.h>
#include <sys/socket.h>

#include "rules/policy/policy.h"
#include "rules/setup/plan/plan_routes.h"
#include "setup_state.h"

static const struct {
	const char *name;
	const char *uplink;
	uint8_t family;
	unsigned int flags;	/* of eth1, beside IFF_UP */
	bool is_off_link;
} gateways[] = {
	{ "in the prefix", "dev eth1 via 203.0.113.1", AF_INET, 0, false },
	{ "outside the prefix", "dev eth1 via 203.0.112.1", AF_INET, 0, true },
	{ "in the prefix, v6", "dev eth1 via 2001:db8:f::1", AF_INET6, 0,
	  false },
	{ "outside the prefix, v6", "dev eth1 via 2001:db8:e::1", AF_INET6, 0,
	  true },
	{ "link local", "dev eth1 via fe80::1", AF_INET6, 0, false },
	{ "of the other family", "dev eth1 via 203.0.112.1", AF_INET6, 0,
	  false },
	{ "main's gateway", "dev eth1", AF_INET, 0, false },
	{ "point to point", "dev eth1 via 203.0.112.1", AF_INET,
	  IFF_POINTOPOINT, false },
	{ "a peer without a prefix", "dev ppp0 via 203.0.112.1", AF_INET, 0,
	  false },
	{ "no address of that family", "dev ppp0 via 2001:db8::1", AF_INET6, 0,
	  false },
	{ "no such device", "dev eth9 via 203.0.112.1", AF_INET, 0, false },
};

START_TEST(gateway)
{
	char text[256];
	struct policy *policy;
	struct state state;

	snprintf(text, sizeof(text), "uplink a { %s }\ndefault via a\n",
		 gateways[_i].uplink);
	policy = setup_policy(text);
	setup_state(&state);
	ck_assert_str_eq(state.links[2].name, "eth1");
	state.links[2].flags |= gateways[_i].flags;
	ck_assert_msg(plan_routes_gateway_is_off_link(
			      policy, &state, gateways[_i].family, 0) ==
			      gateways[_i].is_off_link,
		      "%s", gateways[_i].name);
	state_fini(&state);
	policy_free(policy);
}
END_TEST

/* The default of eth1's table takes `src` and metrics from main's default, if
 * that has the same gateway; so does a fallback's. */
static const struct {
	const char *name;
	const char *policy;
	uint32_t mtu;
	bool has_source;
} defaults[] = {
	{ "via auto", "uplink a { dev eth1 via auto }\ndefault via a", 1400,
	  true },
	{ "the same gateway", "uplink a { dev eth1 via 203.0.113.1 }\n"
	  "default via a", 1400, true },
	{ "another gateway", "uplink a { dev eth1 via 203.0.113.3 }\n"
	  "default via a", 0, false },
	{ "a fallback", "uplink a { dev ppp0 fallback b }\n"
	  "uplink b { dev eth1 via auto }\ndefault via a", 1400, true },
};

START_TEST(metrics)
{
	struct policy *policy = setup_policy(defaults[_i].policy);
	char error[SETUP_ERROR_MAX];
	unsigned int found = 0;
	struct state state;
	struct plan plan;

	setup_state(&state);
	for (size_t i = 0; i < state.route_count; i++)
		if (state.routes[i].has_via) {
			state.routes[i].metrics[RTAX_MTU] = 1400;
			state.routes[i].has_source = true;
			state.routes[i].source = state.addresses[1].address;
		}
	ck_assert_int_eq(plan_make(policy, NULL, &state, PLAN_LINKS_UP, &plan,
				   error), 0);
	for (size_t i = 0; i < plan.route_count; i++) {
		const struct kernel_route *route = &plan.routes[i];

		if (!route->has_via || route->table != plan.uplinks[0].table)
			continue;
		found++;
		ck_assert_uint_eq(route->metrics[RTAX_MTU], defaults[_i].mtu);
		ck_assert_int_eq(route->has_source, defaults[_i].has_source);
	}
	ck_assert_msg(found == 1, "%s: %u defaults", defaults[_i].name, found);
	plan_fini(&plan);
	state_fini(&state);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan_routes");
	TCase *tcase = tcase_create("gateways");

	tcase_add_loop_test(tcase, gateway, 0, ROWS(gateways));
	tcase_add_loop_test(tcase, metrics, 0, ROWS(defaults));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
