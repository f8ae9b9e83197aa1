/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_memcached.c - memcached: a command in words together with its answer,
 * or a binary request and its answer ("Memcached Binary Protocol").
 */
#include "engine/hints/text.h"

#define REQUEST 0x80
#define RESPONSE 0x81
#define OPCODE_MAX 0x3f
#define HEADER_LEN 24

static bool is_header(struct cursor c, uint8_t magic)
{
	uint8_t first = cursor_u8(&c);
	uint8_t opcode = cursor_u8(&c);
	uint16_t key_len = cursor_be16(&c);
	uint8_t extras = cursor_u8(&c);
	uint8_t type = cursor_u8(&c);
	uint32_t body_len;

	cursor_skip(&c, 2);
	body_len = cursor_be32(&c);
	return !c.is_short && first == magic && opcode <= OPCODE_MAX &&
	       key_len <= 250 && extras <= 24 && type == 0 &&
	       body_len >= (uint32_t)key_len + extras &&
	       body_len <= UINT32_C(1) << 24;
}

static enum hint_verdict match_binary(struct cursor client,
				      struct cursor server)
{
	if (cursor_left(&client) < HEADER_LEN)
		return HINT_MORE;
	if (!is_header(client, REQUEST))
		return HINT_NO;
	if (cursor_left(&server) < HEADER_LEN)
		return HINT_MORE;
	return is_header(server, RESPONSE) && server.at[1] == client.at[1] ?
		HINT_YES : HINT_NO;
}

static enum hint_verdict match_text(struct cursor client, struct cursor server)
{
	static const char *const commands[] = {
		"get", "gets", "set", "add", "replace", "append", "prepend",
		"cas", "delete", "incr", "decr", "touch", "gat", "stats",
		"version", "flush_all", "verbosity", "mg", "ms", "mn", NULL
	};
	static const char *const answers[] = {
		"STAT ", "VALUE ", "END\r\n", "STORED\r\n", "NOT_STORED\r\n",
		"EXISTS\r\n", "NOT_FOUND\r\n", "DELETED\r\n", "TOUCHED\r\n",
		"VERSION ", "OK\r\n", "ERROR\r\n", "CLIENT_ERROR ", "HD",
		"EN\r\n", "MN\r\n", NULL
	};
	struct cursor line;

	if (!text_line(&client, &line))
		return cursor_left(&client) < 300 && text_is_plain(client) ?
			HINT_MORE : HINT_NO;
	if (!text_is_command(line, commands))
		return HINT_NO;
	if (cursor_left(&server) == 0)
		return HINT_MORE;
	return text_begins_any(&server, answers);
}

static enum hint_verdict memcached_match(const struct hint_input *in,
					 struct hint_yield *yield)
{
	struct cursor client = in->from_server ? in->opposite : in->payload;
	struct cursor server = in->from_server ? in->payload : in->opposite;

	(void)yield;
	if (cursor_left(&client) == 0)
		return HINT_NO;		/* the client sends first */
	return client.at[0] == REQUEST ? match_binary(client, server) :
					 match_text(client, server);
}

const struct hint hint_memcached = {
	.name = "memcached",
	.family = "database",
	.about = "memcached",
	.transport = IPPROTO_TCP,
	.ports = { 11211 },
	.first = BYTES("\x80\x81gsarpcdtivfmSVENDTOCHM"),
	.match = memcached_match,
};
