/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hex.h - packets written as hexadecimal digits, with optional spaces. */
#ifndef WAYMARK_HEX_H
#define WAYMARK_HEX_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Convert `text` to bytes in a buffer of exact size, which the caller frees. */
static inline uint8_t *hex_bytes(const char *text, size_t *ret_len)
{
	uint8_t *wide = malloc(strlen(text) / 2 + 1);
	uint8_t *exact;
	size_t digits = 0;

	for (; *text != '\0'; text++) {
		if (*text == ' ')
			continue;
		ck_assert_int_ge(hex_digit(*text), 0);
		if (digits % 2 == 0)
			wide[digits / 2] = (uint8_t)(hex_digit(*text) << 4);
		else
			wide[digits / 2] |= (uint8_t)hex_digit(*text);
		digits++;
	}
	ck_assert_uint_eq(digits % 2, 0);
	*ret_len = digits / 2;
	exact = malloc(*ret_len > 0 ? *ret_len : 1);
	memcpy(exact, wide, *ret_len);
	free(wide);
	return exact;
}

/* Copy the first `len` bytes to a buffer of that size, so that ASan detects a
 * read past its end. */
static inline uint8_t *hex_cut(const uint8_t *bytes, size_t len)
{
	uint8_t *cut = malloc(len > 0 ? len : 1);

	memcpy(cut, bytes, len);
	return len > 0 ? cut : (free(cut), NULL);
}

#endif
