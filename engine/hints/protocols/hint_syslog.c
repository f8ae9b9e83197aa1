/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_syslog.c - syslog: a priority in angle brackets, then a version
 * (RFC 5424, 6) or a date (RFC 3164, 4.1.2). Without either it takes two
 * messages. Over TCP a length may come first (RFC 6587, 3.4.1).
 */
#include "engine/hints/text.h"

#define PRIORITY_MAX 191

/* "Oct", "1 2016-", "2016-": a time. */
static bool is_time(struct cursor c)
{
	static const char *const months[] = {
		"Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ",
		"Aug ", "Sep ", "Oct ", "Nov ", "Dec ", NULL
	};
	struct cursor date = c;
	uint32_t value;

	text_skip_blanks(&c);
	if (text_begins_any(&c, months) == HINT_YES)
		return true;
	if (cursor_match(&date, "1 - ", 4))
		return true;
	cursor_match(&date, "1 ", 2);
	return text_digits(&date, 4, &value) == 4 && value >= 1970 &&
	       value < 2200 && cursor_match(&date, "-", 1);
}

static enum hint_verdict read_priority(struct cursor *c)
{
	uint32_t priority;
	size_t digits;

	if (!cursor_match(c, "<", 1))
		return cursor_left(c) == 0 ? HINT_MORE : HINT_NO;
	digits = text_digits(c, 3, &priority);
	if (cursor_left(c) == 0)
		return HINT_MORE;
	if (digits == 0 || priority > PRIORITY_MAX ||
	    !cursor_match(c, ">", 1))
		return HINT_NO;
	return HINT_YES;
}

static enum hint_verdict udp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload, earlier = in->earlier, datagram;
	bool from_server;

	(void)yield;
	if (read_priority(&c) != HINT_YES)
		return HINT_NO;
	if (is_time(c))
		return HINT_YES;
	while (cursor_left(&c) > 0 && c.end[-1] == '\0')
		c.end--;
	if (cursor_left(&c) == 0 || !text_is_plain(c))
		return HINT_NO;
	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if (read_priority(&datagram) == HINT_YES)
			return HINT_YES;
	return HINT_MORE;
}

static enum hint_verdict tcp_match(const struct hint_input *in,
				   struct hint_yield *yield)
{
	struct cursor c = in->payload;
	enum hint_verdict verdict;
	uint32_t len;

	(void)yield;
	if (text_digits(&c, 5, &len) != 0) {
		if (cursor_left(&c) == 0)
			return HINT_MORE;
		if (!cursor_match(&c, " ", 1))
			return HINT_NO;
	}
	verdict = read_priority(&c);
	if (verdict != HINT_YES)
		return verdict;
	if (cursor_left(&c) < 8)
		return text_is_plain(c) ? HINT_MORE : HINT_NO;
	return is_time(c) ? HINT_YES : HINT_NO;
}

const struct hint hint_syslog_udp = {
	.name = "syslog",
	.family = "infra",
	.about = "syslog",
	.transport = IPPROTO_UDP,
	.ports = { 514 },
	.first = BYTES("<"),
	.min = 4,
	.match = udp_match,
};

const struct hint hint_syslog_tcp = {
	.name = "syslog",
	.family = "infra",
	.about = "syslog",
	.transport = IPPROTO_TCP,
	.sides = HINT_CLIENT,
	.ports = { 514, 601 },
	.first = BYTES("<123456789"),
	.match = tcp_match,
};
