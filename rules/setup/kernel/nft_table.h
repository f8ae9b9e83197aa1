/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft_table.h - read `table inet waymark` from the kernel.
 *
 * It is read via netlink, because libnftables cannot parse queue rules that are
 * made of an xtables target.
 */
#ifndef WAYMARK_SETUP_NFT_TABLE_H
#define WAYMARK_SETUP_NFT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/setup/kernel/counters.h"

/* The hash that was read at this generation of the kernel's ruleset (of all
 * tables); 0: unknown. */
struct nft_known {
	uint32_t generation;
	uint64_t hash;
};

/* The kernel does not report the number. */
#define NFT_TABLE_UNCOUNTED UINT32_MAX
/* Packets add and remove elements. */
#define NFT_TABLE_DYNAMIC (UINT32_MAX - 1)

struct nft_table {
	uint32_t generation;	/* when the read began */
	bool exists;
	bool is_ours;		/* it has our comment */
	bool has_owner;		/* only one socket may change it, */
	uint32_t owner;		/* with this netlink port */
	/* Of the whole content, handles included, so that it changes with
	 * every modification. */
	uint64_t hash;
	char **chains;
	size_t chain_count;
	char **sets;		/* named ones */
	size_t set_count;
	uint32_t *set_elements;	/* of each, or as above */
	char **whole;		/* big sets with the content they claim */
	size_t whole_count;
	struct counters counters;
};

/*
 * Read the table. Elements of sets are skipped while the generation is that of
 * `known`, which may be NULL. 0 or -errno; nft_table_fini in both cases.
 */
int nft_table_read(struct nft_table *table, const struct nft_known *known);
void nft_table_fini(struct nft_table *table);
bool nft_table_has_whole(const struct nft_table *table, const char *name);
bool nft_table_has_chain(const struct nft_table *table, const char *name);

#endif
