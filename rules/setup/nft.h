/*
 * nft.h - libnftables: run a script, look at our table, probe the kernel.
 */
#ifndef WAYMARK_SETUP_NFT_H
#define WAYMARK_SETUP_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/setup/fault.h"

#define NFT_TABLE "waymark"
/* The table's comment, by which we know it again. */
#define NFT_COMMENT "made by waymark"

/* `table inet waymark` as it is. */
struct nft_table {
	bool exists;
	bool is_ours;
	uint64_t hash;		/* of its listing */
	char **chains;
	size_t chain_count;
};

/* 0 or -errno with a sentence; nft_table_fini in both cases. */
int nft_table_read(struct nft_table *table,
		   char error[static SETUP_ERROR_MAX]);
void nft_table_fini(struct nft_table *table);
bool nft_table_has_chain(const struct nft_table *table, const char *name);

/* The table's listing, as nft prints it, into the struct. */
int nft_table_parse(const char *listing, struct nft_table *table);

/* One transaction: all of it or nothing. */
int nft_run(const char *script, char error[static SETUP_ERROR_MAX]);
/* Whether it would go through; changes nothing. */
int nft_check(const char *script, char error[static SETUP_ERROR_MAX]);

/* Whether the kernel has nft's own `queue` expression. */
bool nft_has_queue(void);

/* FNV-1a, 64 bits: to see that a text is the one we know. */
uint64_t nft_hash(const char *text);

#endif
