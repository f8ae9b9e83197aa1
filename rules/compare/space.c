/* SPDX-License-Identifier: GPL-2.0-or-later */
/* space.c - divide numbers and addresses into classes, see space.h. */
#include "rules/compare/space.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/policy_private.h"

bool space_grow(struct space *space, void *items, size_t *room, size_t count,
		size_t size)
{
	size_t more = *room == 0 ? 64 : *room * 2;
	void *old, *fresh;

	if (count < *room)
		return true;
	memcpy(&old, items, sizeof(old));
	fresh = reallocarray(old, more, size);
	if (fresh == NULL) {
		space->is_short = true;
		return false;
	}
	memcpy(items, &fresh, sizeof(fresh));
	*room = more;
	return true;
}

/* ---- the sets of a value ---- */

static const enum node_kind kinds[AXES] = {
	[AXIS_UID] = NODE_UID, [AXIS_FAMILY] = NODE_FALSE,
	[AXIS_PROTO] = NODE_PROTO, [AXIS_DPORT] = NODE_DPORT,
	[AXIS_SPORT] = NODE_SPORT, [AXIS_TOS] = NODE_TOS,
	[AXIS_LENGTH] = NODE_LENGTH, [AXIS_IN] = NODE_IN,
	[AXIS_FROM] = NODE_FROM, [AXIS_TO] = NODE_TO, [AXIS_APP] = NODE_APP,
	[AXIS_HOST] = NODE_HOST, [AXIS_JA4] = NODE_JA4,
};

enum axis space_axis_of(enum node_kind kind)
{
	int axis = 0;

	while (axis < AXES && (kinds[axis] != kind || axis == AXIS_FAMILY))
		axis++;
	return (enum axis)axis;
}

static uint32_t number_of(const struct address *address)
{
	return ntohl(address->be32[3]);
}

static const uint64_t *sets_of(enum axis axis, const struct policy *p,
			       const struct space_value *value)
{
	switch (axis) {
	case AXIS_DPORT:
	case AXIS_SPORT:
	case AXIS_LENGTH:
		return number_table_lookup(p->numbers, (uint16_t)number_of(
						   &value->address));
	case AXIS_FROM:
	case AXIS_TO:
		return prefix_table_lookup(p->addresses, &value->address);
	case AXIS_IN:
		return interface_table_lookup(p->interfaces, value->name);
	default:
		return domain_table_lookup(p->domains, value->name,
					   value->len);
	}
}

/* Set the bits of the sets that contain the value. */
static void look_up(const struct space *space, enum axis axis, size_t policy,
		    const struct space_value *value, uint64_t *bits)
{
	const struct policy *p = space->policies[policy];
	const struct space_axis *a = &space->axes[axis];
	const uint64_t *used = a->used[policy], *sets;
	size_t words = (policy + 1 < space->policy_count ?
			a->offset[policy + 1] : a->words - 1) -
		       a->offset[policy];
	uint32_t n = number_of(&value->address);

	if (words == 0)
		return;
	if (axis == AXIS_UID) {
		bits[0] = policy_resolve_uid(p, n);
	} else if (axis == AXIS_JA4) {
		bits[0] = value->name == NULL ? 0 :
			  policy_resolve_ja4(p, value->name);
	} else if (axis == AXIS_PROTO || axis == AXIS_TOS || axis == AXIS_APP) {
		for (size_t i = 0; i < words * 64 && i < p->pool.bitmap_count;
		     i++)
			if (space_has_bit(used, i) &&
			    space_has_bit(p->pool.bitmaps[i].words, n) &&
			    (axis != AXIS_APP || n != APP_NONE))
				bits[i / 64] |= UINT64_C(1) << i % 64;
	} else if (axis < AXIS_IN || axis == AXIS_FROM || axis == AXIS_TO ||
		   value->name != NULL) {
		sets = sets_of(axis, p, value);
		for (size_t w = 0; w < words; w++)
			bits[w] = sets[w] & used[w];
	}
}

uint32_t space_class(struct space *space, enum axis axis,
		     const struct space_value *value, uint64_t marks)
{
	struct space_axis *a = &space->axes[axis];
	uint64_t few[64] = { 0 };
	uint64_t *bits = a->words <= 64 ? few : calloc(a->words, sizeof(*bits));
	uint32_t class = UINT32_MAX;

	if (bits == NULL) {
		space->is_short = true;
		return class;
	}
	for (size_t k = 0; k < space->policy_count; k++)
		look_up(space, axis, k, value, bits + a->offset[k]);
	bits[a->words - 1] = marks;
	if (set_pool_intern(a->sets, bits, &class) < 0) {
		space->is_short = true;
		class = UINT32_MAX;
	}
	if (bits != few)
		free(bits);
	return class;
}

void space_exists(struct space *space, enum axis axis, uint32_t class,
		  uint8_t families)
{
	struct space_axis *a = &space->axes[axis];
	size_t room = a->exists_room;

	while (class != UINT32_MAX && class >= a->exists_room)
		if (!space_grow(space, &a->exists, &a->exists_room,
				a->exists_room, 1))
			return;
	if (a->exists_room > room)
		memset(a->exists + room, 0, a->exists_room - room);
	if (class != UINT32_MAX)
		a->exists[class] |= families;
}

/* ---- which sets are tested ---- */

static void use(struct space *space, enum axis axis, size_t policy, size_t set)
{
	struct space_axis *a = &space->axes[axis];

	if (a->used[policy] != NULL)
		a->used[policy][set / 64] |= UINT64_C(1) << set % 64;
}

static size_t words_of(const struct policy *p, enum axis axis)
{
	size_t sets = axis == AXIS_FROM || axis == AXIS_TO ?
		      p->address_set_count : 0;

	for (size_t i = 0; i < p->pool.node_count; i++) {
		const struct node *n = &p->pool.nodes[i];

		if (axis == AXIS_FAMILY || n->kind != kinds[axis])
			continue;
		if (axis == AXIS_JA4 || axis == AXIS_UID)
			return 1;
		if (n->value >= sets)
			sets = n->value + 1;
	}
	return (sets + 63) / 64;
}

static void find_used(struct space *space, size_t policy)
{
	const struct policy *p = space->policies[policy];

	for (int axis = 0; axis < AXES; axis++) {
		struct space_axis *a = &space->axes[axis];
		size_t words = words_of(p, (enum axis)axis);

		a->offset[policy] = a->words;
		a->words += words;
		a->used[policy] = calloc(words + 1, sizeof(uint64_t));
		space->is_short |= a->used[policy] == NULL;
	}
	for (size_t i = 0; i < p->pool.node_count; i++) {
		const struct node *n = &p->pool.nodes[i];
		enum axis axis = space_axis_of((enum node_kind)n->kind);

		if (axis < AXES && axis != AXIS_JA4 && axis != AXIS_UID)
			use(space, axis, policy, n->value);
	}
	for (size_t i = 0; i < p->exempt_count; i++)
		use(space, p->exempts[i].to ? AXIS_TO : AXIS_FROM, policy,
		    p->exempts[i].set);
}

bool space_is_tested(const struct space *space, enum axis axis)
{
	for (size_t k = 0; k < space->policy_count; k++)
		for (size_t w = 0; w < words_of(space->policies[k], axis); w++)
			if (space->axes[axis].used[k][w] != 0 ||
			    axis == AXIS_UID)
				return true;
	return false;
}

/* ---- all ---- */

static void number_variables(struct space *space)
{
	unsigned int variable = 0;

	for (int axis = 0; axis < AXES; axis++) {
		struct space_axis *a = &space->axes[axis];

		a->classes = set_pool_count(a->sets);
		/* `exists` has an entry for each class. */
		space_exists(space, (enum axis)axis,
			     (uint32_t)a->classes - 1, 0);
		a->first_variable = variable;
		while (((size_t)1 << a->bits) < a->classes)
			a->bits++;
		variable += a->bits;
	}
	for (size_t i = 0; i < space->flag_count; i++)
		space->flags[i].variable = variable++;
}

int space_init(struct space *space, const struct policy *const *policies,
	       size_t count, const struct vocabulary *vocabulary,
	       size_t max_nodes)
{
	memset(space, 0, sizeof(*space));
	space->policy_count = count;
	space->vocabulary = vocabulary;
	space->diagram = diagram_new(max_nodes);
	space->is_short = space->diagram == NULL;
	for (size_t k = 0; k < count; k++) {
		space->policies[k] = policies[k];
		find_used(space, k);
	}
	for (int axis = 0; axis < AXES; axis++) {
		struct space_axis *a = &space->axes[axis];

		a->absent = UINT32_MAX;
		a->words++;
		a->sets = set_pool_new(a->words);
		space->is_short |= a->sets == NULL;
	}
	if (space->is_short)
		return -ENOMEM;
	space_add_numbers(space);
	space_add_names(space);
	number_variables(space);
	if (space->is_short)
		return -ENOMEM;
	space_find_properties(space);
	space_find_valid(space);
	return space->is_short || diagram_is_full(space->diagram) ? -ENOMEM : 0;
}

void space_fini(struct space *space)
{
	for (int axis = 0; axis < AXES; axis++) {
		struct space_axis *a = &space->axes[axis];

		for (size_t k = 0; k < SPACE_POLICIES; k++)
			free(a->used[k]);
		set_pool_free(a->sets);
		free(a->exists);
		free(a->spans);
		free(a->points);
	}
	for (size_t i = 0; i < space->text_count; i++)
		free(space->texts[i]);
	free(space->texts);
	diagram_free(space->diagram);
}
