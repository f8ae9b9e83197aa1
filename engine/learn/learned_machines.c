/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_machines.c - two direct-mapped tables under a keyed hash. */
#include "engine/learn/learned_machines.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "rules/util/keyed_hash.h"

#define HOSTS 16384		/* powers of two */
#define MACHINES 8192
/* A confirmation counts this long; the kernel renews it while there is
 * traffic. */
#define CONFIRMED_S 900
/* How long a machine that had two IPv4 addresses counts as a router. */
#define ROUTER_S 3600
#define HWADDR_BITS 48

/* An address, and where it is. */
struct host {
	/* 16 bits of the address's hash, and the hardware address, which is 0
	 * if it is disputed; 0: none. */
	_Atomic uint64_t where;
	_Atomic uint32_t confirmed_s;
};

/* A hardware address, and its IPv4 address. */
struct machine {
	/* Half a hash of the hardware address, and the IPv4 address. */
	_Atomic uint64_t whose;
	_Atomic uint32_t router_until_s;
};

struct learned_machines {
	struct keyed_hash key;
	struct host hosts[HOSTS];
	struct machine machines[MACHINES];
};

struct learned_machines *learned_machines_new(bool fixed_key)
{
	struct learned_machines *machines = calloc(1, sizeof(*machines));

	if (machines != NULL &&
	    keyed_hash_init(&machines->key, fixed_key) < 0) {
		free(machines);
		return NULL;
	}
	return machines;
}

void learned_machines_free(struct learned_machines *machines)
{
	free(machines);
}

size_t learned_machines_bytes(void)
{
	return sizeof(struct learned_machines);
}

static uint64_t hash_of(const struct learned_machines *machines, uint64_t a,
			uint64_t b)
{
	const struct keyed_hash *key = &machines->key;

	return keyed_hash_end(key, keyed_hash_add(key, key->start, a), b);
}

/* The word that says: `address` is at `hwaddr`. */
static uint64_t where_of(const struct learned_machines *machines,
			 const struct address *address, uint64_t hwaddr,
			 size_t *ret_place)
{
	uint64_t hash = hash_of(machines, address->be64[0], address->be64[1]);

	*ret_place = (size_t)hash & (HOSTS - 1);
	return hash >> HWADDR_BITS << HWADDR_BITS | hwaddr;
}

static void note_machine(struct learned_machines *machines, uint64_t hwaddr,
			 uint32_t v4, uint32_t now_s)
{
	uint64_t hash = hash_of(machines, hwaddr, 0);
	struct machine *machine = &machines->machines[hash & (MACHINES - 1)];
	uint64_t old = atomic_load_explicit(&machine->whose,
					    memory_order_relaxed);
	uint64_t new = hash >> 32 << 32 | v4;
	uint32_t until_s = 0;

	if (old == new)
		return;
	if (old != 0 && old >> 32 == new >> 32)
		until_s = now_s + ROUTER_S;
	atomic_store_explicit(&machine->router_until_s, until_s,
			      memory_order_relaxed);
	atomic_store_explicit(&machine->whose, new, memory_order_release);
}

void learned_machines_confirm(struct learned_machines *machines,
			      uint64_t hwaddr, const struct address *address,
			      uint32_t now_s)
{
	size_t place;
	uint64_t where = where_of(machines, address, hwaddr, &place);
	struct host *host = &machines->hosts[place];

	/* Without a write for each packet: replay confirms by packets. */
	if (atomic_load_explicit(&host->where, memory_order_relaxed) != where)
		atomic_store_explicit(&host->where, where,
				      memory_order_relaxed);
	if (atomic_load_explicit(&host->confirmed_s, memory_order_relaxed) !=
	    now_s)
		atomic_store_explicit(&host->confirmed_s, now_s,
				      memory_order_relaxed);
	if (address_is_v4(address))
		note_machine(machines, hwaddr, address->be32[3], now_s);
}

void learned_machines_doubt(struct learned_machines *machines,
			    uint64_t hwaddr, const struct address *address)
{
	const uint64_t tag = ~UINT64_C(0) << HWADDR_BITS;
	size_t place;
	uint64_t where = where_of(machines, address, hwaddr, &place);
	struct host *host = &machines->hosts[place];
	uint64_t old = atomic_load_explicit(&host->where,
					    memory_order_relaxed);

	if (old != where && (old & tag) == (where & tag))
		atomic_store_explicit(&host->where, where & tag,
				      memory_order_relaxed);
}

/* Whether something is known about `address`: *ret_hwaddr is where it is
 * confirmed, or 0 if it is disputed. */
static bool look_up(const struct learned_machines *machines,
		    const struct address *address, uint32_t now_s,
		    uint64_t *ret_hwaddr)
{
	const uint64_t mask = (UINT64_C(1) << HWADDR_BITS) - 1;
	size_t place;
	uint64_t tag = where_of(machines, address, 0, &place);
	const struct host *host = &machines->hosts[place];
	uint64_t where = atomic_load_explicit(&host->where,
					      memory_order_relaxed);
	uint32_t age_s = now_s - atomic_load_explicit(&host->confirmed_s,
						      memory_order_relaxed);

	*ret_hwaddr = where & mask;
	return where != 0 && (where & ~mask) == tag && age_s <= CONFIRMED_S;
}

bool learned_machines_is_elsewhere(const struct learned_machines *machines,
				   uint64_t hwaddr,
				   const struct address *address,
				   uint32_t now_s)
{
	uint64_t known;

	return look_up(machines, address, now_s, &known) && known != hwaddr;
}

/* The hardware address where `address` is confirmed; 0: nowhere. */
static uint64_t hwaddr_of(const struct learned_machines *machines,
			  const struct address *address, uint32_t now_s)
{
	uint64_t hwaddr;

	return look_up(machines, address, now_s, &hwaddr) ? hwaddr : 0;
}

bool learned_machines_find(const struct learned_machines *machines,
			   const struct address *v6, uint32_t now_s,
			   struct address *ret_v4)
{
	uint64_t hwaddr = hwaddr_of(machines, v6, now_s);
	uint64_t hash = hash_of(machines, hwaddr, 0);
	const struct machine *machine =
		&machines->machines[hash & (MACHINES - 1)];
	uint64_t whose = atomic_load_explicit(&machine->whose,
					      memory_order_acquire);

	if (hwaddr == 0 || whose == 0 || whose >> 32 != hash >> 32 ||
	    now_s < atomic_load_explicit(&machine->router_until_s,
					 memory_order_relaxed))
		return false;
	*ret_v4 = address_from_v4((uint32_t)whose);
	return hwaddr_of(machines, ret_v4, now_s) == hwaddr;
}
