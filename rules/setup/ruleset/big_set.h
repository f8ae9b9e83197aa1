/*
 * big_set.h - address lists that are too long for a script.
 *
 * Each is a set of its own, made whole and in one transaction before the rules
 * that ask for it, and a sum of what is in it is in its name: one of that name
 * is left alone, whatever else changes.
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
	/* Whose it is: of the plan's exempt sets, or of its offload's. */
	bool is_exempt;
	size_t number;
};

/* Find those of a plan: plan->bigs. 0 or -ENOMEM. */
int big_sets_find(struct plan *plan);
/* NULL: that list is not one of them. */
const struct big_set *big_set_of(const struct plan *plan, bool is_exempt,
				 size_t number, bool is_v6);

/* Whether the plan has one of that name. */
bool big_sets_have(const struct plan *plan, const char *name);
/* What a name tells. */
struct big_set_claim {
	uint64_t sum;
	uint32_t elements;
};

/* Whether any plan could have one of that name. */
bool big_set_is(const char *name, struct big_set_claim *ret_claim);
/* Reading elements takes the kernel time that grows by the square of their
 * number: of more than this their count has to do. */
#define BIG_SET_READ_MAX 32768
/* How it counts them (NFTA_SET_COUNT, since 6.17): in ranges. */
uint32_t big_set_count(const struct big_set_claim *claim);
/* Its elements as the kernel has them: a range ends with the address behind
 * it, and as nft does it, one ends before the first begins. */
typedef void big_set_element(void *ctx, const void *key, size_t len,
			     bool is_end);
void big_set_each(const struct big_set *set, big_set_element *each, void *ctx);
/* What one element adds to a sum. */
uint64_t big_set_part(const void *key, size_t len, bool is_end);

/* Commands that declare all of them, to try what asks for them. */
void big_sets_declare(const struct plan *plan, FILE *out);
/* Commands that delete those of the table that the plan has no more. */
void big_sets_delete(const struct plan *plan, const struct nft_table *table,
		     FILE *out);
/* Whether some are not there, or not whole. */
bool big_sets_lack(const struct plan *plan, const struct nft_table *table);
/* Make those. 0 or -errno with a sentence. */
int big_sets_make(const struct plan *plan, const struct nft_table *table,
		  char error[static SETUP_ERROR_MAX]);

#endif
