/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random_policy.h - generate random policies that use the whole grammar, with
 * random blanks and comments. A seed always gives the same policies. */
#ifndef WAYMARK_RANDOM_POLICY_H
#define WAYMARK_RANDOM_POLICY_H

#include <stdint.h>
#include <stdio.h>

/* Restart the generator; `seed` is not 0. */
void random_policy_seed(uint64_t seed);

/* Write one policy. */
void random_policy_write(FILE *out);

#endif
