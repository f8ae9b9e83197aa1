/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suggest.c - group the flows of captures, see suggest.h. */
#include "tools/suggest/suggest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"

#define DNS_PORT 53

/* Inspects each flow until its host and its application are known. */
const char suggest_analysis[] =
	"uplink any { dev lo }\n"
	"route host nothing.invalid via any\n"
	"route app bittorrent via any\n"
	"default via main\n";

/* ---- keys ---- */

static const char *last_labels(const char *host, int labels)
{
	const char *at = host + strlen(host);

	while (at > host)
		if (*--at == '.' && --labels == 0)
			return at + 1;
	return host;
}

/* Registries below a country code take names such as co.uk or com.au; there is
 * no list of them here, so a short second label counts as one. */
const char *suggest_site(const char *host)
{
	const char *site = last_labels(host, 2);
	const char *dot = strchr(site, '.');

	if (dot != NULL && strlen(dot + 1) == 2 && dot - site <= 3)
		return last_labels(host, 3);
	return site;
}

static bool has_name(const struct replay_flow *flow)
{
	struct address address;

	return flow->host != NULL && flow->dport != DNS_PORT &&
	       strchr(flow->host, '.') != NULL &&
	       address_parse(flow->host, strlen(flow->host), &address) < 0;
}

/* ---- groups ---- */

static int compare_keys(const void *a, const void *b)
{
	const struct suggestion *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->key, y->key);
}

static int compare_sizes(const void *a, const void *b)
{
	const struct suggestion *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->flows != y->flows)
		return x->flows < y->flows ? 1 : -1;
	return strcmp(x->key, y->key);
}

static void drop_item(struct suggestion *item)
{
	free(item->key);
	free(item->host);
}

/* Add `other`, of the same key, which is taken over. */
static void join(struct suggestion *item, struct suggestion *other)
{
	const uint64_t flows = item->flows + other->flows;
	const uint64_t bytes = item->bytes + other->bytes;
	const bool several = item->several || other->several ||
		(item->host != NULL && other->host != NULL &&
		 strcmp(item->host, other->host) != 0);
	const bool is_identified = item->is_identified || other->is_identified;
	struct suggestion swap;

	if (other->largest > item->largest) {
		swap = *item;
		*item = *other;
		*other = swap;
	}
	item->flows = flows;
	item->bytes = bytes;
	item->several = several;
	item->is_identified = is_identified;
	drop_item(other);
}

static void merge(struct suggestions *all)
{
	size_t kept = 0;

	if (all->count == 0)
		return;
	qsort(all->items, all->count, sizeof(*all->items), compare_keys);
	for (size_t i = 1; i < all->count; i++)
		if (compare_keys(&all->items[kept], &all->items[i]) == 0)
			join(&all->items[kept], &all->items[i]);
		else
			all->items[++kept] = all->items[i];
	all->count = kept + 1;
}

/* The memory is bounded by the number of different keys. */
static int make_room(struct suggestions *all)
{
	size_t room = all->room == 0 ? 256 : all->room * 2;
	struct suggestion *items;

	if (all->count < all->room)
		return 0;
	merge(all);
	if (all->count * 2 < all->room)
		return 0;
	items = reallocarray(all->items, room, sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	all->items = items;
	all->room = room;
	return 0;
}

static int add(struct suggestions *all, enum suggest_kind kind, const char *key,
	       const struct replay_flow *flow)
{
	struct suggestion item = {
		.kind = kind, .key = strdup(key),
		.host = flow->host != NULL ? strdup(flow->host) : NULL,
		.src = flow->src, .dst = flow->dst, .dport = flow->dport,
		.proto = flow->proto, .has_ports = flow->has_ports,
		.largest = flow->bytes, .flows = 1, .bytes = flow->bytes,
	};

	if (item.key == NULL || (flow->host != NULL && item.host == NULL) ||
	    make_room(all) < 0) {
		drop_item(&item);
		return -ENOMEM;
	}
	all->items[all->count++] = item;
	return 0;
}

int suggest_add(struct suggestions *all, const struct replay_flow *flow,
		bool is_covered)
{
	const char *app = hints_app_name(flow->app);
	char server[ADDRESS_TEXT_MAX];
	int rc = 0;

	all->flows++;
	all->bytes += flow->bytes;
	all->covered += is_covered;
	address_print_packet(&flow->dst, server);
	if (is_covered)
		return 0;
	if (has_name(flow))
		rc = add(all, SUGGEST_HOST, suggest_site(flow->host), flow);
	else if (app != NULL)
		rc = add(all, SUGGEST_APP, app, flow);
	if (rc == 0)
		rc = add(all, SUGGEST_SERVER, server, flow);
	if (rc == 0)
		all->items[all->count - 1].is_identified =
			has_name(flow) || app != NULL;
	return rc;
}

size_t suggest_choose(struct suggestions *all, size_t rows)
{
	size_t kept = 0, left_out = 0, of_kind[SUGGEST_KINDS] = { 0 };

	merge(all);
	if (all->count > 0)
		qsort(all->items, all->count, sizeof(*all->items),
		      compare_sizes);
	for (size_t i = 0; i < all->count; i++) {
		struct suggestion *item = &all->items[i];

		if (item->is_identified || of_kind[item->kind]++ >= rows) {
			left_out += !item->is_identified;
			drop_item(item);
			continue;
		}
		all->items[kept++] = *item;
	}
	all->count = kept;
	return left_out;
}

void suggest_count(struct suggestions *all, unsigned line,
		   const struct replay_flow *flow)
{
	struct suggestion *item;

	if (line < SUGGEST_LINE || line - SUGGEST_LINE >= all->count)
		return;
	item = &all->items[line - SUGGEST_LINE];
	item->first += flow->late == FLOW_ON_TIME;
	item->late += flow->late != FLOW_ON_TIME;
	item->caught_bytes += flow->bytes;
}

void suggest_fini(struct suggestions *all)
{
	for (size_t i = 0; i < all->count; i++)
		drop_item(&all->items[i]);
	free(all->items);
	*all = (struct suggestions){ 0 };
}
