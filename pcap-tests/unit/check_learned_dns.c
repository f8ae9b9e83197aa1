/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_learned_dns.c - which DNS messages are answers, and their addresses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/learn/learned_dns.h"
#include "unit.h"

#define BYTES(literal) literal, sizeof(literal) - 1
#define HEAD(answers, more) "\0\7\x81\x80\0\1\0" answers "\0\0\0" more
/* At offset 12: www.Example, type, IN; 17 bytes, so records begin at 29. */
#define ASKED(type) "\3www\7Example\0\0" type "\0\1"
#define RECORD(name, type, ttl, len) name "\0" type "\0\1" ttl "\0" len
#define SELF "\xc0\x0c"
#define MINUTE "\0\0\0\x3c"
#define HOUR "\0\0\x0e\x10"
#define A_TYPE "\x01"
/* 27 bytes: version, length, config_id, KEM, key, suites, name, extensions. */
#define ECH_CONFIG(id) "\xfe\x0d\0\x17" id "\0\x20\0\2kk" \
	"\0\4\0\1\0\1" "\0\6" "F.TEST" "\0\0"
#define ECH_LIST_REST "\xfe\x0a\0\x15" "123456789012345678901"

/* name: address ttl, ...; NULL: not an answer to learn from. */
static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	const char *want;
} rows[] = {
	{ "an address", BYTES(HEAD("\1", "\0") ASKED(A_TYPE)
	  RECORD(SELF, "\1", HOUR, "\4") "\xc0\0\2\7"),
	  "www.example: 192.0.2.7 3600" },
	{ "two addresses", BYTES(HEAD("\2", "\0") ASKED(A_TYPE)
	  RECORD(SELF, "\1", HOUR, "\4") "\xc0\0\2\7"
	  RECORD(SELF, "\1", MINUTE, "\4") "\xc0\0\2\10"),
	  "www.example: 192.0.2.7 3600, 192.0.2.8 60" },
	{ "an IPv6 address", BYTES(HEAD("\1", "\0") ASKED("\x1c")
	  RECORD(SELF, "\x1c", MINUTE, "\x10")
	  "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7"),
	  "www.example: 2001:db8::7 60" },
	{ "other case in the record", BYTES(HEAD("\1", "\0")
	  ASKED(A_TYPE)
	  RECORD("\3WWW\7eXAMPLE\0", "\1", MINUTE, "\4") "\xc0\0\2\7"),
	  "www.example: 192.0.2.7 60" },
	{ "an alias with a shorter TTL", BYTES(HEAD("\2", "\0")
	  ASKED(A_TYPE) RECORD(SELF, "\5", MINUTE, "\4") "\1x\xc0\x10"
	  RECORD("\1x\xc0\x10", "\1", HOUR, "\4") "\xc0\0\2\7"),
	  "www.example: 192.0.2.7 60" },
	{ "the alias after its address", BYTES(HEAD("\2", "\0")
	  ASKED(A_TYPE) RECORD("\1x\xc0\x10", "\1", HOUR, "\4") "\xc0\0\2\7"
	  RECORD(SELF, "\5", MINUTE, "\4") "\1x\xc0\x10"),
	  "www.example: 192.0.2.7 60" },
	{ "an alias of itself", BYTES(HEAD("\1", "\0") ASKED(A_TYPE)
	  RECORD(SELF, "\5", MINUTE, "\2") SELF), "www.example:" },
	{ "an address of another name", BYTES(HEAD("\1", "\0") ASKED(A_TYPE)
	  RECORD("\xc0\x10", "\1", HOUR, "\4") "\xc0\0\2\7"),
	  "www.example:" },
	{ "address hints of an HTTPS record",
	  BYTES(HEAD("\1", "\0") ASKED("\x41")
	  RECORD(SELF, "\x41", MINUTE, "\x12") "\0\1\0" "\0\1\0\3\2h2"
	  "\0\4\0\4\xc0\0\2\7"), "www.example: 192.0.2.7 60" },
	{ "an ECH configuration", BYTES(HEAD("\1", "\0") ASKED("\x41")
	  RECORD(SELF, "\x41", MINUTE, "\x24") "\0\1\0" "\0\5\0\x1d"
	  "\0\x1b" ECH_CONFIG("\7")), "www.example: ech 7 f.test 60" },
	{ "two, and one of another version", BYTES(HEAD("\1", "\0")
	  ASKED("\x41") RECORD(SELF, "\x41", MINUTE, "\x61") "\0\1\0"
	  "\0\5\0\x5a" "\0\x58" "\xfe\x0a\0\5abcde" ECH_CONFIG("\7")
	  ECH_CONFIG("\x08") ECH_LIST_REST),
	  "www.example: ech 7 f.test 60, ech 8 f.test 60" },
	{ "an ECH configuration that is cut", BYTES(HEAD("\1", "\0")
	  ASKED("\x41") RECORD(SELF, "\x41", MINUTE, "\x20") "\0\1\0"
	  "\0\5\0\x19" "\0\x17" "\xfe\x0d\0\x13" "\7\0\x20\0\2kk"
	  "\0\4\0\1\0\1\0\x06" "F.TE"), "www.example:" },
	{ "the unspecified address", BYTES(HEAD("\1", "\0") ASKED(A_TYPE)
	  RECORD(SELF, "\1", HOUR, "\4") "\0\0\0\0"), "www.example:" },
	{ "loopback", BYTES(HEAD("\1", "\0") ASKED(A_TYPE)
	  RECORD(SELF, "\1", HOUR, "\4") "\x7f\0\0\1"), "www.example:" },
	{ "a TTL with the top bit", BYTES(HEAD("\1", "\0") ASKED(A_TYPE)
	  RECORD(SELF, "\1", "\x80\0\0\1", "\4") "\xc0\0\2\7"),
	  "www.example: 192.0.2.7 0" },
	{ "an address of three bytes", BYTES(HEAD("\1", "\0") ASKED(A_TYPE)
	  RECORD(SELF, "\1", HOUR, "\3") "\xc0\0\2"), "www.example:" },
	{ "a query", BYTES("\0\7\1\0\0\1\0\0\0\0\0\0" ASKED(A_TYPE)), NULL },
	{ "no such name", BYTES("\0\7\x81\x83\0\1\0\0\0\0\0\0"
	  ASKED(A_TYPE)), NULL },
	{ "truncated", BYTES("\0\7\x83\x80\0\1\0\1\0\0\0\0" ASKED(A_TYPE)
	  RECORD(SELF, "\1", HOUR, "\4") "\xc0\0\2\7"), NULL },
	{ "an update", BYTES("\0\7\xa9\x80\0\1\0\1\0\0\0\0" ASKED(A_TYPE)
	  RECORD(SELF, "\1", HOUR, "\4") "\xc0\0\2\7"), NULL },
	{ "no question", BYTES("\0\7\x81\x80\0\0\0\1\0\0\0\0"
	  RECORD("\0", "\1", HOUR, "\4") "\xc0\0\2\7"), NULL },
	{ "a TXT question", BYTES(HEAD("\1", "\0") ASKED("\x10")
	  RECORD(SELF, "\1", HOUR, "\4") "\xc0\0\2\7"), NULL },
	{ "a broken record after it", BYTES(HEAD("\1", "\1") ASKED(A_TYPE)
	  RECORD(SELF, "\1", HOUR, "\4") "\xc0\0\2\7" "\xc0"), NULL },
	{ "a forward pointer", BYTES(HEAD("\1", "\0") ASKED(A_TYPE)
	  RECORD("\xc0\xff", "\1", HOUR, "\4") "\xc0\0\2\7"), NULL },
	{ "a pointer to itself", BYTES(HEAD("\1", "\0") ASKED(A_TYPE)
	  RECORD("\xc0\x1d", "\1", HOUR, "\4") "\xc0\0\2\7"), NULL },
	{ "a dot within a label", BYTES(HEAD("\1", "\0") "\3w.w\0\0\1\0\1"
	  RECORD(SELF, "\1", HOUR, "\4") "\xc0\0\2\7"), NULL },
	{ "a port prefix", BYTES(HEAD("\1", "\0")
	  "\5_8443\6_https\7example\0\0\x41\0\1"
	  RECORD(SELF, "\x41", MINUTE, "\x0b") "\0\1\0\0\4\0\4\xc0\0\2\7"),
	  "example: 192.0.2.7 60" },
};

static bool read_copy(const char *bytes, size_t len, struct dns_answer *ret)
{
	uint8_t *copy = malloc(len + 1);
	bool is_answer;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy + 1, bytes, len);
	is_answer = dns_read_answer(cursor_of(copy + 1, len), ret);
	free(copy);
	return is_answer;
}

START_TEST(answers)
{
	struct dns_answer answer;
	char got[256] = "", address[ADDRESS_TEXT_MAX];
	size_t at;

	if (!read_copy(rows[_i].bytes, rows[_i].len, &answer)) {
		ck_assert_msg(rows[_i].want == NULL, "%s", rows[_i].name);
		return;
	}
	at = (size_t)snprintf(got, sizeof(got), "%s:", answer.name);
	for (size_t i = 0; i < answer.count; i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s %s %u",
			i > 0 ? "," : "",
			address_print(&answer.addresses[i].address, address),
			answer.addresses[i].ttl_s);
	for (size_t i = 0; i < answer.ech_count; i++)
		at += (size_t)snprintf(got + at, sizeof(got) - at,
			"%s ech %u %s %u", i > 0 ? "," : "",
			answer.ech[i].config_id, answer.ech[i].public_name,
			answer.ech[i].ttl_s);
	ck_assert_msg(rows[_i].want != NULL && strcmp(got, rows[_i].want) == 0,
		      "%s: %s", rows[_i].name, got);
}
END_TEST

/* A truncated message is not an answer and is not read past its end. */
START_TEST(cut)
{
	struct dns_answer answer;

	if (rows[_i].want == NULL)
		return;
	for (size_t len = 0; len < rows[_i].len; len++)
		ck_assert(!read_copy(rows[_i].bytes, len, &answer));
}
END_TEST

START_TEST(messages)
{
	struct cursor stream = cursor_of("\0\2ab\0\1c\0\3de", 10);
	struct cursor message;

	ck_assert(dns_next_message(&stream, &message));
	ck_assert_uint_eq(cursor_left(&message), 2);
	ck_assert(dns_next_message(&stream, &message));
	ck_assert_int_eq(message.at[0], 'c');
	ck_assert(!dns_next_message(&stream, &message));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("learned_dns");
	TCase *tcase = tcase_create("learned_dns");
	int count = sizeof(rows) / sizeof(rows[0]);

	tcase_add_loop_test(tcase, answers, 0, count);
	tcase_add_loop_test(tcase, cut, 0, count);
	tcase_add_test(tcase, messages);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
