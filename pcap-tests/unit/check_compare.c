/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_compare.c - the comparison of two policies misses no difference and
 * invents none: random pairs of policies, random flows, and the engine's
 * decision for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "comparisons.h"
#include "engine/expect.h"
#include "engine/hints/hint.h"
#include "packets.h"
#include "random_text.h"
#include "rules/policy/policy_private.h"
#include "rules/util/diag.h"
#include "unit.h"

#define PAIRS 30		/* per row; COMPARE_PAIRS=N for a longer run */
#define FLOWS 150		/* per pair */

static bool flow_differs(const struct comparison *c,
			 const struct region_flow *flow)
{
	const struct space *space = &c->outcomes.space;
	struct engine_answer before = comparisons_answer(space, 0, flow);
	struct engine_answer after = comparisons_answer(space, 1, flow);

	return comparisons_differ(&before, &after);
}

/* The difference that has the flow, or NULL. */
static struct difference *difference_of(struct comparison *c,
					const struct region_flow *flow)
{
	for (size_t i = 0; i < c->count; i++)
		if (comparisons_has(&c->outcomes.space, c->items[i].region,
				    flow))
			return &c->items[i];
	return NULL;
}

static char *words_of(const struct comparison *c,
		      const struct region_flow *flow)
{
	char *words = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&words, &len);

	region_print_flow(&c->outcomes.space, flow, out);
	fclose(out);
	return words;
}

/* The words are parsed to a flow that both policies decide in the same way. */
static void check_words(const struct comparison *c,
			const struct region_flow *flow)
{
	char *words = words_of(c, flow);

	for (size_t k = 0; k < 2; k++) {
		const struct policy *p = c->outcomes.space.policies[k];
		struct engine_answer want =
			comparisons_answer(&c->outcomes.space, k, flow);
		struct diag *diag = diag_new();
		struct expect_course course;
		struct expect *parsed;

		ck_assert_msg(policy_flow_parse(p, hints_vocabulary(), words,
						diag, &parsed) == 0, "%s",
			      words);
		ck_assert_msg((policy_exempt_of(p, &parsed->facts.client,
						&parsed->facts.server) !=
			       NULL) == (want.exempt != NULL), "%s", words);
		if (want.exempt == NULL) {
			expect_course(p, parsed, &course);
			ck_assert_str_eq(policy_path_name(p, course.first.path),
					 want.first);
			ck_assert_str_eq(policy_path_name(p, course.last.path),
					 want.last);
			ck_assert_uint_eq(course.late, want.late);
		}
		policy_flow_free(parsed);
		diag_free(diag);
	}
	free(words);
}

static void check_difference(struct comparison *c, struct difference *d)
{
	char *words = words_of(c, &d->flow);

	comparisons_locate(&c->outcomes.space, &d->flow);
	ck_assert_msg(flow_differs(c, &d->flow), "invented: %s", words);
	ck_assert_msg(comparisons_has(&c->outcomes.space, d->region, &d->flow),
		      "elsewhere: %s", words);
	free(words);
	if (region_is_in_words(&c->outcomes.space, &d->flow))
		check_words(c, &d->flow);
}

/* What policy `k` makes of a flow; for messages. */
static char *answer_text(const struct comparison *c, size_t k,
			 const struct region_flow *flow)
{
	struct engine_answer a =
		comparisons_answer(&c->outcomes.space, k, flow);
	char *words = NULL;

	if (asprintf(&words, a.exempt != NULL ? "; exempt" :
		     "; first %s, last %s, late %x, class %s, packet %s",
		     a.first, a.last, a.late, a.class_name, a.packet) < 0)
		return NULL;
	return words;
}

static void check_flow(struct comparison *c, const struct region_flow *flow)
{
	struct difference *d = difference_of(c, flow);
	bool real = flow_differs(c, flow);

	/* Two balances differ for some of the flows. */
	if (d != NULL && (comparisons_hashed(&c->outcomes, d->before) ||
			  comparisons_hashed(&c->outcomes, d->after)))
		return;
	if (real != (d != NULL))
		ck_abort_msg("%s: %s%s%s", real ? "missed" : "invented",
			     words_of(c, flow), answer_text(c, 0, flow),
			     answer_text(c, 1, flow));
}

static const size_t routes_of[] = { 1, 2, 4, 8, 16 };

START_TEST(random_pairs)
{
	size_t found = 0, none = 0, different = 0;
	const char *more = getenv("COMPARE_PAIRS");
	int pairs = more != NULL ? atoi(more) : PAIRS;

	random_seed(88172645463325252 + (uint64_t)_i);
	for (int n = 0; n < pairs; n++) {
		struct policy *policies[2];
		struct comparison c;

		comparisons_pair(routes_of[_i], policies);
		ck_assert_int_eq(comparison_make(&c, policies[0], policies[1],
						 hints_vocabulary(),
						 COMPARE_NODES), 0);
		for (size_t i = 0; i < c.count; i++)
			check_difference(&c, &c.items[i]);
		for (int i = 0; i < FLOWS; i++) {
			struct region_flow flow =
				comparisons_flow(&c.outcomes.space);

			comparisons_locate(&c.outcomes.space, &flow);
			check_flow(&c, &flow);
			different += difference_of(&c, &flow) != NULL;
		}
		found += c.count;
		none += c.count == 0;
		comparison_fini(&c);
		policy_free(policies[0]);
		policy_free(policies[1]);
	}
	/* The pairs must differ, and agree, often enough. */
	ck_assert_uint_gt(found, PAIRS / 4);
	ck_assert_uint_gt(none, 0);
	ck_assert_uint_gt(different, PAIRS);
}
END_TEST

/* ---- what is printed ---- */

#define UPLINKS "uplink a { dev a }\nuplink b { dev b }\n" \
	"uplink m { dev m masquerade }\n"

/* The differences as "REGION: OLD>NEW;" with uplinks. */
static char *printed_differences(const char *before, const char *after)
{
	struct policy *policies[2] = {
		packets_policy(before), packets_policy(after),
	};
	struct comparison c;
	char *words = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&words, &len);

	ck_assert_int_eq(comparison_make(&c, policies[0], policies[1],
					 hints_vocabulary(), COMPARE_NODES),
			 0);
	for (size_t i = 0; i < c.count; i++) {
		const struct outcome *items = c.outcomes.items;
		struct course old, new;

		comparison_course(&c.outcomes, 0, &items[c.items[i].before],
				  &c.items[i].flow, &old);
		comparison_course(&c.outcomes, 1, &items[c.items[i].after],
				  &c.items[i].flow, &new);
		region_print(&c.outcomes.space, c.items[i].region, 4, " | ",
			     out);
		fprintf(out, ": %s>%s;",
			old.is_exempt ? "exempt" : old.last,
			new.is_exempt ? "exempt" : new.last);
	}
	fclose(out);
	comparison_fini(&c);
	policy_free(policies[0]);
	policy_free(policies[1]);
	return words;
}

static const struct {
	const char *name, *before, *after, *want;
} printed_rows[] = {
	{ "nothing", UPLINKS "route tcp dport 25 via a",
	  UPLINKS "route tcp dport 25 via a", "" },
	{ "in other words", UPLINKS "route tcp dport { 25, 26 } via a",
	  UPLINKS "route dport 25 tcp via a\nroute tcp dport 25-26 via a",
	  "" },
	{ "lists, regrouped", UPLINKS "route from 10.0.0.0/8 via a",
	  UPLINKS "route from { 10.0.0.0/9, 10.128.0.0/9 } via a", "" },
	{ "order that does not matter", UPLINKS "route udp via a\n"
	  "route tcp via b", UPLINKS "route tcp via b\nroute udp via a", "" },
	{ "a name below another", UPLINKS "route host { example.com, "
	  "www.example.com } via a", UPLINKS "route host example.com via a",
	  "" },
	{ "ports", UPLINKS "route tcp dport 25-30 via a",
	  UPLINKS "route tcp dport 25 via a",
	  "tcp dport 26-30: a>main;" },
	{ "an address", UPLINKS "route from 10.0.0.0/8 via a",
	  UPLINKS "route from 10.0.0.0/8 via a except 10.0.0.7",
	  "from 10.0.0.7: a>main;" },
	{ "dscp", UPLINKS "route dscp ef via a",
	  UPLINKS "route dscp { ef, cs6 } via a", "dscp cs6: main>a;" },
	{ "exempt", UPLINKS "default via a",
	  UPLINKS "exempt to 192.0.2.1\ndefault via a",
	  "to 192.0.2.1: a>exempt;" },
	{ "interface", UPLINKS "route in lan* via a",
	  UPLINKS "route in lan* via b", "in lan*: a>b;" },
	{ "pattern", UPLINKS "route udp payload /x/ via a",
	  UPLINKS "route udp payload /y/ via a",
	  "udp not payload /x/ payload /y/: main>a;"
	  "udp payload /x/ not payload /y/: a>main;" },
	{ "weights, equal", UPLINKS "default via { a 2, b 4 }",
	  UPLINKS "default via { a, b 2 }", "" },
	{ "weights", UPLINKS "default via { a 2, b 1 }",
	  UPLINKS "default via { a, b }", "forwarded: a>b;" },
	{ "one member", UPLINKS "default via { a 2 }",
	  UPLINKS "default via a", "" },
	{ "user", UPLINKS "route uid 1000 via a",
	  UPLINKS "route uid 1000-1001 via a", "uid 1001: main>a;" },
	{ "numbers of uplinks", "uplink a { dev a mark 3 }\n"
	  "uplink b { dev b mark 4 }\nroute udp via a\ndefault via b",
	  "uplink b { dev b mark 3 }\nuplink a { dev a mark 4 }\n"
	  "route udp via a\ndefault via b", "" },
	{ "late", UPLINKS "route tcp app ssh via a late keep",
	  UPLINKS "route tcp app ssh via a late reset",
	  "tcp app ssh: a>a;" },
	{ "drop that is not certain", UPLINKS "route tcp host a.example drop\n"
	  "default via a", UPLINKS "route tcp host a.example via main\n"
	  "default via a", "tcp host a.example: drop>main;" },
	{ "class", UPLINKS "class x = udp\nroute x via a",
	  UPLINKS "class y = udp\nroute y via a", "udp: a>a;" },
	{ "per packet", UPLINKS "default via a",
	  UPLINKS "route per packet udp dport 53 via b\ndefault via a",
	  "udp dport 53: a>a;" },
};

START_TEST(prints_regions)
{
	char *words = printed_differences(printed_rows[_i].before,
				       printed_rows[_i].after);

	ck_assert_msg(strcmp(words, printed_rows[_i].want) == 0, "%s: got %s",
		      printed_rows[_i].name, words);
	free(words);
}
END_TEST

/* ---- large lists ---- */

#define PREFIXES 1000000u

/* `skip`: without this prefix. */
static void write_list(const char *path, uint32_t skip)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	for (uint32_t i = 0; i < PREFIXES; i++)
		if (i != skip)
			fprintf(out, "%u.%u.%u.%u\n", 20 + (i >> 20),
				i >> 12 & 255, i >> 4 & 255, i << 4 & 240);
	ck_assert_int_eq(fclose(out), 0);
}

START_TEST(large_list)
{
	char paths[2][64], words[2][256];
	struct timespec start, end;
	char *differences;

	for (int k = 0; k < 2; k++) {
		snprintf(paths[k], sizeof(paths[k]), "/tmp/compare.%d.%d",
			 getpid(), k);
		write_list(paths[k], k == 0 ? PREFIXES : 4242);
		snprintf(words[k], sizeof(words[k]), UPLINKS "list addresses l "
			 "{ file \"%s\" }\nroute to @l via a", paths[k]);
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	differences = printed_differences(words[0], words[1]);
	clock_gettime(CLOCK_MONOTONIC, &end);
	for (int k = 0; k < 2; k++)
		unlink(paths[k]);
	fprintf(stderr, "# %u prefixes: %.1f s with reading\n", PREFIXES,
		(double)(end.tv_sec - start.tv_sec) +
		(double)(end.tv_nsec - start.tv_nsec) / 1e9);
	ck_assert_str_eq(differences, "to 20.1.9.32: a>main;");
	free(differences);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compare");
	TCase *tcase = tcase_create("compare");

	tcase_set_timeout(tcase, 600);
	tcase_add_loop_test(tcase, random_pairs, 0, ROWS(routes_of));
	tcase_add_loop_test(tcase, prints_regions, 0, ROWS(printed_rows));
	tcase_add_test(tcase, large_list);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
