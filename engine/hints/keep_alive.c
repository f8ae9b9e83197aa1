/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keep_alive.c - payload that only keeps a NAT mapping or a connection open. */
#include "engine/hints/hint.h"

#define LINE_BREAKS_MAX 4
#define ZEROS_LEN 4		/* two are a request of NAT-PMP */
#define NATT_KEEP_ALIVE 0xff
#define STUN_HEADER_LEN 20
#define STUN_BINDING_REQUEST 0x0001

static bool are_line_breaks(struct cursor c)
{
	while (cursor_left(&c) > 0)
		if (*c.at++ != '\r' && c.at[-1] != '\n')
			return false;
	return true;
}

bool hint_is_blank(struct cursor payload)
{
	static const uint8_t zeros[ZEROS_LEN];
	size_t len = cursor_left(&payload);

	if (len == 0 || len > LINE_BREAKS_MAX)
		return false;
	if (len == 1 && (*payload.at == NATT_KEEP_ALIVE || *payload.at == 0))
		return true;
	if (len == ZEROS_LEN && memcmp(payload.at, zeros, len) == 0)
		return true;
	return are_line_breaks(payload);
}

static bool is_stun_request(struct cursor c)
{
	uint16_t type = cursor_be16(&c);
	uint16_t len = cursor_be16(&c);

	cursor_skip(&c, STUN_HEADER_LEN - 4);
	return !c.is_short && type == STUN_BINDING_REQUEST &&
	       len == cursor_left(&c);
}

bool hint_is_keep_alive(uint8_t transport, struct cursor payload)
{
	return hint_is_blank(payload) ||
	       (transport == IPPROTO_UDP && is_stun_request(payload));
}
