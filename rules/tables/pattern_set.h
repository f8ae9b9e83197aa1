/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern_set.h - all `payload` patterns of a policy in one vectorscan
 * database, which scans payload once for any number of patterns.
 *
 * A set is immutable once compiled. A scanner holds the scratch memory of one
 * thread.
 */
#ifndef WAYMARK_PATTERN_SET_H
#define WAYMARK_PATTERN_SET_H

#include <stddef.h>
#include <stdint.h>

/* Each pattern has a bit in facts.patterns_seen. */
#define PATTERNS_MAX 64

enum pattern_sides { PATTERN_CLIENT = 1, PATTERN_SERVER = 2 };

struct pattern {
	const char *regex;	/* Perl syntax, as far as vectorscan has it */
	uint8_t sides;		/* enum pattern_sides */
};

struct pattern_set;
struct pattern_scanner;
struct pattern_stream;

/*
 * Compile at most PATTERNS_MAX patterns, which are not kept. 0, -ENOMEM, or
 * -EINVAL when pattern *ret_bad is unusable, with the reason in `why`.
 */
#define PATTERN_WHY_MAX 160
int pattern_set_compile(const struct pattern *patterns, size_t count,
			struct pattern_set **ret_set, size_t *ret_bad,
			char why[static PATTERN_WHY_MAX]);
void pattern_set_free(struct pattern_set *set);

/*
 * Return how many leading bytes of `side` can matter: 0 when no pattern reads
 * it, few when all are anchored ("^GET "), UINT32_MAX when one is not.
 */
uint32_t pattern_set_horizon(const struct pattern_set *set, uint8_t side);

/* Return the patterns that can no longer match once this many bytes of each
 * side have been scanned: bit n is pattern n. */
uint64_t pattern_set_gone(const struct pattern_set *set, uint32_t client_bytes,
			  uint32_t server_bytes);

/* Return the memory taken by each stream of a scanner, in bytes. */
size_t pattern_set_stream_bytes(const struct pattern_set *set);

/*
 * Create a scanner for `streams` concurrent streams, each one side of a flow.
 * The set is borrowed. NULL when out of memory. The calls below do not
 * allocate.
 */
struct pattern_scanner *pattern_scanner_new(const struct pattern_set *set,
					    size_t streams);
void pattern_scanner_free(struct pattern_scanner *scanner);

/* Return the patterns found in one datagram of `side` (enum pattern_sides):
 * bit n is pattern n. */
uint64_t pattern_scan(struct pattern_scanner *scanner, uint8_t side,
		      const uint8_t *data, size_t len);

/* Take a fresh stream; NULL when all are in use. */
struct pattern_stream *pattern_stream_take(struct pattern_scanner *scanner);
void pattern_stream_give_back(struct pattern_scanner *scanner,
			      struct pattern_stream *stream);

/* Scan the stream's next bytes; finds patterns that span several calls. */
uint64_t pattern_stream_scan(struct pattern_scanner *scanner,
			     struct pattern_stream *stream, uint8_t side,
			     const uint8_t *data, size_t len);

#endif
