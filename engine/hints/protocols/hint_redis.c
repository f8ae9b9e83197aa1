/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint_redis.c - Redis: a command is an array of strings with their lengths
 * (the RESP protocol). A command in plain words counts with its answer.
 */
#include "engine/hints/text.h"

#define ARGUMENTS_MAX 1000000
#define COMMAND_MAX 32

/* "*3\r\n": the number behind `mark`. */
static enum hint_verdict read_count(struct cursor *c, const char *mark,
				    uint32_t *ret_count)
{
	struct cursor line;
	size_t digits;

	if (cursor_left(c) == 0)
		return HINT_MORE;
	if (!cursor_match(c, mark, 1))
		return HINT_NO;
	digits = text_digits(c, 7, ret_count);
	if (cursor_left(c) == 0)
		return HINT_MORE;
	if (digits == 0 || (*c->at != '\r' && *c->at != '\n'))
		return HINT_NO;
	if (cursor_left(c) == 1 && *c->at == '\r')
		return HINT_MORE;
	return text_line(c, &line) && cursor_left(&line) == 0 ?
		HINT_YES : HINT_NO;
}

static bool is_letter(uint8_t letter)
{
	return (letter >= 'A' && letter <= 'Z') ||
	       (letter >= 'a' && letter <= 'z') || letter == '.' ||
	       letter == '_' || letter == '-';
}

static enum hint_verdict match_array(struct cursor c)
{
	uint32_t count, len;
	enum hint_verdict verdict = read_count(&c, "*", &count);

	if (verdict != HINT_YES)
		return verdict;
	if (count == 0 || count > ARGUMENTS_MAX)
		return HINT_NO;
	verdict = read_count(&c, "$", &len);
	if (verdict != HINT_YES)
		return verdict;
	if (len < 2 || len > COMMAND_MAX)
		return HINT_NO;
	for (uint32_t i = 0; i < len; i++) {
		uint8_t letter = cursor_u8(&c);

		if (c.is_short)
			return HINT_MORE;
		if (!is_letter(letter))
			return HINT_NO;
	}
	if (cursor_left(&c) < 2)
		return HINT_MORE;
	return cursor_match(&c, "\r\n", 2) ? HINT_YES : HINT_NO;
}

static enum hint_verdict match_inline(const struct hint_input *in)
{
	static const char *const commands[] = {
		"PING", "INFO", "AUTH", "SELECT", "CONFIG", "CLIENT", "PSYNC",
		"REPLCONF", "MONITOR", "SYNC", "DBSIZE", "SET", "GET", NULL
	};
	static const char *const answers[] = {
		"+PONG\r\n", "+OK\r\n", "$", ":", "-ERR ", "-NOAUTH ",
		"-DENIED ", "-WRONGPASS", "+FULLRESYNC", NULL
	};
	struct cursor c = in->payload, line, answer = in->opposite;

	if (!text_line(&c, &line))
		return cursor_left(&c) < 128 && text_is_plain(c) ?
			HINT_MORE : HINT_NO;
	if (!text_is_command(line, commands))
		return HINT_NO;
	return cursor_left(&answer) == 0 ? HINT_MORE :
		text_begins_any(&answer, answers);
}

static enum hint_verdict redis_match(const struct hint_input *in,
				     struct hint_yield *yield)
{
	(void)yield;
	return in->payload.at[0] == '*' ? match_array(in->payload) :
					  match_inline(in);
}

const struct hint hint_redis = {
	.name = "redis",
	.family = "database",
	.about = "Redis and its relatives",
	.transport = IPPROTO_TCP,
	.sides = HINT_CLIENT,
	.ports = { 6379 },
	.first = BYTES("*PIASCRMDGpiascrmdg"),
	.match = redis_match,
};
