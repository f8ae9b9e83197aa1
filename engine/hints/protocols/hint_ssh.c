/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_ssh.c - SSH: the version that each side begins with (RFC 4253, 4.2). */
#include "engine/hints/text.h"

static enum hint_verdict ssh_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	static const char *const versions[] = {
		"SSH-2.0-", "SSH-1.99-", "SSH-1.", NULL
	};
	struct cursor c = in->payload;

	(void)yield;
	return text_begins_any(&c, versions);
}

const struct hint hint_ssh = {
	.name = "ssh",
	.family = "remote",
	.about = "SSH, by the version either side begins with",
	.transport = IPPROTO_TCP,
	.ports = { 22, 2222 },
	.first = BYTES("S"),
	.match = ssh_match,
};
