/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker_interface.c - cache the names of arrival interfaces. */
#include <string.h>

#include "engine/worker/worker_private.h"

void worker_name_interfaces(struct worker *worker, interface_name name_of,
			    void *ctx)
{
	worker->name_of = name_of;
	worker->name_ctx = ctx;
	worker_forget_interfaces(worker);
}

void worker_forget_interfaces(struct worker *worker)
{
	memset(worker->interfaces, 0, sizeof(worker->interfaces));
}

set_bits worker_interface_sets(struct worker *worker, uint32_t ifindex)
{
	struct interface *known = &worker->interfaces[ifindex % INTERFACES];
	char name[IFNAMSIZ] = "";

	if (ifindex == 0 || worker->name_of == NULL)
		return NULL;
	if (known->ifindex == ifindex)
		return known->sets;
	if (!worker->name_of(worker->name_ctx, ifindex, name))
		return NULL;
	known->ifindex = ifindex;
	known->sets = policy_resolve_interface(worker->policy, name);
	return known->sets;
}
