/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_decode.c - decode arbitrary bytes: as frames of any link type, packets,
 * tunnels, quoted packets and fragments. Input: a link type, then records of a
 * length and a frame. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/cursor.h"
#include "engine/packet/decode.h"
#include "engine/packet/defrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_inside(const struct packet *pkt)
{
	const uint8_t *end = pkt->data + pkt->len;

	assert(pkt->status < DECODE_STATUSES);
	assert(pkt->header_len <= pkt->len);
	assert(!pkt->has_ports || pkt->status == DECODE_OK);
	if (pkt->payload_len > 0)
		assert(pkt->payload > pkt->data &&
		       pkt->payload + pkt->payload_len <= end);
	if (pkt->quoted != NULL)
		assert(pkt->quoted + pkt->quoted_len <= end);
}

static void packet(struct packet *pkt, struct defrag *defrag)
{
	struct packet other, outer;

	decode_ip(pkt);
	assert_inside(pkt);
	if (pkt->quoted != NULL) {
		decode_quoted(pkt, &other);
		assert_inside(&other);
	}
	if (pkt->is_fragment && defrag_take(defrag, pkt, &other)) {
		assert(!other.is_fragment);
		assert_inside(&other);
	}
	for (outer = *pkt; decode_inner(&outer, &other); outer = other) {
		assert(other.len < outer.len);
		decode_ip(&other);
		assert_inside(&other);
	}
}

/* Copy to a buffer of exact size, so that ASan detects a read past its end. */
static void frame(int dlt, const uint8_t *bytes, size_t len, uint64_t time_ns,
		  struct defrag *defrag)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct packet pkt = { .time_ns = time_ns };
	size_t offset = 0;
	uint32_t vlan;

	memcpy(copy, bytes, len);
	if (decode_frame(dlt, copy, len, &offset, &vlan) == DECODE_OK) {
		assert(offset < len);
		pkt.data = copy + offset;
		pkt.len = (uint32_t)(len - offset);
		packet(&pkt, defrag);
	}
	pkt.data = copy;
	pkt.len = (uint32_t)len;
	packet(&pkt, defrag);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(data, size);
	struct defrag *defrag = defrag_new(2);
	uint64_t time_ns = 0;
	int dlt = cursor_be16(&c) % 300;

	while (cursor_left(&c) > 0) {
		size_t len = cursor_be16(&c);

		/* If the first bit is set, ten seconds pass. */
		time_ns += (len & 0x8000) != 0 ? 10000000000u : 1;
		len &= 0x7fff;
		if (len > cursor_left(&c))
			len = cursor_left(&c);
		frame(dlt, c.at, len, time_ns, defrag);
		cursor_skip(&c, len);
	}
	defrag_free(defrag);
	return 0;
}
