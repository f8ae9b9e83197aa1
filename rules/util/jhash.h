/*
 * jhash.h - the hash that nftables calls jhash, so that the kernel and we
 * come to the same number for the same flow. Any thread may call it.
 */
#ifndef WAYMARK_JHASH_H
#define WAYMARK_JHASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bob Jenkins' lookup3 (May 2006, in the public domain,
 * burtleburtle.net/bob/c/lookup3.c, hashword()) over registers of 32 bits, as
 * the kernel has it for bytes in jhash() of include/linux/jhash.h: nftables
 * pads each part of a concatenation to whole registers, in the order in which
 * its bytes lie in the packet.
 */
uint32_t jhash_words(const uint32_t *words, size_t count, uint32_t seed);

/* What `jhash ... mod modulus` makes of it: nft_jhash_eval() scales instead of
 * dividing (reciprocal_scale(), include/linux/kernel.h). */
static inline uint32_t jhash_scale(uint32_t hash, uint32_t modulus)
{
	return (uint32_t)((uint64_t)hash * modulus >> 32);
}

#endif
