/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_tls.c - streams that the TLS hint matches, rejects or waits on. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_tls;

/* ClientHello of openssl s_client 3.0 -tls1_3 -alpn h2,http/1.1, in halves. */
#define HELLO_1A \
	"\x00\x00\xd3\x03\x03\xa3\xce\x91I\xf8\xc7\xf8O\xf2\xa6" \
	"Vt\x8f\xd4\xc8\xbd\x97\x1d\xcc\xc2\xbb\xfau\xb9-\x89" \
	"\x16\x16\x3fl\xa8\xd7 \x9d\xdel\"\x3f\xa1\xedo\xbc\x63" \
	"\xfe\\1\x19\xf7_,\xe1\xfe#\xc1$\xdf\xa2\x1b\x07]\xe1" \
	"\xd0#\xfb\x14\x00\x04\x13\x01\x00\xff\x01\x00\x00\x86" \
	"\x00\x00\x00\x15\x00\x13\x00\x00\x10shop.example.org" \
	"\x00"
#define HELLO_1 "\x01" HELLO_1A
#define HELLO_2 \
	"\x0b\x00\x04\x03\x00\x01\x02\x00\n\x00\x04\x00\x02\x00" \
	"\x1d\x00#\x00\x00\x00\x10\x00\x0e\x00\x0c\x02h2\x08htt" \
	"p/1.1\x00\x16\x00\x00\x00\x17\x00\x00\x00\r\x00\x04" \
	"\x00\x02\x04\x03\x00+\x00\x03\x02\x03\x04\x00-\x00\x02" \
	"\x01\x01\x00\x33\x00&\x00$\x00\x1d\x00 \x8e\x16\xaf " \
	"\xfc\xd0\xba\x66\x42\xd5\xe4\x0f\x07\x8bX\x98\xfbPr" \
	"\xf1!\xcc\xb5J=Y\xd6\xa9\xce\x91\x9dU"
/* ClientHello with -tls1_2 -noservername, with its record header. */
#define HELLO_12 \
	"\x16\x03\x01\x00U\x01\x00\x00Q\x03\x03N\xa7\x88\x92" \
	"\xe0\xb3\x01\xcc\x99\xff\x30\xd4\xdb\xaa\x33\xa8v/\x7f" \
	"\x87\x36]Ss\xe3\x96\xff:L:\x99\xbe\x00\x00\x04\xc0/" \
	"\x00\xff\x01\x00\x00$\x00\x0b\x00\x04\x03\x00\x01\x02" \
	"\x00\n\x00\x04\x00\x02\x00\x1d\x00#\x00\x00\x00\x16" \
	"\x00\x00\x00\x17\x00\x00\x00\r\x00\x04\x00\x02\x04\x01"
#define RANDOM_32 "................................"
/* ServerHello of TLS 1.2, up to its extensions. */
#define SERVER_HELLO "\x02\x00\x00\x26\x03\x03" RANDOM_32 \
	"\x00\xc0\x2f\x00"

static const struct hint_row rows[] = {
	{ "client hello", HINT_YES, .host = "shop.example.org", .alpn = "h2",
	  .payload = BYTES("\x16\x03\x01\x00\xd7" HELLO_1 HELLO_2) },
	{ "client hello in two records", HINT_YES,
	  .host = "shop.example.org", .alpn = "h2",
	  .payload = BYTES("\x16\x03\x01\x00\x6b" HELLO_1
			   "\x16\x03\x01\x00\x6c" HELLO_2) },
	{ "its first byte in a separate record", HINT_YES,
	  .host = "shop.example.org", .alpn = "h2",
	  .payload = BYTES("\x16\x03\x01\x00\x01\x01"
			   "\x16\x03\x01\x00\xd6" HELLO_1A HELLO_2) },
	{ "half a client hello", HINT_YES, .more = true,
	  .host = "shop.example.org",
	  .payload = BYTES("\x16\x03\x01\x00\xd7" HELLO_1) },
	{ "no server name", HINT_YES, .payload = BYTES(HELLO_12) },
	{ "cut after the version", HINT_YES, .more = true,
	  .payload = BYTES("\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03") },
	{ "cut in the length", HINT_MORE,
	  .payload = BYTES("\x16\x03\x01\x00") },
	{ "one byte", HINT_MORE, .payload = BYTES("\x16") },
	{ "a future version", HINT_NO,
	  .payload = BYTES("\x16\x03\x09\x00\xc8\x01\x00\x00\xc4") },
	{ "a hello below the minimum length", HINT_NO,
	  .payload = BYTES("\x16\x03\x01\x00\x09\x01\x00\x00\x05"
			   "\x03\x03\x00\x00\x00") },
	{ "odd length of cipher suites", HINT_YES,
	  .payload = BYTES("\x16\x03\x01\x00\x30\x01\x00\x00\x2c\x03\x03"
			   RANDOM_32 "\x00\x00\x03"
			   "\x13\x01\x01\x01\x00\x00\x00") },
	{ "server hello", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("\x16\x03\x03\x00\x2a" SERVER_HELLO) },
	{ "SSL 3 server hello", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00"
			   RANDOM_32 "\x00\x00\x05\x00") },
	{ "alert as answer", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("\x15\x03\x01\x00\x02\x02\x28") },
	{ "one data record is not enough", HINT_MORE,
	  .payload = BYTES("\x17\x03\x03\x00\x04" "abcd") },
	{ "one encrypted record, complete", HINT_YES, .more = true,
	  .payload = BYTES("\x17\x03\x03\x00\x18"
			   "abcdefghijklmnopqrstuvwx") },
	{ "two records of data", HINT_YES, .more = true,
	  .payload = BYTES("\x17\x03\x03\x00\x04" "abcd"
			   "\x17\x03\x03\x00\x20" "efgh") },
	{ "data not followed by a record", HINT_NO,
	  .payload = BYTES("\x17\x03\x03\x00\x04" "abcdefghij") },
	{ "records of different versions", HINT_NO,
	  .payload = BYTES("\x17\x03\x03\x00\x04" "abcd"
			   "\x17\x03\x01\x00\x20" "efgh") },
	{ "one record from each side", HINT_YES,
	  .from_server = true, .more = true,
	  .payload = BYTES("\x17\x03\x03\x00\x04" "abcd"),
	  .opposite = BYTES("\x17\x03\x03\x00\x02" "ab") },
	{ "SSL 2 client hello", HINT_YES,
	  .payload = BYTES("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10"
			   "\x07\x00\xc0\x05\x00\x80\x03\x00\x80\x01\x00\x80"
			   "\x08\x00\x80\x06\x00\x40\x04\x00\x80"
			   "0123456789abcdef") },
	{ "SSL 2 hello of wrong length", HINT_NO,
	  .payload = BYTES("\x80\x2f\x01\x00\x02\x00\x15\x00\x00\x00\x10"
			   "\x07\x00\xc0") },
	{ "HTTP", HINT_NO, .payload = BYTES("GET / HTTP/1.1\r\n\r\n") },
};

START_TEST(row)
{
	try_hint_row(&hint_tls, &rows[_i]);
}
END_TEST

/* A ClientHello with a key share of 16,000 bytes, a possible size with post-
 * quantum groups, split into records of `record_len`; the server name comes
 * after the key share. */
static size_t large_hello(uint8_t *to, size_t record_len)
{
	static const uint8_t fixed[] = "\x03\x03" RANDOM_32
		"\x00\x00\x02\x13\x01\x01\x00";
	static const uint8_t name[] = "\x00\x00\x00\x0c\x00\x0a\x00\x00\x07"
		"pq.test";
	size_t share = 16000, n = 4, at = 0;
	static uint8_t message[17000];

	memset(message, 0x5a, sizeof(message));
	memcpy(message + n, fixed, sizeof(fixed) - 1);
	n += sizeof(fixed) - 1;
	message[n++] = (uint8_t)((4 + share + sizeof(name) - 1) >> 8);
	message[n++] = (uint8_t)(4 + share + sizeof(name) - 1);
	memcpy(message + n, "\x00\x33\x3e\x80", 4);
	n += 4 + share;
	memcpy(message + n, name, sizeof(name) - 1);
	n += sizeof(name) - 1;
	message[0] = 1;
	message[1] = 0;
	message[2] = (uint8_t)((n - 4) >> 8);
	message[3] = (uint8_t)(n - 4);

	for (size_t i = 0; i < n; i += record_len) {
		size_t len = n - i < record_len ? n - i : record_len;

		memcpy(to + at, "\x16\x03\x01", 3);
		to[at + 3] = (uint8_t)(len >> 8);
		to[at + 4] = (uint8_t)len;
		memcpy(to + at + 5, message + i, len);
		at += 5 + len;
	}
	return at;
}

START_TEST(post_quantum)
{
	static const size_t record_lens[] = { 16384, 1000, 100 };
	static uint8_t stream[32768], scratch[HINT_SCRATCH];
	size_t len = large_hello(stream, record_lens[_i]);
	struct hint_input in = { .scratch = scratch };
	struct hint_yield yield;

	for (size_t n = 64; n < len; n += 997) {
		yield = (struct hint_yield){ 0 };
		in.payload = cursor_of(stream, n);
		ck_assert_int_eq(hint_tls.match(&in, &yield), HINT_YES);
		ck_assert(yield.more);
	}
	yield = (struct hint_yield){ 0 };
	in.payload = cursor_of(stream, len);
	ck_assert_int_eq(hint_tls.match(&in, &yield), HINT_YES);
	ck_assert(!yield.more);
	ck_assert_str_eq(yield.host, "pq.test");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_tls");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	tcase_add_loop_test(tc, post_quantum, 0, 3);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
