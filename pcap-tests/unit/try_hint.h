/* SPDX-License-Identifier: GPL-2.0-or-later */
/* try_hint.h - offer a payload to one hint, as the engine would. Payloads are
 * copied to buffers of exact size, so that ASan detects a read past the end. */
#ifndef WAYMARK_TRY_HINT_H
#define WAYMARK_TRY_HINT_H

#include "engine/hints/hint.h"

#define HINT_ROW_EARLIER 4

/* What follows STARTTLS: a minimal ClientHello for mx.test. */
#define MX_HELLO "\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03" \
	"................................" \
	"\x00\x00\x02\x13\x01\x01\x00\x00\x11" \
	"\x00\x00\x00\x0c\x00\x0a\x00\x00\x07mx.test\x12"

struct hint_row {
	const char *name;
	enum hint_verdict want;
	bool from_server;
	bool more;			/* expected of a HINT_YES */
	uint16_t sport;			/* 0: 40000 */
	uint16_t dport;			/* 0: the hint's first port */
	struct bytes payload;
	struct bytes opposite;		/* TCP: the other side's stream */
	struct {			/* UDP: ends where data is NULL */
		bool from_server;
		struct bytes datagram;
	} earlier[HINT_ROW_EARLIER];
	const char *app;		/* NULL: the hint's own */
	const char *host;		/* NULL: none */
	const char *alpn;		/* the first; NULL: none */
};

/* The verdict for the payload of a client, or of a server. */
enum hint_verdict try_hint(const struct hint *hint, const void *payload,
			   size_t len);
enum hint_verdict try_hint_server(const struct hint *hint, const void *payload,
				  size_t len);

/* Assert all that `row` expects. Then offer each prefix of its payload, none of
 * which may be rejected if the whole matches in a stream, and the payload with
 * each byte changed, to check the reads. */
void try_hint_row(const struct hint *hint, const struct hint_row *row);

#endif
