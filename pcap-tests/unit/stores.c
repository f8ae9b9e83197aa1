/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stores.c - helpers of the tests of the learned store. */
#include <netinet/in.h>
#include <string.h>

#include "stores.h"
#include "unit.h"

const struct address stores_client = {
	.bytes = { [10] = 0xff, 0xff, 10, 0, 0, 1 },
};

struct address stores_address(const char *text)
{
	struct address a;

	ck_assert_int_eq(address_parse(text, strlen(text), &a), 0);
	return a;
}

struct learned *stores_new(size_t items)
{
	const struct learned_options options = {
		.answers = items, .servers = items, .repeatable = true,
	};
	struct learned *learned = learned_new(&options);

	ck_assert_ptr_nonnull(learned);
	return learned;
}

static void count(void *ctx, const struct learned_item *item)
{
	ck_assert_int_ne(item->kind, LEARNED_NONE);
	++*(size_t *)ctx;
}

size_t stores_count(const struct learned *learned)
{
	size_t n = 0;

	learned_each(learned, count, &n);
	return n;
}

void stores_add_answer(struct learned *learned, const char *client,
		       const char *server, const char *host, uint64_t now_ns)
{
	struct address c = stores_address(client), s = stores_address(server);

	learned_add_answer(learned, &c, &s, host, 60, now_ns);
}

const char *stores_host(const struct learned *learned, const char *client,
			const char *server, uint64_t now_ns)
{
	static struct learned_found found;
	struct address c = stores_address(client), s = stores_address(server);
	struct learned_look look = learned_look(learned, &c, &s, IPPROTO_TCP,
						443);

	return learned_answer(learned, &look, now_ns, &found) ? found.host :
								"none";
}

bool stores_find_server(const struct learned *learned,
			const struct address *server, uint8_t proto,
			uint16_t port, uint64_t now_ns,
			struct learned_found *ret)
{
	struct learned_look look = learned_look(learned, &stores_client, server,
						proto, port);

	learned_fetch(learned, &look);
	return learned_server(learned, &look, now_ns, ret);
}
