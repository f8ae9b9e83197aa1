/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_balance.c - the hash of a flow equals the kernel's; each slot has the
 * right member.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "packets.h"
#include "rules/policy/balance.h"
#include "rules/util/jhash.h"
#include "unit.h"

static struct address address_of(const char *text)
{
	char why[ADDRESS_WHY_MAX];
	struct prefix prefix = { 0 };

	ck_assert_int_eq(prefix_parse(text, strlen(text), &prefix, why), 0);
	return prefix.base;
}

/* ---- the hash ---- */

/*
 * The conntrack marks that Linux 6.18 (little endian) set for a datagram from
 * port 40000 to 443 with `ct mark set jhash KEY mod 4294967295 seed
 * 0x62616c31`. The key has this many words of addresses and ports.
 */
static const struct {
	const char *client, *server;
	size_t words;
	uint32_t want;
} vectors[] = {
	{ "192.0.2.9", "198.51.100.7", 1, 1279162150 },
	{ "192.0.2.9", "198.51.100.7", 2, 914571036 },
	{ "192.0.2.9", "198.51.100.7", 4, 61593379 },
	{ "2001:db8:1a::9", "2001:db8:5e::7", 4, 1964379822 },
	{ "2001:db8:1a::9", "2001:db8:5e::7", 8, 2632635025 },
	{ "2001:db8:1a::9", "2001:db8:5e::7", 10, 4030484097 },
};

START_TEST(vector)
{
	struct address client = address_of(vectors[_i].client);
	struct address server = address_of(vectors[_i].server);
	size_t size = address_is_v4(&client) ? 4 : 16;
	uint16_t ports[4] = { htons(40000), 0, htons(443), 0 };
	uint32_t key[10];

	memcpy(key, client.bytes + 16 - size, size);
	memcpy((char *)key + size, server.bytes + 16 - size, size);
	memcpy((char *)key + 2 * size, ports, sizeof(ports));
	ck_assert_uint_eq(jhash_scale(jhash_words(key, vectors[_i].words,
						  BALANCE_SEED), UINT32_MAX),
			  vectors[_i].want);
}
END_TEST

/* The comment on hashword() in lookup3.c: without input it returns the initial
 * value. */
START_TEST(empty)
{
	ck_assert_uint_eq(jhash_words(NULL, 0, 0), 0xdeadbeef);
}
END_TEST

/* ---- slots ---- */

#define FLOWS 20000

/* The weights of paths 1, 2 and 3; which are down; their flows out of 1000. */
static const struct {
	uint16_t weights[3];
	const char *down;
	unsigned want[3];
	bool by_source;
} shares[] = {
	{ { 1, 1, 1 }, "", { 333, 333, 333 }, false },
	{ { 3, 1, 0 }, "", { 750, 250, 0 }, false },
	{ { 1, 2, 5 }, "", { 125, 250, 625 }, true },
	{ { 1, 2, 1 }, "1", { 0, 667, 333 }, false },
	{ { 2, 1, 1 }, "1", { 0, 500, 500 }, false },
	{ { 200, 1, 55 }, "1", { 0, 18, 982 }, true },
	{ { 1, 1, 1 }, "13", { 0, 1000, 0 }, false },
	{ { 2, 1, 1 }, "123", { 500, 250, 250 }, false },
};

struct setting {
	struct balance_member members[3];
	struct balance balance;
	struct path_set down;
};

static void set_up(struct setting *setting, int row)
{
	*setting = (struct setting){ 0 };
	for (uint8_t i = 0; i < 3; i++) {
		uint8_t path = (uint8_t)(i + 1);

		if (strchr(shares[row].down, '0' + path) != NULL)
			path_set_add(&setting->down, path);
		if (shares[row].weights[i] > 0)
			setting->members[setting->balance.count++] =
				(struct balance_member){
					path, shares[row].weights[i]
				};
	}
	setting->balance.members = setting->members;
	setting->balance.by_source = shares[row].by_source;
}

/* Similar flows, as a LAN produces them. */
static struct facts facts_of(int i)
{
	return (struct facts){
		.client = address_from_v4(htonl(0xc0a80000u + (uint32_t)i)),
		.server = address_from_v4(htonl(0xc6336407u)),
		.sport = (uint16_t)(32768 + i % 1000),
		.dport = 443,
		.has_ports = true,
		.proto = IPPROTO_TCP,
	};
}

START_TEST(share)
{
	struct setting setting;
	unsigned got[4] = { 0 };

	set_up(&setting, _i);
	for (int i = 0; i < FLOWS; i++) {
		struct facts facts = facts_of(i);
		uint8_t path = balance_path(&setting.balance, &facts,
					    &setting.down);

		ck_assert_uint_le(path, 3);
		got[path]++;
	}
	for (int i = 0; i < 3; i++) {
		int permille = (int)(got[i + 1] * 1000 / FLOWS);

		ck_assert_msg(abs(permille - (int)shares[_i].want[i]) <= 15,
			      "row %d: path %d has %d of 1000", _i, i + 1,
			      permille);
		ck_assert(shares[_i].want[i] > 0 || got[i + 1] == 0);
	}
}
END_TEST

/* Flows on a path that is up stay on it. */
START_TEST(stays)
{
	static const struct path_set none;
	struct setting setting;

	set_up(&setting, _i);
	for (int i = 0; i < FLOWS; i++) {
		struct facts facts = facts_of(i);
		uint8_t prev = balance_path(&setting.balance, &facts, &none);
		uint8_t now = balance_path(&setting.balance, &facts,
					   &setting.down);

		ck_assert(now == prev ||
			  path_set_has(&setting.down, prev));
	}
}
END_TEST

/* The fields of the key. */
static const struct {
	const char *name;
	bool by_source;
	struct {
		const char *server;
		uint16_t sport, dport;
		uint8_t tos;
	} other;
	bool is_same;
} keys[] = {
	{ "nothing differs", false, { "198.51.100.7", 1000, 443, 0 }, true },
	{ "another TOS", false, { "198.51.100.7", 1000, 443, 8 }, true },
	{ "another server", false, { "198.51.100.8", 1000, 443, 0 }, false },
	{ "another source port", false, { "198.51.100.7", 1001, 443, 0 },
	  false },
	{ "another port", false, { "198.51.100.7", 1000, 444, 0 }, false },
	{ "the same client", true, { "198.51.100.8", 1001, 80, 8 }, true },
};

START_TEST(key)
{
	static const struct balance_member members[] = { { 1, 1 }, { 2, 1 } };
	static const struct path_set none;
	struct balance balance = { members, 2, keys[_i].by_source };
	int differs = 0;

	for (int i = 0; i < 64; i++) {
		struct facts facts = facts_of(i), other;

		facts.sport = 1000;
		other = facts;
		other.server = address_of(keys[_i].other.server);
		other.sport = keys[_i].other.sport;
		other.dport = keys[_i].other.dport;
		other.tos = keys[_i].other.tos;
		differs += balance_path(&balance, &facts, &none) !=
			   balance_path(&balance, &other, &none);
	}
	ck_assert_msg((differs == 0) == keys[_i].is_same, "%s: %d of 64",
		      keys[_i].name, differs);
}
END_TEST

/* Local flows take the first path that is up. */
START_TEST(own)
{
	struct setting setting;
	uint8_t first = 0;

	set_up(&setting, _i);
	for (uint8_t i = 0; i < setting.balance.count && first == 0; i++)
		if (!path_set_has(&setting.down, setting.members[i].path))
			first = setting.members[i].path;
	for (int i = 0; i < 64; i++) {
		struct facts facts = facts_of(i);

		facts.is_own = true;
		ck_assert_uint_eq(balance_path(&setting.balance, &facts,
					       &setting.down),
				  first ? first : setting.members[0].path);
	}
}
END_TEST

/* ---- in a policy ---- */

/* An uplink without a gateway of the family gets no flows of it. */
START_TEST(family)
{
	struct policy *policy = packets_policy(
		"uplink a { dev a via 192.0.2.1 }\n"
		"uplink b { dev b via 192.0.2.2 via 2001:db8::2 }\n"
		"uplink c { dev c via 2001:db8::3 via auto }\n"
		"default via { a, b, c }\n");
	bool has[2][4] = { { false } };

	for (int i = 0; i < 400; i++) {
		struct facts facts = facts_of(i);
		uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = (uint8_t)i };

		has[0][policy_route_path(policy, 0, &facts)] = true;
		v6[14] = (uint8_t)(i >> 8);
		facts.client = address_from_v6(v6);
		facts.server = facts.client;
		has[1][policy_route_path(policy, 0, &facts)] = true;
	}
	ck_assert(has[0][1] && has[0][2] && has[0][3]);
	ck_assert(!has[1][1] && has[1][2] && has[1][3]);
	policy_free(policy);
}
END_TEST

/* Which paths take over the flows of path 1 while some uplinks are down. */
static const struct {
	const char *name;
	const char *routes;
	uint8_t down;		/* another uplink's index; 9: none */
	uint64_t others;	/* a bit for each path */
	bool has_own;
} takeovers[] = {
	{ "no balance", "default via a\n", 9, 0, true },
	{ "two others", "default via { a, b, c }\n", 9, 1 << 2 | 1 << 3,
	  false },
	{ "one of them is down", "default via { a, b, c }\n", 1, 1 << 3,
	  false },
	{ "a balance of others", "default via { b, c }\n", 9, 0, false },
	{ "a balance and a route", "route tcp via a\ndefault via { a, b }\n",
	  9, 1 << 2, true },
	{ "main in the balance", "default via { a, main }\n", 9,
	  UINT64_C(1) << 63, false },
};

START_TEST(takeover)
{
	char text[256];
	struct policy *policy;
	struct path_set others;

	snprintf(text, sizeof(text), "uplink a { dev a }\nuplink b { dev b }\n"
		 "uplink c { dev c }\n%s", takeovers[_i].routes);
	policy = packets_policy(text);
	for (size_t i = 0; i < 3; i++)
		policy_set_down(policy, i, false,
				i == 0 || i == takeovers[_i].down);
	others = policy_balance_others(policy, 1, false);
	ck_assert_msg(others.words[0] == takeovers[_i].others, "%s: %#llx",
		      takeovers[_i].name,
		      (unsigned long long)others.words[0]);
	ck_assert_int_eq(policy_has_own_route(policy, 1),
			 takeovers[_i].has_own);
	policy_free(policy);
}
END_TEST

/* Down and up again: the same flows return. */
START_TEST(down)
{
	struct policy *policy = packets_policy(
		"uplink a { dev a }\nuplink b { dev b }\n"
		"default via { a 3, b 1 }\n");
	uint8_t path[400];

	for (int i = 0; i < 400; i++) {
		struct facts facts = facts_of(i);

		path[i] = policy_route_path(policy, 0, &facts);
	}
	policy_set_down(policy, 0, false, true);
	policy_set_down(policy, 1, true, true);
	for (int i = 0; i < 400; i++) {
		struct facts facts = facts_of(i);

		ck_assert_uint_eq(policy_route_path(policy, 0, &facts), 2);
	}
	policy_set_down(policy, 0, false, false);
	for (int i = 0; i < 400; i++) {
		struct facts facts = facts_of(i);

		ck_assert_uint_eq(policy_route_path(policy, 0, &facts),
				  path[i]);
	}
	policy_free(policy);
}
END_TEST

/* Equal routes share a balance; a single uplink is not a balance. */
START_TEST(compiled)
{
	struct policy *policy = packets_policy(
		"uplink a { dev a }\nuplink b { dev b }\n"
		"route tcp dport 1 via { a 3, b }\n"
		"route tcp dport 2 via { a 3, b 1 }\n"
		"route tcp dport 3 via { b 1, a 3 }\n"
		"route tcp dport 4 via { a 3, b 1 } by source\n"
		"route tcp dport 5 via { b 7 }\n"
		"default via { main, a }\n");

	ck_assert_uint_eq(policy_balances(policy), 4);
	ck_assert_ptr_eq(policy_route(policy, 0)->balance,
			 policy_route(policy, 1)->balance);
	ck_assert_ptr_eq(policy_route(policy, 0)->balance,
			 policy_balance(policy, 0));
	ck_assert_ptr_eq(policy_route(policy, 4)->balance, NULL);
	ck_assert_uint_eq(policy_route(policy, 4)->path, 2);
	ck_assert_str_eq(policy_route(policy, 0)->way, "{ a 3, b 1 }");
	ck_assert_str_eq(policy_route(policy, 3)->way,
			 "{ a 3, b 1 } by source");
	ck_assert(policy_route_takes(policy_route(policy, 5),
				     policy_marks(policy)->path_main));
	ck_assert(!policy_route_takes(policy_route(policy, 5), 2));
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("balance");
	TCase *tcase = tcase_create("balance");

	tcase_add_loop_test(tcase, vector, 0, ROWS(vectors));
	tcase_add_test(tcase, empty);
	tcase_add_loop_test(tcase, share, 0, ROWS(shares));
	tcase_add_loop_test(tcase, stays, 0, ROWS(shares));
	tcase_add_loop_test(tcase, own, 0, ROWS(shares));
	tcase_add_loop_test(tcase, key, 0, ROWS(keys));
	tcase_add_test(tcase, family);
	tcase_add_test(tcase, down);
	tcase_add_loop_test(tcase, takeover, 0, ROWS(takeovers));
	tcase_add_test(tcase, compiled);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
