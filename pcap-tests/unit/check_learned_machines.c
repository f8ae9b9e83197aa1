/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_learned_machines.c - the IPv4 address of a client with a known IPv6
 * address, and which machines are routers. */
#include <string.h>

#include "engine/learn/learned_machines.h"
#include "unit.h"

#define VICTIM UINT64_C(0x02005e100001)
#define OTHER UINT64_C(0x02005e100002)
#define V4 "192.0.2.9"
#define V6 "2001:db8::9"

static struct address address(const char *text)
{
	struct address a;

	ck_assert_int_eq(address_parse(text, strlen(text), &a), 0);
	return a;
}

/* What is known, a second apart; no address: no further step. */
#define STEPS 4
struct step {
	bool is_doubt;
	uint64_t hwaddr;
	const char *address;
};

static struct learned_machines *machines_after(const struct step steps[STEPS])
{
	struct learned_machines *machines = learned_machines_new(true);

	ck_assert_ptr_nonnull(machines);
	for (uint32_t i = 0; i < STEPS && steps[i].address != NULL; i++) {
		struct address a = address(steps[i].address);

		if (steps[i].is_doubt)
			learned_machines_doubt(machines, steps[i].hwaddr, &a);
		else
			learned_machines_confirm(machines, steps[i].hwaddr, &a,
						 i);
	}
	return machines;
}

static const struct {
	const char *name;
	struct step steps[STEPS];
	uint32_t at_s;
	const char *want;		/* for V6; NULL: unknown */
} rows[] = {
	{ "nothing is known", { { 0 } }, 10, NULL },
	{ "both addresses are confirmed",
	  { { 0, VICTIM, V4 }, { 0, VICTIM, V6 } }, 10, V4 },
	{ "in the other order",
	  { { 0, VICTIM, V6 }, { 0, VICTIM, V4 } }, 10, V4 },
	{ "only IPv4 is confirmed", { { 0, VICTIM, V4 } }, 10, NULL },
	{ "only IPv6 is confirmed", { { 0, VICTIM, V6 } }, 10, NULL },
	{ "IPv6 is only claimed",
	  { { 0, VICTIM, V4 }, { 1, VICTIM, V6 } }, 10, NULL },
	{ "confirmed on different machines",
	  { { 0, VICTIM, V4 }, { 0, OTHER, V6 } }, 10, NULL },
	{ "another machine claims the IPv4 address",
	  { { 0, VICTIM, V4 }, { 0, VICTIM, V6 }, { 1, OTHER, V4 } }, 10,
	  NULL },
	{ "another machine claims the IPv6 address",
	  { { 0, VICTIM, V4 }, { 0, VICTIM, V6 }, { 1, OTHER, V6 } }, 10,
	  NULL },
	{ "the same machine in doubt: no contradiction",
	  { { 0, VICTIM, V4 }, { 0, VICTIM, V6 }, { 1, VICTIM, V4 } }, 10,
	  V4 },
	{ "confirmed too long ago",
	  { { 0, VICTIM, V4 }, { 0, VICTIM, V6 } }, 902, NULL },
	{ "two IPv4 addresses: perhaps a router",
	  { { 0, VICTIM, V4 }, { 0, VICTIM, "192.0.2.10" },
	    { 0, VICTIM, V6 } }, 10, NULL },
	{ "a claim of a second IPv4 address changes nothing",
	  { { 0, VICTIM, V4 }, { 0, VICTIM, V6 },
	    { 1, VICTIM, "192.0.2.10" } }, 10, V4 },
};

START_TEST(found)
{
	struct learned_machines *machines =
		machines_after(rows[_i].steps);
	struct address v6 = address(V6), got;

	ck_assert_msg(learned_machines_find(machines, &v6, rows[_i].at_s,
					    &got) == (rows[_i].want != NULL),
		      "%s", rows[_i].name);
	if (rows[_i].want != NULL) {
		struct address want = address(rows[_i].want);

		ck_assert(address_equal(&got, &want));
	}
	learned_machines_free(machines);
}
END_TEST

static const struct {
	const char *name;
	struct step steps[STEPS];
	uint32_t at_s;
	bool want;			/* of a frame of OTHER with V4 */
} claims[] = {
	{ "nothing is known", { { 0 } }, 10, false },
	{ "confirmed at the victim", { { 0, VICTIM, V4 } }, 10, true },
	{ "confirmed at the sender", { { 0, OTHER, V4 } }, 10, false },
	{ "only IPv6 is confirmed", { { 0, VICTIM, V6 } }, 10, false },
	{ "confirmed too long ago", { { 0, VICTIM, V4 } }, 901, false },
	{ "claimed by ARP: disputed",
	  { { 0, VICTIM, V4 }, { 1, OTHER, V4 } }, 10, true },
	{ "and claimed again",
	  { { 0, VICTIM, V4 }, { 1, OTHER, V4 }, { 1, OTHER, V4 } }, 10,
	  true },
	{ "claimed, and not known before", { { 1, OTHER, V4 } }, 10, false },
	{ "disputed, then confirmed",
	  { { 0, VICTIM, V4 }, { 1, OTHER, V4 }, { 0, OTHER, V4 } }, 10,
	  false },
	{ "disputed, then confirmed at the victim",
	  { { 0, VICTIM, V4 }, { 1, OTHER, V4 }, { 0, VICTIM, V4 } }, 10,
	  true },
};

START_TEST(elsewhere)
{
	struct learned_machines *machines =
		machines_after(claims[_i].steps);
	struct address v4 = address(V4);

	ck_assert_msg(learned_machines_is_elsewhere(machines, OTHER, &v4,
						    claims[_i].at_s) ==
		      claims[_i].want, "%s", claims[_i].name);
	learned_machines_free(machines);
}
END_TEST

/* Half as many machines as places: most are found, none as another. */
START_TEST(many)
{
	struct learned_machines *machines = learned_machines_new(true);
	struct address got, v4 = address(V4), v6 = address(V6);
	unsigned int known = 0;

	for (uint32_t i = 1; i <= 4096; i++) {
		v4.be32[3] = v6.be32[3] = i;
		learned_machines_confirm(machines, VICTIM + i, &v4, 1);
		learned_machines_confirm(machines, VICTIM + i, &v6, 1);
	}
	for (uint32_t i = 1; i <= 4096; i++) {
		v6.be32[3] = i;
		if (!learned_machines_find(machines, &v6, 1, &got))
			continue;
		ck_assert_uint_eq(got.be32[3], i);
		known++;
	}
	ck_assert_uint_gt(known, 1500);
	learned_machines_free(machines);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("learned_machines");
	TCase *tcase = tcase_create("learned_machines");

	tcase_add_loop_test(tcase, found, 0, ROWS(rows));
	tcase_add_loop_test(tcase, elsewhere, 0, ROWS(claims));
	tcase_add_test(tcase, many);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
