/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * big_set.h - load address lists that are too long for an nft script.
 *
 * Each is a set that is filled in one transaction before the rules that refer
 * to it. Its name contains a checksum of the elements, so that a set which
 * exists need not be loaded again when the rest of the ruleset changes.
 */
#ifndef WAYMARK_SETUP_BIG_SET_H
#define WAYMARK_SETUP_BIG_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rules/tables/address.h"
#include "rules/setup/kernel/set_error.h"

struct nft_table;
struct plan;

/* Lists of more ranges than this. */
#define BIG_SET_ABOVE 1024
#define BIG_SET_NAME_MAX 48

struct big_set {
	char name[BIG_SET_NAME_MAX];
	bool is_v6;
	/* The first and the last address of each range, in order. */
	const struct address *pairs;
	size_t count;		/* of ranges */
	/* One of the plan's exempt sets, or of its offload's. */
	bool is_exempt;
	size_t number;
};

/* Fill plan->bigs. 0 or -ENOMEM. */
int big_sets_find(struct plan *plan);
/* Find a list's set; NULL: the list is not long. */
const struct big_set *big_set_of(const struct plan *plan, bool is_exempt,
				 size_t number, bool is_v6);

/* Whether the plan has a set of that name. */
bool big_sets_have(const struct plan *plan, const char *name);
/* The content that a name claims. */
struct big_set_claim {
	uint64_t sum;
	uint32_t elements;
};

/* Whether the name has the form of a big set's. */
bool big_set_is(const char *name, struct big_set_claim *ret_claim);
/* The kernel's dump of elements takes quadratic time: beyond this many only
 * their number is compared. */
#define BIG_SET_READ_MAX 32768
/* The number that the kernel reports (NFTA_SET_COUNT, Linux 6.17): ranges. */
uint32_t big_set_count(const struct big_set_claim *claim);
/* Call `each` for the elements as nft encodes them: a range ends at the address
 * after its last, and an end element comes before the first range. */
typedef void big_set_element(void *ctx, const void *key, size_t len,
			     bool is_end);
void big_set_each(const struct big_set *set, big_set_element *each, void *ctx);
/* Return the contribution of one element to the checksum. */
uint64_t big_set_part(const void *key, size_t len, bool is_end);

/* Write commands that declare the sets, for a trial of the rules. */
void big_sets_declare(const struct plan *plan, FILE *out);
/* Write commands that delete sets of the table that the plan lacks. */
void big_sets_delete(const struct plan *plan, const struct nft_table *table,
		     FILE *out);
/* Whether any is missing or incomplete. */
bool big_sets_lack(const struct plan *plan, const struct nft_table *table);
/* Load the missing or incomplete ones. 0 or -errno with a message. */
int big_sets_make(const struct plan *plan, const struct nft_table *table,
		  char error[static SETUP_ERROR_MAX]);

#endif
