/* SPDX-License-Identifier: GPL-2.0-or-later */
/* offload_walk.c - evaluate the rules as the kernel does. */
#include "rules/offload/offload.h"

#include <arpa/inet.h>

#include "rules/policy/facts.h"

static bool in_ranges(const struct offload_set *set, const struct address *a)
{
	bool v4 = address_is_v4(a);
	size_t end = v4 ? set->count - set->count6 : set->count;
	size_t from = v4 ? 0 : set->count - set->count6;
	size_t to = end;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (address_compare(&set->ranges[mid].last, a) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from < end && address_compare(&set->ranges[from].first, a) <= 0;
}

static struct address value_of(const struct facts *facts,
			       enum offload_field field)
{
	switch (field) {
	case OFFLOAD_FROM:
		return facts->client;
	case OFFLOAD_TO:
		return facts->server;
	case OFFLOAD_PROTO:
		return address_from_v4(htonl(facts->proto));
	case OFFLOAD_TOS:
		return address_from_v4(htonl(facts->tos));
	case OFFLOAD_SPORT:
		return address_from_v4(htonl(facts->sport));
	case OFFLOAD_DPORT:
		return address_from_v4(htonl(facts->dport));
	case OFFLOAD_LENGTH:
		return address_from_v4(htonl(facts->length));
	default:
		break;		/* tested without an address */
	}
	return address_from_v4(0);
}

static bool is_port(uint8_t field)
{
	return field == OFFLOAD_SPORT || field == OFFLOAD_DPORT;
}

static bool test_holds(const struct offload *offload,
		       const struct offload_test *test,
		       const struct facts *facts)
{
	const struct offload_set *set = &offload->sets[test->set];
	struct address value = value_of(facts, test->field);
	bool holds;

	if (test->field == OFFLOAD_IN)
		holds = facts->in_sets != NULL &&
			(facts->in_sets[set->number / 64] >>
			 set->number % 64 & 1);
	else if (test->field == OFFLOAD_UID)
		holds = (facts->uid_bits >> set->number & 1) != 0;
	else
		holds = (!is_port(test->field) || facts->has_ports) &&
			in_ranges(set, &value);
	return holds != test->is_negated;
}

static bool rule_holds(const struct offload *offload,
		       const struct offload_rule *rule,
		       const struct facts *facts)
{
	if (!offload_has(&rule->proto, facts->proto) ||
	    !offload_has(&rule->tos, facts->tos))
		return false;
	for (size_t i = 0; i < rule->test_count; i++)
		if (!test_holds(offload, &rule->tests[i], facts))
			return false;
	return true;
}

/* Look up the packet in a map; false if it has no entry. */
static bool map_find(const struct offload_map *map, const struct facts *facts,
		     struct offload_target *ret)
{
	struct address value = value_of(facts, map->field);
	int family = !address_is_v4(&value);
	size_t from = 0, to = map->counts[family];
	const struct offload_case *found;

	if (is_port(map->field) && !facts->has_ports)
		return false;
	while (from < to) {
		size_t mid = (from + to) / 2;

		if (address_compare(&map->cases[family][mid].range.last,
				    &value) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	if (from == map->counts[family])
		return false;
	found = &map->cases[family][from];
	*ret = found->target;
	return address_compare(&found->range.first, &value) <= 0;
}

/* Return false at the end of the chain. */
static bool walk(const struct offload *offload, uint32_t chain,
		 const struct facts *facts, struct offload_target *ret)
{
	const struct offload_chain *c = &offload->chains[chain];

	for (size_t i = 0; i < c->count; i++) {
		struct offload_target target = c->rules[i].target;

		if (!rule_holds(offload, &c->rules[i], facts))
			continue;
		if (target.verdict == OFFLOAD_MAP &&
		    !map_find(c->rules[i].map, facts, &target))
			continue;
		if (target.verdict == OFFLOAD_JUMP) {
			if (walk(offload, target.value, facts, ret))
				return true;
			continue;
		}
		*ret = target;
		return true;
	}
	return false;
}

struct offload_target offload_flow(const struct offload *offload,
				   const struct facts *facts)
{
	struct offload_target target = { .verdict = OFFLOAD_QUEUE };

	walk(offload, offload->flows, facts, &target);
	return target;
}

uint8_t offload_packet(const struct offload *offload,
		       const struct facts *facts)
{
	struct offload_target target = { .value = 0 };

	if (offload->packets != OFFLOAD_NONE)
		walk(offload, offload->packets, facts, &target);
	return (uint8_t)target.value;
}
