/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_decide.c - which route decides, what is still open, which flows are
 * late. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/flow/decide.h"
#include "engine/hints/hint.h"
#include "packets.h"
#include "unit.h"

#define UPLINKS "uplink a { dev a }\nuplink b { dev b }\nuplink c { dev c }\n"

enum { MAIN = -1, DROP = -2 };	/* paths; smaller numbers are uplinks */

static int path_of(const struct policy *policy, uint8_t path)
{
	const struct marks *marks = policy_marks(policy);

	if (path == marks->path_main)
		return MAIN;
	if (path == marks->path_drop)
		return DROP;
	for (size_t i = 0; i < policy_uplinks(policy); i++)
		if (policy_uplink(policy, i)->path == path)
			return (int)i;
	ck_abort_msg("no such path: %d", path);
	return 0;
}

/* TCP to port 25. `known`, `app` and `host` come from the payload. */
static const struct {
	const char *routes;
	uint8_t known;
	const char *app;
	const char *host;
	int path;
	bool is_final;
	uint16_t route;
	uint8_t needs;
} rows[] = {
	/* Header-only routes. */
	{ "route tcp dport 25 via a", 0, NULL, NULL, 0, true, 0, 0 },
	{ "route udp via a", 0, NULL, NULL, MAIN, true, 1, 0 },
	{ "route udp via a\nroute tcp via b", 0, NULL, NULL, 1, true, 1, 0 },
	{ "route tcp drop", 0, NULL, NULL, DROP, true, 0, 0 },
	{ "default via c", 0, NULL, NULL, 2, true, 0, 0 },
	/* A route above is unknown. */
	{ "route app ssh via a", 0, NULL, NULL, MAIN, false, 1, FACT_APP },
	{ "route app ssh via a\nroute tcp via b", 0, NULL, NULL, 1, false, 1,
	  FACT_APP },
	{ "route host example.com via a\nroute app ssh via b", 0, NULL, NULL,
	  MAIN, false, 2, FACT_APP | FACT_HOST },
	/* Unknown routes below do not matter. */
	{ "route tcp via a\nroute app ssh via b", 0, NULL, NULL, 0, true, 0,
	  0 },
	/* Kleene logic: and. */
	{ "route udp app ssh via a", 0, NULL, NULL, MAIN, true, 1, 0 },
	{ "route tcp app ssh via a", 0, NULL, NULL, MAIN, false, 1, FACT_APP },
	{ "route app tls host example.com via a", FACT_APP, "tls", NULL, MAIN,
	  false, 1, FACT_HOST },
	{ "route app ssh host example.com via a", FACT_APP, "tls", NULL, MAIN,
	  true, 1, 0 },
	/* Kleene logic: or. */
	{ "route tcp or app ssh via a", 0, NULL, NULL, 0, true, 0, 0 },
	{ "route udp or app ssh via a", 0, NULL, NULL, MAIN, false, 1,
	  FACT_APP },
	{ "route app ssh or host example.com via a", FACT_HOST, NULL,
	  "www.example.com", 0, true, 0, 0 },
	/* Kleene logic: not. */
	{ "route not app ssh via a", 0, NULL, NULL, 0, false, 0, FACT_APP },
	{ "route not app ssh via a", FACT_APP, NULL, NULL, 0, true, 0, 0 },
	{ "route not app ssh via a", FACT_APP, "ssh", NULL, MAIN, true, 1, 0 },
	/* Unknown counts as false, except for a route that drops. */
	{ "route tcp dport 25 not host ads.example via a\nroute tcp via b", 0,
	  NULL, NULL, 0, false, 0, FACT_HOST },
	{ "route tcp dport 25 not host ads.example via a\nroute tcp via b",
	  FACT_HOST, NULL, "ads.example", 1, true, 1, 0 },
	{ "route app ssh via a\nroute not host ads.example via b\n"
	  "route tcp via c", 0, NULL, NULL, 1, false, 1,
	  FACT_APP | FACT_HOST },
	{ "route not app tls drop\nroute tcp via b", 0, NULL, NULL, 1, false,
	  1, FACT_APP },
	{ "route not app tls drop\nroute tcp via b", FACT_APP, "ssh", NULL,
	  DROP, true, 0, 0 },
	/* All facts are known. */
	{ "route app ssh via a", FACT_ALL, "ssh", NULL, 0, true, 0, 0 },
	{ "route app ssh via a", FACT_ALL, NULL, NULL, MAIN, true, 1, 0 },
	/* A route is certain while one above is not. */
	{ "route host example.com via a\nroute app tls via b", FACT_APP, "tls",
	  NULL, 1, false, 1, FACT_HOST },
	{ "route host example.com via a\nroute app tls via b",
	  FACT_APP | FACT_HOST, "tls", "example.com", 0, true, 0, 0 },
	/* A drop that is not certain drops: nothing leaks meanwhile. */
	{ "route app ssh via b\nroute tcp drop", 0, NULL, NULL, DROP, false, 1,
	  FACT_APP },
	{ "route app ssh via b\nroute tcp drop", FACT_ALL, "smtp", NULL, DROP,
	  true, 1, 0 },
	/* Balanced routes: TCP from address 0, port 40000, has its slot. */
	{ "route tcp dport 25 via { a 255, b 1 }", 0, NULL, NULL, 0, true, 0,
	  0 },
	{ "default via { b, c 255 } by source", 0, NULL, NULL, 2, true, 0, 0 },
	{ "route app ssh via a\ndefault via { b 1, c 255 }", 0, NULL, NULL, 2,
	  false, 1, FACT_APP },
	{ "route app smtp drop", 0, NULL, NULL, MAIN, false, 1, FACT_APP },
};

START_TEST(walk)
{
	char text[512];
	struct policy *policy;
	struct decision decision;
	struct facts facts = {
		.proto = IPPROTO_TCP, .has_ports = true, .sport = 40000,
		.dport = 25, .known = rows[_i].known,
	};

	snprintf(text, sizeof(text), UPLINKS "%s", rows[_i].routes);
	policy = packets_policy(text);
	if (rows[_i].app != NULL)
		facts.app = hints_app_find(rows[_i].app);
	if (rows[_i].host != NULL)
		facts.host_sets = policy_resolve_host(policy, rows[_i].host,
						      strlen(rows[_i].host));
	policy_resolve_headers(policy, &facts);
	decide(policy, &facts, &decision);
	ck_assert_msg(decision.is_final == rows[_i].is_final, "%s",
		      rows[_i].routes);
	ck_assert_msg(decision.route == rows[_i].route, "%s: route %d",
		      rows[_i].routes, decision.route);
	ck_assert_msg(path_of(policy, decision.path) == rows[_i].path,
		      "%s: path %d", rows[_i].routes, decision.path);
	ck_assert_msg(decision.needs == rows[_i].needs, "%s: needs %d",
		      rows[_i].routes, decision.needs);
	policy_free(policy);
}
END_TEST

static const struct {
	const char *policy;	/* m masquerades; a and b do not */
	int from;
	int to;
	int want;
} lates[] = {
	{ "", 0, 1, 1 },
	{ "", 0, MAIN, MAIN },
	{ "", MAIN, 0, 0 },
	{ "", 2, 0, 2 },
	{ "", 0, 2, 0 },
	{ "", MAIN, 2, MAIN },
	{ "", 2, MAIN, 2 },
	{ "", 2, DROP, DROP },
	{ "late keep\n", 0, 1, 0 },
	{ "late keep\n", MAIN, 2, MAIN },
	{ "late keep\n", 0, DROP, DROP },
	{ "late move\n", 0, 1, 1 },
	{ "late move\n", 2, 0, 0 },
	{ "late move\n", 0, DROP, DROP },
	{ "late keep\n", DROP, 1, 1 },
	{ "", DROP, 2, 2 },
};

static uint8_t to_path(const struct policy *policy, int path)
{
	if (path == MAIN)
		return policy_marks(policy)->path_main;
	if (path == DROP)
		return policy_marks(policy)->path_drop;
	return policy_uplink(policy, (size_t)path)->path;
}

START_TEST(late)
{
	char text[512];
	struct policy *policy;
	uint8_t path;

	snprintf(text, sizeof(text),
		 "%suplink a { dev a }\nuplink b { dev b }\n"
		 "uplink m { dev m masquerade }\n", lates[_i].policy);
	policy = packets_policy(text);
	path = to_path(policy, lates[_i].from);
	if (decide_late(policy, (uint16_t)(policy_routes(policy) - 1), path,
			to_path(policy, lates[_i].to)) == LATE_MOVE)
		path = to_path(policy, lates[_i].to);
	ck_assert_msg(path_of(policy, path) == lates[_i].want,
		      "%sfrom %d to %d: %d", lates[_i].policy, lates[_i].from,
		      lates[_i].to, path);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decide");
	TCase *tcase = tcase_create("decide");

	tcase_add_loop_test(tcase, walk, 0, ROWS(rows));
	tcase_add_loop_test(tcase, late, 0, ROWS(lates));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
