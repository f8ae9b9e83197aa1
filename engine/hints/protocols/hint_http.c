/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_http.c - HTTP/1 requests and responses (RFC 9112), WebDAV and whatever
 * other methods there are, and the preface of HTTP/2 (RFC 9113, 3.4).
 */
#include "engine/hints/http.h"
#include "engine/hints/http2.h"
#include "engine/hints/text.h"

/* In a yield's `app`. */
enum { WEBSOCKET = 1 };

#define METHOD_MAX 24		/* UPDATEREDIRECTREF is the longest that IANA
				 * has, with room to spare */

static bool is_method(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* "HTTP/1.1 200 OK" */
static enum hint_verdict match_response(struct cursor c)
{
	enum hint_verdict verdict = text_begins(&c, "HTTP/1.");
	uint32_t value;

	if (verdict != HINT_YES)
		return verdict;
	if (cursor_left(&c) < 5)
		return HINT_MORE;
	if (text_digits(&c, 1, &value) != 1 || !cursor_match(&c, " ", 1))
		return HINT_NO;
	return text_digits(&c, 3, &value) == 3 ? HINT_YES : HINT_NO;
}

/* The authority of "http://user@host:port/path", and that of CONNECT. */
static struct cursor target_host(struct cursor target, bool is_connect)
{
	const uint8_t *scheme = NULL;

	if (!is_connect) {
		for (const uint8_t *at = target.at; at + 3 <= target.end; at++)
			if (memcmp(at, "://", 3) == 0) {
				scheme = at;
				break;
			}
		if (target.at == target.end || *target.at == '/' ||
		    scheme == NULL)
			return cursor_of(target.end, 0);
		target.at = scheme + 3;
	}
	for (const uint8_t *at = target.at; at < target.end; at++) {
		if (*at == '/' || *at == '?' || *at == '#') {
			target.end = at;
			break;
		}
		if (*at == '@')
			target.at = at + 1;
	}
	return target;
}

/* RFC 9112, 3.2: a target's own authority counts before the field. */
static void read_fields(struct cursor c, struct hint_yield *yield)
{
	struct cursor line;

	while (text_line(&c, &line)) {
		if (cursor_left(&line) == 0)
			return;
		if (text_begins(&line, "Host") != HINT_YES)
			continue;
		text_skip_blanks(&line);
		if (!cursor_match(&line, ":", 1))
			continue;
		text_skip_blanks(&line);
		while (cursor_left(&line) > 0 && line.end[-1] <= ' ')
			line.end--;
		hint_yield_host(yield, line.at, cursor_left(&line));
		return;
	}
	yield->more = true;
}

/* RFC 6455, 4.1: the request that opens a websocket. */
static bool asks_websocket(struct cursor c)
{
	struct cursor line;

	while (text_line(&c, &line) && cursor_left(&line) > 0) {
		if (text_begins(&line, "Upgrade") != HINT_YES)
			continue;
		text_skip_blanks(&line);
		if (!cursor_match(&line, ":", 1))
			continue;
		text_skip_blanks(&line);
		return text_begins(&line, "websocket") == HINT_YES;
	}
	return false;
}

/* `version` is what stands last in the request line. */
static bool is_version(struct cursor version)
{
	return cursor_left(&version) == 8 &&
	       text_begins(&version, "HTTP/1.") == HINT_YES &&
	       *version.at >= '0' && *version.at <= '9';
}

/* An incomplete line: nothing in it may be out of place. */
static enum hint_verdict match_cut(struct cursor line)
{
	return text_is_plain(line) ? HINT_MORE : HINT_NO;
}

static bool is_address(const struct hint_yield *yield)
{
	const char *host = yield->host;

	if (memchr(host, ':', yield->host_len) != NULL)
		return true;
	return yield->host_len > 0 &&
	       strspn(host, "0123456789.") == yield->host_len;
}

/*
 * A CONNECT that names an address: the host is in what the client sends
 * through the tunnel, after the request's empty line.
 */
static void read_tunnel(const struct hint_input *in, struct cursor c,
			struct hint_yield *yield)
{
	char address[DOMAIN_MAX + 1];
	struct cursor line;

	memcpy(address, yield->host, yield->host_len + 1u);
	yield->host_len = 0;
	yield->host[0] = '\0';
	while (text_line(&c, &line))
		if (cursor_left(&line) == 0) {
			text_tunnel(in, c, address, yield);
			return;
		}
	yield->more = true;
}

/* `line` begins with the target. */
static enum hint_verdict match_target(struct cursor line, bool is_connect,
				      struct cursor rest,
				      struct hint_yield *yield)
{
	struct cursor target, host, version;

	text_skip_blanks(&line);
	target = cursor_of(line.at, cursor_left(&line));
	while (target.end > target.at && target.end[-1] <= ' ')
		target.end--;
	version = target;
	version.at = target.end;
	while (version.at > target.at && version.at[-1] > ' ')
		version.at--;
	if (!is_version(version))
		return HINT_NO;
	target.end = version.at;
	while (target.end > target.at && target.end[-1] <= ' ')
		target.end--;
	if (cursor_left(&target) == 0)
		return HINT_NO;
	host = target_host(target, is_connect);
	hint_yield_host(yield, host.at, cursor_left(&host));
	if (yield->host_len == 0)
		read_fields(rest, yield);
	if (asks_websocket(rest))
		yield->app = WEBSOCKET;
	return HINT_YES;
}

static enum hint_verdict match_request(const struct hint_input *in,
				       struct cursor c,
				       struct hint_yield *yield)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	struct cursor line = c, method, rest;

	if (cursor_match(&line, preface, sizeof(preface) - 1)) {
		http2_host(line, in->scratch, yield);
		return HINT_YES;
	}
	if (cursor_left(&c) < sizeof(preface) - 1 &&
	    memcmp(c.at, preface, cursor_left(&c)) == 0)
		return HINT_MORE;

	rest = c;
	if (!text_line(&rest, &line))
		line = c;
	method = line;
	while (cursor_left(&line) > 0 && is_method(*line.at))
		line.at++;
	method.end = line.at;
	if (cursor_left(&method) > METHOD_MAX)
		return HINT_NO;
	if (cursor_left(&line) == 0)
		return rest.at == c.at ? HINT_MORE : HINT_NO;
	if (cursor_left(&method) < 3 || *line.at != ' ')
		return HINT_NO;
	if (rest.at == c.at)
		return match_cut(line);
	return match_target(line, cursor_match(&method, "CONNECT", 7), rest,
			    yield);
}

enum hint_verdict http_request(const struct hint_input *in, struct cursor c,
			       struct hint_yield *yield)
{
	uint8_t app = yield->app;
	enum hint_verdict verdict = match_request(in, c, yield);

	yield->app = app;
	return verdict;
}

/* A request to a proxy may name an address, and the host in the tunnel. */
static enum hint_verdict match_proxied(const struct hint_input *in,
				       struct cursor c,
				       struct hint_yield *yield)
{
	enum hint_verdict verdict = match_request(in, c, yield);
	struct cursor line;

	if (verdict != HINT_YES || !cursor_match(&c, "CONNECT ", 8) ||
	    !is_address(yield) || !text_line(&c, &line))
		return verdict;
	read_tunnel(in, c, yield);
	return HINT_YES;
}

/* HTTP/0.9: a page in answer to "GET /" and nothing more (RFC 1945, 4.1). */
static enum hint_verdict match_simple(struct cursor request)
{
	struct cursor line;

	if (!text_line(&request, &line) ||
	    !cursor_match(&line, "GET /", 5) || !text_is_plain(line))
		return HINT_NO;
	return memchr(line.at, ' ', cursor_left(&line)) == NULL ?
		HINT_YES : HINT_NO;
}

static enum hint_verdict http_match(const struct hint_input *in,
				    struct hint_yield *yield)
{
	struct cursor c = in->payload;
	enum hint_verdict verdict;

	/* RFC 9112, 2.2: an empty line before the request is passed over. */
	while (cursor_left(&c) > 0 && (*c.at == '\r' || *c.at == '\n'))
		c.at++;
	if (c.at > in->payload.at + 4)
		return HINT_NO;
	if (cursor_left(&c) == 0)
		return HINT_MORE;

	verdict = match_response(c);
	if (verdict != HINT_NO) {
		/* The request, which names the host, may still come from the
		 * other side. */
		yield->more = true;
		return verdict;
	}
	if (*c.at == '<')
		return match_simple(in->opposite);
	return match_proxied(in, c, yield);
}

static const struct hint_app also[] = {
	[WEBSOCKET - 1] = { "websocket", "web",
			    "an HTTP/1 request to upgrade; its host" },
	{ NULL, NULL, NULL },
};

const struct hint hint_http = {
	.name = "http",
	.also = also,
	.covers_also = true,
	.family = "web",
	.about = "HTTP/1, HTTP/2 without TLS; the first request's host",
	.transport = IPPROTO_TCP,
	.yields_host = true,
	.ports = { 80, 8080, 8000, 3128, 8008, 8081, 8888, 5985 },
	.first = BYTES("ABCDEFGHIJKLMNOPQRSTUVWXYZ<\r\n"),
	.match = http_match,
};
