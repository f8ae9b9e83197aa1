/*
 * hint_sctp.c - what SCTP carries: each chunk of data says it by a number that
 * IANA gives out (RFC 9260, 3.3.1, and its Payload Protocol Identifiers).
 */
#include "engine/hints/hint.h"

#define DATA 0
#define CHUNK_HEADER 4
#define DIAMETER 46
#define DIAMETER_DTLS 47

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

static enum hint_verdict sctp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;

	while (cursor_left(&c) >= CHUNK_HEADER) {
		uint8_t type = cursor_u8(&c);
		uint16_t len;
		uint32_t id;
		struct cursor chunk;

		cursor_skip(&c, 1);
		len = cursor_be16(&c);
		if (len < CHUNK_HEADER)
			return HINT_NO;
		chunk = c;
		cursor_skip(&c, (len - CHUNK_HEADER + 3u) & ~3u);
		if (type != DATA)
			continue;
		cursor_skip(&chunk, 4 + 2 + 2);
		id = cursor_be32(&chunk);
		if (!chunk.is_short && (id == DIAMETER || id == DIAMETER_DTLS))
			return HINT_YES;
		for (size_t i = 0; i < sizeof(identifiers) / 4; i++)
			if (!chunk.is_short && identifiers[i] == id) {
				yield->app = (uint8_t)(i + 1);
				return HINT_YES;
			}
		return HINT_NO;
	}
	return HINT_MORE;
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
