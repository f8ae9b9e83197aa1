/*
 * check_learned_machines.c - who has which IPv4 address, and who is a router.
 */
#include <string.h>

#include "engine/learn/learned_machines.h"
#include "unit.h"

#define LINK UINT64_C(0x02005e100001)

static struct address address(const char *text)
{
	struct address a;

	ck_assert_int_eq(address_parse(text, strlen(text), &a), 0);
	return a;
}

static const struct {
	const char *name;
	const char *seen[3];	/* from LINK, a second apart */
	uint32_t at_s;
	const char *want;	/* NULL: not known */
} rows[] = {
	{ "nobody", { NULL }, 10, NULL },
	{ "one address", { "192.0.2.9" }, 10, "192.0.2.9" },
	{ "the same again", { "192.0.2.9", "192.0.2.9" }, 10, "192.0.2.9" },
	{ "IPv6 says nothing", { "2001:db8::9" }, 10, NULL },
	{ "nor against it", { "192.0.2.9", "2001:db8::9" }, 10, "192.0.2.9" },
	{ "two addresses", { "192.0.2.9", "192.0.2.10" }, 10, NULL },
	{ "and back", { "192.0.2.9", "192.0.2.10", "192.0.2.9" }, 10, NULL },
	{ "another one for an hour", { "192.0.2.9", "192.0.2.10" }, 3601,
	  "192.0.2.10" },
};

START_TEST(found)
{
	struct learned_machines *machines = learned_machines_new();
	struct address got;

	ck_assert_ptr_nonnull(machines);
	for (uint32_t i = 0; i < 3 && rows[_i].seen[i] != NULL; i++) {
		struct address a = address(rows[_i].seen[i]);

		learned_machines_observe(machines, LINK, &a, i);
	}
	ck_assert_msg(learned_machines_find(machines, LINK, rows[_i].at_s,
					    &got) == (rows[_i].want != NULL),
		      "%s", rows[_i].name);
	if (rows[_i].want != NULL) {
		struct address want = address(rows[_i].want);

		ck_assert(address_equal(&got, &want));
	}
	ck_assert(!learned_machines_find(machines, LINK + 1, rows[_i].at_s,
					 &got));
	learned_machines_free(machines);
}
END_TEST

/* Half as many as there are places: most are found, none as another. */
START_TEST(many)
{
	struct learned_machines *machines = learned_machines_new();
	struct address got, a = address("192.0.2.9");
	unsigned int known = 0;

	for (uint32_t i = 1; i <= 4096; i++) {
		a.be32[3] = i;
		learned_machines_observe(machines, LINK + i, &a, 1);
	}
	for (uint32_t i = 1; i <= 4096; i++) {
		if (!learned_machines_find(machines, LINK + i, 1, &got))
			continue;
		ck_assert_uint_eq(got.be32[3], i);
		known++;
	}
	ck_assert_uint_gt(known, 2700);
	learned_machines_free(machines);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("learned_machines");
	TCase *tcase = tcase_create("learned_machines");

	tcase_add_loop_test(tcase, found, 0, ROWS(rows));
	tcase_add_test(tcase, many);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
