/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_learned.c - items are learned, found, contradicted, evicted. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/hint.h"
#include "stores.h"
#include "unit.h"

#define TLS hints_app_find("tls")

START_TEST(answers)
{
	struct learned *learned = stores_new(64);

	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "a.example", NOW);
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.7", NOW),
			 "a.example");
	/* Answers are found for the client and the server only. */
	ck_assert_str_eq(stores_host(learned, "10.0.0.2", "192.0.2.7", NOW),
			 "none");
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.8", NOW),
			 "none");
	/* The latest name counts. */
	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "b.example",
			  NOW + SECOND);
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.7", NOW),
			 "b.example");
	stores_add_answer(learned, "10.0.0.1", "192.0.2.7", "a.example",
			  NOW + 2 * SECOND);
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.7", NOW),
			 "a.example");
	/* The TTL of sixty seconds expires. */
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.7",
				     NOW + 61 * SECOND), "a.example");
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.7",
				     NOW + 62 * SECOND), "none");
	learned_free(learned);
}
END_TEST

/* Around the lengths that fit into an item, and into its first cache line. */
static const size_t lengths[] = { 1, 38, 39, 40, 41, 62, 63, 64, 65, 71, 72,
				  252, 253, 254 };

START_TEST(length)
{
	struct learned *learned = stores_new(64);
	struct address server = stores_address("192.0.2.9");
	struct learned_found found;
	char host[LEARNED_HOST_MAX + 2];
	size_t len = lengths[_i];

	for (size_t i = 0; i < len; i++)
		host[i] = (char)('a' + i % 26);
	host[len] = '\0';
	stores_add_answer(learned, "10.0.0.1", "192.0.2.9", host, NOW);
	stores_add_answer(learned, "10.0.0.1", "192.0.2.9", host, NOW);
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.9", NOW),
			 len <= LEARNED_HOST_MAX ? host : "none");
	/* Repetition makes the same name more certain. */
	for (int i = 0; i < 3; i++)
		learned_add_server(learned, &stores_client, &server,
				   IPPROTO_TCP, 443, TLS, host, NOW);
	ck_assert_int_eq(stores_find_server(learned, &server, IPPROTO_TCP, 443,
					    NOW, &found),
			 len <= LEARNED_HOST_MAX);
	if (len <= LEARNED_HOST_MAX) {
		ck_assert_str_eq(found.host, host);
		ck_assert_uint_gt(found.host_percent, 75);
	}
	learned_free(learned);
}
END_TEST

/* More long names than there is space for: names that are found are correct,
 * and lost names have no confidence. */
START_TEST(many_long_names)
{
	struct learned *learned = stores_new(512);
	char host[LEARNED_HOST_MAX + 1];
	size_t there = 0, lost = 0;

	memset(host, 'x', sizeof(host));
	for (int i = 0; i < 256; i++) {
		struct address server = address_from_v4((uint32_t)i + 1);
		size_t len = 100 + (size_t)i % 150;

		snprintf(host + len, sizeof(host) - len, "%d", i % 10);
		learned_add_server(learned, &stores_client, &server,
				   IPPROTO_TCP, 443, TLS, host,
				   NOW + (uint64_t)i * SECOND);
		memset(host + len, 'x', sizeof(host) - len);
	}
	for (int i = 0; i < 256; i++) {
		struct address server = address_from_v4((uint32_t)i + 1);
		struct learned_found found;
		size_t len = 100 + (size_t)i % 150;

		if (!stores_find_server(learned, &server, IPPROTO_TCP, 443, NOW,
					&found))
			continue;
		ck_assert_uint_eq(found.app, TLS);
		if (found.host[0] == '\0') {
			ck_assert_uint_eq(found.host_percent, 0);
			lost++;
			continue;
		}
		ck_assert_uint_eq(strlen(found.host), len + 1);
		ck_assert_int_eq(found.host[len], '0' + i % 10);
		there++;
	}
	ck_assert_uint_gt(there, 4);
	ck_assert_uint_gt(lost, 0);
	learned_free(learned);
}
END_TEST

/* Many names of an address for one client do not evict those of others. */
START_TEST(many_names)
{
	struct learned *learned = stores_new(8);
	char host[32];

	stores_add_answer(learned, "10.0.0.2", "192.0.2.7", "other.example",
			  NOW);
	for (int i = 0; i < 100; i++) {
		snprintf(host, sizeof(host), "n%d.example", i);
		stores_add_answer(learned, "10.0.0.1", "192.0.2.7", host,
				  NOW + (uint64_t)i * SECOND / 10);
	}
	ck_assert_uint_eq(stores_count(learned), 1 + LEARNED_NAMES_MAX);
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.7", NOW),
			 "n99.example");
	ck_assert_str_eq(stores_host(learned, "10.0.0.2", "192.0.2.7", NOW),
			 "other.example");
	learned_free(learned);
}
END_TEST

/* A client that learns without end evicts its own items; an IPv6 network is one
 * client. */
START_TEST(fair_shares)
{
	struct learned *learned = stores_new(64);
	char server[32], client[32];
	unsigned int kept = 0;

	for (int i = 0; i < 8; i++) {
		snprintf(client, sizeof(client), "10.0.0.%d", i + 1);
		stores_add_answer(learned, client, "192.0.2.7", "a.example",
				  NOW);
	}
	for (int i = 0; i < 2000; i++) {
		snprintf(server, sizeof(server), "198.51.%d.%d", i / 250,
			 i % 250);
		snprintf(client, sizeof(client), "2001:db8::%x", i + 1);
		stores_add_answer(learned, client, server, "b.example",
				  NOW + SECOND + (uint64_t)i);
	}
	for (int i = 0; i < 8; i++) {
		snprintf(client, sizeof(client), "10.0.0.%d", i + 1);
		kept += strcmp(stores_host(learned, client, "192.0.2.7",
					   NOW + 2 * SECOND), "a.example") == 0;
	}
	ck_assert_uint_eq(kept, 8);
	learned_free(learned);
}
END_TEST

/* A full bucket evicts what expired, then what was unused for longest. */
START_TEST(least_useful)
{
	struct learned *learned = stores_new(8);
	char server[32];

	for (int i = 0; i < 8; i++) {
		snprintf(server, sizeof(server), "192.0.2.%d", i);
		stores_add_answer(learned, "10.0.0.1", server, "a.example",
				  NOW + (uint64_t)i * SECOND);
	}
	/* The oldest was used since. */
	stores_host(learned, "10.0.0.1", "192.0.2.0", NOW + 30 * SECOND);
	stores_add_answer(learned, "10.0.0.1", "192.0.2.100", "a.example",
			  NOW + 30 * SECOND);
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.0", NOW),
			 "a.example");
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.1", NOW),
			 "none");
	ck_assert_uint_eq(stores_count(learned), 8);
	/* Now it has expired, and is evicted before others that have not. */
	stores_add_answer(learned, "10.0.0.1", "192.0.2.101", "a.example",
			  NOW + 61 * SECOND);
	ck_assert_str_eq(stores_host(learned, "10.0.0.1", "192.0.2.0", NOW),
			 "none");
	learned_free(learned);
}
END_TEST

/* Flows to a server, one after another: a letter is a host, '-' none. Then the
 * name that is known, and whether its confidence reaches 50 percent. */
static const struct {
	const char *name;
	const char *flows;
	const char *host;
	bool is_sure;
} histories[] = {
	{ "the first name counts", "a", "a", true },
	{ "agreement", "aaaa", "a", true },
	{ "one contradiction: the newer", "ab", "b", true },
	{ "alternating: none", "abab", "b", false },
	{ "alternating for long", "ababababababa", "a", false },
	{ "repeated, contradicted once", "aaaab", "a", true },
	{ "repeated, then changed", "aaaabbb", "b", true },
	{ "alternating, then constant", "abababbbb", "b", true },
	{ "no name", "-", "", true },
};

START_TEST(servers)
{
	struct learned *learned = stores_new(64);
	struct address server = stores_address("2001:db8::7");
	struct learned_found item;
	char host[2] = "";

	for (const char *c = histories[_i].flows; *c != '\0'; c++) {
		host[0] = *c != '-' ? *c : '\0';
		learned_add_server(learned, &stores_client, &server,
				   IPPROTO_TCP, 443, TLS, host, NOW);
	}
	ck_assert(stores_find_server(learned, &server, IPPROTO_TCP, 443, NOW,
				     &item));
	ck_assert_msg(strcmp(item.host, histories[_i].host) == 0 &&
		      (item.host_percent >= 50) == histories[_i].is_sure,
		      "%s: '%s' %u%%", histories[_i].name, item.host,
		      item.host_percent);
	ck_assert_uint_ge(item.app_percent, 60);
	ck_assert_uint_eq(item.app, TLS);
	ck_assert(!stores_find_server(learned, &server, IPPROTO_UDP, 443, NOW,
				      &item));
	ck_assert(!stores_find_server(learned, &server, IPPROTO_TCP, 80, NOW,
				      &item));
	ck_assert(!stores_find_server(learned, &server, IPPROTO_TCP, 443,
				      NOW + 8 * 24 * 3600 * SECOND, &item));
	learned_free(learned);
}
END_TEST

/* What one client's flows reveal is used for that client only; what several
 * reveal, for all. An IPv6 network is one client. */
static const struct {
	const char *name;
	const char *clients[5];
	unsigned int agree;		/* 0: not shared */
} groups[] = {
	{ "one client", { "10.0.0.1", "10.0.0.1", "10.0.0.1" }, 0 },
	{ "two clients", { "10.0.0.1", "10.0.0.2" }, 0 },
	{ "three clients", { "10.0.0.1", "10.0.0.2", "10.0.0.3" }, 3 },
	{ "three clients, one repeated",
	  { "10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.3" }, 3 },
	{ "five clients",
	  { "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5" }, 4 },
	{ "one IPv6 network",
	  { "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4" }, 0 },
	{ "three IPv6 networks",
	  { "2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1" }, 3 },
};

START_TEST(several_clients)
{
	struct learned *learned = stores_new(64);
	struct address server = stores_address("192.0.2.7");
	struct address stranger = stores_address("10.9.9.9");
	struct learned_look look = learned_look(learned, &stranger, &server,
						IPPROTO_TCP, 443);
	struct learned_found found;
	bool is_shared;

	for (size_t i = 0; i < 5 && groups[_i].clients[i] != NULL; i++) {
		struct address client = stores_address(groups[_i].clients[i]);
		struct learned_look own = learned_look(learned, &client,
						       &server, IPPROTO_TCP,
						       443);

		learned_add_server(learned, &client, &server, IPPROTO_TCP, 443,
				   TLS, "a.example", NOW);
		ck_assert(learned_server(learned, &own, NOW, &found));
		ck_assert_str_eq(found.host, "a.example");
	}
	ck_assert(!learned_server(learned, &look, NOW, &found));
	is_shared = learned_shared(learned, &look, NOW, &found);
	ck_assert_msg(is_shared == (groups[_i].agree > 0), "%s",
		      groups[_i].name);
	if (is_shared) {
		ck_assert_str_eq(found.host, "a.example");
		ck_assert_uint_eq(found.clients, groups[_i].agree);
		ck_assert_uint_eq(found.app, TLS);
	}
	learned_free(learned);
}
END_TEST

START_TEST(resets)
{
	struct learned *learned = stores_new(8);
	struct address client = stores_address("10.0.0.1");
	struct address server = stores_address("192.0.2.7");
	struct address other = stores_address("192.0.2.8");

	ck_assert(learned_may_reset(learned, &client, &server, NOW));
	ck_assert(!learned_may_reset(learned, &client, &server, NOW + SECOND));
	ck_assert(learned_may_reset(learned, &client, &other, NOW));
	ck_assert(!learned_may_reset(learned, &client, &server,
				     NOW + 59 * SECOND));
	ck_assert(learned_may_reset(learned, &client, &server,
				    NOW + 61 * SECOND));
	learned_free(learned);
}
END_TEST

/* ---- threads ---- */

#define THREADS 4
#define ROUNDS 20000
#define SERVERS 24
#define LONG_LABEL \
	"a-very-very-very-very-very-very-very-very-very-very-very-very-long"

static struct learned *shared;
static atomic_uint torn;

/* A name contains its server's number, so that a torn item is detected. Every
 * third name is long; there is not space for all of them. */
static void name_of(unsigned server, char host[static LEARNED_HOST_MAX + 1])
{
	snprintf(host, LEARNED_HOST_MAX + 1,
		 "%u.%s-name-of-length.%u.example", server,
		 server % 3 ? "a" : LONG_LABEL, server);
}

static void compare(const struct learned_found *found, const char *host)
{
	if (found->host[0] != '\0' || found->host_percent != 0)
		torn += strcmp(found->host, host) != 0;
}

static void *learn_and_ask(void *arg)
{
	unsigned state = (unsigned)(size_t)arg + 1;
	struct address client = stores_address("10.0.0.1");

	for (int i = 0; i < ROUNDS; i++) {
		char host[LEARNED_HOST_MAX + 1];
		struct learned_look look;
		struct learned_found found;
		struct address server;
		unsigned n;

		state = state * 1103515245 + 12345;
		n = state >> 16;
		server = address_from_v4(n % SERVERS + 1);
		name_of(n % SERVERS + 1, host);
		if (n & 256)
			learned_add_answer(shared, &client, &server, host,
					     60, NOW + (uint64_t)i);
		if (n & 512)
			learned_add_server(shared, &stores_client, &server,
					   IPPROTO_TCP, 443, 1, host, NOW);
		look = learned_look(shared, &client, &server, IPPROTO_TCP,
				    443);
		learned_fetch(shared, &look);
		if (learned_answer(shared, &look,
				   NOW + 61 * SECOND * (n & 1), &found))
			compare(&found, host);
		if (learned_server(shared, &look, NOW, &found))
			compare(&found, host);
	}
	return NULL;
}

START_TEST(threads)
{
	pthread_t thread[THREADS];

	shared = stores_new(16);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL,
						learn_and_ask, (void *)i), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_eq(torn, 0);
	ck_assert_uint_gt(stores_count(shared), 0);
	learned_free(shared);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("learned");
	TCase *tcase = tcase_create("learned");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, answers);
	tcase_add_loop_test(tcase, length, 0, ROWS(lengths));
	tcase_add_test(tcase, many_long_names);
	tcase_add_test(tcase, many_names);
	tcase_add_test(tcase, fair_shares);
	tcase_add_test(tcase, least_useful);
	tcase_add_loop_test(tcase, servers, 0, ROWS(histories));
	tcase_add_loop_test(tcase, several_clients, 0, ROWS(groups));
	tcase_add_test(tcase, resets);
	tcase_add_test(tcase, threads);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
