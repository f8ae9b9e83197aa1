/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_tinc.c - tinc: each side names itself and its version of the protocol
 * ("The tinc protocol", ID).
 */
#include "engine/hints/text.h"

#define LINE_LEN_MAX 128
#define VERSION 17

/* "0 name 17", "0 name 17.7" */
static enum hint_verdict read_id(struct cursor c)
{
	enum hint_verdict verdict = text_begins(&c, "0 ");
	struct cursor line, name;
	uint32_t version;

	if (verdict != HINT_YES)
		return verdict;
	if (!text_line(&c, &line))
		return text_is_plain(c) && cursor_left(&c) < LINE_LEN_MAX ?
			HINT_MORE : HINT_NO;
	name = text_token(&line);
	if (cursor_left(&name) == 0 || !cursor_match(&line, " ", 1) ||
	    text_digits(&line, 2, &version) != 2 || version != VERSION)
		return HINT_NO;
	return cursor_left(&line) == 0 || *line.at == '.' ? HINT_YES : HINT_NO;
}

static enum hint_verdict tinc_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	enum hint_verdict verdict = read_id(in->payload);

	(void)yield;
	if (verdict != HINT_YES)
		return verdict;
	return cursor_left(&in->opposite) == 0 ? HINT_MORE :
						 read_id(in->opposite);
}

const struct hint hint_tinc = {
	.name = "tinc",
	.family = "vpn",
	.about = "tinc's control connections",
	.transport = IPPROTO_TCP,
	.ports = { 655 },
	.first = BYTES("0"),
	.match = tinc_match,
};
