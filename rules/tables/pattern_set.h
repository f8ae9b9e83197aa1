/*
 * pattern_set.h - all `payload` patterns of a policy as one database, so that
 * payload is passed over once whatever their number (vectorscan).
 *
 * A set never changes once it is compiled; a scanner, one for each thread,
 * has the room that scanning needs.
 */
#ifndef WAYMARK_PATTERN_SET_H
#define WAYMARK_PATTERN_SET_H

#include <stddef.h>
#include <stdint.h>

/* A bit each in facts.patterns_seen. */
#define PATTERNS_MAX 64

enum pattern_sides { PATTERN_CLIENT = 1, PATTERN_SERVER = 2 };

struct pattern {
	const char *regex;	/* Perl's syntax, as vectorscan takes it */
	uint8_t sides;		/* enum pattern_sides */
};

struct pattern_set;
struct pattern_scanner;
struct pattern_stream;

/*
 * 0; -EINVAL when pattern *ret_bad cannot be used, for the reason in `why`;
 * -ENOMEM. `patterns` are read, not kept; at most PATTERNS_MAX.
 */
#define PATTERN_WHY_MAX 160
int pattern_set_compile(const struct pattern *patterns, size_t count,
			struct pattern_set **ret_set, size_t *ret_bad,
			char why[static PATTERN_WHY_MAX]);
void pattern_set_free(struct pattern_set *set);

/*
 * How many of the first bytes of `side` can matter: none when no pattern reads
 * it, few when all are anchored ("^GET "), UINT32_MAX when one is not.
 */
uint32_t pattern_set_horizon(const struct pattern_set *set, uint8_t side);

/* The patterns that cannot be found any more once so many bytes of each side
 * have been searched: bit n is pattern n. */
uint64_t pattern_set_gone(const struct pattern_set *set, uint32_t client_bytes,
			  uint32_t server_bytes);

/* Memory that each stream of a scanner takes. */
size_t pattern_set_stream_bytes(const struct pattern_set *set);

/*
 * A scanner with room for `streams` streams at a time, each of one side of a
 * flow. The set is borrowed. NULL: out of memory. Nothing below allocates.
 */
struct pattern_scanner *pattern_scanner_new(const struct pattern_set *set,
					    size_t streams);
void pattern_scanner_free(struct pattern_scanner *scanner);

/* The patterns found in one datagram of this side (one of enum
 * pattern_sides): bit n is pattern n. */
uint64_t pattern_scan(struct pattern_scanner *scanner, uint8_t side,
		      const uint8_t *data, size_t len);

/* A stream at its start; NULL when all are taken. */
struct pattern_stream *pattern_stream_take(struct pattern_scanner *scanner);
void pattern_stream_give_back(struct pattern_scanner *scanner,
			      struct pattern_stream *stream);

/* Go on with the stream's next bytes; patterns across pieces are found. */
uint64_t pattern_stream_scan(struct pattern_scanner *scanner,
			     struct pattern_stream *stream, uint8_t side,
			     const uint8_t *data, size_t len);

#endif
