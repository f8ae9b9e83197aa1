/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_plan_routes.c - gateways outside the prefixes of their device. */
#include "unit.h"

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

int main(void)
{
	Suite *suite = suite_create("plan_routes");
	TCase *tcase = tcase_create("gateways");

	tcase_add_loop_test(tcase, gateway, 0, ROWS(gateways));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
