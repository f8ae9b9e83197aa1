/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_worker_ech.c - which name the outer name of an Encrypted Client Hello
 * stands for, by the DNS answers and configurations that the client received. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "engine/learn/learned_ech.h"
#include "engine/worker/worker.h"
#include "packets.h"
#include "unit.h"

#define SECOND UINT64_C(1000000000)
#define PATHS 0x3f000000u
#define MAIN 0x3f000000u
#define A 0x01000000u
#define STRICT 0x04000000u
#define CLIENT "192.168.1.9"
#define OTHER "192.168.1.8"
#define CLIENT_V6 "2001:db8:1::9"
#define SERVER "198.51.100.9"
#define SERVER_V6 "2001:db8:2::9"
#define FRONT "front.example"
#define HWADDR 0x020000005e01u

#define V_BY_A "route host v.example via a\n"
#define V_STRICT "route host v.example via s\n"
#define REST_STRICT V_BY_A "default via s\n"

enum { NO_ECH = 1, SPLIT = 2, OTHER_CLIENT = 4, FOREIGN = 8, LATE = 16 };

static const struct {
	const char *name;
	const char *policy;
	const char *hosts[3];		/* asked for, the first one first */
	uint8_t config_id;		/* of the ClientHello; theirs is 7 */
	unsigned int flags;
	uint32_t path;
	const char *host;
	uint8_t names;
} rows[] = {
	{ "the name", V_BY_A, { "v.example" }, 7, 0, A, "v.example", 1 },
	{ "a hello in two segments", V_BY_A, { "v.example" }, 7, SPLIT, A,
	  "v.example", 1 },
	{ "another config_id", V_BY_A, { "v.example" }, 8, 0, MAIN, FRONT, 0 },
	{ "no ECH", V_BY_A, { "v.example" }, 7, NO_ECH, MAIN, FRONT, 0 },
	{ "no ECH, in two segments", V_BY_A, { "v.example" }, 7,
	  NO_ECH | SPLIT, MAIN, FRONT, 0 },
	{ "another client's question", V_BY_A, { "v.example" }, 7,
	  OTHER_CLIENT, MAIN, FRONT, 0 },
	{ "an expired configuration", V_BY_A, { "v.example" }, 7, LATE, MAIN,
	  FRONT, 0 },
	{ "the latest of two", V_BY_A, { "v.example", "w.example" }, 7, 0,
	  MAIN, "w.example", 2 },
	{ "the latest of three", V_BY_A,
	  { "w.example", "x.example", "v.example" }, 7, 0, A, "v.example", 3 },
	{ "one of two is strict", V_STRICT, { "v.example", "w.example" }, 7,
	  0, STRICT, "v.example", 2 },
	{ "the other one is strict", REST_STRICT,
	  { "w.example", "v.example" }, 7, 0, STRICT, "w.example", 2 },
	{ "asked in the other family", V_BY_A, { "v.example" }, 7, FOREIGN, A,
	  "v.example", 1 },
	{ "the same, to a strict uplink", V_STRICT, { "v.example" }, 7,
	  FOREIGN, MAIN, FRONT, 0 },
	{ "the same, from a strict uplink", REST_STRICT, { "v.example" }, 7,
	  FOREIGN, STRICT, FRONT, 0 },
};

static struct address address_of(const char *text)
{
	struct in6_addr v6;
	uint32_t v4;

	if (inet_pton(AF_INET, text, &v4) == 1)
		return address_from_v4(v4);
	ck_assert_int_eq(inet_pton(AF_INET6, text, &v6), 1);
	return address_from_v6(v6.s6_addr);
}

/* ---- a ClientHello ---- */

struct hello {
	uint8_t bytes[512];
	size_t len;
};

static void put(struct hello *hello, const void *bytes, size_t len)
{
	memcpy(hello->bytes + hello->len, bytes, len);
	hello->len += len;
}

static void put_be16(struct hello *hello, size_t value)
{
	uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };

	put(hello, bytes, sizeof(bytes));
}

static void put_server_name(struct hello *hello, const char *name)
{
	size_t len = strlen(name);

	put_be16(hello, 0);
	put_be16(hello, len + 5);
	put_be16(hello, len + 3);
	put(hello, "", 1);
	put_be16(hello, len);
	put(hello, name, len);
}

/* Outer, HKDF-SHA256, AES-128-GCM, config_id, enc and payload. */
static void put_ech(struct hello *hello, uint8_t config_id)
{
	static const uint8_t zeros[128];

	put_be16(hello, 0xfe0d);
	put_be16(hello, 8 + 32 + 2 + 128);
	put(hello, "\0\0\1\0\1", 5);
	put(hello, &config_id, 1);
	put_be16(hello, 32);
	put(hello, zeros, 32);
	put_be16(hello, 128);
	put(hello, zeros, 128);
}

/* Write the lengths of the record, the message and the extensions. */
static void finish(struct hello *hello, size_t extensions)
{
	struct hello at = { .len = 0 };

	put_be16(&at, hello->len - 5);
	memcpy(hello->bytes + 3, at.bytes, 2);
	put_be16(&at, hello->len - 9);
	memcpy(hello->bytes + 7, at.bytes + 2, 2);
	put_be16(&at, hello->len - extensions);
	memcpy(hello->bytes + extensions - 2, at.bytes + 4, 2);
}

static struct hello hello_of(uint8_t config_id, bool has_ech,
			     size_t *ret_split)
{
	static const uint8_t random[32];
	struct hello hello = { .len = 0 };
	size_t extensions;

	put(&hello, "\x16\3\1\0\0\1\0\0\0\3\3", 11);
	put(&hello, random, sizeof(random));
	put(&hello, "\0\0\2\x13\1\1\0\0\0", 9);
	extensions = hello.len;
	put_server_name(&hello, FRONT);
	*ret_split = hello.len;
	if (has_ech)
		put_ech(&hello, config_id);
	else
		put(&hello, "\0\x17\0\0", 4);
	finish(&hello, extensions);
	return hello;
}

/* ---- what the client learned ---- */

static void learn_host(struct learned *learned, const struct address *client,
		       const struct address *server, const char *host,
		       uint64_t now_ns)
{
	struct learned_ech_config config = {
		.client = client,
		.host = host,
		.public_name = FRONT,
		.config_id = 7,
	};

	learned_add_answer(learned, client, server, host, 3600, now_ns);
	learned_ech_note(learned_ech_of(learned), &config,
			 learned_second(learned, now_ns) + 60);
}

static void learn_hosts(struct learned *learned, size_t row)
{
	bool is_foreign = rows[row].flags & FOREIGN;
	struct address client = address_of(rows[row].flags & OTHER_CLIENT ?
						   OTHER : CLIENT);
	struct address server = address_of(is_foreign ? SERVER_V6 : SERVER);
	struct address v6 = address_of(CLIENT_V6);

	if (is_foreign) {
		learned_confirm_machine(learned, HWADDR, &client, SECOND);
		learned_confirm_machine(learned, HWADDR, &v6, SECOND);
	}
	for (size_t i = 0; i < 3 && rows[row].hosts[i] != NULL; i++)
		learn_host(learned, &client, &server, rows[row].hosts[i],
			   (i + 1) * SECOND);
}

/* ---- the flow ---- */

static struct verdict classify(struct worker *worker, size_t row,
			   const uint8_t *data, size_t len, uint32_t seq)
{
	bool is_v6 = rows[row].flags & FOREIGN;
	struct test_packet spec = {
		.flags = len > 0 ? TCP_ACK : TCP_SYN,
		.dport = 443, .seq = seq, .data = (const char *)data,
		.len = len, .ms = rows[row].flags & LATE ? 70000 : 4000,
		.src = is_v6 ? CLIENT_V6 : CLIENT,
		.dst = is_v6 ? SERVER_V6 : SERVER,
	};
	uint8_t bytes[TEST_PACKET_MAX];
	struct packet pkt;
	struct verdict verdict;

	if (len == 0)
		spec.data = NULL;
	pkt = packets_make(&spec, bytes);
	pkt.ifindex = 2;
	worker_classify(worker, &pkt, NULL, 1, false, &verdict);
	return verdict;
}

static struct verdict connect_to(struct worker *worker, size_t row)
{
	size_t split;
	struct hello hello = hello_of(rows[row].config_id,
				      !(rows[row].flags & NO_ECH), &split);

	classify(worker, row, NULL, 0, 9);
	if (!(rows[row].flags & SPLIT))
		return classify(worker, row, hello.bytes, hello.len, 10);
	ck_assert(!classify(worker, row, hello.bytes, split, 10).is_settled);
	return classify(worker, row, hello.bytes + split, hello.len - split,
		    10 + (uint32_t)split);
}

static bool knows_server(const struct learned *learned, size_t row)
{
	bool is_v6 = rows[row].flags & FOREIGN;
	struct address from = address_of(is_v6 ? CLIENT_V6 : CLIENT);
	struct address to = address_of(is_v6 ? SERVER_V6 : SERVER);
	struct learned_look look = learned_look(learned, &from, &to,
						IPPROTO_TCP, 443);
	struct learned_found found;

	return learned_server(learned, &look, 4 * SECOND, &found);
}

START_TEST(row)
{
	const char *name = rows[_i].name;
	char text[512];
	struct policy *policy;
	struct learned *learned = learned_new(NULL);
	struct worker *worker;
	struct verdict verdict;
	bool is_hidden = rows[_i].names > 0;

	snprintf(text, sizeof(text), "uplink a { dev a mark 1 }\n"
		 "uplink s { dev s mark 4 strict }\n%s", rows[_i].policy);
	policy = packets_policy(text);
	worker = worker_new(policy, &(struct worker_options){
		.flows = 64, .streams = 8, .learned = learned,
	});
	ck_assert_ptr_nonnull(worker);
	learn_hosts(learned, (size_t)_i);
	verdict = connect_to(worker, (size_t)_i);
	ck_assert_msg(verdict.is_settled, "%s: not settled", name);
	ck_assert_msg((verdict.mark & PATHS) == rows[_i].path, "%s: mark %x",
		      name, verdict.mark);
	ck_assert_str_eq(worker_flow_host(worker, verdict.flow),
			 rows[_i].host);
	ck_assert_uint_eq(verdict.flow->ech_names, rows[_i].names);
	if (is_hidden)
		ck_assert_msg(!knows_server(learned, (size_t)_i),
			      "%s: learned for the server", name);
	else if (rows[_i].flags & NO_ECH)
		ck_assert_msg(knows_server(learned, (size_t)_i),
			      "%s: not learned for the server", name);
	worker_free(worker);
	learned_free(learned);
	policy_free(policy);
}
END_TEST

/* ---- the set ---- */

START_TEST(flood)
{
	struct learned_ech *ech = learned_ech_new(true);
	struct address victim = address_of(CLIENT), other = address_of(OTHER);
	struct learned_ech_config config = {
		.client = &victim, .host = "v.example", .public_name = FRONT,
		.config_id = 7,
	};
	char host[32];

	ck_assert_ptr_nonnull(ech);
	learned_ech_note(ech, &config, 100);
	config.client = &other;
	config.host = host;
	for (int i = 0; i < 10000; i++) {
		snprintf(host, sizeof(host), "%d.example", i);
		learned_ech_note(ech, &config, 200);
		ck_assert(learned_ech_has(ech, &config, 199));
	}
	config.client = &victim;
	config.host = "v.example";
	ck_assert(learned_ech_has(ech, &config, 99));
	ck_assert(!learned_ech_has(ech, &config, 100));
	config.config_id = LEARNED_ECH_ANY;
	ck_assert(learned_ech_has(ech, &config, 99));
	config.config_id = 8;
	ck_assert(!learned_ech_has(ech, &config, 99));
	learned_ech_free(ech);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker_ech");
	TCase *tcase = tcase_create("worker_ech");

	tcase_add_loop_test(tcase, row, 0, ROWS(rows));
	tcase_add_test(tcase, flood);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
