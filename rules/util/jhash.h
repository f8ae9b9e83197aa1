/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jhash.h - the jhash of nftables: the kernel and waymark compute the same
 * number for the same flow. Any thread may call it.
 */
#ifndef WAYMARK_JHASH_H
#define WAYMARK_JHASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Hash 32-bit registers with Bob Jenkins' lookup3 (May 2006, public domain,
 * burtleburtle.net/bob/c/lookup3.c, hashword()). The kernel's jhash() in
 * include/linux/jhash.h gives the same for bytes. nftables pads each part of
 * a concatenation to 32-bit registers and keeps the packet's byte order.
 */
uint32_t jhash_words(const uint32_t *words, size_t count, uint32_t seed);

/* Map a hash as `jhash ... mod modulus` does: nft_jhash_eval() scales instead
 * of dividing (reciprocal_scale(), include/linux/kernel.h). */
static inline uint32_t jhash_scale(uint32_t hash, uint32_t modulus)
{
	return (uint32_t)((uint64_t)hash * modulus >> 32);
}

#endif
