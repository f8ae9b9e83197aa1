/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_xmpp.c - XMPP: the head of a stream, with the domain that the client
 * wants (RFC 6120, 4.7.2), and the ClientHello after <starttls/> (5.4.2).
 */
#include "engine/hints/text.h"

#define DECLARATION_MAX 128
#define STREAM_MAX 1024

/* Up to the end of this tag; false while it is incomplete. */
static bool read_tag(struct cursor *c, struct cursor *ret_tag)
{
	size_t left = cursor_left(c);
	const uint8_t *end = left > 0 ? memchr(c->at, '>', left) : NULL;

	if (end == NULL)
		return false;
	*ret_tag = cursor_of(c->at, (size_t)(end - c->at));
	c->at = end + 1;
	return true;
}

static void skip_space(struct cursor *c)
{
	while (cursor_left(c) > 0 && *c->at <= ' ')
		c->at++;
}

static void read_to(struct cursor tag, struct hint_yield *yield)
{
	for (; cursor_left(&tag) > 5; tag.at++) {
		struct cursor value = tag;
		const uint8_t *end;

		if (!cursor_match(&value, " to=", 4))
			continue;
		end = memchr(value.at + 1, *value.at, cursor_left(&value) - 1);
		if (end == NULL || (*value.at != '"' && *value.at != '\''))
			return;
		hint_yield_host(yield, value.at + 1,
				(size_t)(end - value.at - 1));
		return;
	}
}

/* After the head a client sends an extension's tag or <starttls/>. */
static void read_starttls(const struct hint_input *in, struct cursor c,
			  struct hint_yield *yield)
{
	static const char word[] = "<starttls";
	struct cursor tag;

	skip_space(&c);
	if (cursor_left(&c) < sizeof(word) - 1) {
		yield->more = memcmp(c.at, word, cursor_left(&c)) == 0;
		return;
	}
	if (!cursor_match(&c, word, sizeof(word) - 1))
		return;
	if (!read_tag(&c, &tag)) {
		yield->more = true;
		return;
	}
	text_starttls(in, c, yield);
}

static enum hint_verdict xmpp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload, tag;
	enum hint_verdict verdict;

	skip_space(&c);
	verdict = text_begins(&c, "<?xml ");
	if (verdict == HINT_MORE)
		return HINT_MORE;
	if (verdict == HINT_YES && !read_tag(&c, &tag))
		return cursor_left(&c) < DECLARATION_MAX ? HINT_MORE : HINT_NO;
	skip_space(&c);
	if (cursor_left(&c) == 0)
		return HINT_MORE;
	verdict = text_begins(&c, "<stream:stream");
	if (verdict != HINT_YES)
		return verdict;
	if (!read_tag(&c, &tag))
		return cursor_left(&c) < STREAM_MAX ? HINT_MORE : HINT_NO;
	yield->more = in->from_server;
	if (in->from_server)
		return HINT_YES;
	read_to(tag, yield);
	if (yield->host_len == 0)
		read_starttls(in, c, yield);
	return HINT_YES;
}

const struct hint hint_xmpp = {
	.name = "xmpp",
	.family = "chat",
	.about = "XMPP; the domain of the stream",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 5222, 5269 },
	.first = BYTES("< \t\r\n"),
	.match = xmpp_match,
};
