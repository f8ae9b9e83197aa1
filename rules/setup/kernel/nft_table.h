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

#include "rules/setup/kernel/counters.h"

/* What was read when the kernel's ruleset, of all tables, was at this
 * generation; 0: not known. */
struct nft_known {
	uint32_t generation;
	uint64_t hash;
};

/* The kernel does not tell. */
#define NFT_TABLE_UNCOUNTED UINT32_MAX

struct nft_table {
	uint32_t generation;	/* at least: of what was read */
	bool exists;
	bool is_ours;		/* it has our comment */
	/* Of all that is in it, handles included: it changes with whatever
	 * anybody changes there. */
	uint64_t hash;
	char **chains;
	size_t chain_count;
	char **sets;		/* those with a name */
	size_t set_count;
	uint32_t *set_elements;	/* of each; NFT_TABLE_UNCOUNTED */
	char **whole;		/* big sets among them, with what they name */
	size_t whole_count;
	struct counters counters;
};

/*
 * What is in sets is not read again while the generation is the one that is
 * `known`, which may be NULL. 0 or -errno; nft_table_fini in both cases.
 */
int nft_table_read(struct nft_table *table, const struct nft_known *known);
void nft_table_fini(struct nft_table *table);
bool nft_table_has_whole(const struct nft_table *table, const char *name);
bool nft_table_has_chain(const struct nft_table *table, const char *name);

#endif
