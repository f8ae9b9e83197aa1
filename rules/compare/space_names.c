/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * space_names.c - divide hosts, interfaces, applications and fingerprints into
 * classes.
 *
 * Each name that a policy has is a point, and the names below it are another:
 * they are looked up with a label that no list can contain. The class of the
 * names that no point has is that of the root.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compare/space.h"
#include "rules/policy/policy_private.h"
#include "rules/policy/vocabulary.h"

/* A label that domain_canonical() refuses. */
#define ANY_LABEL "*."

static void add_point(struct space *space, enum axis axis,
		      const struct space_point *point)
{
	struct space_axis *a = &space->axes[axis];

	if (!space_grow(space, &a->points, &a->point_room, a->point_count,
			sizeof(*a->points)))
		return;
	a->points[a->point_count++] = *point;
	space_exists(space, axis, point->class, SPACE_V4);
}

static uint32_t class_of(struct space *space, enum axis axis, const char *name,
			 size_t len)
{
	const struct space_value value = {
		.address = address_from_v4(0), .name = name, .len = len,
	};

	return space_class(space, axis, &value,
			   axis == AXIS_IN ? 0 : SPACE_GIVEN);
}

/* A copy that lives as long as the space; "" when out of memory. */
static const char *keep(struct space *space, const char *text)
{
	char *copy;

	if (!space_grow(space, &space->texts, &space->text_room,
			space->text_count, sizeof(*space->texts)))
		return "";
	copy = strdup(text);
	if (copy == NULL) {
		space->is_short = true;
		return "";
	}
	space->texts[space->text_count++] = copy;
	return copy;
}

static void add_sample(struct space *space, enum axis axis, const char *name)
{
	const struct space_point point = {
		.name = keep(space, name), .len = (uint8_t)strlen(name),
		.is_sample = true,
		.class = class_of(space, axis, name, strlen(name)),
	};

	add_point(space, axis, &point);
}

/* A property that is not given. */
static void add_absent(struct space *space, enum axis axis)
{
	const struct space_value none = { .address = address_from_v4(0) };
	struct space_axis *a = &space->axes[axis];

	a->absent = space_class(space, axis, &none, 0);
	space_exists(space, axis, a->absent, SPACE_V4);
}

/* ---- hosts ---- */

static uint32_t class_below(struct space *space, const char *name, size_t len)
{
	char text[DOMAIN_MAX + sizeof(ANY_LABEL) + 1];
	int used = snprintf(text, sizeof(text), ANY_LABEL "%.*s", (int)len,
			    name);

	return class_of(space, AXIS_HOST, text, (size_t)used);
}

/* The class of the names next to a name: those below its parent domain. */
static uint32_t class_beside(struct space *space, const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len);

	if (dot == NULL)
		return class_of(space, AXIS_HOST, "*", 1);
	return class_below(space, dot + 1, len - (size_t)(dot + 1 - name));
}

static void add_host(void *ctx, const char *name, size_t len)
{
	struct space *space = ctx;
	struct space_point below = {
		.name = name, .len = (uint8_t)len, .is_below = true,
		.parent = class_beside(space, name, len),
	};
	struct space_point self = below;

	below.class = class_below(space, name, len);
	self.is_below = false;
	self.class = class_of(space, AXIS_HOST, name, len);
	self.parent = below.class;
	/* There is no room for a longer name. */
	if (len + 2 > DOMAIN_MAX)
		self.parent = below.parent;
	else
		add_point(space, AXIS_HOST, &below);
	add_point(space, AXIS_HOST, &self);
}

static int by_name(const void *a, const void *b)
{
	const struct space_point *x = a, *y = b;
	size_t shorter = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->name, y->name, shorter);

	if (order != 0)
		return order;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return y->is_below - x->is_below;
}

static int written_first(const void *a, const void *b)
{
	const struct space_point *x = a, *y = b;
	int order = by_name(a, b);

	return order != 0 ? order : x->is_sample - y->is_sample;
}

/* Names that both policies have are once in the points. */
static void drop_doubles(struct space_axis *a)
{
	size_t kept = 0;

	if (a->point_count > 0)
		qsort(a->points, a->point_count, sizeof(*a->points),
		      written_first);
	for (size_t i = 0; i < a->point_count; i++)
		if (kept == 0 ||
		    by_name(&a->points[kept - 1], &a->points[i]) != 0)
			a->points[kept++] = a->points[i];
	a->point_count = kept;
}

static void add_hosts(struct space *space)
{
	static const char *const samples[] = {
		"host.example", "host.test", "host.invalid", "host",
	};
	struct space_axis *a = &space->axes[AXIS_HOST];

	for (size_t k = 0; k < space->policy_count; k++)
		domain_table_each(space->policies[k]->domains, add_host,
				  space);
	drop_doubles(a);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		add_sample(space, AXIS_HOST, samples[i]);
	add_absent(space, AXIS_HOST);
}

/* ---- interfaces ---- */

/* Names that begin like a pattern: one of them is in no longer pattern. */
static void add_like(struct space *space, const char *start, size_t len)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char name[IFNAMSIZ];

	if (len > 0) {
		snprintf(name, sizeof(name), "%.*s", (int)len, start);
		add_sample(space, AXIS_IN, name);
	}
	for (const char *c = digits; *c != '\0' && len + 1 < IFNAMSIZ; c++) {
		snprintf(name, sizeof(name), "%.*s%c", (int)len, start, *c);
		add_sample(space, AXIS_IN, name);
	}
}

static void add_interface(struct space *space, const char *name)
{
	size_t len = strlen(name);
	bool is_open = len > 0 && name[len - 1] == '*';
	struct space_point point = {
		.name = name, .len = (uint8_t)len, .is_below = is_open,
	};
	char like[IFNAMSIZ];

	/* '*' stands for a character that is in no longer name. */
	snprintf(like, sizeof(like), "%.*s%s", (int)(is_open ? len - 1 : len),
		 name, is_open ? "\x01" : "");
	point.class = class_of(space, AXIS_IN, like, strlen(like));
	point.parent = class_of(space, AXIS_IN, "\x01", 1);
	add_point(space, AXIS_IN, &point);
	if (is_open)
		add_like(space, name, len - 1);
}

static void add_interfaces(struct space *space)
{
	struct space_axis *a = &space->axes[AXIS_IN];

	for (size_t k = 0; k < space->policy_count; k++) {
		const struct policy *p = space->policies[k];

		for (size_t s = 0; s < p->interface_set_count; s++)
			for (size_t n = 0; n < p->interface_sets[s].count; n++)
				add_interface(space,
					      p->interface_sets[s].names[n]);
	}
	drop_doubles(a);
	add_sample(space, AXIS_IN, "lan0");
	add_sample(space, AXIS_IN, "eth0");
	add_like(space, "", 0);
	/* Class 0: no name, or one in no set. */
	a->absent = 0;
}

/* ---- fingerprints, applications ---- */

static void add_fingerprints(struct space *space)
{
	struct space_axis *a = &space->axes[AXIS_JA4];
	char other[] = "t13d1516h2_8daaf6152771_b186095e22b0";

	for (size_t k = 0; k < space->policy_count; k++) {
		const struct policy *p = space->policies[k];

		for (size_t i = 0; i < p->ja4_count; i++) {
			const struct space_point point = {
				.name = p->ja4[i],
				.len = (uint8_t)strlen(p->ja4[i]),
				.class = class_of(space, AXIS_JA4, p->ja4[i],
						  strlen(p->ja4[i])),
				.parent = class_of(space, AXIS_JA4, "", 0),
			};

			add_point(space, AXIS_JA4, &point);
		}
	}
	drop_doubles(a);
	for (char c = '0'; c <= '9'; c++) {
		other[sizeof(other) - 2] = c;
		add_sample(space, AXIS_JA4, other);
	}
	add_absent(space, AXIS_JA4);
}

static bool is_only(const struct app_word *word, unsigned int app)
{
	for (int w = 0; w < APP_WORDS; w++) {
		uint64_t only = w == (int)app / 64 ?
				UINT64_C(1) << app % 64 : 0;

		if (word->apps[w] != only)
			return false;
	}
	return true;
}

/* Applications without a word cannot be identified. */
static void add_apps(struct space *space)
{
	const struct vocabulary *v = space->vocabulary;

	for (unsigned int n = 1; n < APP_MAX; n++)
		for (size_t i = 0; i < v->app_count; i++) {
			struct space_value value = {
				.address = address_from_v4(htonl(n)),
			};
			struct space_point point = {
				.name = v->apps[i].word, .number = (uint16_t)n,
				.len = (uint8_t)strlen(v->apps[i].word),
			};

			if (!is_only(&v->apps[i], n))
				continue;
			point.class = space_class(space, AXIS_APP, &value,
						  SPACE_GIVEN);
			add_point(space, AXIS_APP, &point);
			break;
		}
	add_absent(space, AXIS_APP);
}

/* ---- flags ---- */

static void add_flag(struct space *space, enum node_kind kind,
		     const char *text, uint8_t sides)
{
	for (size_t i = 0; i < space->flag_count; i++) {
		const struct space_flag *flag = &space->flags[i];

		if (flag->kind == kind && flag->sides == sides &&
		    (text == NULL || strcmp(flag->text, text) == 0))
			return;
	}
	if (space->flag_count < SPACE_FLAGS_MAX)
		space->flags[space->flag_count++] = (struct space_flag){
			.kind = kind, .text = text, .sides = sides,
		};
}

static void add_flags(struct space *space, const struct policy *p)
{
	for (size_t i = 0; i < p->alpn_count; i++)
		add_flag(space, NODE_ALPN, p->alpn[i], 0);
	for (size_t i = 0; i < p->pattern_count; i++)
		add_flag(space, NODE_PAYLOAD, p->pattern_texts[i].regex,
			 p->pattern_texts[i].sides);
}

void space_add_names(struct space *space)
{
	add_interfaces(space);
	add_apps(space);
	add_hosts(space);
	add_fingerprints(space);
	add_flag(space, NODE_ECH, NULL, 0);
	for (size_t k = 0; k < space->policy_count; k++)
		add_flags(space, space->policies[k]);
}

void space_print_flag(const struct space_flag *flag, FILE *out)
{
	if (flag->kind == NODE_ECH)
		fputs(" ech", out);
	else if (flag->kind == NODE_ALPN)
		fprintf(out, " alpn \"%s\"", flag->text);
	else
		fprintf(out, " payload%s /%s/",
			flag->sides == PATTERN_CLIENT ? " client" :
			flag->sides == PATTERN_SERVER ? " server" : "",
			flag->text);
}
