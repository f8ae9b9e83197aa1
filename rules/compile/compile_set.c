/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compile_set.c - turn the values of conditions and lists into numbered sets;
 * equal sets share a number. At the end each kind of set becomes one table.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compile/compile.h"
#include "rules/parse/list.h"
#include "rules/parse/keywords.h"

static struct list_item *find_list(struct compiler *c, const char *name)
{
	for (size_t i = 0; i < c->lists.count; i++)
		if (strcmp(c->lists.items[i].statement->name.text, name) == 0)
			return &c->lists.items[i];
	return NULL;
}

/* Find the list of `@NAME` and mark it as used; NULL after an error. */
static struct list_item *use_list(struct compiler *c,
				  const struct ast_value *value,
				  enum list_kind kind)
{
	struct list_item *list = find_list(c, value->text);
	struct nearest near = { .word = value->text,
				.word_len = strlen(value->text) };
	char fix[160];

	if (list != NULL)
		list->is_used = true;
	if (list != NULL && list->statement->list.kind == kind)
		return list;
	if (list != NULL) {
		diag_add(c->diag, DIAG_ERROR, value->place,
			 kind == LIST_ADDRESSES ? "expected a list of addresses"
						: "expected a list of domains",
			 "'%s' is a list of %s", value->text,
			 kind == LIST_ADDRESSES ? "domains" : "addresses");
		return NULL;
	}
	for (size_t i = 0; i < c->lists.count; i++)
		nearest_offer(&near, c->lists.items[i].statement->name.text);
	if (near.best != NULL)
		snprintf(fix, sizeof(fix), "did you mean '@%s'?", near.best);
	else
		snprintf(fix, sizeof(fix), "define it: list %s %s { ... }",
			 kind == LIST_ADDRESSES ? "addresses" : "domains",
			 value->text);
	diag_add(c->diag, DIAG_ERROR, value->place, fix,
		 "there is no list '%s'", value->text);
	return NULL;
}

/* The destination of the entries of an address list. */
struct address_sink {
	struct compiler *c;
	const char *list;	/* that has the entry; NULL: a statement */
	struct address_set *set;
};

static int add_range(void *ctx, const struct address *first,
		     const struct address *last)
{
	const struct address_sink *sink = ctx;

	return address_set_add(sink->set, first, last);
}

static int add_host(void *ctx, const char *name, struct place place)
{
	const struct address_sink *sink = ctx;

	return compile_host(sink->c, name, place, sink->list, sink->set);
}

static int load_list(struct compiler *c, struct list_item *list);

static int add_addresses(struct compiler *c, const struct ast_value *value,
			 const char *in_list, struct address_set *set)
{
	struct address_sink sink = { c, in_list, set };
	const struct source *source;
	struct list_item *list;
	int rc;

	switch (value->kind) {
	case VALUE_ADDRESS:
		return address_set_add(set, &value->first_addr,
				       &value->last_addr);
	case VALUE_FILE:
		source = ast_file(c->ast, value->text, value->place, c->diag);
		return source == NULL ? -EINVAL :
		       list_parse_addresses(source, c->diag, add_range,
					    add_host, &sink);
	case VALUE_HOST:
		return add_host(&sink, value->text, value->place);
	case VALUE_LIST:
		list = use_list(c, value, LIST_ADDRESSES);
		if (list == NULL)
			return -EINVAL;
		rc = load_list(c, list);
		return rc < 0 ? rc
			      : address_set_add_all(set, &list->addresses);
	default:
		return -EINVAL;
	}
}

struct name_sink {
	struct arena *arena;
	struct name_set *set;
};

static int add_domain(void *ctx, const char *name, size_t len, bool exact)
{
	struct name_sink *sink = ctx;

	return name_set_add_copy(sink->set, sink->arena, name, len, exact);
}

static int add_domains(struct compiler *c, const struct ast_value *value,
		       struct name_set *set)
{
	struct name_sink sink = { c->policy->arena, set };
	const struct source *source;
	struct list_item *list;
	int rc;

	switch (value->kind) {
	case VALUE_DOMAIN:
		return name_set_add_copy(set, c->policy->arena, value->text,
					 strlen(value->text), value->exact);
	case VALUE_FILE:
		source = ast_file(c->ast, value->text, value->place, c->diag);
		return source == NULL ? -EINVAL :
		       list_parse_domains(source, c->diag, add_domain,
					  &sink);
	case VALUE_LIST:
		list = use_list(c, value, LIST_DOMAINS);
		if (list == NULL)
			return -EINVAL;
		rc = load_list(c, list);
		return rc < 0 ? rc : name_set_add_all(set, &list->domains);
	default:
		return -EINVAL;
	}
}

/* A list may contain another list. A list that contains itself adds nothing
 * there: it is marked as loaded before its values are read. */
static int load_list(struct compiler *c, struct list_item *list)
{
	const struct ast_value *v = list->statement->list.values;
	bool is_addresses = list->statement->list.kind == LIST_ADDRESSES;
	int worst = 0;

	if (list->is_loaded)
		return 0;
	list->is_loaded = true;
	for (; v != NULL; v = v->next) {
		int rc = is_addresses ?
			 add_addresses(c, v, list->statement->name.text,
				       &list->addresses) :
			 add_domains(c, v, &list->domains);

		if (rc == -ENOMEM)
			return rc;
		if (rc < 0)
			worst = rc;
	}
	address_set_normalise(&list->addresses);
	return worst;
}

int compile_lists(struct compiler *c)
{
	for (size_t i = 0; i < c->lists.count; i++)
		if (load_list(c, &c->lists.items[i]) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

/* Add all values even after an error, to report all errors. */
int compile_address_set(struct compiler *c, const struct ast_value *values,
			uint32_t *ret_set)
{
	struct address_set set = { 0 };
	size_t i;
	int rc = 0;

	for (const struct ast_value *v = values; v != NULL; v = v->next) {
		int one = add_addresses(c, v, NULL, &set);

		rc = one < 0 && rc != -ENOMEM ? one : rc;
	}
	address_set_normalise(&set);
	for (i = 0; i < c->address_sets.count && rc == 0; i++)
		if (address_set_equal(&c->address_sets.items[i], &set))
			break;
	if (rc == 0 && i == c->address_sets.count) {
		rc = GROW(&c->address_sets);
		if (rc == 0) {
			c->address_sets.items[c->address_sets.count++] = set;
			memset(&set, 0, sizeof(set));
		}
	}
	address_set_fini(&set);
	if (rc == 0)
		*ret_set = (uint32_t)i;
	return rc;
}

/* A user ID is stored as an IPv4 address, like all numbers in header sets. */
int compile_uid_set(struct compiler *c, const struct ast_condition *atom,
		    uint32_t *ret_set)
{
	struct address_set set = { 0 };
	size_t i = 0;
	int rc = 0;

	for (const struct ast_value *v = atom->values; v != NULL && rc == 0;
	     v = v->next) {
		struct address first = address_from_v4(htonl(v->first));
		struct address last = address_from_v4(htonl(v->last));

		rc = address_set_add(&set, &first, &last);
	}
	address_set_normalise(&set);
	while (i < c->uid_sets.count &&
	       !address_set_equal(&c->uid_sets.items[i], &set))
		i++;
	if (rc == 0 && i == UIDS_MAX) {
		diag_add(c->diag, DIAG_ERROR, atom->place,
			 "combine some: uid { N, M }",
			 "more than %d different 'uid' conditions", UIDS_MAX);
		rc = -EINVAL;
	}
	if (rc == 0 && i == c->uid_sets.count) {
		rc = GROW(&c->uid_sets);
		if (rc == 0) {
			c->uid_sets.items[c->uid_sets.count++] = set;
			memset(&set, 0, sizeof(set));
		}
	}
	address_set_fini(&set);
	*ret_set = (uint32_t)i;
	return rc;
}

/* The number of an equal set, or of `set`, which is then moved to *sets. */
static int intern_names(struct name_set **sets, size_t *room, size_t *count,
			struct name_set *set, uint32_t *ret_set)
{
	size_t i;

	name_set_normalise(set);
	for (i = 0; i < *count; i++)
		if (name_set_equal(&(*sets)[i], set))
			break;
	if (i == *count) {
		if (compile_grow(sets, room, *count, sizeof(**sets)) < 0)
			return -ENOMEM;
		(*sets)[(*count)++] = *set;
		memset(set, 0, sizeof(*set));
	}
	*ret_set = (uint32_t)i;
	return 0;
}

int compile_domain_set(struct compiler *c, const struct ast_value *values,
		       uint32_t *ret_set)
{
	struct name_set set = { 0 };
	int rc = 0;

	for (const struct ast_value *v = values; v != NULL; v = v->next) {
		int one = add_domains(c, v, &set);

		rc = one < 0 && rc != -ENOMEM ? one : rc;
	}
	if (rc == 0)
		rc = intern_names(&c->domain_sets.items, &c->domain_sets.room,
				  &c->domain_sets.count, &set, ret_set);
	name_set_fini(&set);
	return rc;
}

int compile_interface_set(struct compiler *c, const struct ast_value *values,
			  uint32_t *ret_set)
{
	struct name_set set = { 0 };
	int rc = 0;

	for (const struct ast_value *v = values; v != NULL && rc == 0;
	     v = v->next)
		rc = name_set_add_copy(&set, c->policy->arena, v->text,
				       strlen(v->text), true);
	if (rc == 0)
		rc = intern_names(&c->interface_sets.items,
				  &c->interface_sets.room,
				  &c->interface_sets.count, &set, ret_set);
	name_set_fini(&set);
	return rc;
}

int compile_number_set(struct compiler *c, const struct ast_value *values,
		       uint32_t *ret_set)
{
	struct number_set *set = calloc(1, sizeof(*set));
	size_t i;

	if (set == NULL)
		return -ENOMEM;
	for (const struct ast_value *v = values; v != NULL; v = v->next)
		for (uint32_t n = v->first; n <= v->last && n < 65536; n++)
			set->words[n / 64] |= UINT64_C(1) << n % 64;
	for (i = 0; i < c->number_sets.count; i++)
		if (memcmp(c->number_sets.items[i], set, sizeof(*set)) == 0)
			break;
	if (i == c->number_sets.count) {
		if (GROW(&c->number_sets) < 0) {
			free(set);
			return -ENOMEM;
		}
		c->number_sets.items[c->number_sets.count++] = set;
		set = NULL;
	}
	free(set);
	*ret_set = (uint32_t)i;
	return 0;
}

static int build_addresses(struct compiler *c)
{
	struct prefix_builder *builder =
		prefix_builder_new(c->address_sets.count);
	int rc = builder == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < c->address_sets.count && rc == 0; i++) {
		const struct address_set *set = &c->address_sets.items[i];

		for (size_t r = 0; r < set->count && rc == 0; r++)
			rc = prefix_builder_add(builder, i,
						&set->ranges[r].first,
						&set->ranges[r].last);
	}
	if (rc == 0)
		rc = prefix_table_build(builder, &c->policy->addresses);
	prefix_builder_free(builder);
	return rc;
}

static int build_domains(struct compiler *c)
{
	struct domain_builder *builder =
		domain_builder_new(c->domain_sets.count);
	int rc = builder == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < c->domain_sets.count && rc == 0; i++) {
		const struct name_set *set = &c->domain_sets.items[i];

		for (size_t n = 0; n < set->count && rc == 0; n++)
			rc = domain_builder_add(builder, i,
						set->entries[n].name,
						set->entries[n].len,
						set->entries[n].exact);
	}
	if (rc == 0)
		rc = domain_table_build(builder, &c->policy->domains);
	domain_builder_free(builder);
	return rc;
}

static bool number_in(const struct number_set *set, uint32_t n)
{
	return n < 65536 && (set->words[n / 64] >> n % 64 & 1) != 0;
}

static int build_numbers(struct compiler *c)
{
	GROWING(struct number_range) ranges = { 0 };
	int rc = 0;

	for (size_t i = 0; i < c->number_sets.count && rc == 0; i++) {
		const struct number_set *set = c->number_sets.items[i];

		for (uint32_t n = 0; n < 65536; n++) {
			if (!number_in(set, n))
				continue;
			rc = GROW(&ranges);
			if (rc < 0)
				break;
			ranges.items[ranges.count].set = (uint32_t)i;
			ranges.items[ranges.count].first = (uint16_t)n;
			while (number_in(set, n + 1))
				n++;
			ranges.items[ranges.count++].last = (uint16_t)n;
		}
	}
	if (rc == 0)
		rc = number_table_build(ranges.items, ranges.count,
					c->number_sets.count,
					&c->policy->numbers);
	free(ranges.items);
	return rc;
}

static int build_interfaces(struct compiler *c)
{
	GROWING(struct interface_pattern) patterns = { 0 };
	int rc = 0;

	for (size_t i = 0; i < c->interface_sets.count; i++) {
		const struct name_set *set = &c->interface_sets.items[i];

		for (size_t n = 0; n < set->count && rc == 0; n++) {
			rc = GROW(&patterns);
			if (rc == 0)
				patterns.items[patterns.count++] =
					(struct interface_pattern){
						.set = (uint32_t)i,
						.name = set->entries[n].name };
		}
	}
	if (rc == 0)
		rc = interface_table_build(patterns.items, patterns.count,
					   c->interface_sets.count,
					   &c->policy->interfaces);
	free(patterns.items);
	return rc;
}

/* The library reports one wrong pattern at a time: leave it out, try again. */
static int build_patterns(struct compiler *c)
{
	char why[PATTERN_WHY_MAX];
	size_t bad = 0;
	int rc = 0;

	while (c->pattern_count > 0) {
		size_t last = c->pattern_count - 1;

		rc = pattern_set_compile(c->patterns, c->pattern_count,
					 &c->policy->patterns, &bad, why);
		if (rc != -EINVAL)
			return rc;
		diag_add(c->diag, DIAG_ERROR, c->pattern_places[bad], why,
			 "this pattern cannot be used");
		c->patterns[bad] = c->patterns[last];
		c->pattern_places[bad] = c->pattern_places[last];
		c->pattern_count--;
	}
	return rc;
}

/* Texts of patterns: two policies are compared by them. */
static int keep_patterns(struct compiler *c)
{
	struct policy *p = c->policy;

	p->pattern_texts = arena_alloc(p->arena, (c->pattern_count + 1) *
						 sizeof(*p->pattern_texts));
	if (p->pattern_texts == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->pattern_count; i++) {
		p->pattern_texts[i] = c->patterns[i];
		p->pattern_texts[i].regex =
			compile_text(c, c->patterns[i].regex);
		if (p->pattern_texts[i].regex == NULL)
			return -ENOMEM;
	}
	p->pattern_count = c->pattern_count;
	return 0;
}

int compile_tables(struct compiler *c)
{
	int rc = build_addresses(c);

	if (rc == 0)
		rc = build_domains(c);
	if (rc == 0)
		rc = build_numbers(c);
	if (rc == 0)
		rc = build_interfaces(c);
	if (rc == 0)
		rc = build_patterns(c);
	if (rc == 0)
		rc = keep_patterns(c);
	return rc;
}
