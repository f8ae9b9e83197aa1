/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_hints.c - pass arbitrary bytes to any hint as payload. Input: the name
 * of the hint and a zero, the side, and how the rest is split in two: a growing
 * stream, streams of both sides, or datagrams of which the first was kept. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/ja4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copy to a buffer of exact size, so that ASan detects a read past its end. */
static struct cursor copy_of(struct cursor from)
{
	size_t len = cursor_left(&from);
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (len > 0)
		memcpy(copy, from.at, len);
	return cursor_of(copy, len);
}

/* In the format of stream_datagram(). */
static struct cursor kept(struct cursor from, bool from_server)
{
	size_t len = cursor_left(&from);
	uint8_t *copy = malloc(3 + len);

	copy[0] = from_server;
	copy[1] = (uint8_t)(len >> 8);
	copy[2] = (uint8_t)len;
	if (len > 0)
		memcpy(copy + 3, from.at, len);
	return cursor_of(copy, 3 + len);
}

static void assert_inside(const uint8_t *name, size_t len, struct cursor c)
{
	assert(name >= c.at && name + len <= c.end);
}

/* A result points into the payload or into the buffer for reassembly. */
static void assert_borrowed(const uint8_t *bytes, size_t len,
			    const struct hint_input *in)
{
	struct cursor scratch = cursor_of(in->scratch, HINT_SCRATCH);

	assert_inside(bytes, len, bytes >= scratch.at && bytes < scratch.end ?
				  scratch : in->payload);
}

static void assert_yield(const struct hint *hint, const struct hint_input *in,
			 const struct hint_yield *yield)
{
	char ja4[JA4_LEN + 1];
	size_t apps = 0;

	while (hint->also != NULL && hint->also[apps].name != NULL)
		apps++;
	assert(yield->app <= apps);
	if (yield->host_len > 0)
		assert(hint->yields_host && yield->host_len <= DOMAIN_MAX &&
		       strlen(yield->host) == yield->host_len);
	assert(yield->alpn_count <= HINT_ALPN_MAX);
	for (size_t i = 0; i < yield->alpn_count; i++)
		assert_borrowed(yield->alpn[i].name, yield->alpn[i].len, in);
	if (yield->hello_kind == HELLO_NONE)
		return;
	assert_borrowed(yield->hello.at, cursor_left(&yield->hello), in);
	if (ja4_of(yield->hello, (enum hello_kind)yield->hello_kind, ja4))
		assert(strlen(ja4) == JA4_LEN);
}

/* A hint that the registry skips must not match. */
static void assert_candidate(const struct hint *hint,
			     const struct hint_input *in)
{
	uint8_t side = in->from_server ? HINT_SERVER : HINT_CLIENT;
	struct hint_set set;
	size_t i = 0;

	if (hint->sides != 0 && (hint->sides & side) == 0)
		return;
	set = hints_candidates(hint->transport, in->from_server, in->payload);
	while (hints_at(i) != hint)
		i++;
	assert(set.bits[i / 64] >> i % 64 & 1);
}

static void ask(const struct hint *hint, bool from_server,
		struct cursor payload, struct cursor opposite,
		struct cursor earlier)
{
	uint8_t *scratch = malloc(HINT_SCRATCH);
	struct hint_input in = {
		.payload = copy_of(payload),
		.opposite = copy_of(opposite),
		.earlier = copy_of(earlier),
		.from_server = from_server,
		.transport = hint->transport,
		.sport = 40000,
		.dport = hint->ports[0],
		.scratch = scratch,
	};
	struct hint_yield yield = { 0 };
	enum hint_verdict verdict;

	verdict = hint->match(&in, &yield);
	if (verdict == HINT_YES)
		assert_yield(hint, &in, &yield);
	if (verdict != HINT_NO && cursor_left(&earlier) == 0 &&
	    hint->first.len == 0 && cursor_left(&payload) >= hint->min)
		assert_candidate(hint, &in);
	free((void *)in.payload.at);
	free((void *)in.opposite.at);
	free((void *)in.earlier.at);
	free(scratch);
}

/* Names, since numbers change when a hint is added. A word that is no name, as
 * fuzzers make of one, stands for any hint. */
static const struct hint *take_hint(struct cursor *c)
{
	const uint8_t *zero = memchr(c->at, 0, cursor_left(c));
	struct cursor name = cursor_take(c, zero != NULL ? zero - c->at : 0);
	size_t len = cursor_left(&name), sum = 0;

	cursor_skip(c, 1);
	for (size_t i = 0; i < hints_count(); i++)
		if (strlen(hints_at(i)->name) == len &&
		    memcmp(hints_at(i)->name, name.at, len) == 0)
			return hints_at(i);
	for (size_t i = 0; i < len; i++)
		sum += name.at[i];
	return hints_at(sum % hints_count());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(data, size), none = cursor_of(data, 0);
	const struct hint *hint = take_hint(&c);
	uint8_t how = cursor_u8(&c);
	size_t at = cursor_be16(&c);
	bool from_server = (how & 1) != 0, other = (how & 2) != 0;
	struct cursor all = c, first, second = c, earlier;

	if (cursor_left(&all) == 0)
		return 0;
	first = cursor_take(&second, at % cursor_left(&all));
	if (cursor_left(&first) > 0)
		ask(hint, from_server, first, none, none);
	if (hint->transport == IPPROTO_TCP) {
		ask(hint, from_server, all, none, none);
		ask(hint, from_server, second, first, none);
		return 0;
	}
	earlier = kept(first, other);
	ask(hint, from_server, second, none, earlier);
	free((void *)earlier.at);
	return 0;
}
