/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_mqtt.c - MQTT 3.1, 3.1.1 and 5: the CONNECT packet (section 3.1), or
 * packets of a later moment that the other side has answered.
 */
#include "engine/hints/hint.h"

enum packet_type {		/* with their fixed flags (section 2.2) */
	CONNECT = 0x10,
	CONNACK = 0x20,
	PUBLISH_1 = 0x32,	/* quality of service 1 */
	PUBACK = 0x40,
	SUBSCRIBE = 0x82,
	SUBACK = 0x90,
	PINGREQ = 0xc0,
	PINGRESP = 0xd0,
};

struct packet {
	uint8_t type;
	struct cursor body;
};

/* One to four bytes, seven bits each (section 2.2.3). */
static uint32_t read_remaining(struct cursor *c)
{
	uint32_t value = 0;

	for (int shift = 0; shift < 28; shift += 7) {
		uint8_t byte = cursor_u8(c);

		value |= (uint32_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	cursor_skip(c, SIZE_MAX);
	return 0;
}

static bool read_packet(struct cursor *c, struct packet *ret)
{
	uint32_t len;

	ret->type = cursor_u8(c);
	len = read_remaining(c);
	ret->body = cursor_take(c, len);
	return !c->is_short;
}

static enum hint_verdict match_connect(struct cursor c)
{
	static const struct bytes names[] = {
		BYTES("\0\4MQTT\4"), BYTES("\0\4MQTT\5"), BYTES("\0\6MQIsdp\3"),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = names[i].len;

		if (cursor_left(&c) < len) {
			if (cursor_left(&c) == 0 ||
			    memcmp(c.at, names[i].data, cursor_left(&c)) == 0)
				return HINT_MORE;
		} else if (memcmp(c.at, names[i].data, len) == 0) {
			return HINT_YES;
		}
	}
	return HINT_NO;
}

/* The number that an answer refers to: behind the topic in a PUBLISH. */
static uint16_t number_of(struct packet packet)
{
	if (packet.type == PUBLISH_1)
		cursor_skip(&packet.body, cursor_be16(&packet.body));
	return cursor_be16(&packet.body);
}

static bool is_answered(const struct packet *asked,
			const struct packet *answer)
{
	if (asked->type == PINGREQ)
		return answer->type == PINGRESP &&
		       cursor_left(&asked->body) == 0 &&
		       cursor_left(&answer->body) == 0;
	if (asked->type == SUBSCRIBE ? answer->type != SUBACK :
				       answer->type != PUBACK)
		return false;
	return number_of(*asked) != 0 &&
	       number_of(*asked) == number_of(*answer);
}

static bool is_request(uint8_t type)
{
	return type == PINGREQ || type == SUBSCRIBE || type == PUBLISH_1;
}

/* Whether some request of one side is answered by the other, and both are
 * whole packets as far as that. */
static bool has_answer(struct cursor asking, struct cursor answering)
{
	struct packet asked, answer;

	while (cursor_left(&asking) > 0 && read_packet(&asking, &asked)) {
		struct cursor c = answering;

		if (!is_request(asked.type))
			continue;
		while (cursor_left(&c) > 0 && read_packet(&c, &answer))
			if (is_answered(&asked, &answer))
				return true;
	}
	return false;
}

/* Whether all that has come may be packets: none of a type that is none. */
static bool may_be_packets(struct cursor c)
{
	while (cursor_left(&c) > 0) {
		uint8_t type = *c.at;
		struct packet packet;

		if (type >> 4 == 0 || type >> 4 == 15)
			return false;
		if (type == CONNACK && cursor_left(&c) >= 2 &&
		    (c.at[1] < 2 || c.at[1] > 0x7f))
			return false;
		if (!read_packet(&c, &packet))
			return true;
	}
	return true;
}

static enum hint_verdict mqtt_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;
	uint8_t type = cursor_u8(&c);
	uint32_t remaining = read_remaining(&c);

	(void)yield;
	if (type == CONNECT) {
		if (c.is_short)
			return HINT_MORE;
		return remaining < 10 ? HINT_NO : match_connect(c);
	}
	if (has_answer(in->payload, in->opposite) ||
	    has_answer(in->opposite, in->payload))
		return HINT_YES;
	return may_be_packets(in->payload) ? HINT_MORE : HINT_NO;
}

const struct hint hint_mqtt = {
	.name = "mqtt",
	.about = "MQTT: IoT messaging",
	.transport = IPPROTO_TCP,
	.ports = { 1883 },
	.first = BYTES("\x10\x20\x30\x32\x40\x82\x90\xc0\xd0"),
	.match = mqtt_match,
};
