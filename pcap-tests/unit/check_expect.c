/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_expect.c - what expect lines state about the first packet, the end and
 * the change between them. */
#include <stdio.h>
#include <string.h>

#include "engine/expect.h"
#include "packets.h"
#include "unit.h"

#define POLICY \
	"uplink a { dev a }\nuplink b { dev b }\n" \
	"uplink m { dev m masquerade }\nuplink s { dev s strict }\n" \
	"exempt from 192.0.2.20\n" \
	"route host plain.example via b\n" \
	"route host kept.example via m\n" \
	"route host reset.example via m late reset\n" \
	"route host dropped.example drop\n" \
	"route host shared.example via { a, b }\n" \
	"route host apart.example via { b, m }\n" \
	"route tcp dport 25 via b\n" \
	"route per packet dscp ef via b\n"
#define TCP "expect tcp 192.0.2.9 > 198.51.100.7:443 "
#define UDP "expect udp 192.0.2.9 > 198.51.100.7:443 "

static const struct {
	const char *line;
	/* Which statements hold; statements that are not made do. */
	bool first, last, late;
} rows[] = {
	/* What the payload decides comes after TCP's first packet. */
	{ TCP "host plain.example via b", true, true, true },
	{ TCP "host plain.example first via a via b", true, true, true },
	{ TCP "host plain.example first via b via b", false, true, true },
	{ TCP "host plain.example first via a via a", true, false, true },
	{ TCP "host plain.example first drop", false, true, true },
	{ TCP "host plain.example via b late move", true, true, true },
	{ TCP "host plain.example via b late keep", true, true, false },
	{ TCP "host plain.example first via a late move", true, true, true },
	/* Under masquerade the flow stays. */
	{ TCP "host kept.example first via a via m late keep", true, true,
	  true },
	{ TCP "host kept.example late move", true, true, false },
	{ TCP "host reset.example first via a late reset", true, true, true },
	{ TCP "host reset.example late keep", true, true, false },
	/* A flow that is dropped later moves to that. */
	{ TCP "host dropped.example first via a drop late move", true, true,
	  true },
	/* The first datagram has the payload. */
	{ UDP "host kept.example first via m via m", true, true, true },
	{ UDP "host kept.example first via a", false, true, true },
	{ UDP "host kept.example late keep", true, true, false },
	/* Headers decide: nothing changes later. */
	{ "expect tcp 192.0.2.9 > 198.51.100.7:25 first via b via b", true,
	  true, true },
	{ "expect tcp 192.0.2.9 > 198.51.100.7:25 late keep", true, true,
	  false },
	{ TCP "first via a via a", true, true, true },
	/* Without ports, the flow may take either uplink. */
	{ TCP "host shared.example first via a via { a, b }", true, true,
	  true },
	{ TCP "host shared.example first via a via b", true, false, true },
	{ TCP "host shared.example late move", true, true, false },
	/* Neither of these is the first packet's, but one masquerades. */
	{ TCP "host apart.example first via a late move", true, true, false },
	/* A packet's own route is no change of the flow. */
	{ TCP "dscp ef first via a via b", true, true, true },
	/* Exempt flows have no course. */
	{ "expect tcp 192.0.2.20 > 198.51.100.7:443 exempt", true, true,
	  true },
	{ "expect tcp 192.0.2.20 > 198.51.100.7:443 first via a", false, false,
	  false },
	{ TCP "exempt", true, false, true },
};

START_TEST(line)
{
	struct expect_result result;
	struct policy *policy;
	char text[2048];

	snprintf(text, sizeof(text), "%sdefault via a\n%s\n", POLICY,
		 rows[_i].line);
	policy = packets_policy(text);
	ck_assert_uint_eq(policy_expects(policy), 1);
	expect_check(policy, policy_expect(policy, 0), &result);
	if (result.exempt != NULL)
		result.first_holds = result.last_holds = result.late_holds =
			result.holds;
	ck_assert_msg(result.first_holds == rows[_i].first &&
		      result.last_holds == rows[_i].last &&
		      result.late_holds == rows[_i].late,
		      "%s: first %d last %d late %d", rows[_i].line,
		      result.first_holds, result.last_holds,
		      result.late_holds);
	ck_assert_int_eq(result.holds, rows[_i].first && rows[_i].last &&
				       rows[_i].late);
	policy_free(policy);
}
END_TEST

/* With `strict first`, the first packet takes the strict uplink. */
START_TEST(claimed)
{
	static const char *const ends[] = {
		"first via s via a late keep",
		"first via a via a late keep",
	};
	struct expect_result result;
	struct policy *policy;
	char text[2048];

	snprintf(text, sizeof(text), "strict first\n%s"
		 "route host strict.example via s\ndefault via a\n"
		 TCP "host other.example %s\n", POLICY, ends[_i]);
	policy = packets_policy(text);
	expect_check(policy, policy_expect(policy, 0), &result);
	ck_assert(result.course.first.is_claimed);
	ck_assert_int_eq(result.first_holds, _i == 0);
	ck_assert(result.last_holds);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("expect");
	TCase *tcase = tcase_create("expect");

	tcase_add_loop_test(tcase, line, 0, ROWS(rows));
	tcase_add_loop_test(tcase, claimed, 0, 2);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
