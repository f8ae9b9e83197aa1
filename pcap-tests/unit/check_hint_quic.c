/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_quic.c - datagrams that the QUIC hints match, reject or wait on.
 * The packets are those of RFC 9001 and RFC 9369, appendix A, and the same
 * ClientHello spread over packets and datagrams. */
#include "pcap-tests/unit/seal_quic.h"
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_quic, hint_gquic, hint_gquic_long;

#define DCID "\x83\x94\xc8\xf0\x3e\x51\x57\x08"
#define RETRIED "\x01\x02\x03\x04\x05\x06\x07\x08"

/* RFC 9001, A.2 */
static const char hello[] =
	"\x01\x00\x00\xed\x03\x03\xeb\xf8\xfaV\xf1)9\xb9XJ8\x96"
	"G.\xc4\x0b\xb8\x63\xcf\xd3\xe8h\x04\xfe:G\xf0j+iHL\x00"
	"\x00\x04\x13\x01\x13\x02\x01\x00\x00\xc0\x00\x00\x00"
	"\x10\x00\x0e\x00\x00\x0b\x65xample.com\xff\x01\x00\x01"
	"\x00\x00\n\x00\x08\x00\x06\x00\x1d\x00\x17\x00\x18\x00"
	"\x10\x00\x07\x00\x05\x04\x61lpn\x00\x05\x00\x05\x01"
	"\x00\x00\x00\x00\x00\x33\x00&\x00$\x00\x1d\x00 \x93p"
	"\xb2\xc9\xca\xa4\x7f\xba\xba\xf4U\x9f\xed\xbau=\xe1q"
	"\xfaq\xf5\x0f\x1c\xe1]C\xe9\x94\xect\xd7H\x00+\x00\x03"
	"\x02\x03\x04\x00\r\x00\x10\x00\x0e\x04\x03\x05\x03\x06"
	"\x03\x02\x03\x08\x04\x08\x05\x08\x06\x00-\x00\x02\x01"
	"\x01\x00\x1c\x00\x02@\x01\x00\x39\x00\x32\x04\x08\xff"
	"\xff\xff\xff\xff\xff\xff\xff\x05\x04\x80\x00\xff\xff"
	"\x07\x04\x80\x00\xff\xff\x08\x01\x10\x01\x04\x80\x00u0"
	"\x09\x01\x10\x0f\x08\x83\x94\xc8\xf0>QW\x08\x06\x04"
	"\x80\x00\xff\xff";
#define HELLO_LEN (sizeof(hello) - 1)

static uint8_t datagrams[4][2048];
static struct hint_row row;

static void row_new(const char *name)
{
	row = (struct hint_row){
		.name = name,
		.want = HINT_YES,
		.host = "example.com",
		.alpn = "alpn",
	};
}

/* Packet `seal` with `len` bytes of the hello from `offset` on. */
static size_t add_packet(uint8_t *to, const struct seal *seal, size_t offset,
			 size_t len)
{
	uint8_t frames[1024];
	size_t n = seal_crypto(frames, offset, hello + offset, len);

	return seal_initial(seal, frames, n, to);
}

static void set_payload(const uint8_t *datagram, size_t len)
{
	row.payload = (struct bytes){ (const char *)datagram, len };
}

static void set_earlier(int n, bool from_server, const uint8_t *datagram,
			size_t len)
{
	row.earlier[n].from_server = from_server;
	row.earlier[n].datagram =
		(struct bytes){ (const char *)datagram, len };
}

/* Beginnings of the sealed packets in the RFCs. */
static const struct {
	uint32_t version;
	const char *header;
} versions[] = {
	{ QUIC_V1, "\xc0\x00\x00\x00\x01\x08" DCID
	  "\x00\x00\x44\x9e\x7b\x9a\xec\x34" },
	{ QUIC_V2, "\xd7\x6b\x33\x43\xcf\x08" DCID
	  "\x00\x00\x44\x9e\xa0\xc9\x5e\x82" },
	{ QUIC_DRAFT_29, NULL },
};

START_TEST(one_datagram)
{
	struct seal seal = { versions[_i].version, DCID, NULL, 2, 1200, false };
	uint8_t frames[1024] = "\x06\x00\x40\xf1";
	size_t len;

	memcpy(frames + 4, hello, HELLO_LEN);
	len = seal_initial(&seal, frames, 4 + HELLO_LEN, datagrams[0]);
	ck_assert_uint_eq(len, 1200);
	if (versions[_i].header != NULL)
		ck_assert_mem_eq(datagrams[0] + 1, versions[_i].header + 1,
				 21);
	row_new("one datagram");
	set_payload(datagrams[0], len);
	try_hint_row(&hint_quic, &row);
}
END_TEST

START_TEST(fixed_bit_cleared)
{
	struct seal seal = { QUIC_V1, DCID, _i == 0 ? NULL : RETRIED, 0, 1200,
			     true };
	size_t len = add_packet(datagrams[0], &seal, 0, HELLO_LEN);

	ck_assert_uint_eq(datagrams[0][0] & 0x40, 0);
	row_new("fixed bit cleared");
	if (_i == 1) {
		row = (struct hint_row){ .name = "and not to be opened",
					 .want = HINT_NO };
	}
	set_payload(datagrams[0], len);
	try_hint_row(&hint_quic, &row);
}
END_TEST

/* The capture begins with the server's Retry, so the client counts as the
 * server. */
START_TEST(retry_first)
{
	static const uint8_t retry[] = "\xf0\x00\x00\x00\x01\x00\x08" RETRIED
		"token0123456789abcdef";
	struct seal seal = { QUIC_V1, RETRIED, NULL, 1, 1200, false };
	size_t len = add_packet(datagrams[0], &seal, 0, HELLO_LEN);

	row_new("after a Retry that came first");
	row.from_server = true;
	set_earlier(0, false, retry, sizeof(retry) - 1);
	set_payload(datagrams[0], len);
	try_hint_row(&hint_quic, &row);
}
END_TEST

START_TEST(tag_of_the_rfc)
{
	struct seal seal = { QUIC_V1, DCID, NULL, 2, 1200, false };
	uint8_t frames[1024] = "\x06\x00\x40\xf1";

	memcpy(frames + 4, hello, HELLO_LEN);
	seal_initial(&seal, frames, 4 + HELLO_LEN, datagrams[0]);
	ck_assert_mem_eq(datagrams[0] + 1184,
			 "\xe2\x21\xaf\x44\x86\x00\x18\xab"
			 "\x08\x56\x97\x2e\x19\x4c\xd9\x34", 16);
}
END_TEST

START_TEST(two_datagrams_in_either_order)
{
	struct seal seal = { QUIC_V1, DCID, NULL, 0, 1200, false };
	size_t first, second;

	first = add_packet(datagrams[0], &seal, 0, 100);
	seal.number = 1;
	second = add_packet(datagrams[1], &seal, 100, HELLO_LEN - 100);

	row_new("the first half");
	row.more = true;
	set_payload(datagrams[0], first);
	try_hint_row(&hint_quic, &row);

	row_new("the second half, first");
	row.more = true;
	row.host = row.alpn = NULL;
	set_payload(datagrams[1], second);
	try_hint_row(&hint_quic, &row);

	row_new("in order");
	set_earlier(0, false, datagrams[0], first);
	set_payload(datagrams[1], second);
	try_hint_row(&hint_quic, &row);

	row_new("out of order");
	set_earlier(0, false, datagrams[1], second);
	set_payload(datagrams[0], first);
	try_hint_row(&hint_quic, &row);
}
END_TEST

START_TEST(coalesced)
{
	struct seal seal = { QUIC_V1, DCID, NULL, 0, 0, false };
	size_t len = add_packet(datagrams[0], &seal, 120, HELLO_LEN - 120);

	seal.number = 1;
	len += add_packet(datagrams[0] + len, &seal, 0, 120);
	row_new("two packets in one datagram");
	set_payload(datagrams[0], len);
	try_hint_row(&hint_quic, &row);
}
END_TEST

START_TEST(frames_between)
{
	static const uint8_t ack[] = { 0x02, 0x05, 0x00, 0x01, 0x00, 0x01,
				       0x01 };
	struct seal seal = { QUIC_V1, DCID, NULL, 0, 1200, false };
	uint8_t frames[1024] = { 0x01, 0x00, 0x00 };	/* PING, PADDING */
	size_t n = 3;

	n += seal_crypto(frames + n, 50, hello + 50, HELLO_LEN - 50);
	memcpy(frames + n, ack, sizeof(ack));
	n += sizeof(ack);
	n += seal_crypto(frames + n, 0, hello, 70);
	row_new("other frames between, and an overlap");
	set_payload(datagrams[0],
		    seal_initial(&seal, frames, n, datagrams[0]));
	try_hint_row(&hint_quic, &row);
}
END_TEST

START_TEST(after_a_retry)
{
	static const uint8_t retry[] = "\xf0\x00\x00\x00\x01\x00\x08" RETRIED
		"token" "0123456789abcdef";
	struct seal seal = { QUIC_V1, DCID, NULL, 0, 1200, false };
	size_t first = add_packet(datagrams[0], &seal, 0, 30), second;

	row_new("a Retry");
	row.from_server = true;
	row.more = true;
	row.host = row.alpn = NULL;
	set_payload(retry, sizeof(retry) - 1);
	try_hint_row(&hint_quic, &row);

	seal.dcid = RETRIED;
	second = add_packet(datagrams[1], &seal, 0, HELLO_LEN);
	row_new("and the hello once more");
	set_earlier(0, false, datagrams[0], first);
	set_earlier(1, true, retry, sizeof(retry) - 1);
	set_payload(datagrams[1], second);
	try_hint_row(&hint_quic, &row);
}
END_TEST

/* Then the client uses the connection ID that the server chose. */
START_TEST(after_a_retry_and_an_answer)
{
	struct seal seal = { QUIC_V1, DCID, NULL, 0, 1200, false };
	size_t first = add_packet(datagrams[0], &seal, 0, 30), second, third;

	seal.dcid = RETRIED;
	second = add_packet(datagrams[1], &seal, 0, 30);
	seal.dcid = "server's";
	seal.key_dcid = RETRIED;
	seal.number = 1;
	third = add_packet(datagrams[2], &seal, 30, HELLO_LEN - 30);
	row_new("another destination under the keys of the Retry");
	set_earlier(0, false, datagrams[0], first);
	set_earlier(1, false, datagrams[1], second);
	set_payload(datagrams[2], third);
	try_hint_row(&hint_quic, &row);
}
END_TEST

START_TEST(the_servers_number)
{
	struct seal seal = { QUIC_V1, DCID, NULL, 0, 1200, false };
	size_t first = add_packet(datagrams[0], &seal, 0, 30), second;

	seal.dcid = RETRIED;
	seal.key_dcid = DCID;
	seal.number = 1;
	second = add_packet(datagrams[1], &seal, 30, HELLO_LEN - 30);
	row_new("a new destination under the old keys");
	set_earlier(0, false, datagrams[0], first);
	set_payload(datagrams[1], second);
	try_hint_row(&hint_quic, &row);
}
END_TEST

static const struct hint_row rows[] = {
	{ "version negotiation", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("\x9d\x00\x00\x00\x00\x00\x08" DCID
			   "\x1a\x2a\x3a\x4a\x00\x00\x00\x01") },
	{ "version negotiation, unknown versions", HINT_NO, .from_server = true,
	  .payload = BYTES("\x9d\x00\x00\x00\x00\x00\x08" DCID
			   "\x1b\x2a\x3a\x4a") },
	{ "an Initial shorter than a client's first", HINT_MORE,
	  .payload = BYTES("\xc3\x00\x00\x00\x01\x08" DCID "\x00\x00\x18"
			   "0123456789abcdef01234567") },
	{ "a server's Handshake packet", HINT_YES, .from_server = true,
	  .more = true,
	  .payload = BYTES("\xe3\x00\x00\x00\x01\x00\x08" DCID "\x18"
			   "0123456789abcdef01234567") },
	{ "a length past the end", HINT_NO, .from_server = true,
	  .payload = BYTES("\xe3\x00\x00\x00\x01\x00\x08" DCID "\x19"
			   "0123456789abcdef01234567") },
	{ "a connection ID too long", HINT_NO, .from_server = true,
	  .payload = BYTES("\xe3\x00\x00\x00\x01\x15"
			   "0123456789abcdef01234567") },
	{ "a short header", HINT_NO,
	  .payload = BYTES("\x41" "0123456789abcdef01234567") },
};

#define CHLO "CHLO\x02\x00\x00\x00" "PAD\x00\x04\x00\x00\x00" \
	"SNI\x00\x0f\x00\x00\x00----example.org"
#define FRAMES "............" "\xa0\x01\x00\x00\x2b"

static const struct hint_row google[] = {
	{ "Q043", HINT_YES, .host = "example.org",
	  .payload = BYTES("\x0d" DCID "Q043\x01" FRAMES CHLO) },
	{ "Q046", HINT_YES, .host = "example.org",
	  .payload = BYTES("\xc3Q046\x50" DCID "\x00\x00\x00\x01" FRAMES
			   CHLO) },
	{ "no ClientHello in it", HINT_YES, .more = true,
	  .payload = BYTES("\x0d" DCID "Q043\x01" FRAMES) },
	{ "refusal", HINT_YES, .from_server = true, .more = true,
	  .payload = BYTES("\x08" DCID "\x01" FRAMES "REJ\x00\x01\x00\x00\x00"
			   "PAD\x00\x04\x00\x00\x00----") },
	{ "encrypted", HINT_NO, .from_server = true,
	  .payload = BYTES("\x08" DCID "\x01" FRAMES "abcdefgh") },
	{ "another version", HINT_NO,
	  .payload = BYTES("\x0d" DCID "Q143\x01" FRAMES CHLO) },
	{ "reset", HINT_NO, .payload = BYTES("\x0a" DCID "PRST....") },
};

START_TEST(shape)
{
	try_hint_row(&hint_quic, &rows[_i]);
}
END_TEST

START_TEST(googles)
{
	bool is_long = google[_i].payload.data[0] & 0x80;

	try_hint_row(is_long ? &hint_gquic_long : &hint_gquic, &google[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_quic");
	TCase *tc = tcase_create("initial");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, one_datagram, 0, 3);
	tcase_add_loop_test(tc, fixed_bit_cleared, 0, 2);
	tcase_add_test(tc, retry_first);
	tcase_add_test(tc, tag_of_the_rfc);
	tcase_add_test(tc, two_datagrams_in_either_order);
	tcase_add_test(tc, coalesced);
	tcase_add_test(tc, frames_between);
	tcase_add_test(tc, after_a_retry);
	tcase_add_test(tc, after_a_retry_and_an_answer);
	tcase_add_test(tc, the_servers_number);
	suite_add_tcase(suite, tc);
	tc = tcase_create("rows");
	tcase_add_loop_test(tc, shape, 0, ROWS(rows));
	tcase_add_loop_test(tc, googles, 0, ROWS(google));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
