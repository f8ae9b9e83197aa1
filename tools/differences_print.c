/* SPDX-License-Identifier: GPL-2.0-or-later */
/* differences_print.c - differences of two policies, for people and programs. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "tools/differences.h"
#include "tools/load/load.h"

#define PLACE_MAX 512

/* Parts of a region that are printed. */
#define PARTS_MAX 4
#define PARTS_MAX_JSON 64

/* The outcome of a difference by one policy. */
static void course_of(const struct comparison *c, const struct difference *d,
		      size_t k, struct course *ret)
{
	const struct outcomes *o = &c->outcomes;

	comparison_course(o, k, &o->items[k == 0 ? d->before : d->after],
			  &d->flow, ret);
}

static const char *via(const char *path)
{
	return strcmp(path, "drop") == 0 ? "" : "via ";
}

void differences_course(const struct course *course, bool with_class, FILE *out)
{
	if (course->is_exempt) {
		fputs("exempt", out);
		return;
	}
	if (strcmp(course->first, course->last) != 0)
		fprintf(out, "first %s%s, then ", via(course->first),
			course->first);
	fprintf(out, "%s%s", via(course->last), course->last);
	if (course->late[0] != '\0')
		fprintf(out, ", late %s", course->late);
	if (with_class && course->class_name != NULL)
		fprintf(out, ", class %s", course->class_name);
	else if (with_class)
		fputs(", no class", out);
	if (course->packet != NULL)
		fprintf(out, ", such packets %s%s", via(course->packet),
			course->packet);
}

static bool same(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

/* The line that decides the flow, or exempts it. */
static const struct place *place_of(const struct comparison *c,
				    const struct difference *d, size_t k,
				    const struct course *course)
{
	const struct policy *p = c->outcomes.space.policies[k];
	const struct exempt *exempt;

	if (!course->is_exempt)
		return &policy_route(p, course->route)->place;
	exempt = policy_exempt_of(p, &d->flow.client, &d->flow.server);
	return exempt != NULL ? &exempt->place : NULL;
}

static void print_line(const struct comparison *c, const struct difference *d,
		       size_t k, const struct course *course, FILE *out)
{
	const struct policy *p = c->outcomes.space.policies[k];
	const struct place *place = place_of(c, d, k, course);
	char text[PLACE_MAX];

	if (place == NULL)
		return;
	fprintf(out, "    %c %s  %s\n", k == 0 ? '-' : '+',
		load_place(place, text, sizeof(text)),
		course->is_exempt ? "exempt" :
				    policy_route(p, course->route)->text);
}

static void print_difference(struct comparison *c, const struct difference *d,
			     FILE *out)
{
	struct space *space = &c->outcomes.space;
	struct course before, after;
	bool with_class;

	course_of(c, d, 0, &before);
	course_of(c, d, 1, &after);
	with_class = !same(before.class_name, after.class_name);
	if (region_print(space, d->region, PARTS_MAX, "\n", out))
		fputs("\n...", out);
	fputs(":\n    ", out);
	differences_course(&before, with_class, out);
	fputs(" -> ", out);
	differences_course(&after, with_class, out);
	fputc('\n', out);
	print_line(c, d, 0, &before, out);
	print_line(c, d, 1, &after, out);
	fputs("    flow: ", out);
	region_print_flow(space, &d->flow, out);
	fputc('\n', out);
}

int differences_print(struct comparison *c, FILE *out)
{
	for (size_t i = 0; i < c->count; i++) {
		if (i > 0)
			fputc('\n', out);
		print_difference(c, &c->items[i], out);
	}
	return c->outcomes.space.is_short ? -ENOMEM : 0;
}

/* ---- JSON ---- */

static json_t *text_or_null(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

static json_t *course_json(const struct comparison *c,
			   const struct difference *d, size_t k)
{
	struct course course;
	const struct place *place;
	char text[PLACE_MAX];

	course_of(c, d, k, &course);
	place = place_of(c, d, k, &course);
	if (place != NULL)
		load_place(place, text, sizeof(text));
	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "exempt", course.is_exempt,
			 "first", text_or_null(course.first),
			 "uplink", text_or_null(course.last),
			 "late", text_or_null(course.late != NULL &&
					      course.late[0] != '\0' ?
					      course.late : NULL),
			 "class", text_or_null(course.class_name),
			 "packet", text_or_null(course.packet),
			 "line", text_or_null(place != NULL ? text : NULL));
}

/* What a function prints, without its line end; NULL when out of memory. */
static json_t *printed(struct space *space, const struct difference *d,
		       bool is_region, bool *ret_is_more)
{
	json_t *json = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	if (is_region)
		*ret_is_more = region_print(space, d->region, PARTS_MAX_JSON,
					    "\n", out);
	else
		region_print_flow(space, &d->flow, out);
	if (fclose(out) == 0)
		json = json_string(text);
	free(text);
	return json;
}

/* A line each. */
static json_t *parts_json(struct space *space, const struct difference *d,
			  bool *ret_is_more)
{
	json_t *text = printed(space, d, true, ret_is_more);
	json_t *parts = json_array();
	const char *from = json_string_value(text);

	while (from != NULL && parts != NULL) {
		size_t len = strcspn(from, "\n");

		json_array_append_new(parts, json_stringn(from, len));
		from = from[len] != '\0' ? from + len + 1 : NULL;
	}
	json_decref(text);
	return parts;
}

int differences_json(struct comparison *c, FILE *out)
{
	struct space *space = &c->outcomes.space;
	bool is_more = false, unused;

	for (size_t i = 0; i < c->count; i++) {
		const struct difference *d = &c->items[i];
		json_t *parts = parts_json(space, d, &is_more);
		json_t *json = json_pack(
			"{s:o, s:b, s:o, s:b, s:o, s:o}", "flows", parts,
			"more", is_more, "flow",
			printed(space, d, false, &unused), "explainable",
			region_is_in_words(space, &d->flow), "old",
			course_json(c, d, 0), "new", course_json(c, d, 1));
		int rc = json == NULL ? -1 :
			 json_dumpf(json, out, JSON_COMPACT |
				    JSON_PRESERVE_ORDER);

		json_decref(json);
		if (rc < 0)
			return -ENOMEM;
		fputc('\n', out);
	}
	return 0;
}
