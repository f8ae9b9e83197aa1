/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_replay.c - replay arbitrary packets: worker, hints, decisions and
 * connection tracking. Input: records of a pause in units of 10 ms, a length in
 * two bytes and a packet from its IP header on. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile/policy_load.h"
#include "engine/packet/cursor.h"
#include "engine/packet/decode.h"
#include "engine/hints/hint.h"
#include "engine/learn/learned.h"
#include "engine/replay/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] =
	"inspect packets 6 bytes 512 seconds 2 memory 1m\n"
	"uplink a { dev a }\n"
	"uplink m { dev m masquerade }\n"
	"exempt from 192.0.2.1\n"
	"route tcp dport 31337 drop\n"
	"route host { example.com, =example.org } via a\n"
	"route app { ssh, quic, bittorrent } via m\n"
	"route payload /^GET [^ ]*x/ via a\n"
	"route app smtp drop\n"
	"route ech and alpn h2 via m\n"
	"route ja4 t13d1516h2_8daaf6152771_b186095e22b6 via a\n"
	"route tcp dport 25 via a\n";

static void each_packet(void *ctx, const struct replay_packet *packet)
{
	const struct policy *policy = ctx;
	const struct marks *marks = policy_marks(policy);
	const struct replay_flow *flow = packet->flow;

	/* The input has no foreign bits, so the output must have none. */
	assert((packet->mark & ~marks->mask) == 0);
	if (flow == NULL) {
		assert(packet->mark == 0);
		return;
	}
	assert(flow->packets > 0);
	assert(flow->settled_packet <= flow->packets);
	assert(flow->queued <= flow->packets);
	assert(flow->path == marks_path(marks, packet->mark));
	if (flow->exempt != NULL && packet->mark != 0)
		abort();
	for (const char *c = flow->host; c != NULL && *c != '\0'; c++)
		assert(*c > ' ' && *c <= '~');
}

static void feed(struct replay *replay, const uint8_t *bytes, size_t len,
		 uint64_t number, uint64_t time_ns)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);
	struct source_frame frame = {
		.packet = {
			.data = exact,
			.len = (uint32_t)len,
			.time_ns = time_ns,
		},
		.number = number,
		.wire_len = (uint32_t)len,
	};

	memcpy(exact, bytes, len);
	decode_ip(&frame.packet);
	replay_frames(replay, &frame, 1);
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A store of full size for each input would take most of the time. */
	static const struct learned_options sizes = {
		.answers = 256, .servers = 256, .repeatable = true,
	};
	static struct learned *learned;
	static struct policy *policy;
	struct cursor input = cursor_of(data, size);
	struct replay_options options = {
		.decap = size % 2,
		.flows = 64,
		.datagrams = 4,
		.keep = 64,
		.threads = 1,
		.each_packet = each_packet,
	};
	struct replay *replay;
	uint64_t time_ns = 0;
	uint64_t number = 0;

	if (policy == NULL) {
		struct diag *diag = diag_new();

		if (policy_parse("fuzz", text, sizeof(text) - 1,
				 hints_vocabulary(), diag, &policy) < 0)
			abort();
		diag_free(diag);
		learned = learned_new(&sizes);
	}
	options.learned = learned;
	options.ctx = policy;
	replay = replay_new(policy, &options);
	while (cursor_left(&input) > 3) {
		uint8_t pause = cursor_u8(&input);
		size_t len = cursor_be16(&input);

		if (len > cursor_left(&input))
			len = cursor_left(&input);
		time_ns += (uint64_t)pause * 10000000;
		feed(replay, input.at, len, ++number, time_ns);
		input.at += len;
	}
	replay_free(replay);
	return 0;
}
