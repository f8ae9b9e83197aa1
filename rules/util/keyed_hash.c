/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keyed_hash.c - generate hash keys. */
#include "rules/util/keyed_hash.h"

#include <errno.h>
#include <sys/random.h>

int keyed_hash_init(struct keyed_hash *key, bool fixed)
{
	*key = (struct keyed_hash){ 0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u,
				    0x94d049bb133111ebu };
	if (!fixed && getrandom(key, sizeof(*key), 0) != sizeof(*key))
		return -EIO;
	/* Multiplication by an even factor loses a bit. */
	key->factor |= 1;
	key->last_factor |= 1;
	return 0;
}
