/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_tftp.c - TFTP: a request with a file name and a mode (RFC 1350, 5). The
 * answer comes from another port, as a separate flow: there it takes a list
 * of options (RFC 2347), or a block and its acknowledgement.
 */
#include "engine/hints/text.h"

#define READ 1
#define WRITE 2
#define DATA 3
#define ACK 4
#define ERROR 5
#define ERROR_MAX 8		/* RFC 2347 */
#define ERROR_TEXT_MIN 4
#define OPTIONS 6
#define BLOCK_MAX 1468

/* Up to a zero, which is passed over; false when there is none. */
static bool read_string(struct cursor *c, struct cursor *ret_string)
{
	size_t left = cursor_left(c);
	const uint8_t *end = left > 0 ? memchr(c->at, 0, left) : NULL;

	if (end == NULL || end == c->at)
		return false;
	*ret_string = cursor_of(c->at, (size_t)(end - c->at));
	c->at = end + 1;
	return text_is_plain(*ret_string);
}

/* Block and acknowledgement of the same number, from two sides. */
static bool is_pair(struct cursor data, struct cursor ack)
{
	return cursor_left(&data) > 4 && cursor_left(&ack) == 4 &&
	       cursor_be16(&data) == DATA && cursor_be16(&ack) == ACK &&
	       cursor_be16(&data) == cursor_be16(&ack);
}

static enum hint_verdict match_transfer(const struct hint_input *in)
{
	struct cursor c = in->payload, earlier = in->earlier, datagram;
	bool from_server;

	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (from_server != in->from_server &&
		    (is_pair(c, datagram) || is_pair(datagram, c)))
			return HINT_YES;
	return cursor_left(&c) <= BLOCK_MAX + 4 ? HINT_MORE : HINT_NO;
}

static enum hint_verdict tftp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	static const char *const modes[] = { "netascii", "octet", "mail",
					     NULL };
	static const char *const options[] = { "blksize", "timeout", "tsize",
					       "windowsize", NULL };
	struct cursor c = in->payload, string;
	uint16_t opcode = cursor_be16(&c);

	(void)yield;
	if (opcode == READ || opcode == WRITE)
		return read_string(&c, &string) && read_string(&c, &string) &&
		       text_is_command(string, modes) ? HINT_YES : HINT_NO;
	if (opcode == ERROR)
		return cursor_be16(&c) <= ERROR_MAX && read_string(&c, &string) &&
		       cursor_left(&string) >= ERROR_TEXT_MIN &&
		       cursor_left(&c) == 0 ? HINT_YES : HINT_NO;
	if (opcode == DATA || opcode == ACK)
		return match_transfer(in);
	if (opcode == OPTIONS)
		return read_string(&c, &string) &&
		       text_is_command(string, options) ? HINT_YES : HINT_NO;
	return HINT_NO;
}

const struct hint hint_tftp = {
	.name = "tftp",
	.family = "fileshare",
	.about = "TFTP",
	.transport = IPPROTO_UDP,
	.ports = { 69 },
	.first = BYTES("\0"),
	.min = 4,
	.match = tftp_match,
};
