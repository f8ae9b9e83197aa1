/* SPDX-License-Identifier: GPL-2.0-or-later */
/* selector.c - turn routes into selectors of `ip rule`. */
#include "rules/offload/selector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "rules/offload/offload_private.h"

/* A route with more protocols is left out. */
#define PROTOCOLS_MAX 8
/* No caller accepts as many rules. */
#define RANGES_MAX 512

/* The limits of fib_rule_port_range_valid() in linux/fib_rules.h. */
#define PORT_FIRST 1
#define PORT_LAST 65534

/* Alternatives for one field; `count` 0: it is not tested. */
struct port_ranges {
	struct selector_ports items[RANGES_MAX];
	size_t count;
};

struct walk {
	selector_cb *each;
	selector_host_cb *is_host;
	void *ctx;
	size_t route;
	struct selector selector;
	struct port_ranges sports, dports;
	const struct offload_set *users;	/* NULL: all */
	uint8_t protos[PROTOCOLS_MAX];
	size_t proto_count;
};

static bool same(const struct bitmap *a, const struct bitmap *b)
{
	return offload_covers(a, b) && offload_covers(b, a);
}

/* Ports without a protocol mean TCP and UDP here: SCTP sockets choose their own
 * addresses. */
static bool set_protos(struct walk *walk, const struct bitmap *proto)
{
	walk->proto_count = 0;
	if (same(proto, &offload_any)) {
		walk->protos[walk->proto_count++] = 0;
		return true;
	}
	if (same(proto, &offload_ported)) {
		walk->protos[walk->proto_count++] = IPPROTO_TCP;
		walk->protos[walk->proto_count++] = IPPROTO_UDP;
		return true;
	}
	for (uint32_t n = 1; n < 256; n++) {
		if (!offload_has(proto, n))
			continue;
		if (walk->proto_count == PROTOCOLS_MAX)
			return false;
		walk->protos[walk->proto_count++] = (uint8_t)n;
	}
	return walk->proto_count > 0;
}

/* An `ip rule` tests a port only once: false for a second test. */
static bool set_ports(struct port_ranges *ports, const struct offload_set *set)
{
	if (ports->count != 0)
		return false;
	for (size_t i = 0; i < set->count; i++) {
		uint32_t first = ntohl(set->ranges[i].first.be32[3]);
		uint32_t last = ntohl(set->ranges[i].last.be32[3]);

		if (first < PORT_FIRST)
			first = PORT_FIRST;
		if (last > PORT_LAST)
			last = PORT_LAST;
		if (first > last)
			continue;
		if (ports->count == RANGES_MAX)
			break;
		ports->items[ports->count++] = (struct selector_ports){
			(uint16_t)first, (uint16_t)last };
	}
	return ports->count > 0;
}

/* Whether this host has no address in `set`. */
static bool is_remote(const struct walk *walk, const struct offload_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (walk->is_host(walk->ctx, &set->ranges[i].first,
				  &set->ranges[i].last))
			return false;
	return true;
}

/* Whether an `ip rule` can test all of `term`. Local packets arrive on no
 * interface. */
static bool set_tests(struct walk *walk, const struct offload *offload,
		      const struct offload_rule *term,
		      const struct offload_set **ret_to)
{
	*ret_to = NULL;
	walk->users = NULL;
	walk->sports.count = 0;
	walk->dports.count = 0;
	for (size_t i = 0; i < term->test_count; i++) {
		const struct offload_test *test = &term->tests[i];
		const struct offload_set *set = &offload->sets[test->set];
		bool can = false;

		if (!condition_row_of_field(test->field)->in_ip_rule)
			return false;
		if (test->field == OFFLOAD_SPORT)
			can = set_ports(&walk->sports, set);
		else if (test->field == OFFLOAD_DPORT)
			can = set_ports(&walk->dports, set);
		else if (test->field == OFFLOAD_IN)
			can = test->is_negated;
		else if (test->field == OFFLOAD_FROM)
			can = test->is_negated && is_remote(walk, set);
		else if (test->field == OFFLOAD_UID)
			can = walk->users == NULL;
		else if (test->field == OFFLOAD_TO && !test->is_negated)
			can = *ret_to == NULL;
		if (!can)
			return false;
		if (test->field == OFFLOAD_TO)
			*ret_to = set;
		if (test->field == OFFLOAD_UID)
			walk->users = set;
	}
	return same(&term->tos, &offload_any) &&
	       set_protos(walk, &term->proto);
}

static int each_port(struct walk *walk)
{
	size_t sports = walk->sports.count + (walk->sports.count == 0);
	size_t dports = walk->dports.count + (walk->dports.count == 0);
	static const struct selector_ports any;
	int rc = 0;

	for (size_t s = 0; s < sports && rc == 0; s++)
		for (size_t d = 0; d < dports && rc == 0; d++) {
			walk->selector.sport = walk->sports.count ?
				walk->sports.items[s] : any;
			walk->selector.dport = walk->dports.count ?
				walk->dports.items[d] : any;
			rc = walk->each(walk->ctx, walk->route,
					&walk->selector);
		}
	return rc;
}

static int each_user(struct walk *walk)
{
	struct selector *selector = &walk->selector;
	int rc = 0;

	selector->has_users = walk->users != NULL;
	if (!selector->has_users)
		return each_port(walk);
	for (size_t i = 0; i < walk->users->count && rc == 0; i++) {
		const struct offload_range *range = &walk->users->ranges[i];

		selector->first_user = ntohl(range->first.be32[3]);
		selector->last_user = ntohl(range->last.be32[3]);
		rc = each_port(walk);
	}
	return rc;
}

static int each_proto(struct walk *walk)
{
	int rc = 0;

	for (size_t i = 0; i < walk->proto_count && rc == 0; i++) {
		walk->selector.proto = walk->protos[i];
		rc = each_user(walk);
	}
	return rc;
}

static int each_prefix(void *ctx, const struct prefix *prefix)
{
	struct walk *walk = ctx;

	walk->selector.has_to = true;
	walk->selector.to = *prefix;
	return each_proto(walk);
}

static int each_term(struct walk *walk, const struct offload *offload,
		     const struct offload_rule *term)
{
	const struct offload_set *to;
	int rc = 0;

	if (!set_tests(walk, offload, term, &to))
		return 0;
	walk->selector = (struct selector){ 0 };
	if (to == NULL)
		return each_proto(walk);
	for (size_t i = 0; i < to->count && rc == 0; i++)
		rc = address_range_split(&to->ranges[i].first,
					 &to->ranges[i].last, each_prefix,
					 walk);
	return rc;
}

static int each_route(struct walk *walk, struct builder *builder)
{
	struct terms terms = { 0 };
	uint32_t node = builder->policy->tests[walk->route].node;
	int rc = offload_terms_of(builder, node, true, &terms);

	if (rc == -E2BIG)
		rc = terms.count = 0;
	for (size_t i = 0; i < terms.count && rc == 0; i++)
		rc = each_term(walk, builder->offload, &terms.items[i]);
	free(terms.items);
	return rc;
}

int selector_each(const struct policy *policy, selector_cb *each,
		  selector_host_cb *is_host, void *ctx)
{
	struct walk walk = { .each = each, .is_host = is_host, .ctx = ctx };
	struct builder builder = { 0 };
	int rc = offload_builder_init(&builder, policy);

	for (; walk.route + 1 < policy->route_count && rc == 0; walk.route++)
		rc = each_route(&walk, &builder);
	offload_builder_fini(&builder);
	return rc;
}
