/* SPDX-License-Identifier: GPL-2.0-or-later */
/* try_hint.c - offer a payload to one hint, as the engine would. */
#include <check.h>
#include <stdlib.h>

#include "pcap-tests/unit/try_hint.h"

/* The input of a match function, in memory of exact size. */
struct trial {
	struct hint_input in;
	uint8_t *payload;
	uint8_t *opposite;
	uint8_t *earlier;
	uint8_t *scratch;
};

static uint8_t *copy_of(const void *data, size_t len)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);

	ck_assert_ptr_nonnull(copy);
	if (len != 0)
		memcpy(copy, data, len);
	return copy;
}

static size_t pack_earlier(const struct hint_row *row, uint8_t *to)
{
	size_t at = 0;

	for (size_t i = 0; i < HINT_ROW_EARLIER; i++) {
		const struct bytes *d = &row->earlier[i].datagram;

		if (d->data == NULL)
			break;
		if (to != NULL) {
			to[at] = row->earlier[i].from_server;
			to[at + 1] = (uint8_t)(d->len >> 8);
			to[at + 2] = (uint8_t)d->len;
			memcpy(to + at + 3, d->data, d->len);
		}
		at += 3 + d->len;
	}
	return at;
}

static void trial_init(struct trial *t, const struct hint *hint,
		       const struct hint_row *row, size_t len)
{
	size_t earlier_len = pack_earlier(row, NULL);

	t->payload = copy_of(row->payload.data, len);
	t->opposite = copy_of(row->opposite.data, row->opposite.len);
	t->earlier = malloc(earlier_len != 0 ? earlier_len : 1);
	t->scratch = malloc(HINT_SCRATCH);
	ck_assert_ptr_nonnull(t->earlier);
	ck_assert_ptr_nonnull(t->scratch);
	pack_earlier(row, t->earlier);
	t->in = (struct hint_input){
		.payload = cursor_of(t->payload, len),
		.opposite = cursor_of(t->opposite, row->opposite.len),
		.earlier = cursor_of(t->earlier, earlier_len),
		.from_server = row->from_server,
		.transport = hint->transport,
		.sport = row->sport != 0 ? row->sport : 40000,
		.dport = row->dport != 0 ? row->dport : hint->ports[0],
		.scratch = t->scratch,
	};
}

static void trial_fini(struct trial *t)
{
	free(t->payload);
	free(t->opposite);
	free(t->earlier);
	free(t->scratch);
}

/* Whether the registry offers this first payload to the hint; later payload has
 * no fixed beginning. */
static bool is_candidate(const struct hint *hint, const struct trial *t)
{
	struct hint_set set;
	size_t i = 0;

	if (cursor_left(&t->in.payload) == 0)
		return false;
	if (cursor_left(&t->in.earlier) > 0)
		return true;
	set = hints_candidates(hint->transport, t->in.from_server,
			       t->in.payload);
	while (hints_at(i) != hint)
		i++;
	return set.bits[i / 64] >> i % 64 & 1;
}

static enum hint_verdict ask(const struct hint *hint, struct trial *t,
			     struct hint_yield *yield)
{
	*yield = (struct hint_yield){ 0 };
	if (!is_candidate(hint, t))
		return HINT_NO;
	return hint->match(&t->in, yield);
}

static enum hint_verdict verdict_of(const struct hint *hint, bool from_server,
				    const void *payload, size_t len)
{
	struct hint_row row = {
		.from_server = from_server,
		.payload = { payload, len },
	};
	struct hint_yield yield;
	enum hint_verdict verdict;
	struct trial t;

	trial_init(&t, hint, &row, len);
	verdict = ask(hint, &t, &yield);
	trial_fini(&t);
	return verdict;
}

enum hint_verdict try_hint(const struct hint *hint, const void *payload,
			   size_t len)
{
	return verdict_of(hint, false, payload, len);
}

enum hint_verdict try_hint_server(const struct hint *hint, const void *payload,
				  size_t len)
{
	return verdict_of(hint, true, payload, len);
}

static void check_keywords(const struct hint *hint, const struct hint_row *row,
			const struct hint_yield *yield)
{
	const char *app = yield->app == 0 ? hint->name :
					    hint->also[yield->app - 1].name;
	const char *host = row->host != NULL ? row->host : "";

	ck_assert_msg(yield->more == row->more, "%s: more is %d", row->name,
		      yield->more);
	ck_assert_msg(strcmp(app, row->app != NULL ? row->app : hint->name) ==
		      0, "%s: app is %s", row->name, app);
	ck_assert_msg(yield->host_len == strlen(host) &&
		      strcmp(yield->host, host) == 0,
		      "%s: host is \"%s\"", row->name, yield->host);
	ck_assert_msg((yield->alpn_count != 0) == (row->alpn != NULL),
		      "%s: %d ALPN names", row->name, yield->alpn_count);
	if (row->alpn != NULL)
		ck_assert_msg(yield->alpn[0].len == strlen(row->alpn) &&
			      memcmp(yield->alpn[0].name, row->alpn,
				     strlen(row->alpn)) == 0,
			      "%s: ALPN is not %s", row->name, row->alpn);
}

static void try_cuts(const struct hint *hint, const struct hint_row *row)
{
	for (size_t len = 1; len < row->payload.len; len++) {
		struct hint_yield yield;
		enum hint_verdict verdict;
		struct trial t;

		trial_init(&t, hint, row, len);
		verdict = ask(hint, &t, &yield);
		trial_fini(&t);
		if (hint->transport == IPPROTO_TCP && row->want == HINT_YES)
			ck_assert_msg(verdict != HINT_NO,
				      "%s: refused after %zu bytes",
				      row->name, len);
	}
}

static void try_flips(const struct hint *hint, const struct hint_row *row)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };

	for (size_t i = 0; i < row->payload.len * sizeof(masks); i++) {
		struct hint_yield yield;
		struct trial t;

		trial_init(&t, hint, row, row->payload.len);
		t.payload[i / sizeof(masks)] ^= masks[i % sizeof(masks)];
		ask(hint, &t, &yield);
		trial_fini(&t);
	}
}

void try_hint_row(const struct hint *hint, const struct hint_row *row)
{
	struct hint_yield yield;
	enum hint_verdict verdict;
	struct trial t;

	trial_init(&t, hint, row, row->payload.len);
	verdict = ask(hint, &t, &yield);
	ck_assert_msg(verdict == row->want, "%s: verdict is %d", row->name,
		      verdict);
	if (verdict == HINT_YES)
		check_keywords(hint, row, &yield);
	trial_fini(&t);
	try_cuts(hint, row);
	try_flips(hint, row);
}
