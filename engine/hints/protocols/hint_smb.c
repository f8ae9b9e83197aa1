/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_smb.c - SMB 1 to 3: a message behind a length of four bytes (MS-SMB2,
 * 2.1); over NetBIOS a session is opened first (RFC 1002, 4.3).
 */
#include "engine/hints/hint.h"

#define SESSION_MESSAGE 0x00
#define SESSION_REQUEST 0x81
#define SESSION_POSITIVE 0x82
#define NAME_LEN 34		/* a length, 32 letters, a zero */
#define SMB_HEADER 32

/* A name as NetBIOS writes it: halves of bytes as letters from A. */
static bool is_name(struct cursor c)
{
	const uint8_t *name = cursor_bytes(&c, NAME_LEN);

	if (name == NULL || name[0] != 32)
		return false;
	for (int i = 1; i <= 32; i++)
		if (name[i] < 'A' || name[i] > 'P')
			return false;
	return true;
}

static enum hint_verdict match_message(struct cursor c)
{
	uint32_t len = cursor_be24(&c);
	uint8_t kind;

	if (c.is_short)
		return HINT_MORE;
	if (len < SMB_HEADER)
		return HINT_NO;
	if (cursor_left(&c) < 4)
		return HINT_MORE;
	kind = cursor_u8(&c);
	/* SMB 1, SMB 2 and 3, encrypted, compressed */
	if (kind != 0xff && kind != 0xfe && kind != 0xfd && kind != 0xfc)
		return HINT_NO;
	return cursor_match(&c, "SMB", 3) ? HINT_YES : HINT_NO;
}

static enum hint_verdict smb_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t type = cursor_u8(&c);
	uint32_t len;

	if (type == SESSION_MESSAGE)
		return match_message(c);
	len = cursor_be24(&c);
	if (c.is_short)
		return HINT_MORE;
	if (type == SESSION_POSITIVE) {
		if (len != 0)
			return HINT_NO;
		if (cursor_left(&c) == 0)
			return HINT_MORE;
		return cursor_u8(&c) == 0 ? match_message(c) : HINT_NO;
	}
	if (type != SESSION_REQUEST || len != 2 * NAME_LEN)
		return HINT_NO;
	if (cursor_left(&c) < NAME_LEN)
		return HINT_MORE;
	if (!is_name(c))
		return HINT_NO;
	yield->app = 1;
	return HINT_YES;
}

const struct hint hint_smb = {
	.name = "smb",
	.family = "fileshare",
	.about = "SMB 1 to 3: Windows shares",
	.also = (const struct hint_app[]){
		{ "netbios", "local",
		  "NetBIOS: names, datagrams, sessions that open" },
		{ 0 }
	},
	.transport = IPPROTO_TCP,
	.ports = { 445, 139 },
	.first = BYTES("\x00\x81\x82"),
	.match = smb_match,
};
