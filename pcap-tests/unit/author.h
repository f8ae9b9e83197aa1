/*
 * author.h - policies put together at random, of all that the grammar has,
 * with blanks and comments between the words. The same come every time.
 */
#ifndef WAYMARK_AUTHOR_H
#define WAYMARK_AUTHOR_H

#include <stdint.h>
#include <stdio.h>

/* What is written from now on comes from `seed`, which is not 0. */
void author_begin(uint64_t seed);

/* Write one policy. */
void author_write(FILE *out);

#endif
