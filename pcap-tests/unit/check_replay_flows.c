/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_replay_flows.c - more flows than a replay keeps in memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replays.h"
#include "unit.h"

#define LONG_FLOWS 3000

/* The kind of each flow of a long capture, by its number. */
enum life { LIFE_SHORT, LIFE_NAMED, LIFE_LONG };

static enum life life_of(size_t i)
{
	return i % 100 == 7 ? LIFE_LONG : i % 10 == 3 ? LIFE_NAMED : LIFE_SHORT;
}

static void feed_test_packet(struct replay *replay,
			     const struct test_packet *spec, size_t i)
{
	uint8_t bytes[TEST_PACKET_MAX];
	struct source_frame frame = {
		.packet.time_ns = (1000 + i) * 1000000000ull,
	};

	source_frame_decode(&frame, DLT_RAW, bytes,
			    (uint32_t)packets_bytes(spec, bytes));
	ck_assert_int_eq(replay_frames(replay, &frame, 1), 0);
}

/* One per second: all but the long ones time out before the end. */
static struct replay *long_replay(const struct policy *policy, size_t keep)
{
	const struct replay_options options = { .keep = keep };
	struct replay *replay = replay_new(policy, &options);

	for (size_t i = 0; i < LONG_FLOWS; i++) {
		uint16_t sport = (uint16_t)(1000 + i);
		const struct test_packet udp = { UDP, .sport = sport,
						 DATA("x") };
		const struct test_packet syn = { SYN, .sport = sport };
		const struct test_packet http = { HTTP, .sport = sport };
		const struct test_packet fin = {
			.flags = TCP_RST | TCP_ACK, .sport = sport,
		};

		switch (life_of(i)) {
		case LIFE_SHORT:
			feed_test_packet(replay, &udp, i);
			break;
		case LIFE_NAMED:
			feed_test_packet(replay, &syn, i);
			feed_test_packet(replay, &http, i);
			feed_test_packet(replay, &fin, i);
			break;
		case LIFE_LONG:		/* picked up in midstream */
			feed_test_packet(replay, &http, i);
			break;
		}
		/* The first long flow lasts to the end. */
		if (i % 10 == 0 && i > 7) {
			const struct test_packet more = { ACK, .sport = 1007 };

			feed_test_packet(replay, &more, i);
		}
	}
	return replay;
}

/* The flows are the same with and without a file. */
START_TEST(flows_in_a_file)
{
	struct policy *policy = replays_policy("route app http via a");
	struct replay *whole = long_replay(policy, 2 * LONG_FLOWS);
	struct replay *spilt = long_replay(policy, (size_t)_i);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_uint_eq(replay_flows(whole), LONG_FLOWS);
	for (size_t i = 0; i < LONG_FLOWS; i++)
		replays_print_flow(out, policy, replay_flow(whole, i));
	fclose(out);
	replays_assert_flows(spilt, policy, text, "in a file");
	/* Read again, backwards. */
	for (size_t i = LONG_FLOWS; i-- > 0;)
		ck_assert_uint_eq(replay_flow(spilt, i)->sport, 1000 + i);
	ck_assert_uint_eq(replay_flow(spilt, 7)->packets,
			  1 + LONG_FLOWS / 10 - 1);
	ck_assert_int_eq(replay_error(spilt), 0);
	free(text);
	replay_free(whole);
	replay_free(spilt);
	policy_free(policy);
}
END_TEST

START_TEST(no_room_for_a_file)
{
	const struct replay_options options = { .keep = 1 };
	struct policy *policy = replays_policy("");
	struct replay *replay = replay_new(policy, &options);
	char error[SOURCE_ERROR_MAX] = "";
	struct capture capture;
	uint8_t bytes[TEST_PACKET_MAX];

	setenv("TMPDIR", "/nowhere/at/all", 1);
	replays_open(&capture);
	for (uint16_t i = 1; i <= 1000; i++) {
		const struct test_packet udp = { UDP, .sport = i, DATA("x") };

		replays_add(&capture, 1, bytes, packets_bytes(&udp, bytes));
	}
	replays_close(&capture);
	ck_assert_int_eq(replay_file(replay, capture.path, error), -ENOENT);
	ck_assert_msg(strstr(error, "TMPDIR") != NULL, "%s", error);
	/* Frames before the error count. */
	ck_assert_uint_gt(replay_flows(replay), 200);
	ck_assert_ptr_nonnull(replay_flow(replay, 200));
	unlink(capture.path);
	replay_free(replay);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay_flows");
	TCase *tcase = tcase_create("replay_flows");

	tcase_add_loop_test(tcase, flows_in_a_file, 1, 3);
	tcase_add_test(tcase, no_room_for_a_file);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
