/*
 * random_policy.h - policies put together at random, of all that the grammar has,
 * with blanks and comments between the words. The same come every time.
 */
#ifndef WAYMARK_RANDOM_POLICY_H
#define WAYMARK_RANDOM_POLICY_H

#include <stdint.h>
#include <stdio.h>

/* What is written from now on comes from `seed`, which is not 0. */
void random_policy_seed(uint64_t seed);

/* Write one policy. */
void random_policy_write(FILE *out);

#endif
