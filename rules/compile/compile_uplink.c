/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile_uplink.c - the mark mask, and the paths and tables of uplinks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile/compile.h"
#include "rules/parse/keywords.h"

int compile_marks(struct compiler *c)
{
	const struct ast_statement *s = c->single[STATEMENT_MARKS];

	c->policy->marks = marks_layout(MARKS_MASK_DEFAULT);
	if (s == NULL)
		return 0;
	if (!marks_mask_is_usable(s->marks.mask.value)) {
		diag_add(c->diag, DIAG_ERROR, s->marks.mask.place,
			 "write a mask of 3 to 9 contiguous bits, for example "
			 "0x7f000000", "this mask cannot be used");
		return -EINVAL;
	}
	c->policy->marks = marks_layout((uint32_t)s->marks.mask.value);
	return 0;
}

static const struct ast_statement *uplink_at(struct compiler *c, size_t i)
{
	return c->uplinks.items[i];
}

/* The options of an uplink; none if it is broken. */
static const struct ast_uplink *options_at(struct compiler *c, size_t i)
{
	static const struct ast_uplink none;

	return uplink_at(c, i)->is_broken ? &none : &uplink_at(c, i)->uplink;
}

static int report_taken(struct compiler *c, struct place place,
			const char *what, uint32_t value, size_t by)
{
	char fix[128];

	snprintf(fix, sizeof(fix), "uplink '%s' in line %u uses it",
		 uplink_at(c, by)->name.text, uplink_at(c, by)->place.line);
	diag_add(c->diag, DIAG_ERROR, place, fix, "%s %u is already used",
		 what, value);
	return -EINVAL;
}

/* Assign the numbers written in the policy, before any is chosen. */
static int set_written(struct compiler *c, size_t i, struct uplink *up)
{
	const struct ast_uplink *u = options_at(c, i);
	const struct marks *m = &c->policy->marks;
	char fix[128];

	if (u->mark.place.line != 0) {
		if (u->mark.value > m->path_max) {
			snprintf(fix, sizeof(fix), "write 1 to %u: the number "
				 "of the uplink, not the mark itself",
				 m->path_max);
			diag_add(c->diag, DIAG_ERROR, u->mark.place, fix,
				 "mark %llu does not fit in the mask 0x%x",
				 (unsigned long long)u->mark.value, m->mask);
			return -EINVAL;
		}
		up->path = (uint8_t)u->mark.value;
	}
	if (u->table.place.line != 0)
		up->table = (uint32_t)u->table.value;
	return 0;
}

static int check_taken(struct compiler *c, size_t i)
{
	const struct uplink *ups = c->policy->uplinks;
	const struct ast_uplink *u = options_at(c, i);
	int rc = 0;

	for (size_t j = 0; j < i; j++) {
		const struct ast_name *other =
			&options_at(c, j)->table_name;

		if (ups[i].path != 0 && ups[i].path == ups[j].path)
			rc = report_taken(c, u->mark.place, "mark",
					  ups[i].path, j);
		if (ups[i].table != 0 && ups[i].table == ups[j].table)
			rc = report_taken(c, u->table.place, "table",
					  ups[i].table, j);
		if (u->table_name.text != NULL && other->text != NULL &&
		    strcmp(u->table_name.text, other->text) == 0) {
			diag_add(c->diag, DIAG_ERROR, u->table_name.place,
				 "choose another name",
				 "two tables have the name '%s'", other->text);
			rc = -EINVAL;
		}
	}
	return rc;
}

/* ---- numbers in force ---- */

const struct uplink_number *
uplink_number_of(const struct uplink_numbers *numbers, const char *name)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (strncmp(numbers->items[i].name, name,
			    sizeof(numbers->items[i].name) - 1) == 0)
			return &numbers->items[i];
	return NULL;
}

static const char *gateway(const struct uplink *uplink, bool has_via,
			   const struct address *via,
			   char text[static ADDRESS_TEXT_MAX])
{
	return has_via ? address_print(via, text) :
	       uplink->via_auto ? "auto" : "-";
}

const char *uplink_origin(const struct uplink *uplink,
			  char origin[static UPLINK_ORIGIN_MAX])
{
	char via4[ADDRESS_TEXT_MAX], via6[ADDRESS_TEXT_MAX];

	snprintf(origin, UPLINK_ORIGIN_MAX, "%s,%s,%s", uplink->dev,
		 gateway(uplink, uplink->has_via4, &uplink->via4, via4),
		 gateway(uplink, uplink->has_via6, &uplink->via6, via6));
	return origin;
}

static bool has_name(struct compiler *c, const char *name)
{
	for (size_t i = 0; i < c->uplinks.count; i++)
		if (strncmp(uplink_at(c, i)->name.text, name,
			    UPLINK_NAME_MAX - 1) == 0)
			return true;
	return false;
}

/* Numbers of the i-th uplink under a name that the policy no longer has. */
static const struct uplink_number *in_force_as(struct compiler *c, size_t i)
{
	char origin[UPLINK_ORIGIN_MAX];

	uplink_origin(&c->policy->uplinks[i], origin);
	for (size_t j = 0; j < c->numbers->count; j++)
		if (strcmp(c->numbers->items[j].origin, origin) == 0 &&
		    !has_name(c, c->numbers->items[j].name))
			return &c->numbers->items[j];
	return NULL;
}

static const struct uplink_number *in_force(struct compiler *c, size_t i)
{
	const struct uplink_number *number =
		uplink_number_of(c->numbers, uplink_at(c, i)->name.text);

	return number != NULL ? number : in_force_as(c, i);
}

/* The uplink other than the i-th that has `path` in force; the count of
 * uplinks when there is none. */
static size_t holder_of(struct compiler *c, uint8_t path, size_t i)
{
	size_t j = 0;

	for (; j < c->uplinks.count; j++) {
		const struct uplink_number *number = in_force(c, j);

		if (j != i && number != NULL && number->path == path)
			break;
	}
	return j;
}

/* Refuse the path of another uplink that is in force: existing flows would
 * move to the other uplink. */
static int check_holder(struct compiler *c, size_t i)
{
	const struct ast_number *mark = &options_at(c, i)->mark;
	const struct uplink *up = &c->policy->uplinks[i];
	size_t holder = mark->place.line == 0 || up->path == 0 ?
			c->uplinks.count : holder_of(c, up->path, i);
	char fix[192];

	if (holder == c->uplinks.count)
		return 0;
	snprintf(fix, sizeof(fix), "choose another number, or run 'waymark "
		 "down' first");
	diag_add(c->diag, DIAG_ERROR, mark->place, fix, "mark %u is in force "
		 "for uplink '%s', whose flows would move to '%s'",
		 up->path, uplink_at(c, holder)->name.text,
		 uplink_at(c, i)->name.text);
	return -EINVAL;
}

static bool has_path(struct compiler *c, uint8_t path)
{
	for (size_t i = 0; i < c->uplinks.count; i++)
		if (c->policy->uplinks[i].path == path)
			return true;
	return false;
}

static bool has_table(struct compiler *c, uint32_t table)
{
	for (size_t i = 0; i < c->uplinks.count; i++)
		if (c->policy->uplinks[i].table == table)
			return true;
	return false;
}

static void keep_numbers(struct compiler *c, size_t i)
{
	struct uplink *up = &c->policy->uplinks[i];
	const struct uplink_number *old = in_force(c, i);

	if (old == NULL)
		return;
	if (up->path == 0 && old->path <= c->policy->marks.path_max &&
	    !has_path(c, old->path))
		up->path = old->path;
	if (up->table == 0 && !has_table(c, old->table))
		up->table = old->table;
}

static bool is_in_force(struct compiler *c, uint8_t path, uint32_t table)
{
	for (size_t i = 0; i < c->numbers->count; i++)
		if (c->numbers->items[i].path == path ||
		    c->numbers->items[i].table == table)
			return true;
	return false;
}

/* The lowest free path; 0: none. */
static uint8_t lowest_path(struct compiler *c, bool may_be_in_force)
{
	for (uint8_t path = 1; path <= c->policy->marks.path_max; path++)
		if (!has_path(c, path) &&
		    (may_be_in_force || !is_in_force(c, path, 0)))
			return path;
	return 0;
}

/* Choose a path. The path of a removed uplink is the last choice: conntrack may
 * still have flows with it. */
static int choose_path(struct compiler *c, size_t i)
{
	struct policy *p = c->policy;
	uint8_t path = lowest_path(c, false);

	if (path == 0)
		path = lowest_path(c, true);
	if (path != 0) {
		p->uplinks[i].path = path;
		return 0;
	}
	diag_add(c->diag, DIAG_ERROR, uplink_at(c, i)->place,
		 "write a 'marks mask' with more bits",
		 "the mask 0x%x has room for only %u uplink%s", p->marks.mask,
		 p->marks.path_max, p->marks.path_max == 1 ? "" : "s");
	return -EINVAL;
}

static void choose_table(struct compiler *c, size_t i)
{
	uint32_t table = TABLE_FIRST;

	while (has_table(c, table) || is_in_force(c, 0, table)) {
		table++;
		if (table > TABLE_LAST && table < 256)
			table = 256;
	}
	c->policy->uplinks[i].table = table;
}

/* Find an uplink by name, or main; -EINVAL after an error. */
static int find_uplink(struct compiler *c, const struct ast_name *name,
		       int *ret_index)
{
	struct nearest near = { .word = name->text,
				.word_len = strlen(name->text) };
	char fix[160];

	if (strcmp(name->text, "main") == 0) {
		*ret_index = UPLINK_MAIN;
		return 0;
	}
	for (size_t i = 0; i < c->uplinks.count; i++) {
		if (strcmp(uplink_at(c, i)->name.text, name->text) == 0) {
			*ret_index = (int)i;
			return 0;
		}
		nearest_offer(&near, uplink_at(c, i)->name.text);
	}
	nearest_offer(&near, "main");
	if (near.best != NULL)
		snprintf(fix, sizeof(fix), "did you mean '%s'?", near.best);
	else
		snprintf(fix, sizeof(fix),
			 "define it: uplink %.64s { dev ... }", name->text);
	diag_add(c->diag, DIAG_ERROR, name->place, fix,
		 "there is no uplink '%s'", name->text);
	return -EINVAL;
}

#define HOLD_MS 2000

/* The defaults of a probe. */
#define PROBE_EVERY_MS 5000
#define PROBE_UP 2
#define PROBE_DOWN 3

static uint32_t number_or(const struct ast_number *number, uint32_t fallback)
{
	return number->place.line > 0 ? (uint32_t)number->value : fallback;
}

static int fill_probes(struct compiler *c, const struct ast_uplink *u,
		       struct uplink *up)
{
	struct uplink_probe *probes;
	size_t count = 0;

	for (const struct ast_probe *a = u->probes; a != NULL; a = a->next)
		count++;
	if (count == 0)
		return 0;
	probes = arena_alloc(c->policy->arena, count * sizeof(*probes));
	if (probes == NULL)
		return -ENOMEM;
	for (const struct ast_probe *a = u->probes; a != NULL; a = a->next)
		probes[up->probe_count++] = (struct uplink_probe){
			.kind = a->kind,
			.target = a->target,
			.port = (uint16_t)number_or(
				&a->port, probe_kinds[a->kind].default_port),
			.every_ms = number_or(&a->every_ms, PROBE_EVERY_MS),
			.up = number_or(&a->up, PROBE_UP),
			.down = number_or(&a->down, PROBE_DOWN),
		};
	up->probes = probes;
	return 0;
}

static int fill_uplink(struct compiler *c, size_t i, struct uplink *up)
{
	const struct ast_statement *s = uplink_at(c, i);
	const struct ast_uplink *u = options_at(c, i);
	int rc = 0;

	up->name = compile_text(c, s->name.text);
	up->table_name = compile_text(c, u->table_name.text);
	up->place = compile_place(c, s->place);
	if (u->dev.text != NULL)
		snprintf(up->dev, sizeof(up->dev), "%s", u->dev.text);
	up->has_via4 = u->has_via4;
	up->has_via6 = u->has_via6;
	up->via4 = u->via4;
	up->via6 = u->via6;
	up->clamps_mss = u->mss.place.line > 0;
	up->mss = (uint16_t)u->mss.value;
	up->translates = u->nat[0].kind || u->nat[1].kind;
	up->strict = u->strict;
	up->via_auto = u->via_auto;
	up->optional = u->optional;
	up->on_lan = u->on_lan;
	up->onlink = u->onlink;
	if (fill_probes(c, u, up) < 0)
		return -ENOMEM;
	up->late = u->late;
	up->hold_ms = number_or(&u->hold_ms, HOLD_MS);
	up->failback = u->failback == FAILBACK_AUTO ? FAILBACK_KEEP :
						      u->failback;
	up->fallback = UPLINK_NONE;
	if (u->fallback.text != NULL)
		rc = find_uplink(c, &u->fallback, &up->fallback);
	if (rc == 0 && up->fallback == (int)i) {
		diag_add(c->diag, DIAG_ERROR, u->fallback.place,
			 "name another uplink, or main",
			 "an uplink cannot be its own fallback");
		rc = -EINVAL;
	}
	return up->name == NULL ? -ENOMEM : rc;
}

int compile_uplinks(struct compiler *c)
{
	struct policy *p = c->policy;
	size_t count = c->uplinks.count;

	p->uplinks = arena_alloc(p->arena, (count + 1) * sizeof(*p->uplinks));
	if (p->uplinks == NULL)
		return -ENOMEM;
	p->uplink_count = count;
	for (size_t i = 0; i < count; i++)
		if (fill_uplink(c, i, &p->uplinks[i]) == -ENOMEM)
			return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		(void)set_written(c, i, &p->uplinks[i]);
	for (size_t i = 0; i < count; i++) {
		(void)check_taken(c, i);
		(void)check_holder(c, i);
	}
	for (size_t i = 0; i < count; i++)
		keep_numbers(c, i);
	for (size_t i = 0; i < count; i++) {
		struct uplink *up = &p->uplinks[i];

		if (up->path == 0 && choose_path(c, i) < 0)
			break;
		if (up->table == 0)
			choose_table(c, i);
		p->of_path[up->path] = up;
		if (!up->via_auto && up->has_via4 != up->has_via6)
			policy_set_down(p, i, up->has_via4, true);
	}
	return 0;
}

int compile_path(struct compiler *c, const struct ast_name *name,
		 uint8_t *ret_path)
{
	int index, rc;

	if (name->text == NULL)
		return -EINVAL;
	rc = find_uplink(c, name, &index);
	if (rc < 0)
		return rc;
	*ret_path = index == UPLINK_MAIN ? c->policy->marks.path_main
					 : c->policy->uplinks[index].path;
	return 0;
}
