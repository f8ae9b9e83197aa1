/* SPDX-License-Identifier: GPL-2.0-or-later */
/* region_words.c - print a region as conditions of the policy language. */
#include "rules/compare/region.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "rules/parse/keywords.h"
#include "rules/policy/policy_private.h"

/* Values of a list that are printed; more are counted. */
#define VALUES_SHOWN 6

/* ---- parts ---- */

struct parts {
	struct space *space;
	struct region_cube cube;
	size_t left;
	bool is_more;
	bool is_next;		/* a part was printed before */
	const char *separator;
	FILE *out;
};

static void walk_flags(struct parts *parts, size_t i, uint32_t ref)
{
	const struct space *space = parts->space;
	const struct diagram *d = space->diagram;

	if (ref == DIAGRAM_FALSE || parts->is_more)
		return;
	if (i == space->flag_count) {
		parts->is_more = parts->left == 0;
		if (parts->is_more)
			return;
		parts->left--;
		if (parts->is_next)
			fputs(parts->separator, parts->out);
		parts->is_next = true;
		region_print_cube(parts->space, &parts->cube, parts->out);
		return;
	}
	parts->cube.flags[i] = 0;
	if (diagram_is_leaf(ref) ||
	    diagram_variable(d, ref) != space->flags[i].variable) {
		walk_flags(parts, i + 1, ref);
		return;
	}
	parts->cube.flags[i] = 1;
	walk_flags(parts, i + 1, diagram_high(d, ref));
	parts->cube.flags[i] = -1;
	walk_flags(parts, i + 1, diagram_low(d, ref));
	parts->cube.flags[i] = 0;
}

static bool is_tested(const struct space *space, enum axis axis, uint32_t ref)
{
	const struct space_axis *a = &space->axes[axis];

	return !diagram_is_leaf(ref) &&
	       diagram_variable(space->diagram, ref) <
		       a->first_variable + a->bits;
}

static void walk(struct parts *parts, int axis, uint32_t ref);

/* For each part that some classes have in common, those classes. */
static void walk_classes(struct parts *parts, int axis, uint32_t ref)
{
	const struct space_axis *a = &parts->space->axes[axis];
	uint32_t *below = calloc(a->classes, sizeof(*below));
	bool *members = calloc(a->classes, sizeof(*members));
	bool *done = calloc(a->classes, sizeof(*done));

	for (size_t c = 0; below != NULL && c < a->classes; c++)
		below[c] = region_follow(parts->space, ref, (enum axis)axis,
					 (uint32_t)c);
	for (size_t c = 0; below != NULL && members != NULL && done != NULL &&
			   c < a->classes && !parts->is_more; c++) {
		if (done[c])
			continue;
		for (size_t b = 0; b < a->classes; b++) {
			members[b] = below[b] == below[c];
			done[b] |= members[b];
		}
		parts->cube.members[axis] = members;
		walk(parts, axis + 1, below[c]);
	}
	parts->cube.members[axis] = NULL;
	free(below);
	free(members);
	free(done);
}

static void walk(struct parts *parts, int axis, uint32_t ref)
{
	if (ref == DIAGRAM_FALSE || parts->is_more)
		return;
	if (axis == AXES) {
		walk_flags(parts, 0, ref);
	} else if (!is_tested(parts->space, (enum axis)axis, ref)) {
		parts->cube.members[axis] = NULL;
		walk(parts, axis + 1, ref);
	} else {
		walk_classes(parts, axis, ref);
	}
}

bool region_print(struct space *space, uint32_t region, size_t max,
		  const char *separator, FILE *out)
{
	struct parts parts = {
		.space = space, .left = max, .separator = separator,
		.out = out,
	};

	walk(&parts, 0, diagram_simplify(space->diagram, region, space->valid));
	return parts.is_more;
}

/* ---- one axis ---- */

/* A list of values "WORD { A, B, ... N more }". */
struct values {
	FILE *out;
	const char *word;
	char first[400];	/* printed when it is known whether it is alone */
	size_t count;
};

static void add_value(struct values *values, const char *text)
{
	values->count++;
	if (values->count == 1) {
		snprintf(values->first, sizeof(values->first), "%s", text);
		return;
	}
	if (values->count == 2)
		fprintf(values->out, "%s { %s", values->word, values->first);
	if (values->count <= VALUES_SHOWN)
		fprintf(values->out, ", %s", text);
}

static void end_values(struct values *values)
{
	if (values->count == 1)
		fprintf(values->out, "%s %s", values->word, values->first);
	if (values->count > VALUES_SHOWN)
		fprintf(values->out, ", %zu more",
			values->count - VALUES_SHOWN);
	if (values->count > 1)
		fputs(" }", values->out);
}

static uint32_t number_of(const struct address *address)
{
	return ntohl(address->be32[3]);
}

struct sink {
	struct values *values;
	enum axis axis;
	bool is_dscp;		/* print the upper six bits of a TOS byte */
};

static int add_prefix(void *ctx, const struct prefix *prefix)
{
	char text[ADDRESS_TEXT_MAX];

	add_value(ctx, prefix_print(prefix, text));
	return 0;
}

static void add_dscp(struct values *values, uint32_t first, uint32_t last)
{
	for (uint32_t n = first; n <= last; n++) {
		const char *name = keywords_of(keywords_dscp, n);
		char text[16];

		snprintf(text, sizeof(text), "%u", n);
		add_value(values, name != NULL ? name : text);
	}
}

static void add_range(const struct sink *sink, const struct address *first,
		      const struct address *last)
{
	char text[2 * ADDRESS_TEXT_MAX];

	if (sink->axis == AXIS_FROM || sink->axis == AXIS_TO) {
		(void)address_range_split(first, last, add_prefix,
					  sink->values);
		return;
	}
	if (sink->is_dscp) {
		add_dscp(sink->values, number_of(first) >> 2,
			 number_of(last) >> 2);
		return;
	}
	if (address_equal(first, last))
		snprintf(text, sizeof(text), sink->axis == AXIS_TOS ?
			 "0x%02x" : "%u", number_of(first));
	else
		snprintf(text, sizeof(text), sink->axis == AXIS_TOS ?
			 "0x%02x-0x%02x" : "%u-%u", number_of(first),
			 number_of(last));
	add_value(sink->values, text);
}

/* Which families of the axis the cube has: an axis that is not tested has
 * both. */
static bool has_family(const struct region_cube *cube,
		       const struct address *address)
{
	const bool *family = cube->members[AXIS_FAMILY];

	return family == NULL || family[!address_is_v4(address)];
}

static size_t count_spans(const struct space_axis *a,
			  const struct region_cube *cube, enum axis axis,
			  bool is_member)
{
	const bool *members = cube->members[axis];
	size_t count = 0;

	for (size_t i = 0; i < a->span_count; i++)
		count += members[a->spans[i].class] == is_member &&
			 (axis < AXIS_FROM ||
			  has_family(cube, &a->spans[i].first));
	return count;
}

/* Adjacent spans are one range. */
static void list_spans(const struct space_axis *a,
		       const struct region_cube *cube, bool is_member,
		       const struct sink *sink)
{
	const bool *members = cube->members[sink->axis];

	for (size_t i = 0; i < a->span_count; i++) {
		const struct space_span *first = &a->spans[i];

		if (members[first->class] != is_member ||
		    (sink->axis >= AXIS_FROM &&
		     !has_family(cube, &first->first)))
			continue;
		while (i + 1 < a->span_count &&
		       members[a->spans[i + 1].class] == is_member &&
		       address_is_v4(&a->spans[i + 1].first) ==
			       address_is_v4(&first->first))
			i++;
		add_range(sink, &first->first, &a->spans[i].last);
	}
}

/* Whether no condition distinguishes the lower two bits (ECN). */
static bool is_dscp(const struct space_axis *a, const bool *members)
{
	for (size_t i = 0; i + 1 < a->span_count; i++)
		if (members[a->spans[i].class] !=
			    members[a->spans[i + 1].class] &&
		    number_of(&a->spans[i].last) % 4 != 3)
			return false;
	return true;
}

static void print_spans(const struct space *space,
			const struct region_cube *cube, enum axis axis,
			const char *word, FILE *out)
{
	const struct space_axis *a = &space->axes[axis];
	struct values values = { .out = out, .word = word };
	const struct sink sink = {
		&values, axis,
		axis == AXIS_TOS && is_dscp(a, cube->members[axis]),
	};
	bool is_member = count_spans(a, cube, axis, true) <=
			 count_spans(a, cube, axis, false);

	if (sink.is_dscp)
		values.word = "dscp";
	fputs(is_member ? " " : " not ", out);
	list_spans(a, cube, is_member, &sink);
	end_values(&values);
}

/* ---- protocols ---- */

static bool has_mark(const struct space_axis *a, uint32_t class, uint64_t mark)
{
	return (set_pool_get(a->sets, class)[a->words - 1] & mark) != 0;
}

/* Ports imply that the protocol has some. */
static bool is_implied(const struct space *space,
		       const struct region_cube *cube)
{
	const struct space_axis *a = &space->axes[AXIS_PROTO];

	if (cube->members[AXIS_DPORT] == NULL &&
	    cube->members[AXIS_SPORT] == NULL)
		return false;
	for (uint32_t c = 0; c < a->classes; c++)
		if (cube->members[AXIS_PROTO][c] !=
		    has_mark(a, c, SPACE_PORTS))
			return false;
	return true;
}

static size_t count_protocols(const struct space_axis *a, const bool *members,
			      bool is_member)
{
	size_t count = 0;

	for (size_t i = 0; i < a->span_count; i++)
		if (members[a->spans[i].class] == is_member)
			count += number_of(&a->spans[i].last) -
				 number_of(&a->spans[i].first) + 1;
	return count;
}

static void print_protocol(uint32_t n, FILE *out)
{
	const char *name = keywords_of(keywords_protocol, n);

	if (name != NULL)
		fputs(name, out);
	else
		fprintf(out, "proto %u", n);
}

static void print_protocols(const struct space *space,
			    const struct region_cube *cube, FILE *out)
{
	const struct space_axis *a = &space->axes[AXIS_PROTO];
	const bool *members = cube->members[AXIS_PROTO];
	size_t yes = count_protocols(a, members, true);
	size_t no = count_protocols(a, members, false);
	bool is_member = yes <= no;
	size_t count = is_member ? yes : no, shown = 0;

	if (is_implied(space, cube))
		return;
	fprintf(out, "%s%s", is_member ? " " : " not ", count > 1 ? "(" : "");
	for (uint32_t n = 0; n < 256 && shown < VALUES_SHOWN; n++)
		for (size_t i = 0; i < a->span_count; i++)
			if (number_of(&a->spans[i].first) <= n &&
			    n <= number_of(&a->spans[i].last) &&
			    members[a->spans[i].class] == is_member) {
				fputs(shown++ > 0 ? " or " : "", out);
				print_protocol(n, out);
			}
	if (count > shown)
		fprintf(out, " or %zu more", count - shown);
	fputs(count > 1 ? ")" : "", out);
}

/* ---- names ---- */

/* Names in the cube beside others that are not, or the reverse. */
static void list_points(const struct space_axis *a, const bool *members,
			bool is_member, struct values *values)
{
	for (size_t i = 0; i < a->point_count; i++) {
		const struct space_point *p = &a->points[i];
		bool is_open = p->name[p->len - 1] == '*';
		char text[300];

		if (p->is_sample || members[p->class] != is_member ||
		    members[p->parent] == is_member)
			continue;
		snprintf(text, sizeof(text), "%s%.*s",
			 a->points[i].is_below || is_open ||
			 p->parent == UINT32_MAX ? "" : "=",
			 p->len, p->name);
		add_value(values, text);
	}
}

/* The class of a property that is given and in no set; UINT32_MAX: none. */
static uint32_t class_of_rest(const struct space_axis *a)
{
	for (uint32_t c = 0; c < a->classes; c++) {
		const uint64_t *sets = set_pool_get(a->sets, c);
		bool is_rest = c != a->absent && a->exists[c] != 0;

		for (size_t w = 0; w + 1 < a->words; w++)
			is_rest &= sets[w] == 0;
		if (is_rest)
			return c;
	}
	return UINT32_MAX;
}

static void print_hosts(const struct space *space,
			const struct region_cube *cube, FILE *out)
{
	const struct space_axis *a = &space->axes[AXIS_HOST];
	const bool *members = cube->members[AXIS_HOST];
	struct values yes = { .out = out, .word = " host" };
	struct values no = { .out = out, .word = " not host" };
	uint32_t rest = class_of_rest(a);

	list_points(a, members, true, &yes);
	end_values(&yes);
	if (yes.count == 0 && !members[a->absent])
		fputs(" host known", out);
	list_points(a, members, false, &no);
	end_values(&no);
	if (yes.count == 0 && no.count == 0 && members[a->absent] &&
	    rest != UINT32_MAX && !members[rest])
		fputs(" host unknown", out);
	else if (yes.count > 0 && members[a->absent])
		fputs(" or host unknown", out);
}

/* Names without order: the smaller of the two lists. */
static void print_names(const struct space *space,
			const struct region_cube *cube, enum axis axis,
			const char *word, FILE *out)
{
	const struct space_axis *a = &space->axes[axis];
	const bool *members = cube->members[axis];
	bool with_absent = a->absent != UINT32_MAX && members[a->absent];
	char negated[24];
	struct values values = { .out = out, .word = word };

	snprintf(negated, sizeof(negated), " not%s", word);
	if (with_absent)
		values.word = negated;
	for (size_t i = 0; i < a->point_count; i++) {
		const struct space_point *p = &a->points[i];
		char text[80];

		if (p->is_sample || members[p->class] == with_absent)
			continue;
		snprintf(text, sizeof(text), "%.*s", p->len, p->name);
		add_value(&values, text);
	}
	end_values(&values);
	if (values.count == 0)
		fprintf(out, "%s %s", word, with_absent ? "unknown" : "known");
}

/* ---- one part ---- */

static void print_flags(const struct space *space,
			const struct region_cube *cube, FILE *out)
{
	for (size_t i = 0; i < space->flag_count; i++) {
		if (cube->flags[i] == 0)
			continue;
		fputs(cube->flags[i] < 0 ? " not" : "", out);
		space_print_flag(&space->flags[i], out);
	}
}

static void print_users(const struct space *space,
			const struct region_cube *cube, FILE *out)
{
	const struct space_axis *a = &space->axes[AXIS_UID];
	const bool *members = cube->members[AXIS_UID];
	bool all = true, none = true;

	for (size_t i = 1; i < a->span_count; i++) {
		all &= members[a->spans[i].class];
		none &= !members[a->spans[i].class];
	}
	if (none && cube->members[AXIS_IN] == NULL)
		fputs(" forwarded", out);
	else if (none)
		return;
	else if (all)
		fputs(" local", out);
	else
		print_spans(space, cube, AXIS_UID, "uid", out);
}

static void print_parts(struct space *space, const struct region_cube *cube,
			FILE *out)
{
	const bool *family = cube->members[AXIS_FAMILY];

	if (cube->members[AXIS_PROTO] != NULL)
		print_protocols(space, cube, out);
	if (cube->members[AXIS_SPORT] != NULL)
		print_spans(space, cube, AXIS_SPORT, "sport", out);
	if (cube->members[AXIS_DPORT] != NULL)
		print_spans(space, cube, AXIS_DPORT, "dport", out);
	if (cube->members[AXIS_FROM] != NULL)
		print_spans(space, cube, AXIS_FROM, "from", out);
	if (cube->members[AXIS_TO] != NULL)
		print_spans(space, cube, AXIS_TO, "to", out);
	if (family != NULL && cube->members[AXIS_FROM] == NULL &&
	    cube->members[AXIS_TO] == NULL)
		fputs(family[0] ? " from 0.0.0.0/0" : " from ::/0", out);
	if (cube->members[AXIS_HOST] != NULL)
		print_hosts(space, cube, out);
	if (cube->members[AXIS_APP] != NULL)
		print_names(space, cube, AXIS_APP, " app", out);
	if (cube->members[AXIS_JA4] != NULL)
		print_names(space, cube, AXIS_JA4, " ja4", out);
	print_flags(space, cube, out);
	if (cube->members[AXIS_IN] != NULL)
		print_names(space, cube, AXIS_IN, " in", out);
	if (cube->members[AXIS_TOS] != NULL)
		print_spans(space, cube, AXIS_TOS, "tos", out);
	if (cube->members[AXIS_LENGTH] != NULL)
		print_spans(space, cube, AXIS_LENGTH, "length", out);
	if (cube->members[AXIS_UID] != NULL)
		print_users(space, cube, out);
}

void region_print_cube(struct space *space, const struct region_cube *cube,
		       FILE *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *words = open_memstream(&text, &len);

	if (words == NULL)
		return;
	print_parts(space, cube, words);
	if (fclose(words) == 0)
		fputs(len == 0 ? "all flows" : text + 1, out);
	free(text);
}
