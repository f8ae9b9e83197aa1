/* SPDX-License-Identifier: GPL-2.0-or-later */
/* offload.c - turn header-only routes into rules for the kernel. */
#include "rules/offload/offload_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

/* The most rules of all routes; the engine decides the routes after them. */
#define RULES_MAX 16384

#define TEXT_OF(number) TEXT_OF_IT(number)
#define TEXT_OF_IT(number) #number
#define TOO_LONG \
	"a list has more than " TEXT_OF(OFFLOAD_RANGES_MAX) " ranges, or " \
	"all together more than " TEXT_OF(OFFLOAD_RANGES_ALL)

/* The rules so far, and the protocols that no rule decides for all packets. */
struct listing {
	struct builder builder;
	struct terms rules;
	struct bitmap left;
	FILE *notes;
};

/* Append a rule, unless no protocol reaches it. */
static int list(struct listing *listing, const struct offload_rule *term,
		struct offload_target target)
{
	struct offload_rule rule = *term;
	uint64_t any = 0;

	for (int w = 0; w < 4; w++)
		any |= rule.proto.words[w] & listing->left.words[w];
	if (any == 0)
		return 0;
	rule.target = target;
	if (target.route > 0)
		listing->builder.offload->routes[target.route - 1] = target;
	if (rule.test_count == 0 && offload_covers(&rule.tos, &offload_any))
		for (int w = 0; w < 4; w++)
			listing->left.words[w] &= ~rule.proto.words[w];
	return offload_terms_add(&listing->rules, &rule);
}

static const struct offload_rule anything = {
	.proto = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } },
	.tos = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } },
};

/* The engine decides by route `i` or one of those below. */
static struct offload_target queue_at(const struct policy *policy, size_t i)
{
	return (struct offload_target){
		.verdict = OFFLOAD_QUEUE,
		.value = policy_strict_from(policy, i),
	};
}

static bool has_term(const struct terms *terms, const struct offload_rule *term)
{
	for (size_t i = 0; i < terms->count; i++)
		if (offload_terms_cover(&terms->items[i], term))
			return true;
	return false;
}

/* If the route certainly matches, it decides; if it may match, the packet is
 * queued. */
static int list_route(struct listing *listing, uint32_t node,
		      struct offload_target to, struct offload_target queue)
{
	struct terms holds = { 0 }, may = { 0 };
	int rc = offload_terms_of(&listing->builder, node, true, &holds);

	if (rc == 0)
		rc = offload_terms_of(&listing->builder, node, false, &may);
	for (size_t i = 0; i < holds.count && rc == 0; i++)
		rc = list(listing, &holds.items[i], to);
	for (size_t i = 0; i < may.count && rc == 0; i++)
		if (!has_term(&holds, &may.items[i]))
			rc = list(listing, &may.items[i], queue);
	if (rc == 0 && listing->rules.count > RULES_MAX)
		rc = -E2BIG;
	free(holds.items);
	free(may.items);
	return rc;
}

static void note(struct listing *listing, size_t route, const char *why)
{
	const struct route *r = policy_route(listing->builder.policy, route);

	fprintf(listing->notes, "%.*s%s: %s\n", OFFLOAD_NOTE_TEXT, r->text,
		strlen(r->text) > OFFLOAD_NOTE_TEXT ? "..." : "", why);
}

/* `number` counts all routes, those `per packet` after the others. */
static struct offload_target target_of(const struct policy *p,
				       const struct route *route, size_t number)
{
	struct offload_target target = {
		.verdict = OFFLOAD_PATH,
		.value = route->path,
		.route = (uint32_t)number + 1,
	};

	if (route->balance != NULL) {
		target.verdict = OFFLOAD_BALANCE;
		target.value = (uint32_t)(route->balance - p->balances);
	}
	return target;
}

static int list_routes(struct listing *listing)
{
	const struct policy *p = listing->builder.policy;
	int rc = 0;

	for (size_t i = 0; i < p->route_count && rc == 0; i++) {
		size_t prev = listing->rules.count;

		listing->builder.is_too_long = false;
		rc = list_route(listing, p->tests[i].node,
				target_of(p, &p->routes[i], i),
				queue_at(p, i));
		if (listing->builder.is_too_long)
			note(listing, i, TOO_LONG);
		if (rc != -E2BIG)
			continue;
		note(listing, i, "too many alternatives; the engine decides "
		     "this route and those below");
		listing->rules.count = prev;
		listing->left = offload_any;
		return list(listing, &anything, queue_at(p, i));
	}
	return rc;
}

/* Whether a rule tests the protocol. A balance does: only some have ports. */
static bool tests_proto(const struct listing *listing)
{
	for (size_t i = 0; i < listing->rules.count; i++)
		if (listing->rules.items[i].target.verdict == OFFLOAD_BALANCE ||
		    !offload_covers(&listing->rules.items[i].proto,
				    &offload_any))
			return true;
	return false;
}

/*
 * List the rules for new flows. Packets with an IPv6 mobility header are
 * queued first: the kernel does not look behind that header (RFC 6275, 6.1.1),
 * the engine does.
 */
static int list_flows(struct listing *listing)
{
	struct terms *rules = &listing->rules;
	struct offload_rule mobile = anything;
	int rc;

	mobile.target = queue_at(listing->builder.policy, 0);
	if (!listing->builder.policy->kernel_routes)
		return list(listing, &anything, mobile.target);
	rc = list_routes(listing);
	if (rc < 0 || !tests_proto(listing))
		return rc;
	mobile.proto = (struct bitmap){ { 0 } };
	mobile.proto.words[IPPROTO_MH / 64] |= UINT64_C(1) << IPPROTO_MH % 64;
	rc = offload_terms_add(rules, &mobile);
	if (rc < 0)
		return rc;
	memmove(&rules->items[1], rules->items,
		(rules->count - 1) * sizeof(mobile));
	rules->items[0] = mobile;
	return 0;
}

static bool has_queue(const struct listing *listing)
{
	for (size_t i = 0; i < listing->rules.count; i++)
		if (listing->rules.items[i].target.verdict == OFFLOAD_QUEUE)
			return true;
	return false;
}

static int list_packets(struct listing *listing)
{
	const struct policy *p = listing->builder.policy;
	int rc = 0;

	listing->rules.count = 0;
	listing->left = offload_any;
	for (uint32_t i = 0; i < p->packet_route_count && rc == 0; i++) {
		rc = list_route(listing, p->packet_tests[i].node,
				target_of(p, &p->packet_routes[i],
					  p->route_count + i),
				queue_at(p, p->route_count));
		if (rc == -ENOMEM || (rc == 0 && !has_queue(listing)))
			continue;
		listing->builder.offload->refused = i;
		listing->rules.count = 0;
		return 0;
	}
	return rc;
}

static int make_all(struct listing *listing)
{
	struct builder *builder = &listing->builder;
	struct offload *offload = builder->offload;
	int rc = list_flows(listing);

	if (rc == 0)
		rc = offload_chain_build(builder, &listing->rules,
					 &offload->flows);
	if (rc < 0 || builder->policy->packet_route_count == 0)
		return rc;
	rc = list_packets(listing);
	if (rc == 0)
		rc = offload_chain_build(builder, &listing->rules,
					 &offload->packets);
	return rc;
}

void offload_builder_fini(struct builder *builder)
{
	offload_free(builder->offload);
	free(builder->address_sets);
	free(builder->number_sets[0]);
	free(builder->number_sets[1]);
	free(builder->interface_sets);
}

int offload_builder_init(struct builder *builder, const struct policy *policy)
{
	size_t numbers = policy->number_set_count + 1;

	builder->policy = policy;
	builder->offload = calloc(1, sizeof(*builder->offload));
	builder->address_sets = calloc(policy->address_set_count + 1,
				       sizeof(uint32_t));
	builder->interface_sets = calloc(policy->interface_set_count + 1,
					 sizeof(uint32_t));
	for (int i = 0; i < 2; i++)
		builder->number_sets[i] = calloc(numbers, sizeof(uint32_t));
	if (builder->offload != NULL)
		builder->offload->routes = calloc(
			policy->route_count + policy->packet_route_count,
			sizeof(struct offload_target));
	if (builder->offload == NULL || builder->offload->routes == NULL ||
	    builder->address_sets == NULL ||
	    builder->number_sets[0] == NULL ||
	    builder->number_sets[1] == NULL || builder->interface_sets == NULL)
		return -ENOMEM;
	builder->offload->flow_route_count = policy->route_count;
	builder->offload->route_count = policy->route_count +
				      policy->packet_route_count;
	builder->offload->packets = OFFLOAD_NONE;
	builder->offload->refused = OFFLOAD_NONE;
	return 0;
}

static int copy_balances(struct offload *offload, const struct policy *policy)
{
	offload->balances = calloc(policy->balance_count + 1,
				   sizeof(*offload->balances));
	if (offload->balances == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < policy->balance_count; i++) {
		const struct balance *from = &policy->balances[i];
		size_t size = from->count * sizeof(*from->members);
		struct balance_member *members = malloc(size);

		if (members == NULL)
			return -ENOMEM;
		memcpy(members, from->members, size);
		offload->balances[i] = *from;
		offload->balances[i].members = members;
		offload->balance_count++;
	}
	return 0;
}

int offload_make(const struct policy *policy, struct offload **ret)
{
	struct listing listing = { .left = offload_any };
	char *notes = NULL;
	size_t len;
	int rc = offload_builder_init(&listing.builder, policy);

	listing.notes = open_memstream(&notes, &len);
	if (rc == 0)
		rc = copy_balances(listing.builder.offload, policy);
	if (rc == 0)
		rc = listing.notes == NULL ? -ENOMEM : make_all(&listing);
	if (listing.notes != NULL && fclose(listing.notes) != 0)
		rc = -ENOMEM;
	if (rc < 0)
		goto out;

	listing.builder.offload->notes = notes;
	notes = NULL;
	*ret = listing.builder.offload;
	listing.builder.offload = NULL;
out:
	free(notes);
	free(listing.rules.items);
	offload_builder_fini(&listing.builder);
	return rc;
}

bool offload_has_addresses(const struct offload *offload, size_t set)
{
	for (size_t i = 0; i < offload->chain_count; i++) {
		const struct offload_chain *chain = &offload->chains[i];

		for (size_t r = 0; r < chain->count; r++)
			for (size_t t = 0; t < chain->rules[r].test_count; t++)
				if (chain->rules[r].tests[t].set == set &&
				    offload_is_address(
					    chain->rules[r].tests[t].field))
					return true;
	}
	return false;
}

void offload_free(struct offload *offload)
{
	if (offload == NULL)
		return;
	for (size_t i = 0; i < offload->set_count; i++) {
		struct offload_set *set = &offload->sets[i];

		for (size_t n = 0; set->names != NULL && n < set->count; n++)
			free(set->names[n]);
		free(set->names);
		free(set->ranges);
	}
	for (size_t i = 0; i < offload->chain_count; i++)
		offload_chain_fini(&offload->chains[i]);
	free(offload->routes);
	for (size_t i = 0; i < offload->balance_count; i++)
		free((void *)offload->balances[i].members);
	free(offload->balances);
	free(offload->sets);
	free(offload->chains);
	free(offload->notes);
	free(offload);
}
