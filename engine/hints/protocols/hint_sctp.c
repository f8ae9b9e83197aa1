/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_sctp.c - what SCTP carries: each chunk of data has a Payload Protocol
 * Identifier that IANA assigns (RFC 9260, 3.3.1). Without one, Diameter is
 * matched by its header.
 */
#include "engine/hints/hint.h"

#define DATA 0
#define I_DATA 64
#define BEGINNING 2
#define END 1
#define CHUNK_HEADER 4
#define DIAMETER 46
#define DIAMETER_DTLS 47
#define DIAMETER_HEADER 20
#define COMMAND_MIN 257
#define SESSION_ID 263
#define ORIGIN_HOST 264
#define RESULT_CODE 268

#define APPS(APP)							\
	APP(18, "s1ap", "S1AP, within mobile networks")			\
	APP(27, "x2ap", "X2AP, within mobile networks")			\
	APP(60, "ngap", "NGAP, within mobile networks")			\
	APP(61, "xnap", "XnAP, within mobile networks")			\
	APP(62, "f1ap", "F1AP, within mobile networks")			\
	APP(64, "e1ap", "E1AP, within mobile networks")			\
	APP(1, "iua", "ISDN signalling")				\
	APP(2, "m2ua", "telephone signalling")				\
	APP(3, "m3ua", "telephone signalling")				\
	APP(4, "sua", "telephone signalling")				\
	APP(5, "m2pa", "telephone signalling")				\
	APP(7, "h248", "H.248: gateways of telephony")			\
	APP(29, "rna", "RNA, within mobile networks")			\
	APP(25, "rua", "RUA, within mobile networks")			\
	APP(20, "hnbap", "HNBAP, within mobile networks")		\
	APP(24, "sbcap", "SBcAP, within mobile networks")

#define APP(id, name, about) id,
static const uint32_t identifiers[] = { APPS(APP) };
#undef APP
#define APP(id, name, about) { name, "infra", about },
static const struct hint_app apps[] = { APPS(APP) { 0 } };
#undef APP

/* RFC 6733, 3: version, length and flags, and a first AVP that names the
 * session (8.8), the origin (6.3) or a result (7.1). */
static bool is_diameter(struct cursor c, bool is_whole)
{
	size_t total = cursor_left(&c);
	uint8_t version = cursor_u8(&c);
	uint32_t len = cursor_be24(&c);
	uint8_t flags = cursor_u8(&c);
	uint32_t command = cursor_be24(&c);
	uint32_t avp;

	if (c.is_short || version != 1 || len < DIAMETER_HEADER ||
	    len % 4 != 0 || (flags & 0x0f) != 0 || command < COMMAND_MIN ||
	    (is_whole ? len != total : len < total))
		return false;
	cursor_skip(&c, 4 + 4 + 4);
	if (len == DIAMETER_HEADER)
		return true;
	avp = cursor_be32(&c);
	return !c.is_short && (avp == SESSION_ID || avp == ORIGIN_HOST ||
			       avp == RESULT_CODE);
}

/* The identifier of a chunk, or 0; *ret_data is what follows it. */
static uint32_t read_chunk(uint8_t type, uint8_t flags, struct cursor c,
			   struct cursor *ret_data)
{
	uint32_t id;

	cursor_skip(&c, 4 + 2 + 2);
	if (type == I_DATA)
		cursor_skip(&c, 4);
	id = cursor_be32(&c);
	*ret_data = c;
	/* RFC 8260, 2.1: only the first fragment has one. */
	return type == I_DATA && (flags & BEGINNING) == 0 ? 0 : id;
}

static enum hint_verdict match_chunk(uint8_t type, uint8_t flags,
				     struct cursor chunk,
				     struct hint_yield *yield)
{
	bool is_whole = (flags & (BEGINNING | END)) == (BEGINNING | END);
	struct cursor data;
	uint32_t id = read_chunk(type, flags, chunk, &data);

	if (data.is_short)
		return HINT_MORE;
	if (id == DIAMETER || id == DIAMETER_DTLS)
		return HINT_YES;
	for (size_t i = 0; i < sizeof(identifiers) / 4; i++)
		if (identifiers[i] == id) {
			yield->app = (uint8_t)(i + 1);
			return HINT_YES;
		}
	if (id != 0)
		return HINT_NO;
	return (flags & BEGINNING) != 0 && is_diameter(data, is_whole) ?
		HINT_YES : HINT_MORE;
}

/* Chunks are bundled: those of control, and others without an identifier, may
 * precede the one that has it. */
static enum hint_verdict sctp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;
	enum hint_verdict best = HINT_MORE;

	while (cursor_left(&c) >= CHUNK_HEADER) {
		uint8_t type = cursor_u8(&c);
		uint8_t flags = cursor_u8(&c);
		uint16_t len = cursor_be16(&c);
		struct cursor chunk = c;
		enum hint_verdict verdict;

		if (len < CHUNK_HEADER)
			return HINT_NO;
		if (cursor_left(&chunk) > len - (size_t)CHUNK_HEADER)
			chunk.end = chunk.at + (len - CHUNK_HEADER);
		cursor_skip(&c, (len - CHUNK_HEADER + 3u) & ~3u);
		if (type != DATA && type != I_DATA)
			continue;
		verdict = match_chunk(type, flags, chunk, yield);
		if (verdict == HINT_YES)
			return HINT_YES;
		if (verdict == HINT_NO)
			best = HINT_NO;
	}
	return best;
}

const struct hint hint_sctp = {
	.name = "diameter",
	.family = "infra",
	.about = "Diameter",
	.also = apps,
	.transport = IPPROTO_SCTP,
	.min = CHUNK_HEADER,
	.match = sctp_match,
};
