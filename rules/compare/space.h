/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * space.h - the space of all flows, in classes that no condition of the compared
 * policies distinguishes.
 *
 * Each axis is one property of a flow. Its values are looked up in the tables
 * of the policies, as the engine does; values that are in the same sets of all
 * policies are one class. So a list of a million prefixes makes two classes. A
 * diagram encodes the class of each axis in binary; flags are properties that
 * are present or not.
 */
#ifndef WAYMARK_SPACE_H
#define WAYMARK_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rules/compare/diagram.h"
#include "rules/policy/condition.h"
#include "rules/tables/address.h"
#include "rules/tables/set_pool.h"

struct policy;
struct vocabulary;

#define SPACE_POLICIES 2

/* In the order of the variables. */
enum axis {
	AXIS_UID,		/* UID_NONE: the flow is forwarded */
	AXIS_FAMILY,
	AXIS_PROTO,
	AXIS_DPORT,
	AXIS_SPORT,
	AXIS_TOS,
	AXIS_LENGTH,
	AXIS_IN,
	AXIS_FROM,
	AXIS_TO,
	AXIS_APP,
	AXIS_HOST,
	AXIS_JA4,
	AXES,
};

/* Values first..last, of one class. A number is stored as an IPv4 address. */
struct space_span {
	struct address first, last;
	uint32_t class;
};

/* A name, or with `is_below` the names below a domain or that begin like an
 * interface, as far as no other point has them. */
struct space_point {
	const char *name;
	uint8_t len;
	bool is_below;
	bool is_sample;		/* not written in a policy */
	uint16_t number;	/* of an application */
	uint32_t class;
	uint32_t parent;	/* the class of the next larger point */
};

struct space_axis {
	struct set_pool *sets;	/* of each class: of all policies, and marks */
	size_t offset[SPACE_POLICIES];	/* the words of a policy */
	size_t words;		/* the last one has the marks */
	uint64_t *used[SPACE_POLICIES];	/* sets that conditions test */
	size_t classes;
	uint8_t *exists;	/* per class: SPACE_V4, SPACE_V6 */
	size_t exists_room;
	uint32_t absent;	/* the class of a property that is not given;
				 * UINT32_MAX: none is possible */
	struct space_span *spans;
	size_t span_count, span_room;
	struct space_point *points;
	size_t point_count, point_room;
	unsigned int first_variable, bits;
};

#define SPACE_V4 1u
#define SPACE_V6 2u

/* Marks of a class. */
#define SPACE_GIVEN 1u		/* a payload property is given */
#define SPACE_PORTS 2u		/* the protocol has ports */
#define SPACE_PAYLOAD 4u	/* the first packet may lack the payload */
#define SPACE_TCP 8u		/* it always lacks it */
#define SPACE_LOCAL 16u		/* of a local socket */

/* ECH, an ALPN name, or a pattern. */
struct space_flag {
	enum node_kind kind;
	const char *text;	/* borrowed; NULL for ECH */
	uint8_t sides;		/* of a pattern */
	unsigned int variable;
};

#define SPACE_FLAGS_MAX 256

struct space {
	const struct policy *policies[SPACE_POLICIES];
	size_t policy_count;
	const struct vocabulary *vocabulary;
	struct diagram *diagram;
	struct space_axis axes[AXES];
	struct space_flag flags[SPACE_FLAGS_MAX];
	size_t flag_count;
	char **texts;		/* names made for samples */
	size_t text_count, text_room;
	bool is_short;		/* of memory */

	uint32_t valid;		/* flows that are possible */
	uint32_t has_ports, may_wait, is_tcp, is_local, is_v4;
	uint32_t has_payload;	/* some payload property is given */
};

/*
 * Divide the space by one or two policies, which are borrowed. 0 or -ENOMEM.
 * The caller frees it in either case with space_fini().
 */
int space_init(struct space *space, const struct policy *const *policies,
	       size_t count, const struct vocabulary *vocabulary,
	       size_t max_nodes);
void space_fini(struct space *space);

/* Write the flag as a policy does, after a blank. */
void space_print_flag(const struct space_flag *flag, FILE *out);

/* The flows for which a leaf condition of policy `policy` is true. */
uint32_t space_leaf(struct space *space, size_t policy, uint32_t node);
/* The flows whose class on an axis is a member. */
uint32_t space_of_classes(struct space *space, enum axis axis,
			  const bool *members);
/* The flows of one class of an axis. */
uint32_t space_of_class(struct space *space, enum axis axis, uint32_t class);
/* The flows whose class is in address set `set` of the policy. */
uint32_t space_of_set(struct space *space, enum axis axis, size_t policy,
		      uint32_t set);

/* ---- shared by space*.c ---- */

struct space_value {
	struct address address;	/* or number */
	const char *name;
	size_t len;
};

/* Find or add the class of a value; UINT32_MAX when out of memory. */
uint32_t space_class(struct space *space, enum axis axis,
		     const struct space_value *value, uint64_t marks);
void space_exists(struct space *space, enum axis axis, uint32_t class,
		  uint8_t families);
/* Add the values of all axes: numbers and addresses, then names. */
void space_add_numbers(struct space *space);
void space_add_names(struct space *space);
/* Whether a condition tests the axis; the axis of a leaf, or AXES. */
bool space_is_tested(const struct space *space, enum axis axis);
enum axis space_axis_of(enum node_kind kind);
/* The diagrams of struct space. */
void space_find_properties(struct space *space);
void space_find_valid(struct space *space);

static inline bool space_has_bit(const uint64_t *bits, size_t n)
{
	return (bits[n / 64] >> n % 64 & 1) != 0;
}

/* Make room for another item of an array; false when out of memory. */
bool space_grow(struct space *space, void *items, size_t *room, size_t count,
		size_t size);

#endif
