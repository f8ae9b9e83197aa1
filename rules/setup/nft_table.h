/*
 * nft_table.h - `table inet waymark` as the kernel has it.
 *
 * It is asked by netlink and not by libnftables, which would take queue rules
 * made of an xtables target for something that it does not know.
 */
#ifndef WAYMARK_SETUP_NFT_TABLE_H
#define WAYMARK_SETUP_NFT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/setup/counters.h"

struct nft_table {
	bool exists;
	bool is_ours;		/* it has our comment */
	/* Of all that is in it, handles included: it changes with whatever
	 * anybody changes there. */
	uint64_t hash;
	char **chains;
	size_t chain_count;
	char **sets;		/* those with a name */
	size_t set_count;
	struct counters counters;
};

/* 0 or -errno; nft_table_fini in both cases. */
int nft_table_read(struct nft_table *table);
void nft_table_fini(struct nft_table *table);
bool nft_table_has_chain(const struct nft_table *table, const char *name);

#endif
