/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random_text.h - choose at random, the same in every run, and write policies
 * piece by piece. */
#ifndef WAYMARK_RANDOM_TEXT_H
#define WAYMARK_RANDOM_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Restart the generator; `seed` is not 0. */
void random_seed(uint64_t seed);
uint64_t random_state(void);
/* A number below `n`. */
uint32_t pick(uint32_t n);
#define PICK(words) ((words)[pick(ROWS(words))])

/* The text so far; the next random_text_begin() starts it again. */
extern char random_text[];
#define RANDOM_TEXT_MAX (1 << 17)
void random_text_begin(void);
size_t random_text_len(void);
__attribute__((format(printf, 1, 2))) void put(const char *format, ...);

/* Write terms joined by `and` or `or`, some of them negated or nested up to
 * `depth`: class0 to class2, or what the functions write. */
void put_condition(unsigned int depth, void (*put_header)(void),
		   void (*put_payload)(void));

#endif
