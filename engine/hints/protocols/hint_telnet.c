/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_telnet.c - Telnet: options that are negotiated first (RFC 854, RFC 855):
 * three commands, of one side or of both, or one command and its answer.
 */
#include "engine/hints/hint.h"

#define IAC 255
#define SUB 250
#define WILL 251
#define DO 253
#define DONT 254
#define COMMANDS 3

/* Options that IANA lists up to 49, and then from 138. */
static bool is_option(uint8_t option)
{
	return option <= 49 || (option >= 138 && option <= 140) ||
	       option == 255;
}

/* How many commands the stream begins with; -1 when it is not Telnet. What
 * follows the first command may be text. */
static int count_commands(struct cursor c)
{
	int count = 0;

	while (cursor_left(&c) > 0 && count < COMMANDS) {
		uint8_t iac = cursor_u8(&c);
		uint8_t command = cursor_u8(&c);
		uint8_t option = cursor_u8(&c);

		if (iac != IAC)
			return count > 0 ? count : -1;
		if (c.is_short)
			return count;
		if (command == SUB) {
			while (cursor_left(&c) > 0 &&
			       !cursor_match(&c, "\xff\xf0", 2))
				c.at++;
		} else if (command < WILL || command > DONT) {
			return -1;
		}
		if (!is_option(option))
			return -1;
		count++;
	}
	return count;
}

/* WILL or WONT of one side and DO or DONT of the other, the same option. */
static bool is_answer(struct cursor a, struct cursor b)
{
	return cursor_left(&a) >= 3 && cursor_left(&b) >= 3 &&
	       b.at[0] == IAC && b.at[1] >= WILL && b.at[1] <= DONT &&
	       a.at[2] == b.at[2] && (a.at[1] < DO) != (b.at[1] < DO);
}

static enum hint_verdict telnet_match(const struct hint_input *in,
				      struct hint_yield *yield)
{
	int count = count_commands(in->payload), other = 0;

	(void)yield;
	if (count < 0)
		return HINT_NO;
	if (count > 0 && is_answer(in->payload, in->opposite))
		return HINT_YES;
	if (count >= COMMANDS)
		return HINT_YES;
	if (cursor_left(&in->opposite) > 0)
		other = count_commands(in->opposite);
	return count > 0 && other > 0 && count + other >= COMMANDS ?
		HINT_YES : HINT_MORE;
}

const struct hint hint_telnet = {
	.name = "telnet",
	.family = "remote",
	.about = "Telnet, by the options it negotiates",
	.transport = IPPROTO_TCP,
	.ports = { 23 },
	.first = BYTES("\xff"),
	.match = telnet_match,
};
