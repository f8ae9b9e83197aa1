/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_rtsp.c - RTSP: a request with its version, whose target names the host,
 * or a response (RFC 2326, 6.1 and 7.1; RFC 7826). */
#include "engine/hints/text.h"

#define LINE_LEN_MAX 2048

static enum hint_verdict match_target(struct cursor line,
				      struct hint_yield *yield)
{
	struct cursor target, host;

	target = text_token(&line);
	text_skip_blanks(&line);
	if (text_begins(&line, "RTSP/") != HINT_YES)
		return HINT_NO;
	if (text_begins(&target, "rtsp://") != HINT_YES &&
	    text_begins(&target, "rtsps://") != HINT_YES &&
	    text_begins(&target, "rtspu://") != HINT_YES)
		return HINT_YES;
	host = cursor_of(target.at, 0);
	for (; host.end < target.end && *host.end != '/' &&
	     *host.end != '?'; host.end++)
		if (*host.end == '@')
			host.at = host.end + 1;
	hint_yield_host(yield, host.at, cursor_left(&host));
	return HINT_YES;
}

static enum hint_verdict rtsp_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	static const char *const methods[] = {
		"OPTIONS ", "DESCRIBE ", "ANNOUNCE ", "SETUP ", "PLAY ",
		"PAUSE ", "TEARDOWN ", "GET_PARAMETER ", "SET_PARAMETER ",
		"REDIRECT ", "RECORD ", NULL
	};
	struct cursor c = in->payload, line = c;
	enum hint_verdict verdict = text_begins(&line, "RTSP/1.");

	if (verdict == HINT_NO)
		verdict = text_begins(&line, "RTSP/2.");
	if (verdict != HINT_NO) {
		yield->more = in->from_server;
		return verdict;
	}
	verdict = text_begins_any(&c, methods);
	if (verdict != HINT_YES)
		return verdict;
	if (!text_line(&c, &line))
		return text_is_plain(c) && cursor_left(&c) < LINE_LEN_MAX ?
			HINT_MORE : HINT_NO;
	return match_target(line, yield);
}

const struct hint hint_rtsp = {
	.name = "rtsp",
	.family = "stream",
	.about = "RTSP; the host of the first request",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 554, 8554 },
	.first = BYTES("ODASPTGRodasptgr"),
	.match = rtsp_match,
};
