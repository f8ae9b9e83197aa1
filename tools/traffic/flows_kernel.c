/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows_kernel.c - collect the entries of connection tracking. */
#include "tools/traffic/flows_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/util/keyed_hash.h"

#define ACCOUNTING "/proc/sys/net/netfilter/nf_conntrack_acct"

struct reading {
	struct flows_kernel *kernel;
	uint32_t any;
};

static struct flows_entry *entry_new(struct flows_kernel *kernel)
{
	struct flows_entry *items;
	size_t room = kernel->room != 0 ? kernel->room * 2 : 1024;

	if (kernel->count < kernel->room)
		return &kernel->items[kernel->count++];
	items = realloc(kernel->items, room * sizeof(items[0]));
	if (items == NULL)
		return NULL;
	kernel->items = items;
	kernel->room = room;
	return &kernel->items[kernel->count++];
}

void flows_entry_of(const struct flow_entry *entry, struct flows_entry *ret)
{
	const struct flow_tuple *original = &entry->original;
	const struct flow_tuple *reply = &entry->reply;

	*ret = (struct flows_entry){
		.client = original->src, .sport = original->sport,
		.server = reply->src, .dport = reply->sport,
		.proto = original->proto,
		.is_redirected = !address_equal(&reply->src, &original->dst) ||
				 reply->sport != original->dport,
		.is_counted = entry->is_counted,
		.mark = entry->mark, .id = entry->id,
		.bytes = entry->bytes, .packets = entry->packets,
		.start_ns = entry->start_ns,
	};
}

static int take_entry(void *ctx, const struct flow_entry *entry)
{
	struct reading *reading = ctx;
	struct flows_entry *place;

	if ((entry->mark & reading->any) == 0)
		return 0;
	place = entry_new(reading->kernel);
	if (place == NULL)
		return -ENOMEM;
	flows_entry_of(entry, place);
	return 0;
}

int flows_kernel_read(uint32_t mark, uint32_t mask, uint32_t any,
		      struct flows_kernel *ret)
{
	struct reading reading = { .kernel = ret, .any = any };
	int rc = flow_entries_read(mark, mask, take_entry, &reading);

	if (rc < 0)
		flows_kernel_fini(ret);
	return rc;
}

void flows_kernel_fini(struct flows_kernel *kernel)
{
	free(kernel->items);
	*kernel = (struct flows_kernel){ 0 };
}

bool flows_kernel_counts(void)
{
	FILE *file = fopen(ACCOUNTING, "re");
	int on = 0;

	if (file == NULL)
		return false;
	if (fscanf(file, "%d", &on) != 1)
		on = 0;
	fclose(file);
	return on != 0;
}

bool flows_entry_same(const struct flows_entry *a, const struct flows_entry *b)
{
	return a->proto == b->proto && a->sport == b->sport &&
	       a->dport == b->dport && address_equal(&a->client, &b->client) &&
	       address_equal(&a->server, &b->server);
}

uint64_t flows_entry_hash(const struct flows_entry *entry)
{
	const struct keyed_hash *key = keyed_hash_process();
	uint64_t hash = key->start;

	for (int i = 0; i < 2; i++) {
		hash = keyed_hash_add(key, hash, entry->client.be64[i]);
		hash = keyed_hash_add(key, hash, entry->server.be64[i]);
	}
	return keyed_hash_end(key, hash, (uint64_t)entry->sport << 32 |
			      (uint64_t)entry->dport << 8 | entry->proto);
}
