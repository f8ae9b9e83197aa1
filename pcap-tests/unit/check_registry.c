/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_registry.c - the table of hints, and which payload they are offered. */
#include "rules/policy/vocabulary.h"
#include "engine/hints/hint.h"
#include "pcap-tests/unit/unit.h"

static bool has(struct hint_set set, const char *name)
{
	for (size_t i = 0; i < hints_count(); i++)
		if ((set.bits[i / 64] >> i % 64 & 1) != 0 &&
		    strcmp(hints_at(i)->name, name) == 0)
			return true;
	return false;
}

static const struct app_word *word(const char *name)
{
	const struct vocabulary *v = hints_vocabulary();

	for (size_t i = 0; i < v->app_count; i++)
		if (strcmp(v->apps[i].word, name) == 0)
			return &v->apps[i];
	return NULL;
}

START_TEST(every_hint_is_whole)
{
	for (size_t i = 0; i < hints_count(); i++) {
		const struct hint *hint = hints_at(i);

		ck_assert_ptr_nonnull(hint->name);
		ck_assert_ptr_nonnull(hint->about);
		ck_assert_ptr_nonnull(hint->match);
		ck_assert_msg(hint->min <= 1200, "%s: least", hint->name);
		for (const struct hint_app *app = hint->also;
		     app != NULL && app->name != NULL; app++)
			ck_assert_ptr_nonnull(app->about);
	}
	ck_assert_ptr_null(hints_at(hints_count()));
}
END_TEST

START_TEST(apps_have_one_number)
{
	uint16_t dns = hints_app_find("dns");

	ck_assert_uint_ne(dns, APP_NONE);
	ck_assert_str_eq(hints_app_name(dns), "dns");
	for (size_t i = 0; i < hints_count(); i++) {
		const struct hint *hint = hints_at(i);
		uint8_t n = 1;

		ck_assert_str_eq(hints_app_name(hints_app(i, 0)), hint->name);
		ck_assert_uint_eq(hints_app(i, 0), hints_app_find(hint->name));
		for (const struct hint_app *app = hint->also;
		     app != NULL && app->name != NULL; app++, n++)
			ck_assert_str_eq(hints_app_name(hints_app(i, n)),
					 app->name);
	}
	ck_assert_uint_eq(hints_app_find("nonsense"), APP_NONE);
	ck_assert_ptr_null(hints_app_name(APP_NONE));
	ck_assert_ptr_null(hints_app_name(APP_MAX));
}
END_TEST

static struct hint_set asked(uint8_t transport, bool from_server,
			     const char *payload, size_t len)
{
	uint8_t bytes[1500] = { 0 };

	memcpy(bytes, payload, strlen(payload));
	return hints_candidates(transport, from_server, cursor_of(bytes, len));
}

START_TEST(candidates)
{
	struct hint_set set = asked(IPPROTO_TCP, false, "S", 8);

	ck_assert(has(set, "ssh"));
	ck_assert(has(set, "http"));
	ck_assert(!has(set, "tls"));
	set = asked(IPPROTO_TCP, true, "\x16", 1);
	ck_assert(has(set, "tls"));
	ck_assert(!has(set, "ssh"));
	ck_assert(has(asked(IPPROTO_UDP, false, "", 100), "dns"));
	ck_assert(!has(asked(IPPROTO_UDP, false, "", 16), "dns"));
	ck_assert(!has(asked(IPPROTO_ICMP, false, "", 100), "dns"));
	/* A hint with a byte at another offset; payload without that byte. */
	ck_assert(has(asked(IPPROTO_UDP, false, "ab\x01", 100), "dns"));
	ck_assert(!has(asked(IPPROTO_UDP, false, "ab\x78", 100), "dns"));
	ck_assert(has(asked(IPPROTO_UDP, false, "", 98), "ethereum"));
	ck_assert(!has(asked(IPPROTO_UDP, false, "", 96), "ethereum"));
	ck_assert(!has(asked(IPPROTO_UDP, false, "", 22), "rdp"));
	ck_assert(has(asked(IPPROTO_UDP, false, "", 23), "rdp"));
	ck_assert(hints_read(IPPROTO_TCP, true));
	ck_assert(!hints_read(IPPROTO_ICMP, true));
}
END_TEST

START_TEST(preferred)
{
	int tls = hints_preferred(IPPROTO_TCP, 443);

	ck_assert_int_ge(tls, 0);
	ck_assert_str_eq(hints_at((size_t)tls)->name, "tls");
	ck_assert_int_eq(hints_preferred(IPPROTO_TCP, 1), -1);
	ck_assert_int_eq(hints_preferred(IPPROTO_ICMP, 443), -1);
}
END_TEST

START_TEST(vocabulary)
{
	const struct app_word *smtp = word("smtp"), *mail = word("mail");
	uint16_t app = hints_app_find("smtp");

	ck_assert_ptr_nonnull(smtp);
	ck_assert(!smtp->is_family);
	ck_assert_uint_eq(smtp->apps[app / 64], UINT64_C(1) << app % 64);
	ck_assert_ptr_nonnull(mail);
	ck_assert(mail->is_family);
	ck_assert((mail->apps[app / 64] >> app % 64 & 1) != 0);
	ck_assert_ptr_null(word("nonsense"));
}
END_TEST

/* A host as in the packet, and as reported. */
static const struct {
	struct bytes found;
	const char *want;
} hosts[] = {
	{ BYTES("example.org"), "example.org" },
	{ BYTES("example.org:8080"), "example.org" },
	{ BYTES("example.org."), "example.org" },
	{ BYTES("192.0.2.7:80"), "192.0.2.7" },
	{ BYTES("[2001:db8::1]:443"), "2001:db8::1" },
	{ BYTES("2001:db8::1"), "2001:db8::1" },
	{ BYTES("[2001:db8::1"), "" },
	{ BYTES(""), "" },
	{ BYTES("."), "" },
	{ BYTES(":80"), "" },
	{ BYTES("a b"), "" },
	{ BYTES("a\nb"), "" },
	{ BYTES("a\0b"), "" },
	{ BYTES("a\x7f"), "" },
};

START_TEST(host)
{
	struct hint_yield yield = { 0 };

	hint_yield_host(&yield, hosts[_i].found.data, hosts[_i].found.len);
	ck_assert_str_eq(yield.host, hosts[_i].want);
	ck_assert_uint_eq(yield.host_len, strlen(hosts[_i].want));
}
END_TEST

START_TEST(host_too_long)
{
	struct hint_yield yield = { 0 };
	char name[DOMAIN_MAX + 1];

	memset(name, 'a', sizeof(name));
	hint_yield_host(&yield, name, DOMAIN_MAX + 1);
	ck_assert_uint_eq(yield.host_len, 0);
	hint_yield_host(&yield, name, DOMAIN_MAX);
	ck_assert_uint_eq(yield.host_len, DOMAIN_MAX);
}
END_TEST

START_TEST(alpn)
{
	struct hint_yield yield = { 0 };

	hint_yield_alpn(&yield, (const uint8_t *)"", 0);
	ck_assert_uint_eq(yield.alpn_count, 0);
	for (int i = 0; i < 2 * HINT_ALPN_MAX; i++)
		hint_yield_alpn(&yield, (const uint8_t *)"h2", 2);
	ck_assert_uint_eq(yield.alpn_count, HINT_ALPN_MAX);
}
END_TEST

START_TEST(earlier)
{
	static const uint8_t kept[] = "\0\0\2ab\1\0\0\1\0\3c";
	struct cursor c = cursor_of(kept, sizeof(kept) - 1), datagram;
	bool from_server;

	ck_assert(hint_earlier_next(&c, &from_server, &datagram));
	ck_assert(!from_server);
	ck_assert_uint_eq(cursor_left(&datagram), 2);
	ck_assert(hint_earlier_next(&c, &from_server, &datagram));
	ck_assert(from_server);
	ck_assert_uint_eq(cursor_left(&datagram), 0);
	ck_assert(!hint_earlier_next(&c, &from_server, &datagram));
}
END_TEST

static const struct app_word *word_of(const char *name)
{
	const struct vocabulary *v = hints_vocabulary();

	for (size_t i = 0; i < v->app_count; i++)
		if (strcmp(v->apps[i].word, name) == 0)
			return &v->apps[i];
	return NULL;
}

/* `app http` holds for a websocket, `app websocket` for no other HTTP. */
START_TEST(a_word_may_cover_others)
{
	uint16_t http = hints_app_find("http");
	uint16_t websocket = hints_app_find("websocket");
	const uint64_t *both = word_of("http")->apps;
	const uint64_t *one = word_of("websocket")->apps;

	ck_assert(both[http / 64] >> http % 64 & 1);
	ck_assert(both[websocket / 64] >> websocket % 64 & 1);
	ck_assert(one[websocket / 64] >> websocket % 64 & 1);
	ck_assert(!(one[http / 64] >> http % 64 & 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("registry");
	TCase *tc = tcase_create("registry");

	tcase_add_test(tc, every_hint_is_whole);
	tcase_add_test(tc, apps_have_one_number);
	tcase_add_test(tc, candidates);
	tcase_add_test(tc, preferred);
	tcase_add_test(tc, vocabulary);
	tcase_add_test(tc, a_word_may_cover_others);
	suite_add_tcase(suite, tc);
	tc = tcase_create("yield");
	tcase_add_loop_test(tc, host, 0, ROWS(hosts));
	tcase_add_test(tc, host_too_long);
	tcase_add_test(tc, alpn);
	tcase_add_test(tc, earlier);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
