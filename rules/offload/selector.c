/* selector.c - the routes as selectors of `ip rule`. */
#include "rules/offload/selector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "rules/offload/offload_private.h"

/* A route of more protocols is passed over. */
#define PROTOCOLS_MAX 8
/* No caller takes as many rules. */
#define STRETCHES_MAX 512

/* fib_rule_port_range_valid() in linux/fib_rules.h takes no others. */
#define PORT_FIRST 1
#define PORT_LAST 65534

/* Alternatives of one field; `count` 0: it is not tested. */
struct stretches {
	struct selector_ports items[STRETCHES_MAX];
	size_t count;
};

struct walk {
	selector_cb *each;
	selector_host_cb *is_host;
	void *ctx;
	size_t route;
	struct selector selector;
	struct stretches sports, dports;
	const struct offload_set *users;	/* NULL: all */
	uint8_t protos[PROTOCOLS_MAX];
	size_t proto_count;
};

static bool same(const struct bitmap *a, const struct bitmap *b)
{
	return offload_covers(a, b) && offload_covers(b, a);
}

/* Ports without a protocol mean TCP and UDP here: sockets of SCTP name their
 * addresses themselves. */
static bool take_protos(struct walk *walk, const struct bitmap *proto)
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

/* Of two tests of one field the second makes it too hard to say. */
static bool take_ports(struct stretches *ports, const struct offload_set *set)
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
		if (ports->count == STRETCHES_MAX)
			break;
		ports->items[ports->count++] = (struct selector_ports){
			(uint16_t)first, (uint16_t)last };
	}
	return ports->count > 0;
}

/* Whether no flow of this host has its client in `set`. */
static bool is_others(const struct walk *walk, const struct offload_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (walk->is_host(walk->ctx, &set->ranges[i].first,
				  &set->ranges[i].last))
			return false;
	return true;
}

/* Whether all that `term` tests can be said. What the router itself sends
 * arrives by no interface. */
static bool take_tests(struct walk *walk, const struct offload *offload,
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

		if (test->field == OFFLOAD_SPORT)
			can = take_ports(&walk->sports, set);
		else if (test->field == OFFLOAD_DPORT)
			can = take_ports(&walk->dports, set);
		else if (test->field == OFFLOAD_IN)
			can = test->is_negated;
		else if (test->field == OFFLOAD_FROM)
			can = test->is_negated && is_others(walk, set);
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
	       take_protos(walk, &term->proto);
}

static int say_ports(struct walk *walk)
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

static int say_users(struct walk *walk)
{
	struct selector *selector = &walk->selector;
	int rc = 0;

	selector->has_users = walk->users != NULL;
	if (!selector->has_users)
		return say_ports(walk);
	for (size_t i = 0; i < walk->users->count && rc == 0; i++) {
		const struct offload_range *range = &walk->users->ranges[i];

		selector->first_user = ntohl(range->first.be32[3]);
		selector->last_user = ntohl(range->last.be32[3]);
		rc = say_ports(walk);
	}
	return rc;
}

static int say_protos(struct walk *walk)
{
	int rc = 0;

	for (size_t i = 0; i < walk->proto_count && rc == 0; i++) {
		walk->selector.proto = walk->protos[i];
		rc = say_users(walk);
	}
	return rc;
}

static int say_prefix(void *ctx, const struct prefix *prefix)
{
	struct walk *walk = ctx;

	walk->selector.has_to = true;
	walk->selector.to = *prefix;
	return say_protos(walk);
}

static int say_term(struct walk *walk, const struct offload *offload,
		    const struct offload_rule *term)
{
	const struct offload_set *to;
	int rc = 0;

	if (!take_tests(walk, offload, term, &to))
		return 0;
	walk->selector = (struct selector){ 0 };
	if (to == NULL)
		return say_protos(walk);
	for (size_t i = 0; i < to->count && rc == 0; i++)
		rc = address_range_split(&to->ranges[i].first,
					 &to->ranges[i].last, say_prefix,
					 walk);
	return rc;
}

static int say_route(struct walk *walk, struct maker *maker)
{
	struct terms terms = { 0 };
	int rc = offload_terms_of(maker,
				  maker->policy->tests[walk->route].node, true,
				  &terms);

	if (rc == -E2BIG)
		rc = terms.count = 0;
	for (size_t i = 0; i < terms.count && rc == 0; i++)
		rc = say_term(walk, maker->offload, &terms.items[i]);
	free(terms.items);
	return rc;
}

int selector_each(const struct policy *policy, selector_cb *each,
		  selector_host_cb *is_host, void *ctx)
{
	struct walk walk = { .each = each, .is_host = is_host, .ctx = ctx };
	struct maker maker = { 0 };
	int rc = offload_maker_init(&maker, policy);

	for (; walk.route + 1 < policy->route_count && rc == 0; walk.route++)
		rc = say_route(&walk, &maker);
	offload_maker_fini(&maker);
	return rc;
}
