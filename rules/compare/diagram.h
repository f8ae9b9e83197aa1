/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diagram.h - decision diagrams: functions of binary variables, each distinct
 * function once (Bryant, 1986), with any number as a value at the leaves.
 *
 * A reference is a leaf, or a node that tests one variable; lower variables are
 * tested first. Two functions are equal if and only if their references are.
 * A diagram that is out of memory or has more nodes than allowed is full: the
 * calls then return leaves without meaning, and the caller checks
 * diagram_is_full() once at the end. One thread uses a diagram.
 */
#ifndef WAYMARK_DIAGRAM_H
#define WAYMARK_DIAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diagram;

#define DIAGRAM_LEAF 0x80000000u
#define DIAGRAM_FALSE (DIAGRAM_LEAF | 0u)
#define DIAGRAM_TRUE (DIAGRAM_LEAF | 1u)

/* NULL when out of memory. */
struct diagram *diagram_new(size_t max_nodes);
void diagram_free(struct diagram *diagram);
bool diagram_is_full(const struct diagram *diagram);

/* The leaf of a value below DIAGRAM_LEAF. */
static inline uint32_t diagram_leaf(uint32_t value)
{
	return DIAGRAM_LEAF | value;
}

static inline bool diagram_is_leaf(uint32_t ref)
{
	return (ref & DIAGRAM_LEAF) != 0;
}

static inline uint32_t diagram_value(uint32_t leaf)
{
	return leaf & ~DIAGRAM_LEAF;
}

/* The variable that a node tests, and its functions for 0 and 1. */
unsigned int diagram_variable(const struct diagram *diagram, uint32_t node);
uint32_t diagram_low(const struct diagram *diagram, uint32_t node);
uint32_t diagram_high(const struct diagram *diagram, uint32_t node);

/* Find or add the node; both children test higher variables only. */
uint32_t diagram_node(struct diagram *diagram, unsigned int variable,
		      uint32_t low, uint32_t high);

/* `f ? g : h`, where the leaves of `f` are DIAGRAM_FALSE and DIAGRAM_TRUE. */
uint32_t diagram_choose(struct diagram *diagram, uint32_t f, uint32_t g,
			uint32_t h);

static inline uint32_t diagram_and(struct diagram *diagram, uint32_t f,
				   uint32_t g)
{
	return diagram_choose(diagram, f, g, DIAGRAM_FALSE);
}

static inline uint32_t diagram_or(struct diagram *diagram, uint32_t f,
				  uint32_t g)
{
	return diagram_choose(diagram, f, DIAGRAM_TRUE, g);
}

static inline uint32_t diagram_not(struct diagram *diagram, uint32_t f)
{
	return diagram_choose(diagram, f, DIAGRAM_FALSE, DIAGRAM_TRUE);
}

/*
 * Combine two functions leaf by leaf. `id` distinguishes the operations of one
 * diagram, from 1: equal arguments must give equal results.
 */
struct diagram_operation {
	uint32_t id;
	uint32_t (*values)(void *ctx, uint32_t a, uint32_t b);
	void *ctx;
};

uint32_t diagram_combine(struct diagram *diagram,
			 const struct diagram_operation *operation, uint32_t a,
			 uint32_t b);

/* A simpler function that equals `f` wherever `care` is true (the operator
 * restrict of Coudert and Madre, 1990). `care` is not DIAGRAM_FALSE. */
uint32_t diagram_simplify(struct diagram *diagram, uint32_t f, uint32_t care);

#endif
