/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compile.c - compile a syntax tree to a policy: collect the statements, run
 * the steps. */
#include "rules/compile/policy_load.h"
#include "rules/policy/strict.h"
#include "rules/compile/compile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/util/source.h"

#define INSPECT_PACKETS 12
#define INSPECT_BYTES (16 * 1024)
#define INSPECT_SECONDS 5
#define INSPECT_MEMORY (16 * 1024 * 1024)	/* per queue */
#define PER_CLIENT 0				/* no limit */
#define STREAMS_MIN 16				/* per queue */

int compile_grow(void *items, size_t *room, size_t count, size_t size)
{
	size_t more = *room == 0 ? 16 : *room * 2;
	void *old, *fresh;

	if (count < *room)
		return 0;
	memcpy(&old, items, sizeof(old));
	fresh = reallocarray(old, more, size);
	if (fresh == NULL)
		return -ENOMEM;
	memcpy(items, &fresh, sizeof(fresh));
	*room = more;
	return 0;
}

const char *compile_text(struct compiler *c, const char *text)
{
	return text == NULL ? NULL
			    : arena_copy(c->policy->arena, text, strlen(text));
}

struct place compile_place(struct compiler *c, struct place place)
{
	struct source *source = arena_alloc(c->policy->arena, sizeof(*source));

	if (source != NULL && place.source != NULL) {
		source->name = compile_text(c, place.source->name);
		source->text = "";
		place.source = source;
	} else {
		place.source = NULL;
	}
	return place;
}

const char *compile_statement_text(struct compiler *c,
				   const struct ast_statement *statement)
{
	char *text = NULL;
	size_t len = 0;
	const char *copy = NULL;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	ast_print_statement(statement, out);
	if (fclose(out) == 0)
		copy = arena_copy(c->policy->arena, text,
				  len > 0 && text[len - 1] == '\n' ? len - 1
								   : len);
	free(text);
	return copy;
}

/* Statements that can be written only once. */
static int gather_single(struct compiler *c, const struct ast_statement *s)
{
	const struct ast_statement **first = s->kind == STATEMENT_DEFAULT ?
		&c->default_route : &c->single[s->kind];

	if (*first != NULL) {
		char fix[128];

		snprintf(fix, sizeof(fix), "the first one is in line %u",
			 (*first)->place.line);
		diag_add(c->diag, DIAG_ERROR, s->place, fix,
			 "this statement is allowed only once");
		return -EINVAL;
	}
	*first = s;
	return 0;
}

/* Another statement of the same kind and name is an error. */
static int check_name(struct compiler *c, const struct ast_statement *s,
		      const struct ast_statement *other)
{
	char fix[128];

	if (other->name.text == NULL || s->name.text == NULL ||
	    strcmp(other->name.text, s->name.text) != 0)
		return 0;
	snprintf(fix, sizeof(fix), "the first definition is in line %u",
		 other->place.line);
	diag_add(c->diag, DIAG_ERROR, s->name.place, fix,
		 "'%s' is defined twice", s->name.text);
	return -EINVAL;
}

#define ADD(array, value) \
	(GROW(array) < 0 ? -ENOMEM : \
	 ((array)->items[(array)->count++] = (value), 0))

static int gather_list(struct compiler *c, const struct ast_statement *s)
{
	for (size_t i = 0; i < c->lists.count; i++)
		if (check_name(c, s, c->lists.items[i].statement) < 0)
			return -EINVAL;
	return ADD(&c->lists, ((struct list_item){
		.statement = s, .is_loaded = s->is_broken }));
}

static int gather_class(struct compiler *c, const struct ast_statement *s)
{
	for (size_t i = 0; i < c->classes.count; i++)
		if (check_name(c, s, c->classes.items[i].statement) < 0)
			return -EINVAL;
	return ADD(&c->classes, ((struct class_item){
		.statement = s,
		.state = s->is_broken ? CLASS_DONE : CLASS_UNSEEN }));
}

static int gather_uplink(struct compiler *c, const struct ast_statement *s)
{
	for (size_t i = 0; i < c->uplinks.count; i++)
		if (check_name(c, s, c->uplinks.items[i]) < 0)
			return -EINVAL;
	return ADD(&c->uplinks, s);
}

static int gather_ahead(struct compiler *c, const struct ast_statement *s)
{
	struct policy *policy = c->policy;

	if (policy->ahead_count == AHEAD_MAX) {
		diag_add(c->diag, DIAG_ERROR, s->place,
			 "move the rules to preferences below 20000",
			 "more than %u tables and preferences are ahead",
			 AHEAD_MAX);
		return -EINVAL;
	}
	policy->aheads[policy->ahead_count++] = (struct policy_ahead){
		.is_pref = s->ahead.is_pref,
		.number = (uint32_t)s->ahead.number.value,
	};
	return 0;
}

static int gather_all(struct compiler *c, const struct ast_statement *s);

static int gather(struct compiler *c, const struct ast_statement *s)
{
	switch (s->kind) {
	case STATEMENT_UPLINK:
		return gather_uplink(c, s);
	case STATEMENT_LIST:
		return gather_list(c, s);
	case STATEMENT_CLASS:
		return gather_class(c, s);
	case STATEMENT_INCLUDE:
		return gather_all(c, s->included);
	default:
		break;
	}
	if (s->is_broken)
		return 0;
	switch (s->kind) {
	case STATEMENT_EXEMPT:
		return ADD(&c->exempts, s);
	case STATEMENT_ROUTE:
		return s->route.per_packet ? ADD(&c->packet_routes, s)
					   : ADD(&c->routes, s);
	case STATEMENT_EXPECT:
		return ADD(&c->expects, s);
	case STATEMENT_NEVER:
		return ADD(&c->nevers, s);
	case STATEMENT_AHEAD:
		return gather_ahead(c, s);
	case STATEMENT_LEARN:
		return ADD(&c->learns, s);
	case STATEMENT_ON:
		return compile_exception(c, s);
	default:
		return gather_single(c, s);
	}
}

/* Of a broken uplink, list or class only the name is used, so that statements
 * that refer to it give no further errors. */
static int gather_all(struct compiler *c, const struct ast_statement *s)
{
	int rc = 0;

	for (; s != NULL && rc != -ENOMEM; s = s->next)
		rc = gather(c, s);
	return rc == -ENOMEM ? rc : 0;
}

/* The parser has checked the ranges. */
static uint32_t number_or(const struct ast_number *number, uint32_t fallback)
{
	return number->place.line == 0 ? fallback : (uint32_t)number->value;
}

static void compile_queues(struct compiler *c)
{
	const struct ast_statement *s = c->single[STATEMENT_QUEUES];
	struct queues *q = &c->policy->queues;

	q->per_client = s == NULL ? PER_CLIENT :
			number_or(&s->queues.per_client, PER_CLIENT);
	if (s == NULL)
		return;
	q->first = (uint16_t)s->queues.first.value;
	q->last = (uint16_t)number_or(&s->queues.last, q->first);
	q->fail_closed = s->queues.fail_closed;
	if (s->queues.fail_open || s->queues.fail_closed)
		q->unanswered = UNANSWERED_MAIN;
	q->coalesce_us = (uint16_t)s->queues.coalesce_us.value;
	if (q->last >= q->first && q->last - q->first >= (int)QUEUES_MAX)
		diag_add(c->diag, DIAG_ERROR, s->queues.last.place,
			 "one queue per processor is enough",
			 "more than %u queues", QUEUES_MAX);
}

static void compile_memory(struct compiler *c, const struct ast_number *memory)
{
	struct inspect *inspect = &c->policy->inspect;
	struct queues q = c->policy->queues;
	unsigned queues = q.last >= q.first ? q.last - q.first + 1u : 1;
	uint64_t min = (uint64_t)queues * inspect->bytes * STREAMS_MIN;
	char fix[80];

	inspect->memory = (uint64_t)queues * INSPECT_MEMORY;
	if (memory->place.line == 0)
		return;
	inspect->memory = memory->value;
	if (memory->value >= min)
		return;
	snprintf(fix, sizeof(fix), "'inspect bytes %" PRIu32 "' and %u "
		 "queue%s need %" PRIu64 "k", inspect->bytes, queues,
		 queues == 1 ? "" : "s", (min + 1023) / 1024);
	diag_add(c->diag, DIAG_ERROR, memory->place, fix,
		 "this memory is enough for fewer than %d flows per queue",
		 STREAMS_MIN);
}

static int compile_settings(struct compiler *c)
{
	static const struct ast_statement defaults;
	const struct ast_statement *s = c->single[STATEMENT_INSPECT];
	struct inspect *inspect = &c->policy->inspect;

	if (s == NULL)
		s = &defaults;
	inspect->packets = number_or(&s->inspect.packets, INSPECT_PACKETS);
	inspect->bytes = number_or(&s->inspect.bytes, INSPECT_BYTES);
	inspect->seconds = number_or(&s->inspect.seconds, INSPECT_SECONDS);
	compile_queues(c);
	compile_overflow(c, &c->policy->queues);
	compile_memory(c, &s->inspect.memory);
	s = c->single[STATEMENT_KERNEL_ROUTES];
	c->policy->kernel_routes = s == NULL || s->kernel_routes;
	s = c->single[STATEMENT_OWN_TABLE];
	c->policy->own_table = s != NULL && s->own_table;
	c->policy->strict_first = c->single[STATEMENT_STRICT] != NULL;
	if (c->single[STATEMENT_LATE] != NULL)
		c->policy->late = c->single[STATEMENT_LATE]->late;
	return 0;
}

/* Only the kernel has these limits: a route `via main` accepts any list. */
static void check_exempt(struct compiler *c, const struct ast_statement *s,
			 size_t ranges, size_t by_rule)
{
	if (s->exempt.by_rule && by_rule > EXEMPT_RULES_MAX)
		diag_add(c->diag, DIAG_ERROR, s->place,
			 "leave out 'by rule': an nft set has no such limit",
			 "more than %u ranges are exempt by rule: the kernel "
			 "tries the rules one by one", EXEMPT_RULES_MAX);
	if (ranges <= EXEMPT_RANGES_MAX)
		return;
	diag_add(c->diag, DIAG_ERROR, s->place,
		 "write a route with this list 'via main' above all others",
		 "more than %u ranges are exempt: too many for the kernel",
		 EXEMPT_RANGES_MAX);
}

static int compile_exempts(struct compiler *c)
{
	struct policy *p = c->policy;
	size_t total = 0, by_rule = 0;
	int rc;

	p->exempts = arena_alloc(p->arena,
				 (c->exempts.count + 1) * sizeof(*p->exempts));
	if (p->exempts == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->exempts.count; i++) {
		const struct ast_statement *s = c->exempts.items[i];
		struct exempt *e = &p->exempts[p->exempt_count];
		const struct address_set *set;

		rc = compile_address_set(c, s->exempt.values, &e->set);
		if (rc == -ENOMEM)
			return rc;
		if (rc < 0)
			continue;
		set = &c->address_sets.items[e->set];
		total += set->count;
		by_rule += s->exempt.by_rule ? set->count : 0;
		check_exempt(c, s, total, by_rule);
		e->ranges = compile_ranges(c, set);
		if (e->ranges == NULL)
			return -ENOMEM;
		e->range_count = set->count;
		e->place = compile_place(c, s->place);
		e->to = s->exempt.to;
		e->by_rule = s->exempt.by_rule;
		p->exempt_count++;
	}
	return 0;
}

/* `except`: the route does not apply to these clients. */
static int compile_except(struct compiler *c, const struct ast_value *values,
			  uint32_t *node)
{
	struct condition_pool *pool = &c->policy->pool;
	uint32_t both[2], set;
	int rc = compile_address_set(c, values, &set);

	if (rc < 0)
		return rc;
	both[0] = *node;
	both[1] = condition_not(pool, condition_leaf(pool, NODE_FROM, set));
	*node = condition_join(pool, NODE_AND, both, 2);
	return *node == NODE_NONE ? -ENOMEM : 0;
}

int compile_route(struct compiler *c, const struct ast_statement *s,
		  struct route *route, struct route_test *test)
{
	int rc = 0;

	c->named.count = 0;
	test->node = 1;		/* NODE_TRUE: the default */
	if (s->route.condition != NULL) {
		rc = compile_condition(c, s->route.condition, &test->node);
		if (rc == -ENOMEM)
			return rc;
	}
	if (rc == 0 && s->route.except != NULL &&
	    compile_except(c, s->route.except, &test->node) == -ENOMEM)
		return -ENOMEM;
	if (compile_outcome(c, &s->route.outcome, route) == -ENOMEM)
		return -ENOMEM;
	route->late = s->route.late;
	test->class_count = c->named.count;
	test->classes = arena_alloc(c->policy->arena, (c->named.count + 1) *
						      sizeof(*test->classes));
	route->text = compile_statement_text(c, s);
	if (test->classes == NULL || route->text == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->named.count; i++)
		test->classes[i] = c->named.items[i];
	route->place = compile_place(c, s->place);
	return 0;
}

static int compile_routes(struct compiler *c)
{
	struct policy *p = c->policy;
	struct route *last;
	size_t max = c->routes.count + 1;
	int rc = 0;

	p->routes = arena_alloc(p->arena, max * sizeof(*p->routes));
	p->tests = arena_alloc(p->arena, max * sizeof(*p->tests));
	p->balances = arena_alloc(p->arena, max * sizeof(*p->balances));
	if (p->routes == NULL || p->tests == NULL || p->balances == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->routes.count && rc == 0; i++)
		rc = compile_route(c, c->routes.items[i], &p->routes[i],
				   &p->tests[i]);
	if (rc < 0)
		return rc;

	last = &p->routes[c->routes.count];
	last->text = "default via main";
	last->way = "main";
	last->path = p->marks.path_main;
	p->tests[c->routes.count].node = 1;
	if (c->default_route != NULL)
		rc = compile_route(c, c->default_route, last,
				   &p->tests[c->routes.count]);
	last->is_default = true;
	p->route_count = max;
	for (size_t i = 0; i < max; i++) {
		p->needs |= condition_facts(&p->pool, p->tests[i].node);
		p->needs_interface |= condition_tests(&p->pool,
						      p->tests[i].node,
						      NODE_IN);
	}
	policy_set_unanswered(p);
	return rc;
}

static void compiler_fini(struct compiler *c)
{
	for (size_t i = 0; i < c->lists.count; i++) {
		address_set_fini(&c->lists.items[i].addresses);
		name_set_fini(&c->lists.items[i].domains);
	}
	for (size_t i = 0; i < c->address_sets.count; i++)
		address_set_fini(&c->address_sets.items[i]);
	for (size_t i = 0; i < c->uid_sets.count; i++)
		address_set_fini(&c->uid_sets.items[i]);
	for (size_t i = 0; i < c->domain_sets.count; i++)
		name_set_fini(&c->domain_sets.items[i]);
	for (size_t i = 0; i < c->interface_sets.count; i++)
		name_set_fini(&c->interface_sets.items[i]);
	for (size_t i = 0; i < c->number_sets.count; i++)
		free(c->number_sets.items[i]);
	free(c->uplinks.items);
	free(c->exempts.items);
	free(c->routes.items);
	free(c->packet_routes.items);
	free(c->expects.items);
	free(c->nevers.items);
	free(c->learns.items);
	free(c->lists.items);
	free(c->named_hosts.items);
	free(c->classes.items);
	free(c->address_sets.items);
	free(c->uid_sets.items);
	free(c->domain_sets.items);
	free(c->interface_sets.items);
	free(c->number_sets.items);
	free(c->named.items);
}

/* All steps run even after an error, so that one run reports all errors. */
static int compile_all(struct compiler *c)
{
	int (*const steps[])(struct compiler *) = {
		compile_settings, compile_marks, compile_uplinks, compile_lists,
		compile_nat, compile_learn, compile_exempts, compile_classes,
		compile_routes,
		compile_packet_routes, compile_expects, compile_nevers,
		compile_tables, compile_headers, compile_packet_check, compile_index,
		compile_hosts,
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i](c) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

int policy_compile(struct ast *ast, const struct vocabulary *vocabulary,
		   const struct uplink_numbers *numbers,
		   const struct hosts *hosts, struct diag *diag,
		   struct policy **ret)
{
	static const struct uplink_numbers none;
	struct compiler c = {
		.ast = ast,
		.diag = diag,
		.vocabulary = vocabulary,
		.hosts = hosts,
		.numbers = numbers != NULL ? numbers : &none,
	};
	int rc = -ENOMEM;

	c.policy = calloc(1, sizeof(*c.policy));
	if (c.policy == NULL)
		goto out;
	c.policy->arena = arena_new();
	if (c.policy->arena == NULL || condition_pool_init(&c.policy->pool) < 0)
		goto out;
	rc = gather_all(&c, ast_statements(ast));
	if (rc == 0)
		rc = compile_all(&c);
	if (rc == 0 && diag_errors(diag) > 0)
		rc = -EINVAL;
	if (rc < 0)
		goto out;
	compile_warn(&c);
	compile_expects_resolve(c.policy);

	*ret = c.policy;
	c.policy = NULL;
out:
	if (rc == -ENOMEM)
		diag_add(diag, DIAG_ERROR, (struct place){ 0 }, NULL,
			 "out of memory");
	compiler_fini(&c);
	policy_free(c.policy);
	return rc;
}
