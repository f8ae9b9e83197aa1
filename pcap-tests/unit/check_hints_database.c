/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hints_database.c - payloads that the hints for databases match or
 * reject. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_mysql;
extern const struct hint hint_postgresql;
extern const struct hint hint_redis;
extern const struct hint hint_mongodb;
extern const struct hint hint_memcached;

static const struct {
	const struct hint *hint;
	struct hint_row row;
} rows[] = {
	{ &hint_mysql, { "greeting", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x34\x00\x00\x00\x0a\x38\x2e\x30\x2e\x33\x36"
			"\x00\x08\x00\x00\x00\x61\x62\x63\x64\x65\x66"
			"\x67\x68\x00\xff\xf7\xff\x02\x00\xff\xdf\x15"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x69"
			"\x6a\x6b\x6c\x6d\x6e\x6f\x70\x71\x72\x73\x74"
			"\x00") } },
	{ &hint_mysql, { "MariaDB", HINT_YES, .more = true,
	  .from_server = true,
	  .payload = BYTES("\x6e\x00\x00\x00\x0a\x35\x2e\x35\x2e\x35\x2d"
			"\x31\x30\x2e\x31\x31\x2e\x36\x2d\x4d\x61\x72"
			"\x69\x61\x44\x42\x00\x08\x00\x00\x00\x61\x62"
			"\x63\x64\x65\x66\x67\x68\x00\xff") } },
	{ &hint_mysql, { "a version in letters", HINT_NO,
	  .from_server = true,
	  .payload = BYTES("\x6e\x00\x00\x00\x0a\x62\x65\x74\x61\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00") } },
	{ &hint_mysql, { "another protocol", HINT_NO,
	  .from_server = true,
	  .payload = BYTES("\x6e\x00\x00\x00\x09\x33\x2e\x32\x33\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00") } },
	{ &hint_mysql, { "length too short", HINT_NO,
	  .from_server = true,
	  .payload = BYTES("\x05\x00\x00\x00\x0a\x38\x2e\x30\x2e\x33\x36"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") } },
	{ &hint_postgresql, { "startup", HINT_YES,
	  .payload = BYTES("\x00\x00\x00\x1d\x00\x03\x00\x00\x75\x73\x65"
			"\x72\x00\x6d\x65\x00\x64\x61\x74\x61\x62\x61"
			"\x73\x65\x00\x69\x74\x00\x00") } },
	{ &hint_postgresql, { "startup without a user", HINT_NO,
	  .payload = BYTES("\x00\x00\x00\x0e\x00\x03\x00\x00\x6e\x61\x6d"
			"\x65\x00\x00") } },
	{ &hint_postgresql, { "request for TLS", HINT_YES,
	  .more = true,
	  .payload = BYTES("\x00\x00\x00\x08\x04\xd2\x16\x2f") } },
	{ &hint_postgresql, { "request for GSSAPI", HINT_YES, .more = true,
	  .payload = BYTES("\x00\x00\x00\x08\x04\xd2\x16\x30") } },
	{ &hint_postgresql, { "cancel", HINT_YES,
	  .payload = BYTES("\x00\x00\x00\x10\x04\xd2\x16\x2e\x00\x00\x00"
			"\x01\x00\x00\x00\x02") } },
	{ &hint_postgresql, { "another code", HINT_NO,
	  .payload = BYTES("\x00\x00\x00\x08\x04\xd2\x16\x00") } },
	{ &hint_redis, { "command", HINT_YES,
	  .payload = BYTES("*1\r\n"
			"$4\r\n"
			"PING\r\n") } },
	{ &hint_redis, { "command with an argument", HINT_YES,
	  .payload = BYTES("*3\r\n"
			"$3\r\n"
			"SET\r\n"
			"$1\r\n"
			"a\r\n") } },
	{ &hint_redis, { "no length", HINT_NO,
	  .payload = BYTES("*1\r\n"
			"PING\r\n") } },
	{ &hint_redis, { "a list in letters", HINT_NO,
	  .payload = BYTES("* item one\r\n") } },
	{ &hint_redis, { "text protocol, answered", HINT_YES,
	  .payload = BYTES("PING\r\n"),
	  .opposite = BYTES("+PONG\r\n") } },
	{ &hint_redis, { "text protocol, not yet answered", HINT_MORE,
	  .payload = BYTES("PING\r\n") } },
	{ &hint_redis, { "text protocol, another answer", HINT_NO,
	  .payload = BYTES("PING\r\n"),
	  .opposite = BYTES("PONG\r\n") } },
	{ &hint_redis, { "HTTP", HINT_NO,
	  .payload = BYTES("GET / HTTP/1.1\r\n"),
	  .opposite = BYTES("HTTP/1.1 200 OK\r\n") } },
	{ &hint_mongodb, { "query", HINT_YES,
	  .payload = BYTES("\x3f\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			"\x00\xd4\x07\x00\x00\x00\x00\x00\x00\x61\x64"
			"\x6d\x69\x6e\x2e\x24\x63\x6d\x64\x00") } },
	{ &hint_mongodb, { "message", HINT_YES,
	  .payload = BYTES("\x2f\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			"\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00") } },
	{ &hint_mongodb, { "answer", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x2f\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00"
			"\x00\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00") } },
	{ &hint_mongodb, { "undefined flags", HINT_NO,
	  .payload = BYTES("\x2f\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			"\x00\xdd\x07\x00\x00\x00\x00\x00\xff\x00\x00"
			"\x00\x00\x00\x00") } },
	{ &hint_mongodb, { "another code", HINT_NO,
	  .payload = BYTES("\x2f\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
			"\x00\xde\x07\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00") } },
	{ &hint_mongodb, { "a request with the response bit", HINT_NO,
	  .payload = BYTES("\x2f\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00"
			"\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00") } },
	{ &hint_memcached, { "statistics", HINT_YES,
	  .payload = BYTES("stats\r\n"),
	  .opposite = BYTES("STAT pid 1\r\n") } },
	{ &hint_memcached, { "not yet answered", HINT_MORE,
	  .payload = BYTES("stats\r\n") } },
	{ &hint_memcached, { "another answer", HINT_NO,
	  .payload = BYTES("version\r\n"),
	  .opposite = BYTES("500 no\r\n") } },
	{ &hint_memcached, { "another command", HINT_NO,
	  .payload = BYTES("status\r\n") } },
	{ &hint_memcached, { "binary", HINT_YES,
	  .payload = BYTES("\x80\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00"),
	  .opposite = BYTES("\x81\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00") } },
	{ &hint_memcached, { "binary, from the server", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x81\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00"),
	  .opposite = BYTES("\x80\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00") } },
	{ &hint_memcached, { "the server begins", HINT_NO,
	  .from_server = true,
	  .payload = BYTES("\x81\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00") } },
};

START_TEST(row)
{
	try_hint_row(rows[_i].hint, &rows[_i].row);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hints_database");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
