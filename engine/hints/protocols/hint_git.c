/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_git.c - git's own protocol: one packet line with the service, the path
 * and the host (gitprotocol-pack, "Git Transport").
 */
#include "engine/hints/text.h"

static bool hex_length(struct cursor *c, size_t *ret_len)
{
	size_t len = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t digit = cursor_u8(c);

		if (digit >= '0' && digit <= '9')
			len = len << 4 | (size_t)(digit - '0');
		else if (digit >= 'a' && digit <= 'f')
			len = len << 4 | (size_t)(digit - 'a' + 10);
		else
			return false;
	}
	*ret_len = len;
	return true;
}

/* Behind the path: strings that end with zeros, one of them the host. */
static void read_host(struct cursor line, struct hint_yield *yield)
{
	const uint8_t *end;

	while (cursor_left(&line) > 0 &&
	       (end = memchr(line.at, 0, cursor_left(&line))) != NULL) {
		struct cursor word = cursor_take(&line,
						 (size_t)(end - line.at));

		cursor_skip(&line, 1);
		if (cursor_match(&word, "host=", 5)) {
			hint_yield_host(yield, word.at, cursor_left(&word));
			return;
		}
	}
}

static enum hint_verdict git_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	static const char *const services[] = {
		"git-upload-pack /", "git-receive-pack /",
		"git-upload-archive /", NULL
	};
	struct cursor c = in->payload, line;
	enum hint_verdict verdict;
	size_t len;

	if (cursor_left(&c) < 4)
		return HINT_MORE;
	if (!hex_length(&c, &len) || len < 4 + 18)
		return HINT_NO;
	line = c;
	verdict = text_begins_any(&line, services);
	if (verdict != HINT_YES)
		return verdict;
	line = cursor_take(&c, len - 4);
	yield->more = line.is_short;
	read_host(line, yield);
	return HINT_YES;
}

const struct hint hint_git = {
	.name = "git",
	.family = "fileshare",
	.about = "git's own protocol; the host that is asked for",
	.transport = IPPROTO_TCP,
	.sides = HINT_CLIENT,
	.yields_host = true,
	.ports = { 9418 },
	.first = BYTES("0"),
	.match = git_match,
};
