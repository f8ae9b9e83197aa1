/* SPDX-License-Identifier: GPL-2.0-or-later */
/* space_leaf.c - diagrams of conditions, and of the flows that are possible. */
#include <stdlib.h>
#include <string.h>

#include "rules/compare/space.h"
#include "rules/policy/policy_private.h"

static uint32_t of_codes(struct space *space, const struct space_axis *a,
			 const bool *members, unsigned int bit, size_t code)
{
	uint32_t low, high;

	/* The last class has the codes that are left. */
	if (bit == a->bits)
		return members[code < a->classes ? code : a->classes - 1] ?
		       DIAGRAM_TRUE : DIAGRAM_FALSE;
	low = of_codes(space, a, members, bit + 1, code * 2);
	high = of_codes(space, a, members, bit + 1, code * 2 + 1);
	return diagram_node(space->diagram, a->first_variable + bit, low,
			    high);
}

uint32_t space_of_classes(struct space *space, enum axis axis,
			  const bool *members)
{
	return of_codes(space, &space->axes[axis], members, 0, 0);
}

uint32_t space_of_class(struct space *space, enum axis axis, uint32_t class)
{
	struct space_axis *a = &space->axes[axis];
	bool *members = calloc(a->classes + 1, sizeof(*members));
	uint32_t ref = DIAGRAM_FALSE;

	space->is_short |= members == NULL;
	if (members != NULL) {
		members[class] = true;
		ref = space_of_classes(space, axis, members);
	}
	free(members);
	return ref;
}

/* The classes that `is_member` selects. */
static uint32_t of_those(struct space *space, enum axis axis,
			 bool (*is_member)(const struct space_axis *a,
					   uint32_t class, size_t offset,
					   uint64_t value),
			 size_t offset, uint64_t value)
{
	struct space_axis *a = &space->axes[axis];
	bool *members = calloc(a->classes + 1, sizeof(*members));
	uint32_t ref = DIAGRAM_FALSE;

	if (members == NULL) {
		space->is_short = true;
		return ref;
	}
	for (uint32_t c = 0; c < a->classes; c++)
		members[c] = is_member(a, c, offset, value);
	ref = space_of_classes(space, axis, members);
	free(members);
	return ref;
}

static bool is_in_set(const struct space_axis *a, uint32_t class,
		      size_t offset, uint64_t value)
{
	return space_has_bit(set_pool_get(a->sets, class) + offset, value);
}

static bool has_some(const struct space_axis *a, uint32_t class,
		     size_t offset, uint64_t value)
{
	return (set_pool_get(a->sets, class)[offset] & value) != 0;
}

static bool does_exist(const struct space_axis *a, uint32_t class,
		       size_t offset, uint64_t value)
{
	(void)offset;
	return (a->exists[class] & value) != 0;
}

uint32_t space_of_set(struct space *space, enum axis axis, size_t policy,
		      uint32_t set)
{
	return of_those(space, axis, is_in_set,
			space->axes[axis].offset[policy], set);
}

static uint32_t of_marks(struct space *space, enum axis axis, uint64_t marks)
{
	return of_those(space, axis, has_some, space->axes[axis].words - 1,
			marks);
}

static bool is_flag_of(const struct space_flag *flag, const struct policy *p,
		       const struct node *n)
{
	if (flag->kind != n->kind)
		return false;
	if (n->kind == NODE_ECH)
		return true;
	if (n->kind == NODE_ALPN)
		return (policy_resolve_alpn(p, flag->text,
					    strlen(flag->text)) & n->value) != 0;
	return strcmp(p->pattern_texts[n->value].regex, flag->text) == 0 &&
	       p->pattern_texts[n->value].sides == flag->sides;
}

static uint32_t of_flags(struct space *space, const struct policy *p,
			 const struct node *n)
{
	uint32_t ref = DIAGRAM_FALSE;

	for (size_t i = space->flag_count; i-- > 0;)
		if (is_flag_of(&space->flags[i], p, n))
			ref = diagram_node(space->diagram,
					   space->flags[i].variable, ref,
					   DIAGRAM_TRUE);
	return ref;
}

uint32_t space_leaf(struct space *space, size_t policy, uint32_t node)
{
	const struct policy *p = space->policies[policy];
	const struct node *n = &p->pool.nodes[node];
	enum axis axis = space_axis_of((enum node_kind)n->kind);
	uint32_t ref;

	if (n->kind == NODE_FALSE || n->kind == NODE_TRUE)
		return n->kind == NODE_TRUE ? DIAGRAM_TRUE : DIAGRAM_FALSE;
	if (axis == AXES)
		return of_flags(space, p, n);
	if (axis == AXIS_JA4)
		return of_those(space, axis, has_some,
				space->axes[axis].offset[policy], n->value);
	ref = space_of_set(space, axis, policy, n->value);
	if (axis == AXIS_SPORT || axis == AXIS_DPORT)
		ref = diagram_and(space->diagram, space->has_ports, ref);
	return ref;
}

/* Flows of this host come from no interface; others come from one. */
static uint32_t valid_interfaces(struct space *space)
{
	uint32_t forwarded = of_those(space, AXIS_IN, does_exist, 0, SPACE_V4);

	return diagram_choose(space->diagram, space->is_local,
			      space_of_class(space, AXIS_IN, 0), forwarded);
}

static uint32_t valid_family(struct space *space, uint64_t family)
{
	return diagram_and(space->diagram,
			   of_those(space, AXIS_FROM, does_exist, 0, family),
			   of_those(space, AXIS_TO, does_exist, 0, family));
}

void space_find_valid(struct space *space)
{
	struct diagram *d = space->diagram;

	space->valid = diagram_choose(d, space->is_v4,
				      valid_family(space, SPACE_V4),
				      valid_family(space, SPACE_V6));
	space->valid = diagram_and(d, space->valid, valid_interfaces(space));
	for (int axis = 0; axis < AXES; axis++)
		if (axis != AXIS_FROM && axis != AXIS_TO && axis != AXIS_IN)
			space->valid = diagram_and(
				d, space->valid,
				of_those(space, (enum axis)axis, does_exist, 0,
					 SPACE_V4));
}

void space_find_properties(struct space *space)
{
	struct diagram *d = space->diagram;

	space->has_ports = of_marks(space, AXIS_PROTO, SPACE_PORTS);
	space->may_wait = of_marks(space, AXIS_PROTO, SPACE_PAYLOAD);
	space->is_tcp = of_marks(space, AXIS_PROTO, SPACE_TCP);
	space->is_local = of_marks(space, AXIS_UID, SPACE_LOCAL);
	space->is_v4 = diagram_not(d, of_marks(space, AXIS_FAMILY,
					       SPACE_GIVEN));
	space->has_payload = DIAGRAM_FALSE;
	for (size_t i = space->flag_count; i-- > 0;)
		space->has_payload = diagram_node(d, space->flags[i].variable,
						  space->has_payload,
						  DIAGRAM_TRUE);
	for (int axis = AXIS_APP; axis < AXES; axis++)
		space->has_payload = diagram_or(
			d, of_marks(space, (enum axis)axis, SPACE_GIVEN),
			space->has_payload);
}
