/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conditions.h - every condition of the policy language, a row each.
 *
 * Parser, printer, compiler, route index and the rules for the kernel read the
 * row. To add a condition: add its row, evaluate its node in condition.c (and
 * the fact in facts.h, if it is a new one), add a test to check_conditions.c
 * and a paragraph to waymark.policy(5). A new type of values or of test needs a
 * function in parser_set.c or compile_condition.c.
 *
 * A new header field also needs: packet.h and decode.c, facts.h, facts_init() in
 * flow.c, facts_of() in replay_kernel.c, add_headers() in route_index.c,
 * compile_expect.c and parser_expect.c, an axis in rules/compare; and for the
 * kernel, a field in enum offload_field, offload_walk.c, offload_map.c and
 * ruleset_offload.c.
 */
#ifndef WAYMARK_CONDITIONS_H
#define WAYMARK_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which expect lines are printed. */
enum atom_kind {
	ATOM_PROTO,
	ATOM_SPORT,
	ATOM_DPORT,
	ATOM_FROM,
	ATOM_TO,
	ATOM_HOST,
	ATOM_APP,
	ATOM_ALPN,
	ATOM_JA4,
	ATOM_ECH,
	ATOM_IN,
	ATOM_DSCP,
	ATOM_TOS,
	ATOM_LENGTH,
	ATOM_UID,
	ATOM_PAYLOAD,
	ATOM_KINDS,
};

/* How values are written: a reader in parser_set.c. */
enum value_type {
	VALUES_NONE,
	VALUES_PROTOCOL,	/* the name of a protocol, or `proto N` */
	VALUES_PORT,
	VALUES_ADDRESS,
	VALUES_INTERFACE,
	VALUES_DSCP,
	VALUES_TOS,		/* value and mask */
	VALUES_LENGTH,
	VALUES_USER,
	VALUES_APP,
	VALUES_HOST,
	VALUES_ALPN,
	VALUES_JA4,
	VALUES_PATTERN,		/* one regular expression */
	VALUE_TYPES,
};

/* What a node tests, cheapest first; NODE_FALSE and NODE_TRUE are constants. */
enum node_kind {
	NODE_FALSE,
	NODE_TRUE,
	/* Header fields. */
	NODE_PROTO,
	NODE_TOS,
	NODE_SPORT,
	NODE_DPORT,
	NODE_LENGTH,
	NODE_IN,
	NODE_FROM,
	NODE_TO,
	NODE_UID,
	/* Payload. */
	NODE_APP,
	NODE_ECH,
	NODE_ALPN,
	NODE_JA4,
	NODE_HOST,
	NODE_PAYLOAD,
	/* `value` is the child. */
	NODE_NOT,
	/* `value` is the first of `count` in children. */
	NODE_AND,
	NODE_OR,
};

/* How a node tests: the meaning of its `value`, and a compiler in
 * compile_condition.c. */
enum test_type {
	TEST_NONE,		/* no value */
	TEST_BYTES,		/* number of a bitmap */
	TEST_APPS,		/* number of a bitmap */
	TEST_BITS,		/* the bits themselves */
	TEST_NUMBERS,		/* number of a set */
	TEST_ADDRESSES,		/* number of a set */
	TEST_INTERFACES,	/* number of a set */
	TEST_USERS,		/* number of a set */
	TEST_DOMAINS,		/* number of a set */
	TEST_PATTERN,		/* number of a pattern */
	TEST_TYPES,
};

/* Fields that the kernel's rules can test. A number is stored as an IPv4
 * address, so that all fields are compared in the same way. */
enum offload_field {
	OFFLOAD_PROTO,
	OFFLOAD_TOS,
	OFFLOAD_SPORT,		/* never matches a protocol without ports */
	OFFLOAD_DPORT,
	OFFLOAD_LENGTH,
	OFFLOAD_FROM,
	OFFLOAD_TO,
	OFFLOAD_IN,
	OFFLOAD_UID,		/* matches only local packets */
	OFFLOAD_FIELDS,
};

struct condition_row {
	const char *word;
	const char *syntax, *help;	/* for `waymark help policy` */
	enum value_type values;
	enum test_type test;
	enum node_kind node;
	uint8_t fact;		/* FACT_*; 0: a header field */
	/* For the index of routes: how many flows match, relative to others. */
	uint8_t share;
	enum offload_field field;	/* OFFLOAD_FIELDS: only the engine */
	bool in_ip_rule;	/* see selector.c */
	bool in_expect;		/* `expect tcp A > B ... host NAME` */
};

/* By enum atom_kind. */
extern const struct condition_row condition_rows[ATOM_KINDS];

/* The row of a leaf; NULL for constants, NODE_NOT, NODE_AND and NODE_OR. */
const struct condition_row *condition_row_of(enum node_kind node);
/* The row of a field; NULL when there is none. */
const struct condition_row *condition_row_of_field(enum offload_field field);

/* Write "from, to, ..." to `text` and return it. */
#define CONDITIONS_TEXT_MAX 160
const char *condition_words(char text[CONDITIONS_TEXT_MAX]);

#endif
