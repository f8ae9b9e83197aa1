/* learned_machines.c - one place a link layer address, two words each. */
#include "engine/learn/learned_machines.h"

#include <stdatomic.h>
#include <stdlib.h>

#define MACHINES 8192		/* a power of two */
#define MACHINES_SHIFT (64 - 13)
/* So long one that had two addresses counts as a router, or a machine that
 * gets another address is not told of. */
#define ROUTER_S 3600

struct machine {
	/* Half a hash of its link layer address, and its IPv4 address. */
	_Atomic uint64_t whose;
	_Atomic uint32_t router_until_s;
};

struct learned_machines {
	struct machine machines[MACHINES];
};

struct learned_machines *learned_machines_new(void)
{
	return calloc(1, sizeof(struct learned_machines));
}

void learned_machines_free(struct learned_machines *machines)
{
	free(machines);
}

size_t learned_machines_bytes(void)
{
	return sizeof(struct learned_machines);
}

/* Whoever makes up addresses to collide could as well take another's. */
static uint64_t hash_of(uint64_t link)
{
	link *= 0x9e3779b97f4a7c15u;
	link ^= link >> 32;
	return link * 0xbf58476d1ce4e5b9u;
}

static struct machine *place_of(const struct learned_machines *machines,
				uint64_t hash)
{
	return (struct machine *)&machines->machines[hash >> MACHINES_SHIFT];
}

void learned_machines_observe(struct learned_machines *machines, uint64_t link,
			   const struct address *address, uint32_t now_s)
{
	uint64_t hash = hash_of(link);
	struct machine *machine = place_of(machines, hash);
	uint64_t old = atomic_load_explicit(&machine->whose,
					    memory_order_relaxed);
	uint64_t new = (hash & UINT32_MAX) << 32 | address->be32[3];
	uint32_t until_s = 0;

	if (!address_is_v4(address) || old == new)
		return;
	if (old != 0 && old >> 32 == new >> 32)
		until_s = now_s + ROUTER_S;
	atomic_store_explicit(&machine->router_until_s, until_s,
			      memory_order_relaxed);
	atomic_store_explicit(&machine->whose, new, memory_order_release);
}

bool learned_machines_find(const struct learned_machines *machines,
			   uint64_t link, uint32_t now_s,
			   struct address *ret_v4)
{
	uint64_t hash = hash_of(link);
	const struct machine *machine = place_of(machines, hash);
	uint64_t whose = atomic_load_explicit(&machine->whose,
					      memory_order_acquire);

	if (whose == 0 || whose >> 32 != (hash & UINT32_MAX) ||
	    now_s < atomic_load_explicit(&machine->router_until_s,
					 memory_order_relaxed))
		return false;
	*ret_v4 = address_from_v4((uint32_t)whose);
	return true;
}
