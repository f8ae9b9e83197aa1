/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pattern_set.c - match `payload` patterns with vectorscan. */
#include "rules/tables/pattern_set.h"

#include <errno.h>
#include <hs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pattern_set {
	hs_database_t *block;		/* for datagrams */
	hs_database_t *stream;
	uint64_t of_side[3];		/* patterns, by enum pattern_sides */
	uint32_t horizon[3];		/* by enum pattern_sides */
	size_t count;
	struct {
		uint32_t client, server;
	} horizons[PATTERNS_MAX];	/* by pattern */
};

struct pattern_stream {
	struct pattern_stream *next;	/* in the free list */
	hs_stream_t *state;
};

struct pattern_scanner {
	const struct pattern_set *set;
	hs_scratch_t *scratch;
	struct pattern_stream *streams;
	struct pattern_stream *free;
	size_t count;
};

/* Report each pattern once. '.' matches any byte: payload is not text. */
#define FLAGS (HS_FLAG_SINGLEMATCH | HS_FLAG_DOTALL)

static int compile(const char *const *regexes, const unsigned *flags,
		   const unsigned *ids, size_t count, unsigned mode,
		   hs_database_t **ret, size_t *ret_bad,
		   char why[static PATTERN_WHY_MAX])
{
	hs_compile_error_t *error = NULL;

	if (hs_compile_multi(regexes, flags, ids, (unsigned)count, mode, NULL,
			     ret, &error) == HS_SUCCESS)
		return 0;
	if (error == NULL || error->expression < 0) {
		hs_free_compile_error(error);
		return -ENOMEM;
	}
	*ret_bad = (size_t)error->expression;
	/* The library's message suggests a flag that policies do not have. */
	snprintf(why, PATTERN_WHY_MAX, "%s",
		 strstr(error->message, "empty buffer") != NULL ?
		 "it matches the empty string: require some byte" :
		 error->message);
	hs_free_compile_error(error);
	return -EINVAL;
}

/* Return the offset by which a match must end; UINT32_MAX when unbounded. A
 * pattern with alternatives counts as unbounded: one may lack the '^'. */
static uint32_t horizon_of(const char *regex)
{
	hs_expr_info_t *info = NULL;
	hs_compile_error_t *error = NULL;
	uint32_t horizon = UINT32_MAX;

	if (regex[0] != '^' || strchr(regex, '|') != NULL)
		return horizon;
	if (hs_expression_info(regex, FLAGS, &info, &error) == HS_SUCCESS &&
	    info->max_width != 0)
		horizon = info->max_width;
	free(info);
	hs_free_compile_error(error);
	return horizon;
}

static uint32_t note_side(struct pattern_set *set,
			  const struct pattern *pattern, size_t number,
			  uint8_t side)
{
	uint32_t horizon;

	if (!(pattern->sides & side))
		return 0;
	set->of_side[side] |= UINT64_C(1) << number;
	horizon = horizon_of(pattern->regex);
	if (horizon > set->horizon[side])
		set->horizon[side] = horizon;
	return horizon;
}

int pattern_set_compile(const struct pattern *patterns, size_t count,
			struct pattern_set **ret_set, size_t *ret_bad,
			char why[static PATTERN_WHY_MAX])
{
	const char *regexes[PATTERNS_MAX];
	unsigned flags[PATTERNS_MAX], ids[PATTERNS_MAX];
	struct pattern_set *set = calloc(1, sizeof(*set));
	int rc;

	if (set == NULL)
		return -ENOMEM;
	set->count = count;
	for (size_t i = 0; i < count; i++) {
		regexes[i] = patterns[i].regex;
		flags[i] = FLAGS;
		ids[i] = (unsigned)i;
		set->horizons[i].client = note_side(set, &patterns[i], i,
						    PATTERN_CLIENT);
		set->horizons[i].server = note_side(set, &patterns[i], i,
						    PATTERN_SERVER);
	}
	rc = compile(regexes, flags, ids, count, HS_MODE_BLOCK, &set->block,
		     ret_bad, why);
	if (rc == 0)
		rc = compile(regexes, flags, ids, count, HS_MODE_STREAM,
			     &set->stream, ret_bad, why);
	if (rc < 0) {
		pattern_set_free(set);
		return rc;
	}
	*ret_set = set;
	return 0;
}

void pattern_set_free(struct pattern_set *set)
{
	if (set == NULL)
		return;
	hs_free_database(set->block);
	hs_free_database(set->stream);
	free(set);
}

uint32_t pattern_set_horizon(const struct pattern_set *set, uint8_t side)
{
	return set->horizon[side];
}

uint64_t pattern_set_gone(const struct pattern_set *set, uint32_t client_bytes,
			  uint32_t server_bytes)
{
	uint64_t gone = 0;

	for (size_t i = 0; i < set->count; i++)
		if (client_bytes >= set->horizons[i].client &&
		    server_bytes >= set->horizons[i].server)
			gone |= UINT64_C(1) << i;
	return gone;
}

size_t pattern_set_stream_bytes(const struct pattern_set *set)
{
	size_t size = 0;

	/* It can only fail for a database without stream mode. */
	(void)hs_stream_size(set->stream, &size);
	return size + sizeof(struct pattern_stream);
}

/* hs_open_stream() allocates, so all streams are opened in advance and only
 * reset when taken. */
static bool open_streams(struct pattern_scanner *scanner, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct pattern_stream *stream = &scanner->streams[i];

		if (hs_open_stream(scanner->set->stream, 0, &stream->state) !=
		    HS_SUCCESS)
			return false;
		scanner->count = i + 1;
		stream->next = scanner->free;
		scanner->free = stream;
	}
	return true;
}

struct pattern_scanner *pattern_scanner_new(const struct pattern_set *set,
					    size_t streams)
{
	struct pattern_scanner *scanner = calloc(1, sizeof(*scanner));

	if (scanner == NULL)
		return NULL;
	scanner->set = set;
	scanner->streams = calloc(streams, sizeof(*scanner->streams));
	if (scanner->streams == NULL ||
	    hs_alloc_scratch(set->block, &scanner->scratch) != HS_SUCCESS ||
	    hs_alloc_scratch(set->stream, &scanner->scratch) != HS_SUCCESS ||
	    !open_streams(scanner, streams)) {
		pattern_scanner_free(scanner);
		return NULL;
	}
	return scanner;
}

void pattern_scanner_free(struct pattern_scanner *scanner)
{
	if (scanner == NULL)
		return;
	for (size_t i = 0; i < scanner->count; i++)
		hs_close_stream(scanner->streams[i].state, NULL, NULL, NULL);
	hs_free_scratch(scanner->scratch);
	free(scanner->streams);
	free(scanner);
}

static int found(unsigned id, unsigned long long from, unsigned long long to,
		 unsigned flags, void *ctx)
{
	uint64_t *bits = ctx;

	(void)from;
	(void)to;
	(void)flags;
	*bits |= UINT64_C(1) << id;
	return 0;
}

uint64_t pattern_scan(struct pattern_scanner *scanner, uint8_t side,
		      const uint8_t *data, size_t len)
{
	uint64_t bits = 0;

	hs_scan(scanner->set->block, (const char *)data, (unsigned)len, 0,
		scanner->scratch, found, &bits);
	return bits & scanner->set->of_side[side];
}

struct pattern_stream *pattern_stream_take(struct pattern_scanner *scanner)
{
	struct pattern_stream *stream = scanner->free;

	if (stream != NULL) {
		scanner->free = stream->next;
		hs_reset_stream(stream->state, 0, scanner->scratch, NULL, NULL);
	}
	return stream;
}

void pattern_stream_give_back(struct pattern_scanner *scanner,
			      struct pattern_stream *stream)
{
	if (stream == NULL)
		return;
	stream->next = scanner->free;
	scanner->free = stream;
}

uint64_t pattern_stream_scan(struct pattern_scanner *scanner,
			     struct pattern_stream *stream, uint8_t side,
			     const uint8_t *data, size_t len)
{
	uint64_t bits = 0;

	hs_scan_stream(stream->state, (const char *)data, (unsigned)len, 0,
		       scanner->scratch, found, &bits);
	return bits & scanner->set->of_side[side];
}
