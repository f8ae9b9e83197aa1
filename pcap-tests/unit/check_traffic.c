/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_traffic.c - What flows carried between readings, and sums by name. */
#include <stdio.h>
#include <string.h>

#include "tools/traffic/traffic_flows.h"
#include "unit.h"

static struct flows_entry entry(uint16_t sport, uint32_t id, uint64_t bytes)
{
	return (struct flows_entry){
		.client = address_from_v4(0x090200c0),
		.server = address_from_v4(0x076433c6),
		.sport = sport, .dport = 443, .proto = 6, .id = id,
		.bytes = bytes, .packets = bytes / 100,
	};
}

static struct traffic_sums sums(struct traffic_flows *flows,
				enum traffic_kind kind, const char *name)
{
	struct traffic_groups *groups = traffic_flows_groups(flows, kind);
	const struct traffic_group *group;

	if (name == NULL)
		return groups->unnamed;
	group = traffic_groups_find(groups, name);
	return group != NULL ? group->sums : (struct traffic_sums){ 0 };
}

static bool see(struct traffic_flows *flows, struct flows_entry flow)
{
	bool wants = traffic_flows_see(flows, &flow, "one", true);

	traffic_flows_count_seen(flows);
	return wants;
}

static const struct traffic_names video = { .names = {
	[TRAFFIC_CLASS] = "video", [TRAFFIC_HOST] = "video.example",
} };

/* A table after its first reading. */
static struct traffic_flows *begin(size_t room)
{
	struct traffic_flows *flows = traffic_flows_new(room);

	ck_assert_ptr_nonnull(flows);
	traffic_flows_turn(flows, 0);
	return flows;
}

START_TEST(named_before_it_is_read)
{
	struct traffic_flows *flows = begin(64);
	struct flows_entry flow = entry(1000, 7, 500), reversed = flow;

	/* The engine saw it from its middle. */
	reversed.client = flow.server;
	reversed.server = flow.client;
	reversed.sport = flow.dport;
	reversed.dport = flow.sport;
	traffic_flows_name(flows, &reversed, &video);
	ck_assert(!see(flows, flow));
	traffic_flows_turn(flows, 2);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, "video").bytes, 500);
	ck_assert_uint_eq(sums(flows, TRAFFIC_HOST, "video.example").packets, 5);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, "video").active, 1);
	ck_assert_uint_eq((uint64_t)sums(flows, TRAFFIC_UPLINK, "one").rate,
			  250);
	see(flows, entry(1000, 7, 1700));
	traffic_flows_turn(flows, 1);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, "video").bytes, 1700);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, "video").flows, 1);
	ck_assert_uint_eq((uint64_t)sums(flows, TRAFFIC_CLASS, "video").rate,
			  1200);
	traffic_flows_turn(flows, 1);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, "video").active, 0);
	ck_assert_uint_eq((uint64_t)sums(flows, TRAFFIC_CLASS, "video").rate, 0);
	traffic_flows_free(flows);
}
END_TEST

START_TEST(named_after_it_is_read)
{
	struct traffic_flows *flows = begin(64);
	struct flows_entry flow = entry(1000, 7, 500);

	ck_assert(!see(flows, flow));
	traffic_flows_turn(flows, 1);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, NULL).bytes, 0);
	traffic_flows_name(flows, &flow, &video);
	see(flows, entry(1000, 7, 900));
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, "video").bytes, 900);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, "video").flows, 1);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, NULL).bytes, 0);
	traffic_flows_free(flows);
}
END_TEST

/* The second reading asks for the line that headers decide; a flow without one
 * has no class, and its uplink and client count nevertheless. */
START_TEST(never_named)
{
	struct traffic_flows *flows = begin(64);

	ck_assert(!see(flows, entry(1000, 7, 500)));
	traffic_flows_turn(flows, 1);
	ck_assert(see(flows, entry(1000, 7, 800)));
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, NULL).bytes, 800);
	ck_assert_uint_eq(sums(flows, TRAFFIC_UPLINK, "one").bytes, 800);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLIENT, "192.0.2.9").bytes, 800);
	ck_assert_uint_eq(sums(flows, TRAFFIC_UPLINK, "one").flows, 1);
	traffic_flows_free(flows);
}
END_TEST

START_TEST(old_bytes_do_not_count)
{
	struct traffic_flows *flows = traffic_flows_new(64);

	ck_assert(see(flows, entry(1000, 7, 50000)));
	traffic_flows_turn(flows, 0);
	ck_assert_uint_eq(sums(flows, TRAFFIC_UPLINK, "one").bytes, 0);
	ck_assert_uint_eq(sums(flows, TRAFFIC_UPLINK, "one").active, 1);
	see(flows, entry(1000, 7, 50100));
	ck_assert_uint_eq(sums(flows, TRAFFIC_UPLINK, "one").bytes, 100);
	traffic_flows_free(flows);
}
END_TEST

/* Two pings between the same hosts are two entries. A flow with the ends of an
 * earlier one starts at 0, and a class that was known is not its class. */
START_TEST(same_ends)
{
	struct traffic_flows *flows = begin(64);
	struct flows_entry flow = entry(1000, 7, 500);

	traffic_flows_name(flows, &flow, &video);
	for (uint64_t i = 1; i <= 3; i++) {
		see(flows, entry(1000, 7, 500 * i));
		see(flows, entry(1000, 8, 100 * i));
		traffic_flows_turn(flows, 1);
	}
	ck_assert_uint_eq(sums(flows, TRAFFIC_UPLINK, "one").bytes, 1800);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, "video").bytes, 1500);
	ck_assert_uint_eq(sums(flows, TRAFFIC_CLASS, NULL).bytes, 300);
	ck_assert_uint_eq(sums(flows, TRAFFIC_UPLINK, "one").flows, 2);
	traffic_flows_free(flows);
}
END_TEST

/* Flows that go on keep their places, so that none counts twice; those that
 * are gone make room. */
START_TEST(full_table)
{
	struct traffic_flows *flows = begin(TRAFFIC_WAYS);

	for (int turn = 1; turn <= 3; turn++) {
		for (uint16_t i = 0; i < 20; i++)
			see(flows, entry((uint16_t)(1000 + i), i + 1u,
					 100 * (uint64_t)turn));
		traffic_flows_turn(flows, 1);
	}
	ck_assert_uint_eq(sums(flows, TRAFFIC_UPLINK, "one").bytes,
			  300 * TRAFFIC_WAYS);
	ck_assert_uint_eq(traffic_flows_uncounted(flows),
			  3 * (20 - TRAFFIC_WAYS));
	for (int turn = 0; turn < 2; turn++)
		traffic_flows_turn(flows, 1);
	for (int turn = 1; turn <= 2; turn++) {
		see(flows, entry(5000, 99, 40));
		traffic_flows_turn(flows, 1);
	}
	ck_assert_uint_eq(sums(flows, TRAFFIC_UPLINK, "one").bytes,
			  300 * TRAFFIC_WAYS + 40);
	traffic_flows_free(flows);
}
END_TEST

/* What is evicted is part of the others, also what its flows carry later. */
START_TEST(full_groups)
{
	struct traffic_groups groups;
	struct traffic_ref refs[1000];
	uint64_t sum = 0;
	char name[16];

	ck_assert_int_eq(traffic_groups_init(&groups, 64), 0);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		refs[i] = traffic_groups_get(&groups, name);
		traffic_groups_sums(&groups, refs[i])->bytes += i + 1;
	}
	ck_assert_ptr_eq(traffic_groups_sums(&groups, refs[0]), &groups.others);
	ck_assert_ptr_ne(traffic_groups_sums(&groups, refs[999]),
			 &groups.others);
	for (int i = 0; i < 1000; i++)
		traffic_groups_sums(&groups, refs[i])->bytes += 10;
	for (size_t i = 0; i < 64; i++)
		sum += groups.items[i].sums.bytes;
	ck_assert_uint_eq(sum + groups.others.bytes, 1000 * 1001 / 2 + 10000);
	ck_assert_uint_ge(groups.evicted, 1000 - 64);
	ck_assert_ptr_nonnull(traffic_groups_find(&groups, "name999"));
	ck_assert_ptr_null(traffic_groups_find(&groups, "name0"));
	traffic_groups_fini(&groups);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("traffic");
	TCase *tests = tcase_create("traffic");

	tcase_add_test(tests, named_before_it_is_read);
	tcase_add_test(tests, named_after_it_is_read);
	tcase_add_test(tests, never_named);
	tcase_add_test(tests, old_bytes_do_not_count);
	tcase_add_test(tests, same_ends);
	tcase_add_test(tests, full_table);
	tcase_add_test(tests, full_groups);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
