/* check_learned.c - what is taught, found, contradicted, displaced, saved. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/hints/hint.h"
#include "engine/learned_file.h"
#include "unit.h"

#define SECOND UINT64_C(1000000000)
#define NOW (1000 * SECOND)
#define TLS hints_app_find("tls")
#define SSH hints_app_find("ssh")

static struct address address(const char *text)
{
	struct address a;

	ck_assert_int_eq(address_parse(text, strlen(text), &a), 0);
	return a;
}

static struct learned *store(size_t items)
{
	const struct learned_options options = {
		.answers = items, .servers = items, .repeatable = true,
	};
	struct learned *learned = learned_new(&options);

	ck_assert_ptr_nonnull(learned);
	return learned;
}

static void teach_answer(struct learned *learned, const char *client,
			 const char *server, const char *host, uint64_t now_ns)
{
	struct address c = address(client), s = address(server);

	learned_teach_answer(learned, &c, &s, host, 60, now_ns);
}

static const char *answer(const struct learned *learned, const char *client,
			  const char *server, uint64_t now_ns)
{
	static struct learned_item item;
	struct address c = address(client), s = address(server);

	return learned_answer(learned, &c, &s, now_ns, &item) ? item.host :
								"none";
}

START_TEST(answers)
{
	struct learned *learned = store(64);
	char longest[LEARNED_HOST_MAX + 2];

	teach_answer(learned, "10.0.0.1", "192.0.2.7", "a.example", NOW);
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.7", NOW),
			 "a.example");
	/* Nobody else's business. */
	ck_assert_str_eq(answer(learned, "10.0.0.2", "192.0.2.7", NOW), "none");
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.8", NOW), "none");
	/* The name asked for latest. */
	teach_answer(learned, "10.0.0.1", "192.0.2.7", "b.example",
		     NOW + SECOND);
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.7", NOW),
			 "b.example");
	teach_answer(learned, "10.0.0.1", "192.0.2.7", "a.example",
		     NOW + 2 * SECOND);
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.7", NOW),
			 "a.example");
	/* Sixty seconds are over. */
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.7",
				NOW + 61 * SECOND), "a.example");
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.7",
				NOW + 62 * SECOND), "none");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	teach_answer(learned, "10.0.0.1", "192.0.2.9", longest, NOW);
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.9", NOW), "none");
	teach_answer(learned, "10.0.0.1", "192.0.2.9", longest + 1, NOW);
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.9", NOW),
			 longest + 1);
	learned_free(learned);
}
END_TEST

static void count(void *ctx, const struct learned_item *item)
{
	ck_assert_int_ne(item->kind, LEARNED_NONE);
	++*(size_t *)ctx;
}

static size_t count_of(const struct learned *learned)
{
	size_t n = 0;

	learned_each(learned, count, &n);
	return n;
}

/* One client's many names of an address do not push others out. */
START_TEST(many_names)
{
	struct learned *learned = store(8);
	char host[32];

	teach_answer(learned, "10.0.0.2", "192.0.2.7", "other.example", NOW);
	for (int i = 0; i < 100; i++) {
		snprintf(host, sizeof(host), "n%d.example", i);
		teach_answer(learned, "10.0.0.1", "192.0.2.7", host,
			     NOW + (uint64_t)i * SECOND / 10);
	}
	ck_assert_uint_eq(count_of(learned), 1 + LEARNED_NAMES_MOST);
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.7", NOW),
			 "n99.example");
	ck_assert_str_eq(answer(learned, "10.0.0.2", "192.0.2.7", NOW),
			 "other.example");
	learned_free(learned);
}
END_TEST

/* A full bucket gives up what expired, then what was of no use longest. */
START_TEST(least_useful)
{
	struct learned *learned = store(8);
	char server[32];

	for (int i = 0; i < 8; i++) {
		snprintf(server, sizeof(server), "192.0.2.%d", i);
		teach_answer(learned, "10.0.0.1", server, "a.example",
			     NOW + (uint64_t)i * SECOND);
	}
	/* The oldest was of use since. */
	answer(learned, "10.0.0.1", "192.0.2.0", NOW + 30 * SECOND);
	teach_answer(learned, "10.0.0.1", "192.0.2.100", "a.example",
		     NOW + 30 * SECOND);
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.0", NOW),
			 "a.example");
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.1", NOW), "none");
	ck_assert_uint_eq(count_of(learned), 8);
	/* Now it has expired, and goes before others that have not. */
	teach_answer(learned, "10.0.0.1", "192.0.2.101", "a.example",
		     NOW + 61 * SECOND);
	ck_assert_str_eq(answer(learned, "10.0.0.1", "192.0.2.0", NOW), "none");
	learned_free(learned);
}
END_TEST

/* What flows say one after another: a letter is a host, '-' none, 's' ssh;
 * then the name that is held, and whether 50 percent are reached. */
static const struct {
	const char *name;
	const char *flows;
	const char *host;
	bool is_sure;
} words[] = {
	{ "the first word counts", "a", "a", true },
	{ "agreement", "aaaa", "a", true },
	{ "one contradiction: the newer", "ab", "b", true },
	{ "turn about: nobody", "abab", "b", false },
	{ "turn about for long", "ababababababa", "a", false },
	{ "well known, once contradicted", "aaaab", "a", true },
	{ "well known, then moved", "aaaabbb", "b", true },
	{ "shared first, then settled", "abababbbb", "b", true },
	{ "no name", "-", "", true },
};

START_TEST(servers)
{
	struct learned *learned = store(64);
	struct address server = address("2001:db8::7");
	struct learned_item item;
	char host[2] = "";

	for (const char *c = words[_i].flows; *c != '\0'; c++) {
		host[0] = *c != '-' ? *c : '\0';
		learned_teach_server(learned, &server, IPPROTO_TCP, 443, TLS,
				     host, NOW);
	}
	ck_assert(learned_server(learned, &server, IPPROTO_TCP, 443, NOW,
				 &item));
	ck_assert_msg(strcmp(item.host, words[_i].host) == 0 &&
		      (item.host_percent >= 50) == words[_i].is_sure,
		      "%s: '%s' %u%%", words[_i].name, item.host,
		      item.host_percent);
	ck_assert_uint_ge(item.app_percent, 60);
	ck_assert_uint_eq(item.app, TLS);
	ck_assert(!learned_server(learned, &server, IPPROTO_UDP, 443, NOW,
				  &item));
	ck_assert(!learned_server(learned, &server, IPPROTO_TCP, 80, NOW,
				  &item));
	ck_assert(!learned_server(learned, &server, IPPROTO_TCP, 443,
				  NOW + 8 * 24 * 3600 * SECOND, &item));
	learned_free(learned);
}
END_TEST

START_TEST(resets)
{
	struct learned *learned = store(8);
	struct address client = address("10.0.0.1");
	struct address server = address("192.0.2.7");
	struct address other = address("192.0.2.8");

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

/* ---- the file ---- */

static char dir[64], path[PATH_MAX];

static void make_path(void)
{
	strcpy(dir, "/tmp/check_learned.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(learned_file_path(dir, path), 0);
}

static void remove_path(void)
{
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(save_and_load)
{
	struct learned *learned = store(64), *again = store(64);
	struct address server = address("192.0.2.7");
	struct learned_item item;
	struct stat st;
	uint32_t now_s = learned_second(learned, NOW);

	make_path();
	ck_assert_int_eq(learned_file_load(again, now_s, path), -ENOENT);
	teach_answer(learned, "10.0.0.1", "192.0.2.7", "a.example", NOW);
	teach_answer(learned, "10.0.0.1", "192.0.2.7", "b.example", NOW + 1);
	learned_teach_server(learned, &server, IPPROTO_TCP, 22, SSH, "", NOW);
	ck_assert_int_eq(learned_file_save(learned, now_s, path), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(learned_file_load(again, now_s, path), 0);
	ck_assert_uint_eq(count_of(again), 3);
	ck_assert(learned_server(again, &server, IPPROTO_TCP, 22, NOW, &item));
	ck_assert_uint_eq(item.app, SSH);
	ck_assert_uint_eq(item.since_s, now_s);
	/* Loading twice changes nothing; what is over is left out. */
	ck_assert_int_eq(learned_file_load(again, now_s, path), 0);
	ck_assert_uint_eq(count_of(again), 3);
	learned_free(again);
	again = store(64);
	ck_assert_int_eq(learned_file_load(again, now_s + 60, path), 0);
	ck_assert_uint_eq(count_of(again), 1);
	learned_free(again);
	/* A clock that was ahead. */
	again = store(64);
	ck_assert_int_eq(learned_file_load(again, 5, path), 0);
	ck_assert(learned_server(again, &server, IPPROTO_TCP, 22, 6 * SECOND,
				 &item));
	ck_assert_uint_eq(item.heard_s, 5);
	learned_free(again);
	learned_free(learned);
	remove_path();
}
END_TEST

/* Every byte that is changed, and every length it is cut to, is noticed. */
START_TEST(broken_file)
{
	struct learned *learned = store(8);
	uint8_t bytes[1024];
	size_t len;
	FILE *file;

	make_path();
	teach_answer(learned, "10.0.0.1", "192.0.2.7", "a.example", NOW);
	ck_assert_int_eq(learned_file_save(learned, 1000, path), 0);
	file = fopen(path, "rb");
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	for (size_t i = 0; i < 2 * len; i++) {
		bool is_cut = i >= len;

		file = fopen(path, "wb");
		if (!is_cut)
			bytes[i] ^= 0x41;
		fwrite(bytes, 1, is_cut ? i - len : len, file);
		if (!is_cut)
			bytes[i] ^= 0x41;
		fclose(file);
		ck_assert_int_eq(learned_file_load(learned, 1000, path),
				 -EBADMSG);
	}
	learned_free(learned);
	remove_path();
}
END_TEST

/* ---- threads ---- */

#define THREADS 4
#define ROUNDS 20000
#define SERVERS 24

static struct learned *shared;
static atomic_uint torn;

/* Names say which server they belong to: a torn item would not. */
static void *teach_and_ask(void *arg)
{
	unsigned state = (unsigned)(size_t)arg + 1;
	struct address client = address("10.0.0.1");

	for (int i = 0; i < ROUNDS; i++) {
		struct learned_item item;
		struct address server;
		char host[64];
		unsigned n;

		state = state * 1103515245 + 12345;
		n = state >> 16;
		server = address_from_v4(n % SERVERS + 1);
		snprintf(host, sizeof(host), "%u.a-name-of-length.%u.example",
			 n % SERVERS + 1, n % SERVERS + 1);
		if (n & 256)
			learned_teach_answer(shared, &client, &server, host,
					     60, NOW + (uint64_t)i);
		if (n & 512)
			learned_teach_server(shared, &server, IPPROTO_TCP, 443,
					     1, host, NOW);
		if (learned_answer(shared, &client, &server,
				   NOW + 61 * SECOND * (n & 1), &item))
			torn += strcmp(item.host, host) != 0;
		if (learned_server(shared, &server, IPPROTO_TCP, 443, NOW,
				   &item))
			torn += strcmp(item.host, host) != 0;
	}
	return NULL;
}

START_TEST(threads)
{
	pthread_t thread[THREADS];

	shared = store(16);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL,
						teach_and_ask, (void *)i), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	ck_assert_uint_eq(torn, 0);
	ck_assert_uint_gt(count_of(shared), 0);
	learned_free(shared);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("learned");
	TCase *tcase = tcase_create("learned");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, answers);
	tcase_add_test(tcase, many_names);
	tcase_add_test(tcase, least_useful);
	tcase_add_loop_test(tcase, servers, 0,
			    sizeof(words) / sizeof(words[0]));
	tcase_add_test(tcase, resets);
	tcase_add_test(tcase, save_and_load);
	tcase_add_test(tcase, broken_file);
	tcase_add_test(tcase, threads);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
