/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random_text.c - write random policies, see random_text.h. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>

#include "random_text.h"

static uint64_t state = 1;
char random_text[RANDOM_TEXT_MAX];
static size_t used;

void random_seed(uint64_t seed)
{
	state = seed;
}

uint64_t random_state(void)
{
	return state;
}

/* Marsaglia's xorshift64. */
uint32_t pick(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % n;
}

void random_text_begin(void)
{
	used = 0;
}

size_t random_text_len(void)
{
	return used;
}

void put(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	used += (size_t)vsnprintf(random_text + used, RANDOM_TEXT_MAX - used,
				  format, args);
	va_end(args);
	ck_assert_uint_lt(used, RANDOM_TEXT_MAX);
}

void put_condition(unsigned int depth, void (*put_header)(void),
		   void (*put_payload)(void))
{
	unsigned int terms = 1 + pick(3);
	const char *join = pick(3) == 0 ? "or" : "and";

	for (unsigned int i = 0; i < terms; i++) {
		if (i > 0)
			put(" %s ", join);
		if (pick(5) == 0)
			put("not ");
		put("(");
		if (depth > 0 && pick(3) == 0)
			put_condition(depth - 1, put_header, put_payload);
		else if (pick(7) == 0)
			put("class%u", pick(3));
		else if (pick(5) < 3)
			put_header();
		else
			put_payload();
		put(")");
	}
}
