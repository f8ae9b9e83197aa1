/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_json.c - protocols of JSON lines or of one XML document:
 * the stratum of miners ("mining." and "eth_" methods), and WS-Discovery over
 * UDP (OASIS WS-DD 1.1), by the names they use.
 */
#include "engine/hints/text.h"

#define LINE_LEN_MAX 2048
#define DOCUMENT_MAX 4096

static enum hint_verdict mining_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	static const char *const words[] = {
		"\"mining.subscribe\"", "\"mining.authorize\"",
		"\"mining.configure\"", "\"mining.notify\"",
		"\"mining.set_difficulty\"", "\"eth_submitLogin\"",
		"\"eth_getWork\"", NULL
	};
	struct cursor c = in->payload, line = c;

	(void)yield;
	if (cursor_left(&c) > 1 && c.at[1] != '"' && c.at[1] != ' ')
		return HINT_NO;
	if (!text_line(&c, &line) &&
	    (!text_is_plain(c) || cursor_left(&c) > LINE_LEN_MAX))
		return HINT_NO;
	for (size_t i = 0; words[i] != NULL; i++)
		if (text_has(line, words[i]))
			return HINT_YES;
	return line.end == in->payload.end ? HINT_MORE : HINT_NO;
}

static enum hint_verdict wsd_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	static const char *const beginnings[] = {
		"<?xml", "<soap:", "<s:Env", "<SOAP-ENV:", "<env:", NULL
	};
	struct cursor c = in->payload;

	(void)yield;
	if (text_begins_any(&c, beginnings) != HINT_YES)
		return HINT_NO;
	if (cursor_left(&c) > DOCUMENT_MAX)
		c.end = c.at + DOCUMENT_MAX;
	return text_has(c, "/ws/2005/04/discovery") ||
	       text_has(c, "/ws-dd/ns/discovery/") ? HINT_YES : HINT_NO;
}

const struct hint hint_mining = {
	.name = "mining",
	.family = "p2p",
	.about = "miners and their pools, by stratum's methods",
	.transport = IPPROTO_TCP,
	.ports = { 3333 },
	.first = BYTES("{"),
	.match = mining_match,
};

const struct hint hint_wsd = {
	.name = "wsd",
	.family = "local",
	.about = "WS-Discovery",
	.transport = IPPROTO_UDP,
	.ports = { 3702 },
	.first = BYTES("<"),
	.min = 64,
	.match = wsd_match,
};
