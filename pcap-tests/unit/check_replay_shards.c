/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_replay_shards.c - results do not depend on the number of threads. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replays.h"
#include "unit.h"

#define FRAMES 5000	/* more than a batch, and questions */
#define CLIENTS 12
#define SERVERS 5
#define PORTS 6

#define POLICY(learn)							\
	"learn dns " learn "\nlearn servers " learn "\n"		\
	"list domains work { example.com }\n"				\
	"exempt from 10.0.0.3\n"					\
	"route host @work via m\nroute app ssh via a\n"			\
	"route per packet dscp ef via a\nroute icmp drop\n"		\
	"default via main"

/* Depends only on `seed`. */
static uint32_t random_of(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static const char *client_of(uint32_t n, char *text)
{
	sprintf(text, "10.0.0.%u", n % CLIENTS + 1);
	return text;
}

static const char *server_of(uint32_t n, char *text)
{
	sprintf(text, "198.51.100.%u", n % SERVERS + 1);
	return text;
}

/* A DNS answer with an address of example.com. */
static struct test_packet dns_answer(uint32_t server, char *data)
{
	static const char answer[] =
		"\0\1\201\200\0\1\0\1\0\0\0\0\7example\3com\0\0\1\0\1"
		"\300\14\0\1\0\1\0\0\0\74\0\4\306\63\144";

	memcpy(data, answer, sizeof(answer) - 1);
	data[sizeof(answer) - 1] = (char)(server % SERVERS + 1);
	return (struct test_packet){
		UDP, .dport = 53, .back = true, .data = data,
		.len = sizeof(answer),
	};
}

/* A random packet of one of a few flows: SYN, payload, FIN, DNS query or
 * answer. */
static struct test_packet any_packet(uint64_t *seed, char *data)
{
	uint16_t sport = (uint16_t)(2000 + random_of(seed) % PORTS);

	switch (random_of(seed) % 10) {
	case 0:
	case 1:
		return (struct test_packet){ SYN, .sport = sport };
	case 2:
		return (struct test_packet){ SYNACK, .sport = sport };
	case 3:
		return (struct test_packet){ SSH, .sport = sport };
	case 4:
		return (struct test_packet){ HTTP, .sport = sport };
	case 5:
		return (struct test_packet){ .flags = TCP_RST | TCP_ACK,
				      .sport = sport };
	case 6:
		return (struct test_packet){ DNS, .sport = sport };
	case 7:
		return dns_answer(random_of(seed), data);
	case 8:
		return (struct test_packet){ UDP, DATA("nothing known"),
				      .sport = sport };
	default:
		return (struct test_packet){ ACK, .sport = sport, .tos = 0xb8 };
	}
}

/* The question of an answer: unsolicited answers are ignored. */
static void add_question(struct capture *capture,
			 const struct test_packet *answer, uint32_t ms)
{
	static const char question[] =
		"\0\1\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1";
	struct test_packet packet = *answer;
	uint8_t bytes[TEST_PACKET_MAX];

	packet.back = false;
	packet.data = question;
	packet.len = sizeof(question) - 1;
	replays_add(capture, ms, bytes, packets_bytes(&packet, bytes));
}

static void add_random(struct capture *capture, uint64_t *seed, uint32_t ms)
{
	char data[128], client[32], server[32];
	uint8_t bytes[TEST_PACKET_MAX];
	struct test_packet spec = any_packet(seed, data);
	bool is_error = random_of(seed) % 16 == 0;
	size_t len;

	spec.src = client_of(random_of(seed), client);
	spec.dst = server_of(random_of(seed), server);
	spec.hwaddr = 1 + random_of(seed) % 4;
	if (spec.proto == IPPROTO_UDP && spec.dport == 53 && spec.back) {
		spec.sport = (uint16_t)(2000 + random_of(seed) % PORTS);
		add_question(capture, &spec, ms);
	}
	len = is_error ? packets_error(&spec, bytes)
		       : packets_bytes(&spec, bytes);
	replays_add(capture, ms, bytes, len);
}

struct told {
	const struct policy *policy;
	FILE *out;
};

static void each_packet(void *ctx, const struct replay_packet *packet)
{
	const struct told *told = ctx;

	fprintf(told->out, "%d %x %d%d%d%d ", (int)packet->number, packet->mark,
		packet->dropped, packet->queued, packet->is_settled,
		packet->from_server);
	if (packet->flow != NULL)
		replays_print_flow(told->out, told->policy, packet->flow);
}

/* The complete report; the caller frees it. */
static char *tell(const struct policy *policy, bool learns, const char *path,
		  unsigned long threads)
{
	char error[SOURCE_ERROR_MAX];
	struct told told = { .policy = policy };
	const struct replay_options options = {
		.threads = threads, .each_packet = each_packet, .ctx = &told,
		.keep = 500,
	};
	struct replay *replay = replay_new(policy, &options);
	struct replay_totals totals;
	char *text = NULL;
	size_t len = 0, guessed = 0;

	told.out = open_memstream(&text, &len);
	ck_assert_int_eq(replay_file(replay, path, error), 0);
	for (size_t i = 0; i < replay_flows(replay); i++) {
		const struct replay_flow *flow = replay_flow(replay, i);

		fprintf(told.out, "%d%d%d ", flow->guess, flow->is_guessed,
			flow->guess_is_right);
		replays_print_flow(told.out, policy, flow);
		guessed += flow->is_guessed;
	}
	totals = replay_totals(replay);
	fprintf(told.out, "%d frames, %d flows, %d queued, %d answers\n",
		(int)totals.frames, (int)totals.flows, (int)totals.queued,
		(int)totals.dns_answers);
	ck_assert_uint_ge(totals.frames, FRAMES);
	ck_assert_uint_gt(totals.flows, 500);
	ck_assert((totals.dns_answers > 100) == learns);
	ck_assert((guessed > 20) == learns);
	fclose(told.out);
	replay_free(replay);
	return text;
}

/* With and without learning from answers and servers; with resets. */
static const struct {
	const char *policy;
	bool learns;
} rows[] = {
	{ POLICY("on") "\nlate reset", true },
	{ POLICY("off") "\nlate reset", false },
	{ POLICY("off"), false },
};

START_TEST(threads)
{
	bool learns = rows[_i % ROWS(rows)].learns;
	struct policy *policy = replays_policy(rows[_i % ROWS(rows)].policy);
	uint64_t seed = (uint64_t)_i / ROWS(rows);
	struct capture capture;
	uint32_t ms = 0;
	char *alone;

	replays_open(&capture);
	for (size_t i = 0; i < FRAMES; i++) {
		add_random(&capture, &seed, ms);
		ms += random_of(&seed) % 40;
	}
	replays_close(&capture);
	alone = tell(policy, learns, capture.path, 1);
	ck_assert(strstr(alone, "example.com") != NULL);
	for (unsigned long count = 2; count <= 10; count += 2) {
		char *together = tell(policy, learns, capture.path,
				      count);

		ck_assert_msg(strcmp(alone, together) == 0, "%lu threads",
			      count);
		free(together);
	}
	free(alone);
	unlink(capture.path);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay_shares");
	TCase *tcase = tcase_create("replay_shares");

	tcase_add_loop_test(tcase, threads, 0,
			    2 * ROWS(rows));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
