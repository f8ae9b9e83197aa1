/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keywords.h - names of numbers (protocols, DSCP, TOS), and the nearest
 * keyword to a misspelt one.
 */
#ifndef WAYMARK_KEYWORDS_H
#define WAYMARK_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyword {
	const char *name;
	uint32_t value;
};

/* IANA protocol numbers that conditions and expect lines accept by name. The
 * last row has a NULL name. */
extern const struct keyword keywords_protocol[];
/* Whether a protocol has ports that packet.h decodes. */
bool keywords_has_ports(uint32_t protocol);
/* DSCP, 6 bits: cs0-cs7, af11-af43, ef, va, le, df, be (RFC 2474, 2597, 3246,
 * 5865, 8622). */
extern const struct keyword keywords_dscp[];
/* TOS, RFC 1349 as iproute2 and iptables name it: minimize-delay 0x10,
 * maximize-throughput 0x08, maximize-reliability 0x04, minimize-cost 0x02,
 * normal-service 0x00. */
extern const struct keyword keywords_tos[];

/* Look up a name, ignoring ASCII case; false when it is not in the table. */
bool keywords_find(const struct keyword *table, const char *name, size_t len,
		   uint32_t *ret_value);
/* Return the first name of a value; NULL when it has none. */
const char *keywords_of(const struct keyword *table, uint32_t value);

/*
 * Find the candidate nearest to `word`, by spelling or as the word that other
 * programs use ("src" for "from"): set `word`, offer each candidate, then
 * read `best`; NULL when none is close. Candidates are not copied.
 */
struct nearest {
	const char *word;
	size_t word_len;
	const char *best;
	unsigned best_distance;
};
void nearest_offer(struct nearest *nearest, const char *candidate);
void nearest_offer_table(struct nearest *nearest,
			 const struct keyword *table);

#endif
