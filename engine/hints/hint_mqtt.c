/* hint_mqtt.c - MQTT 3.1, 3.1.1 and 5: the CONNECT packet (section 3.1). */
#include "engine/hints/hint.h"

#define CONNECT 0x10

/* One to four bytes, seven bits each. */
static uint32_t read_remaining(struct cursor *c)
{
	uint32_t value = 0;

	for (int shift = 0; shift < 28; shift += 7) {
		uint8_t byte = cursor_u8(c);

		value |= (uint32_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	return 0;
}

static enum hint_verdict mqtt_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	static const struct bytes names[] = {
		BYTES("\0\4MQTT\4"), BYTES("\0\4MQTT\5"), BYTES("\0\6MQIsdp\3"),
	};
	struct cursor c = in->payload;
	uint8_t type = cursor_u8(&c);
	uint32_t remaining = read_remaining(&c);

	(void)yield;
	if (type != CONNECT)
		return HINT_NO;
	if (c.is_short)
		return HINT_MORE;
	if (remaining < 12)
		return HINT_NO;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = names[i].len;

		if (cursor_left(&c) < len) {
			if (memcmp(c.at, names[i].data, cursor_left(&c)) == 0)
				return HINT_MORE;
		} else if (memcmp(c.at, names[i].data, len) == 0) {
			return HINT_YES;
		}
	}
	return HINT_NO;
}

const struct hint hint_mqtt = {
	.name = "mqtt",
	.about = "MQTT: messages of things",
	.transport = IPPROTO_TCP,
	.sides = HINT_CLIENT,
	.ports = { 1883 },
	.first = BYTES("\x10"),
	.match = mqtt_match,
};
