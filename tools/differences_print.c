/* SPDX-License-Identifier: GPL-2.0-or-later */
/* differences_print.c - differences of two policies, for people and programs. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compare/query.h"
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
static const struct place *place_of(const struct outcomes *o, size_t k,
				    const struct region_flow *flow,
				    const struct course *course)
{
	const struct policy *p = o->space.policies[k];
	const struct exempt *exempt;

	if (!course->is_exempt)
		return &policy_route(p, course->route)->place;
	exempt = policy_exempt_of(p, &flow->client, &flow->server);
	return exempt != NULL ? &exempt->place : NULL;
}

static void print_line(const struct outcomes *o, size_t k, char sign,
		       const struct region_flow *flow,
		       const struct course *course, FILE *out)
{
	const struct policy *p = o->space.policies[k];
	const struct place *place = place_of(o, k, flow, course);
	char text[PLACE_MAX];

	if (place == NULL)
		return;
	fprintf(out, "    %c %s  %s\n", sign,
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
	print_line(&c->outcomes, 0, '-', &d->flow, &before, out);
	print_line(&c->outcomes, 1, '+', &d->flow, &after, out);
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

static json_t *course_json(const struct outcomes *o, size_t k,
			   uint32_t outcome, const struct region_flow *flow)
{
	struct course course;
	const struct place *place;
	char text[PLACE_MAX];

	comparison_course(o, k, &o->items[outcome], flow, &course);
	place = place_of(o, k, flow, &course);
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

/* The flow, or if it is NULL the region, as text; NULL when out of memory. */
static json_t *printed(struct space *space, uint32_t region,
		       const struct region_flow *flow, bool *ret_is_more)
{
	json_t *json = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	if (flow == NULL)
		*ret_is_more = region_print(space, region, PARTS_MAX_JSON,
					    "\n", out);
	else
		region_print_flow(space, flow, out);
	if (fclose(out) == 0)
		json = json_string(text);
	free(text);
	return json;
}

/* A line each. */
static json_t *parts_json(struct space *space, uint32_t region,
			  bool *ret_is_more)
{
	json_t *text = printed(space, region, NULL, ret_is_more);
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

/* {"flows", "more", "flow", "explainable"}, without outcomes. */
static json_t *region_json(struct space *space, uint32_t region,
			   const struct region_flow *flow)
{
	bool is_more = false, unused;
	json_t *parts = parts_json(space, region, &is_more);

	return json_pack("{s:o, s:b, s:o, s:b}", "flows", parts, "more",
			 is_more, "flow", printed(space, region, flow, &unused),
			 "explainable", region_is_in_words(space, flow));
}

/* Print a line and free `json`. */
static int put_line(json_t *json, FILE *out)
{
	int rc = json == NULL ? -1 : json_dumpf(json, out, JSON_COMPACT |
						JSON_PRESERVE_ORDER);

	json_decref(json);
	fputc('\n', out);
	return rc < 0 ? -ENOMEM : 0;
}

int differences_json(struct comparison *c, FILE *out)
{
	const struct outcomes *o = &c->outcomes;
	int rc = 0;

	for (size_t i = 0; i < c->count && rc == 0; i++) {
		const struct difference *d = &c->items[i];
		json_t *json = region_json(&c->outcomes.space, d->region,
					   &d->flow);

		json_object_set_new(json, "old", course_json(o, 0, d->before,
							     &d->flow));
		json_object_set_new(json, "new", course_json(o, 1, d->after,
							     &d->flow));
		rc = put_line(json, out);
	}
	return rc;
}

/* ---- answers of a query ---- */

static void print_answer(struct query *q, const struct answer *answer,
			 FILE *out)
{
	const struct outcomes *o = &q->outcomes;
	struct course course;

	comparison_course(o, 0, &o->items[answer->outcome], &answer->flow,
			  &course);
	if (region_print(&q->outcomes.space, answer->region, PARTS_MAX, "\n",
			 out))
		fputs("\n...", out);
	fputs(":\n    ", out);
	differences_course(&course, course.class_name != NULL, out);
	fputc('\n', out);
	print_line(o, 0, ' ', &answer->flow, &course, out);
	fputs("    flow: ", out);
	region_print_flow(&q->outcomes.space, &answer->flow, out);
	fputc('\n', out);
}

int differences_print_answers(struct query *q, FILE *out)
{
	for (size_t i = 0; i < q->count; i++) {
		if (i > 0)
			fputc('\n', out);
		print_answer(q, &q->answers[i], out);
	}
	return q->outcomes.space.is_short ? -ENOMEM : 0;
}

int differences_json_answers(struct query *q, FILE *out)
{
	int rc = 0;

	for (size_t i = 0; i < q->count && rc == 0; i++) {
		const struct answer *answer = &q->answers[i];
		json_t *json = region_json(&q->outcomes.space, answer->region,
					   &answer->flow);

		json_object_set_new(json, "outcome",
				    course_json(&q->outcomes, 0,
						answer->outcome,
						&answer->flow));
		rc = put_line(json, out);
	}
	return rc;
}
