/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_mssql.c - TDS: the client's PRELOGIN, and the ClientHello that follows
 * in packets of the same type (MS-TDS, 2.2.6.5 and 3.2.5.2). prefix_tcp.c has
 * its other messages.
 */
#include "engine/hints/client_hello.h"

#define PRELOGIN 0x12
#define END_OF_MESSAGE 1
#define HEADER_LEN 8
#define RECORD_HANDSHAKE 22
#define RECORD_HEADER 5

/* Read the header of a packet and take what has come of its data. */
static bool next_packet(struct cursor *c, struct cursor *ret_data)
{
	uint8_t type = cursor_u8(c), status = cursor_u8(c);
	size_t len = cursor_be16(c);
	uint16_t channel = cursor_be16(c);
	size_t left;

	cursor_skip(c, 2);		/* packet number, window */
	if (c->is_short || type != PRELOGIN || status > END_OF_MESSAGE ||
	    channel != 0 || len <= HEADER_LEN)
		return false;
	len -= HEADER_LEN;
	left = cursor_left(c);
	*ret_data = cursor_take(c, left < len ? left : len);
	return true;
}

/* Join the data of all packets. *ret_open: whether there may be more. */
static struct cursor join(struct cursor c, uint8_t *scratch, bool *ret_open)
{
	struct cursor data;
	size_t joined = 0;

	*ret_open = true;
	while (cursor_left(&c) >= HEADER_LEN) {
		if (!next_packet(&c, &data) ||
		    cursor_left(&data) > HINT_SCRATCH - joined) {
			*ret_open = false;
			break;
		}
		memcpy(scratch + joined, data.at, cursor_left(&data));
		joined += cursor_left(&data);
	}
	return cursor_of(scratch, joined);
}

static void read_hello(const struct hint_input *in, struct cursor rest,
		       struct hint_yield *yield)
{
	bool open;
	struct cursor record = join(rest, in->scratch, &open);
	uint8_t type = cursor_u8(&record);

	cursor_skip(&record, RECORD_HEADER - 1);
	yield->more = open;
	if (record.is_short)
		return;
	if (type != RECORD_HANDSHAKE ||
	    client_hello_message(record, yield) == HINT_NO)
		yield->more = false;
}

/* The first option is the version, behind at least two options and the end
 * (2.2.6.5); it is all that every client sends. */
static bool is_prelogin(struct cursor data, size_t len)
{
	uint8_t token = cursor_u8(&data);
	uint16_t offset = cursor_be16(&data);
	uint16_t size = cursor_be16(&data);

	return token == 0 && offset >= 6 && size == 6 &&
	       (size_t)offset + size <= len;
}

static enum hint_verdict mssql_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	struct cursor c = in->payload, data;
	struct cursor length = in->payload;
	size_t len;

	if (cursor_left(&c) < HEADER_LEN)
		return HINT_MORE;
	cursor_skip(&length, 2);
	len = cursor_be16(&length);
	if (!next_packet(&c, &data) || in->payload.at[1] != END_OF_MESSAGE)
		return HINT_NO;
	if (cursor_left(&in->payload) < len)
		return HINT_MORE;
	if (!is_prelogin(data, len - HEADER_LEN))
		return HINT_NO;
	read_hello(in, c, yield);
	return HINT_YES;
}

const struct hint hint_mssql = {
	.name = "mssql",
	.family = "database",
	.about = "TDS: MS SQL Server, Sybase; the server name where TLS "
		 "follows",
	.transport = IPPROTO_TCP,
	.sides = HINT_CLIENT,
	.yields_host = true,
	.ports = { 1433 },
	.first = BYTES("\x12"),
	.match = mssql_match,
};
