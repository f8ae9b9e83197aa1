/* SPDX-License-Identifier: GPL-2.0-or-later */
/* packets.c - build test packets. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "rules/compile/policy_load.h"
#include "engine/hints/hint.h"
#include "engine/worker/worker.h"
#include "packets.h"

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* Write the transport header. Returns its length. */
static size_t put_transport(const struct test_packet *spec, uint8_t proto,
			    size_t data_len, uint8_t *at)
{
	uint16_t ask = spec->sport != 0 ? spec->sport : 40000;
	uint16_t serve = spec->dport != 0 ? spec->dport : 80;

	switch (proto) {
	case IPPROTO_TCP:
		put16(at, spec->back ? serve : ask);
		put16(at + 2, spec->back ? ask : serve);
		put32(at + 4, spec->seq);
		put32(at + 8, spec->ack == 0 && spec->flags & TCP_ACK ?
			      1 : spec->ack);
		at[12] = 5 << 4;
		at[13] = spec->flags | (spec->urgent != 0 ? TCP_URG : 0);
		put16(at + 18, spec->urgent);
		return 20;
	case IPPROTO_UDP:
		put16(at, spec->back ? serve : ask);
		put16(at + 2, spec->back ? ask : serve);
		put16(at + 4, (uint32_t)(8 + data_len));
		return 8;
	case IPPROTO_ICMP:
		at[0] = spec->flags;
		put16(at + 4, ask);
		return 8;
	default:
		return 0;
	}
}

static bool is_v6(const struct test_packet *spec)
{
	return spec->src != NULL && strchr(spec->src, ':') != NULL;
}

static void put_addresses(const struct test_packet *spec, uint8_t *ip)
{
	const char *ask = spec->src != NULL ? spec->src : "192.168.1.9";
	const char *serve = spec->dst != NULL ? spec->dst : "198.51.100.7";
	int family = is_v6(spec) ? AF_INET6 : AF_INET;
	size_t src = is_v6(spec) ? 8 : 12, dst = is_v6(spec) ? 24 : 16;

	ck_assert_int_eq(inet_pton(family, spec->back ? serve : ask, ip + src),
			 1);
	ck_assert_int_eq(inet_pton(family, spec->back ? ask : serve, ip + dst),
			 1);
}

static void put_ip(const struct test_packet *spec, uint8_t proto, size_t len,
		   uint8_t *ip)
{
	if (is_v6(spec)) {
		ip[0] = 0x60;
		put16(ip + 4, (uint32_t)len - 40);
		ip[6] = proto;
		ip[7] = 64;
	} else {
		ip[0] = 0x45;
		ip[1] = spec->tos;
		put16(ip + 2, (uint32_t)len);
		ip[8] = 64;
		ip[9] = proto;
	}
	put_addresses(spec, ip);
}

size_t packets_bytes(const struct test_packet *spec,
		     uint8_t bytes[static TEST_PACKET_MAX])
{
	uint8_t proto = spec->proto != 0 ? spec->proto : IPPROTO_TCP;
	size_t data_len = spec->len;
	size_t len = is_v6(spec) ? 40 : 20;

	if (data_len == 0 && spec->data != NULL)
		data_len = strlen(spec->data);
	memset(bytes, 0, 80);
	len += put_transport(spec, proto, data_len, bytes + len);
	ck_assert_uint_le(len + data_len, TEST_PACKET_MAX);
	if (data_len > 0)
		memcpy(bytes + len, spec->data, data_len);
	len += data_len;
	put_ip(spec, proto, len, bytes);
	return len;
}

size_t packets_error(const struct test_packet *spec,
		     uint8_t bytes[static TEST_PACKET_MAX])
{
	uint8_t quoted[TEST_PACKET_MAX];
	size_t len = packets_bytes(spec, quoted);
	struct test_packet error = {
		.proto = IPPROTO_ICMP,
		.flags = 3,
		.src = "203.0.113.99",
		.data = (const char *)quoted,
		.len = len < 48 ? len : 48,
	};
	char sender[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, quoted + 12, sender, sizeof(sender));
	error.dst = sender;
	return packets_bytes(&error, bytes);
}

struct packet packets_make(const struct test_packet *spec,
			   uint8_t bytes[static TEST_PACKET_MAX])
{
	return (struct packet){
		.data = bytes,
		.len = (uint32_t)packets_bytes(spec, bytes),
		.mark = spec->mark,
		.hwaddr = spec->hwaddr,
		.time_ns = (uint64_t)spec->ms * 1000000,
	};
}

struct policy *packets_policy(const char *text)
{
	struct policy *policy = NULL;
	struct diag *diag = diag_new();

	if (policy_parse("p", text, strlen(text), hints_vocabulary(), diag,
			 &policy) < 0) {
		diag_print(diag, stderr);
		ck_abort_msg("the policy does not compile: %s", text);
	}
	diag_free(diag);
	return policy;
}

struct worker *packets_worker(const struct policy *policy)
{
	static const struct worker_options options = {
		.flows = 64, .streams = 8,
	};
	struct worker *worker = worker_new(policy, &options);

	ck_assert_ptr_nonnull(worker);
	return worker;
}
