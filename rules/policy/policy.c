/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy.c - query and free a compiled policy. */
#include "rules/policy/policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/policy_private.h"

void policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	condition_pool_fini(&policy->pool);
	prefix_table_free(policy->addresses);
	domain_table_free(policy->domains);
	number_table_free(policy->numbers);
	interface_table_free(policy->interfaces);
	pattern_set_free(policy->patterns);
	arena_free(policy->arena);
	free(policy);
}

const struct marks *policy_marks(const struct policy *policy)
{
	return &policy->marks;
}

size_t policy_uplinks(const struct policy *policy)
{
	return policy->uplink_count;
}

const struct uplink *policy_uplink(const struct policy *policy, size_t i)
{
	return &policy->uplinks[i];
}

const struct uplink *policy_uplink_of_path(const struct policy *policy,
					   uint8_t path)
{
	return policy->of_path[path];
}

const char *policy_path_name(const struct policy *policy, uint8_t path)
{
	if (policy->of_path[path] != NULL)
		return policy->of_path[path]->name;
	if (path == policy->marks.path_main)
		return "main";
	return path == policy->marks.path_drop ? "drop" : NULL;
}

uint8_t policy_arrival_path(const struct policy *policy, size_t uplink)
{
	uint8_t path = (uint8_t)(policy->marks.path_max + 1 -
				 policy->uplinks[uplink].path);

	return policy->of_path[path] == NULL ? path : 0;
}

void policy_set_down(struct policy *policy, size_t uplink, bool is_v6,
		     bool is_down)
{
	uint8_t path = policy->uplinks[uplink].path;
	uint64_t bit = UINT64_C(1) << path % 64;

	if (is_down)
		atomic_fetch_or(&policy->down[is_v6][path / 64], bit);
	else
		atomic_fetch_and(&policy->down[is_v6][path / 64], ~bit);
}

struct path_set policy_down(const struct policy *policy, bool is_v6)
{
	struct path_set down;

	for (int i = 0; i < 4; i++)
		down.words[i] = atomic_load_explicit(&policy->down[is_v6][i],
						     memory_order_relaxed);
	return down;
}

struct queues policy_queues(const struct policy *policy)
{
	return policy->queues;
}

struct inspect policy_inspect(const struct policy *policy)
{
	return policy->inspect;
}

size_t policy_inspect_streams(const struct policy *policy)
{
	const struct queues *q = &policy->queues;
	uint64_t share = policy->inspect.memory /
			 ((unsigned)(q->last - q->first) + 1);
	uint64_t each = policy->inspect.bytes;

	/* A stream may have a search for each direction. */
	if (policy->patterns != NULL)
		each += 2 * pattern_set_stream_bytes(policy->patterns);
	return share > each ? (size_t)(share / each) : 1;
}

enum late_policy policy_late(const struct policy *policy)
{
	return policy->late;
}

bool policy_own_table(const struct policy *policy)
{
	return policy->own_table;
}

bool policy_kernel_routes(const struct policy *policy)
{
	return policy->kernel_routes;
}

size_t policy_hosts(const struct policy *policy)
{
	return policy->host_count;
}

const struct policy_host *policy_host(const struct policy *policy, size_t i)
{
	return &policy->hosts[i];
}

struct name_limits policy_name_limits(const struct policy *policy)
{
	return policy->name_limits;
}

size_t policy_aheads(const struct policy *policy)
{
	return policy->ahead_count;
}

const struct policy_ahead *policy_ahead(const struct policy *policy, size_t i)
{
	return &policy->aheads[i];
}

size_t policy_exempts(const struct policy *policy)
{
	return policy->exempt_count;
}

const struct exempt *policy_exempt(const struct policy *policy, size_t i)
{
	return &policy->exempts[i];
}

static bool set_has(set_bits bits, uint32_t set)
{
	return (bits[set / 64] >> set % 64 & 1) != 0;
}

bool policy_may_reset(const struct policy *policy)
{
	bool may = policy->late == LATE_RESET;

	for (size_t i = 0; i < policy->uplink_count; i++)
		may |= policy->uplinks[i].late == LATE_RESET ||
		       policy->uplinks[i].strict;
	for (size_t i = 0; i < policy->route_count; i++)
		may |= policy->routes[i].late == LATE_RESET;
	return may;
}

struct learn policy_learn(const struct policy *policy)
{
	return policy->learn;
}

bool policy_inspects_dns(const struct policy *policy)
{
	return policy->learn.dns && (policy->needs & FACT_HOST) != 0;
}

bool policy_learns_from(const struct policy *policy,
			const struct address *resolver)
{
	const struct learn *learn = &policy->learn;

	return !learn->has_from ||
	       set_has(policy_resolve_address(policy, resolver),
		       learn->from_set);
}

const struct exempt *policy_exempt_of(const struct policy *policy,
				      const struct address *client,
				      const struct address *server)
{
	set_bits from, to;

	if (policy->exempt_count == 0)
		return NULL;
	from = policy_resolve_address(policy, client);
	to = policy_resolve_address(policy, server);
	for (size_t i = 0; i < policy->exempt_count; i++) {
		const struct exempt *e = &policy->exempts[i];

		if (set_has(e->to ? to : from, e->set))
			return e;
	}
	return NULL;
}

size_t policy_routes(const struct policy *policy)
{
	return policy->route_count;
}

const struct route *policy_route(const struct policy *policy, size_t i)
{
	return &policy->routes[i];
}

size_t policy_balances(const struct policy *policy)
{
	return policy->balance_count;
}

const struct balance *policy_balance(const struct policy *policy, size_t i)
{
	return &policy->balances[i];
}

uint8_t policy_route_path(const struct policy *policy, size_t i,
			  const struct facts *facts)
{
	const struct route *route = &policy->routes[i];
	struct path_set down;

	if (route->balance == NULL)
		return route->path;
	down = policy_down(policy, !address_is_v4(&facts->client));
	return balance_path(route->balance, facts, &down);
}

bool policy_route_takes(const struct route *route, uint8_t path)
{
	if (route->balance == NULL)
		return route->path == path;
	for (size_t i = 0; i < route->balance->count; i++)
		if (route->balance->members[i].path == path)
			return true;
	return false;
}

bool policy_has_own_route(const struct policy *policy, uint8_t path)
{
	for (size_t i = 0; i < policy->route_count; i++)
		if (policy->routes[i].balance == NULL &&
		    policy->routes[i].path == path)
			return true;
	for (size_t i = 0; i < policy->packet_route_count; i++)
		if (policy->packet_routes[i].path == path)
			return true;
	return false;
}

struct path_set policy_balance_others(const struct policy *policy,
				      uint8_t path, bool is_v6)
{
	struct path_set down = policy_down(policy, is_v6);
	struct path_set others = { 0 };

	for (size_t i = 0; i < policy->route_count; i++) {
		const struct route *route = &policy->routes[i];

		if (route->balance == NULL || !policy_route_takes(route, path))
			continue;
		for (size_t k = 0; k < route->balance->count; k++) {
			uint8_t other = route->balance->members[k].path;

			if (other != path && !path_set_has(&down, other))
				path_set_add(&others, other);
		}
	}
	return others;
}

enum truth policy_route_holds(const struct policy *policy, size_t i,
			      const struct facts *facts, uint8_t *needs)
{
	return condition_eval(&policy->pool, policy->tests[i].node, facts,
			      needs);
}

static bool may_guess(const void *ctx, size_t route)
{
	const struct policy *policy = ctx;

	return policy->routes[route].path != policy->marks.path_drop;
}

size_t policy_first_route(const struct policy *policy,
			  const struct facts *facts, bool *ret_is_final,
			  uint8_t *ret_needs)
{
	return route_index_first(policy->index, facts, may_guess, policy,
				 ret_is_final, ret_needs);
}

size_t policy_packet_routes(const struct policy *policy)
{
	return policy->packet_route_count;
}

const struct route *policy_packet_route(const struct policy *policy, size_t i)
{
	return &policy->packet_routes[i];
}

const struct route *policy_packet_route_of(const struct policy *policy,
					   const struct facts *facts)
{
	uint8_t needs = 0;

	for (size_t i = 0; i < policy->packet_route_count; i++)
		if (condition_eval(&policy->pool, policy->packet_tests[i].node,
				   facts, &needs) == TRUTH_TRUE)
			return &policy->packet_routes[i];
	return NULL;
}

size_t policy_classes(const struct policy *policy)
{
	return policy->class_count;
}

const char *policy_class_name(const struct policy *policy, size_t i)
{
	return policy->classes[i].name;
}

int policy_route_class(const struct policy *policy, size_t i,
		       const struct facts *facts)
{
	const struct route_test *test = &policy->tests[i];
	uint8_t needs = 0;

	for (size_t c = 0; c < test->class_count; c++) {
		uint16_t class = test->classes[c];

		if (condition_eval(&policy->pool, policy->classes[class].node,
				   facts, &needs) == TRUTH_TRUE)
			return class;
	}
	return -1;
}

bool policy_route_names_class(const struct policy *policy, size_t route,
			      size_t class)
{
	const struct route_test *test = &policy->tests[route];

	for (size_t c = 0; c < test->class_count; c++)
		if (test->classes[c] == class)
			return true;
	return false;
}

uint8_t policy_needs(const struct policy *policy)
{
	return policy->needs;
}

bool policy_needs_interface(const struct policy *policy)
{
	return policy->needs_interface;
}

set_bits policy_resolve_address(const struct policy *policy,
				const struct address *address)
{
	return prefix_table_lookup(policy->addresses, address);
}

void policy_resolve_headers(const struct policy *policy, struct facts *facts)
{
	facts->client_sets = policy_resolve_address(policy, &facts->client);
	facts->server_sets = policy_resolve_address(policy, &facts->server);
	facts->sport_sets = number_table_lookup(policy->numbers, facts->sport);
	facts->dport_sets = number_table_lookup(policy->numbers, facts->dport);
	facts->length_sets = number_table_lookup(policy->numbers,
						 facts->length);
}

set_bits policy_resolve_host(const struct policy *policy, const char *host,
			     size_t len)
{
	return domain_table_lookup(policy->domains, host, len);
}

uint16_t policy_resolve_uid(const struct policy *policy, uint32_t uid)
{
	uint16_t bits = 0;

	for (size_t i = 0; i < policy->uid_set_count && uid != UID_NONE; i++) {
		const struct header_set *set = &policy->uid_sets[i];

		for (size_t r = 0; r < set->count; r++)
			if (ntohl(set->ranges[r].first.be32[3]) <= uid &&
			    uid <= ntohl(set->ranges[r].last.be32[3]))
				bits |= (uint16_t)(1u << i);
	}
	return bits;
}

set_bits policy_resolve_interface(const struct policy *policy,
				  const char *name)
{
	return interface_table_lookup(policy->interfaces, name);
}

static uint32_t bit_of(const char *const *names, size_t count,
		       const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return UINT32_C(1) << i;
	return 0;
}

uint32_t policy_resolve_alpn(const struct policy *policy, const char *alpn,
			     size_t len)
{
	return bit_of(policy->alpn, policy->alpn_count, alpn, len);
}

uint32_t policy_resolve_ja4(const struct policy *policy, const char *ja4)
{
	return bit_of(policy->ja4, policy->ja4_count, ja4, strlen(ja4));
}

const struct pattern_set *policy_patterns(const struct policy *policy)
{
	return policy->patterns;
}

size_t policy_expects(const struct policy *policy)
{
	return policy->expect_count;
}

const struct expect *policy_expect(const struct policy *policy, size_t i)
{
	return &policy->expects[i];
}

size_t policy_nevers(const struct policy *policy)
{
	return policy->never_count;
}

const struct never *policy_never(const struct policy *policy, size_t i)
{
	return &policy->nevers[i];
}
