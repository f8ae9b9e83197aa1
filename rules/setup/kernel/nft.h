/*
 * nft.h - libnftables: run a script, or see whether the kernel would take it.
 */
#ifndef WAYMARK_SETUP_NFT_H
#define WAYMARK_SETUP_NFT_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/setup/kernel/set_error.h"

/* Of family inet. */
#define NFT_TABLE "waymark"
/* The table's comment, by which we know it again. */
#define NFT_COMMENT "made by waymark"

/* One transaction: all of it or nothing. 0 or -errno with a sentence. */
int nft_run(const char *script, char error[static SETUP_ERROR_MAX]);
/* Whether it would go through; changes nothing. */
int nft_check(const char *script, char error[static SETUP_ERROR_MAX]);

/* What a command prints; NULL when it fails. The caller frees it. */
char *nft_read(const char *command);

/* Whether the kernel has nft's own `queue` expression. */
bool nft_has_queue(void);

/* FNV-1a, 64 bits: to see that something is what we know. */
#define NFT_HASH_START 0xcbf29ce484222325u
#define NFT_HASH_PRIME 0x100000001b3u
uint64_t nft_hash(const char *text);

#endif
