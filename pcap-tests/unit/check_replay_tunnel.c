/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_replay_tunnel.c - replay tunnels with and without decapsulation. */
#include <string.h>
#include <unistd.h>

#include "replays.h"
#include "unit.h"

/* The headers between the outer IP header and a DNS query. Each is reported as
 * the outer flow, or with decap as that of the query. */
#define ETHERNET "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0"
#define PLAIN "0>0 - - - 0 63>63 0 1 1 0\n"

static const struct {
	const char *name;
	uint8_t proto;
	uint16_t dport;
	struct bytes header;
	const char *outer;
	bool is_six;		/* the query is in IPv6 */
} tunnels[] = {
	{ "ip in ip", IPPROTO_IPIP, 0, BYTES(""), PLAIN, false },
	{ "6in4", IPPROTO_IPV6, 0, BYTES(""), PLAIN, true },
	{ "teredo", IPPROTO_UDP, 3544, BYTES(""), NULL, true },
	{ "gre", IPPROTO_GRE, 0, BYTES("\0\0\x08\0"), PLAIN, false },
	{ "gre with a key and Ethernet", IPPROTO_GRE, 0,
	  BYTES("\x20\0\x65\x58\0\0\0\1" ETHERNET), PLAIN, false },
	{ "vxlan", IPPROTO_UDP, 4789,
	  BYTES("\x08\0\0\0\0\0\x01\0" ETHERNET), NULL, false },
	{ "gtp", IPPROTO_UDP, 2152, BYTES("\x30\xff\0\x39\0\0\0\1"), NULL,
	  false },
};

#define GRE 3
#define VXLAN 5
#define TUNNELS (sizeof(tunnels) / sizeof(tunnels[0]))

/* IP in UDP or IP: `header` and then `inner`. */
static size_t wrap(uint8_t proto, uint16_t dport, const struct bytes *header,
		   const uint8_t *inner, size_t len,
		   uint8_t bytes[static TEST_PACKET_MAX])
{
	uint8_t both[TEST_PACKET_MAX];
	struct test_packet outer = {
		.proto = proto, .dport = dport, .data = (char *)both,
		.len = header->len + len,
	};

	memcpy(both, header->data, header->len);
	memcpy(both + header->len, inner, len);
	return packets_bytes(&outer, bytes);
}

/* The same query from 2001:db8::1. Returns its length. */
static size_t into_six(uint8_t bytes[static TEST_PACKET_MAX], size_t len)
{
	static const uint8_t header[40] = {
		0x60, [6] = IPPROTO_UDP, 64,
		[8] = 0x20, 1, 0x0d, 0xb8, [23] = 1,
		[24] = 0x20, 1, 0x0d, 0xb8, [39] = 2,
	};

	memmove(bytes + sizeof(header), bytes + 20, len - 20);
	memcpy(bytes, header, sizeof(header));
	bytes[5] = (uint8_t)(len - 20);
	return len + sizeof(header) - 20;
}

static void replay_one(const uint8_t *bytes, size_t len, bool decap,
		       const char *want, const char *name)
{
	char error[SOURCE_ERROR_MAX];
	struct policy *policy = replays_policy("route app dns via a");
	const struct replay_options options = { .decap = decap };
	struct replay *replay = replay_new(policy, &options);
	struct capture capture;

	replays_open(&capture);
	replays_add(&capture, 0, bytes, len);
	replays_close(&capture);
	ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
	if (want != NULL)
		replays_assert_flows(replay, policy, want, name);
	ck_assert_uint_eq(replay_flows(replay), 1);
	ck_assert_int_eq(replay_flow(replay, 0)->src.bytes[15],
			 decap ? 1 : 9);
	unlink(capture.path);
	replay_free(replay);
	policy_free(policy);
}

static const char inside[] = "40000>53 dns example.com - 3 1>1 0 1 1 1\n";

START_TEST(tunnel)
{
	size_t row = (size_t)_i / 2;
	bool decap = _i % 2;
	uint8_t query[TEST_PACKET_MAX], bytes[TEST_PACKET_MAX];
	struct test_packet dns = { DNS, .src = "192.0.2.1" };
	size_t len = packets_bytes(&dns, query);

	if (tunnels[row].is_six)
		len = into_six(query, len);
	len = wrap(tunnels[row].proto, tunnels[row].dport,
		   &tunnels[row].header, query, len, bytes);
	replay_one(bytes, len, decap, decap ? inside : tunnels[row].outer,
		   tunnels[row].name);
}
END_TEST

/* GRE in GRE: up to the limit. */
START_TEST(tunnel_in_tunnel)
{
	uint8_t query[TEST_PACKET_MAX], middle[TEST_PACKET_MAX];
	uint8_t bytes[TEST_PACKET_MAX];
	struct test_packet dns = { DNS, .src = "192.0.2.1" };
	size_t len = packets_bytes(&dns, query);

	len = wrap(IPPROTO_GRE, 0, &tunnels[GRE].header, query, len, middle);
	len = wrap(IPPROTO_UDP, 4789, &tunnels[VXLAN].header, middle, len,
		   bytes);
	replay_one(bytes, len, _i, _i ? inside : NULL, "tunnel in tunnel");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay_tunnel");
	TCase *tcase = tcase_create("replay_tunnel");

	tcase_add_loop_test(tcase, tunnel, 0, 2 * TUNNELS);
	tcase_add_loop_test(tcase, tunnel_in_tunnel, 0, 2);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
