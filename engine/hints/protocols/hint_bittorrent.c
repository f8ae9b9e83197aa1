/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_bittorrent.c - BitTorrent between peers over TCP and uTP, its DHT, UDP
 * trackers and local discovery (BEP 3, 5, 14, 15, 29).
 */
#include "engine/hints/text.h"

static const char handshake[] = "\x13" "BitTorrent protocol";
#define HANDSHAKE_LEN (sizeof(handshake) - 1)

/* BEP 29 */
enum utp_type { UTP_DATA, UTP_FIN, UTP_STATE, UTP_RESET, UTP_SYN };
#define UTP_HEADER 20
#define UTP_EXTENSION_MAX 4
#define UTP_PAUSE_MAX_US 10000000u
#define UTP_WINDOW_MIN 1024

/* BEP 15 */
#define TRACKER_MAGIC UINT64_C(0x41727101980)

static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	size_t len = cursor_left(&in->payload);

	(void)yield;
	if (memcmp(in->payload.at, handshake,
		   len < HANDSHAKE_LEN ? len : HANDSHAKE_LEN) != 0)
		return HINT_NO;
	return len < HANDSHAKE_LEN ? HINT_MORE : HINT_YES;
}

/* What each message of the DHT has: an id of 20 bytes, a kind, sorted keys. */
static bool is_dht(struct cursor c)
{
	static const char *const beginnings[] = {
		"d1:ad2:id20:", "d1:rd2:id20:", "d1:eli20", "d2:ip6:",
		"d2:ip4:", "d1:y1:q1:t", "d1:q4:ping1:t", NULL
	};
	struct cursor end = c;

	if (text_begins_any(&(struct cursor){ c.at, c.end, false },
			    beginnings) != HINT_YES)
		return false;
	end.at = end.end - 1;
	return *end.at == 'e' || text_has(c, "1:y1:");
}

struct utp {
	uint8_t type;
	uint16_t connection;
	uint32_t sent_us;
	uint32_t window;
	uint16_t sequence;
	uint16_t ack;
	struct cursor data;
};

static bool read_utp(struct cursor c, struct utp *ret)
{
	uint8_t first = cursor_u8(&c), extension = cursor_u8(&c);

	ret->type = first >> 4;
	ret->connection = cursor_be16(&c);
	ret->sent_us = cursor_be32(&c);
	cursor_skip(&c, 4);
	ret->window = cursor_be32(&c);
	ret->sequence = cursor_be16(&c);
	ret->ack = cursor_be16(&c);
	if ((first & 0x0f) != 1 || ret->type > UTP_SYN)
		return false;
	for (int i = 0; extension != 0 && i < UTP_EXTENSION_MAX; i++) {
		if (extension > 3)
			return false;
		extension = cursor_u8(&c);
		cursor_skip(&c, cursor_u8(&c));
	}
	ret->data = c;
	return !c.is_short && extension == 0 &&
	       (ret->type == UTP_DATA || cursor_left(&c) == 0);
}

/* One side alone: the same connection, a little later, a little further. */
static bool agree_alone(const struct utp *prev, const struct utp *now)
{
	uint32_t passed_us = now->sent_us - prev->sent_us;

	return now->connection == prev->connection &&
	       now->connection != 0 && now->sent_us != 0 &&
	       passed_us > 0 && passed_us < UTP_PAUSE_MAX_US &&
	       now->window >= UTP_WINDOW_MIN && now->ack != 0 &&
	       now->sequence != 0 &&
	       (uint16_t)(now->sequence - prev->sequence) < 8 &&
	       (uint16_t)(now->ack - prev->ack) < 8;
}

/* One side's number of the connection is one more than the other's, and what
 * is acknowledged was sent. */
static bool agree(const struct utp *prev, const struct utp *now,
		  bool same_side)
{
	uint16_t apart = (uint16_t)(now->connection - prev->connection);

	if (same_side)
		return agree_alone(prev, now);
	if (prev->type == UTP_SYN)
		return now->connection == prev->connection &&
		       now->ack == prev->sequence;
	return (apart == 1 || apart == UINT16_MAX) &&
	       (uint16_t)(prev->sequence - now->ack) < 8;
}

static enum hint_verdict match_utp(const struct hint_input *in)
{
	struct cursor earlier = in->earlier, datagram;
	struct utp now, prev;
	bool from_server;
	int alone = 0;

	if (!read_utp(in->payload, &now))
		return HINT_NO;
	if (cursor_match(&now.data, handshake, HANDSHAKE_LEN))
		return HINT_YES;
	while (hint_earlier_next(&earlier, &from_server, &datagram)) {
		bool same_side = from_server == in->from_server;

		if (!read_utp(datagram, &prev) ||
		    !agree(&prev, &now, same_side))
			continue;
		if (!same_side || ++alone == 2)
			return HINT_YES;
	}
	return HINT_MORE;
}

static bool is_tracker_connect(struct cursor c)
{
	return cursor_left(&c) == 16 && cursor_be64(&c) == TRACKER_MAGIC &&
	       cursor_be32(&c) == 0;
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;

	(void)yield;
	if (*c.at == 'd')
		return is_dht(c) ? HINT_YES : HINT_NO;
	if (*c.at == 'B')
		return text_begins(&c, "BT-SEARCH * HTTP/1.") == HINT_YES ?
			HINT_YES : HINT_NO;
	if (is_tracker_connect(c))
		return HINT_YES;
	return match_utp(in);
}

#define BITTORRENT_ABOUT "BitTorrent: peers, uTP, DHT and UDP trackers"

const struct hint hint_bittorrent_tcp = {
	.name = "bittorrent",
	.family = "fileshare",
	.about = BITTORRENT_ABOUT,
	.transport = IPPROTO_TCP,
	.ports = { 6881 },
	.first = BYTES("\x13"),
	.match = tcp_match,
};

const struct hint hint_bittorrent_udp = {
	.name = "bittorrent",
	.family = "fileshare",
	.about = BITTORRENT_ABOUT,
	.transport = IPPROTO_UDP,
	.ports = { 6881, 6771 },
	.first = BYTES("dB\x00\x01\x11\x21\x31\x41"),
	.min = 16,
	.match = udp_match,
};
