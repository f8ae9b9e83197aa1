/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text.c - lines, words and STARTTLS, for the hints of text protocols. */
#include <strings.h>

#include "engine/hints/client_hello.h"
#include "engine/hints/http.h"
#include "engine/hints/text.h"

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool text_line(struct cursor *text, struct cursor *ret_line)
{
	size_t left = cursor_left(text);
	const uint8_t *end = left > 0 ? memchr(text->at, '\n', left) : NULL;
	size_t len;

	if (end == NULL)
		return false;
	len = (size_t)(end - text->at);
	if (len > 0 && end[-1] == '\r')
		len--;
	*ret_line = cursor_of(text->at, len);
	text->at = end + 1;
	return true;
}

enum hint_verdict text_begins(struct cursor *text, const char *word)
{
	size_t i;

	for (i = 0; word[i] != '\0'; i++) {
		if (i == cursor_left(text))
			return HINT_MORE;
		if (lower(text->at[i]) != lower((uint8_t)word[i]))
			return HINT_NO;
	}
	text->at += i;
	return HINT_YES;
}

enum hint_verdict text_begins_any(struct cursor *text,
				  const char *const words[])
{
	enum hint_verdict best = HINT_NO;

	for (; *words != NULL; words++) {
		enum hint_verdict verdict = text_begins(text, *words);

		if (verdict == HINT_YES)
			return HINT_YES;
		if (verdict == HINT_MORE)
			best = HINT_MORE;
	}
	return best;
}

bool text_is_command(struct cursor line, const char *const words[])
{
	for (; *words != NULL; words++) {
		struct cursor rest = line;

		if (text_begins(&rest, *words) == HINT_YES &&
		    (cursor_left(&rest) == 0 || *rest.at == ' '))
			return true;
	}
	return false;
}

bool text_has(struct cursor line, const char *needle)
{
	for (; cursor_left(&line) > 0; line.at++) {
		struct cursor rest = line;

		if (text_begins(&rest, needle) == HINT_YES)
			return true;
	}
	return false;
}

bool text_is_plain(struct cursor text)
{
	for (; cursor_left(&text) > 0; text.at++)
		if (*text.at == 0x7f ||
		    (*text.at < ' ' && *text.at != '\t' &&
		     *text.at != '\r' && *text.at != '\n'))
			return false;
	return true;
}

void text_skip_blanks(struct cursor *text)
{
	while (cursor_left(text) > 0 && (*text->at == ' ' || *text->at == '\t'))
		text->at++;
}

struct cursor text_token(struct cursor *text)
{
	const uint8_t *start = text->at;

	while (cursor_left(text) > 0 && *text->at > ' ')
		text->at++;
	return cursor_of(start, (size_t)(text->at - start));
}

size_t text_digits(struct cursor *text, size_t max, uint32_t *ret_value)
{
	uint32_t value = 0;
	size_t count = 0;

	while (count < max && cursor_left(text) > 0 &&
	       *text->at >= '0' && *text->at <= '9') {
		value = value * 10 + (*text->at++ - '0');
		count++;
	}
	*ret_value = value;
	return count;
}

enum hint_verdict text_starttls(const struct hint_input *in,
				struct cursor rest, struct hint_yield *yield)
{
	yield->more = client_hello_stream(rest, in->scratch, yield) ==
		      HINT_MORE || yield->more;
	return HINT_YES;
}

enum hint_verdict text_tunnel(const struct hint_input *in, struct cursor rest,
			      const char *address, struct hint_yield *yield)
{
	enum hint_verdict verdict;
	uint8_t app = yield->app;

	yield->more = false;
	verdict = client_hello_stream(rest, in->scratch, yield);
	yield->app = app;
	if (verdict == HINT_NO)
		verdict = http_request(in, rest, yield);
	if (verdict == HINT_MORE)
		yield->more = true;
	else if (yield->host_len == 0 && !yield->more && address != NULL)
		hint_yield_host(yield, address, strlen(address));
	return HINT_YES;
}
