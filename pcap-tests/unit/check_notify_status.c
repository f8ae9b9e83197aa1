/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_notify_status.c - Line of status for the service manager. */
#include <string.h>

#include "tools/daemon/notify_status.h"
#include "unit.h"

#define ITSELF SETUP_WAY_ITSELF
#define LINK SETUP_WAY_LINK
#define PROBES SETUP_WAY_PROBES
#define FORCED SETUP_WAY_FORCED
#define NONE SETUP_WAY_NONE
#define UPLINK(text, v4, v6) \
	{ .name = text, .is_known = true, \
	  .families = { { .way = v4 }, { .way = v6 } } }

static const struct {
	const char *want;
	int count;
	struct uplink_status uplinks[3];
} rows[] = {
	{ "0 uplinks", 0, { { .name = "" } } },
	{ "1 uplink", 1, { UPLINK("a", ITSELF, ITSELF) } },
	{ "3 uplinks, 1 down: lte", 3,
	  { UPLINK("a", ITSELF, ITSELF), UPLINK("lte", LINK, LINK),
	    UPLINK("c", ITSELF, NONE) } },
	{ "3 uplinks, 3 down: a, b, c", 3,
	  { UPLINK("a", PROBES, NONE), UPLINK("b", NONE, FORCED),
	    UPLINK("c", NONE, NONE) } },
	/* One family only. */
	{ "2 uplinks, 2 down: a (IPv4), b (IPv6)", 2,
	  { UPLINK("a", PROBES, ITSELF), UPLINK("b", ITSELF, PROBES) } },
	/* A family without a gateway is not down. */
	{ "2 uplinks", 2,
	  { UPLINK("a", NONE, ITSELF), UPLINK("b", ITSELF, NONE) } },
	/* Not checked yet. */
	{ "1 uplink", 1, { { .name = "a", .families = {
		{ .way = LINK }, { .way = LINK } } } } },
};

START_TEST(describes)
{
	char text[NOTIFY_STATUS_MAX];

	ck_assert_str_eq(notify_describe(rows[_i].uplinks, rows[_i].count,
					 text), rows[_i].want);
}
END_TEST

/* As many uplinks as a policy can have, with the longest names. */
START_TEST(fits)
{
	static struct uplink_status uplinks[SETUP_UPLINKS_MAX];
	char text[NOTIFY_STATUS_MAX];

	for (int i = 0; i < SETUP_UPLINKS_MAX; i++) {
		memset(uplinks[i].name, 'n', UPLINK_NAME_MAX - 1);
		uplinks[i].is_known = true;
		uplinks[i].families[0].way = LINK;
		uplinks[i].families[1].way = LINK;
	}
	notify_describe(uplinks, SETUP_UPLINKS_MAX, text);
	ck_assert_uint_eq(strlen(text), NOTIFY_STATUS_MAX - 1);
	ck_assert_ptr_nonnull(strstr(text, "256 uplinks, 256 down: nnn"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notify_status");
	TCase *tcase = tcase_create("notify_status");

	tcase_add_loop_test(tcase, describes, 0,
			    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, fits);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
