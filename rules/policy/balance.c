/* SPDX-License-Identifier: GPL-2.0-or-later */
/* balance.c - hash a flow to a slot, find the member that owns the slot. */
#include "rules/policy/balance.h"

#include <arpa/inet.h>
#include <string.h>

#include "rules/policy/facts.h"
#include "rules/util/jhash.h"

/* The words of two addresses and two ports. */
#define KEY_MAX 10

static const struct path_set none_down;

uint32_t balance_weight(const struct balance *balance,
			const struct path_set *down)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < balance->count; i++)
		if (!path_set_has(down, balance->members[i].path))
			sum += balance->members[i].weight;
	return sum;
}

/* Add the address as it is in the packet: address_from_packet_v6() marks an
 * IPv6 address in ::ffff:0:0/96 by a bit, to distinguish it from IPv4. */
static size_t add_address(uint32_t *key, const struct address *address)
{
	struct address mapped = *address;

	if (address_is_v4(address)) {
		key[0] = address->be32[3];
		return 1;
	}
	mapped.bytes[11] |= 1;
	memcpy(key, address_is_v4(&mapped) ? mapped.bytes : address->bytes,
	       sizeof(mapped.bytes));
	return 4;
}

/* A port in network order and two zero bytes, as nft's jhash pads it. */
static uint32_t port_word(uint16_t port)
{
	uint16_t parts[2] = { htons(port), 0 };
	uint32_t word;

	memcpy(&word, parts, sizeof(word));
	return word;
}

static uint32_t hash(const struct balance *balance, const struct facts *facts,
		     uint32_t seed)
{
	uint32_t key[KEY_MAX];
	size_t count = add_address(key, &facts->client);

	if (!balance->by_source) {
		count += add_address(key + count, &facts->server);
		if (facts->has_ports) {
			key[count++] = port_word(facts->sport);
			key[count++] = port_word(facts->dport);
		}
	}
	return jhash_words(key, count, seed);
}

/* The owner of a slot among the members that are not in `down`. */
static uint8_t owner(const struct balance *balance,
		     const struct path_set *down, uint32_t slot)
{
	const struct balance_member *member = balance->members;

	while (path_set_has(down, member->path) || slot >= member->weight) {
		if (!path_set_has(down, member->path))
			slot -= member->weight;
		member++;
	}
	return member->path;
}

uint8_t balance_first(const struct balance *balance,
		      const struct path_set *down)
{
	for (size_t i = 0; i < balance->count; i++)
		if (!path_set_has(down, balance->members[i].path))
			return balance->members[i].path;
	return balance->members[0].path;
}

uint8_t balance_path(const struct balance *balance, const struct facts *facts,
		     const struct path_set *down)
{
	uint32_t all = balance_weight(balance, &none_down);
	uint32_t up = balance_weight(balance, down);
	uint8_t path;

	if (facts->is_own)
		return balance_first(balance, down);
	path = owner(balance, &none_down,
		     jhash_scale(hash(balance, facts, BALANCE_SEED), all));
	if (up == 0 || !path_set_has(down, path))
		return path;
	return owner(balance, down,
		     jhash_scale(hash(balance, facts, BALANCE_SEED_AGAIN), up));
}
