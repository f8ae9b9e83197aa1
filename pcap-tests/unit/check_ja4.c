/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_ja4.c - fingerprints of ClientHellos, mostly examples of the JA4
 * specification. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hints/ja4.h"
#include "unit.h"

#define CIPHERS "3a3a 1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 " \
	"c014 009c 009d 002f 0035"
#define EXTENSIONS "8a8a 001b 0000 0033 0010 4469 0017 002d 000d 0005 0023 " \
	"0012 002b ff01 000b 000a fafa 0015"
#define SIGNATURES "0403 0804 0401 0503 0805 0501 0806 0601"
#define MIXED "t13d1516h2_8daaf6152771_e5627efa2ab1"

/* Lists of numbers in hexadecimal, as the hello has them. */
static const struct row {
	const char *name;
	enum hello_kind kind;
	uint16_t version;
	const char *ciphers;
	const char *extensions;
	const char *signatures;
	const char *versions;
	struct bytes alpn;
	const char *want;
} rows[] = {
	{ "a browser", HELLO_TLS, 0x0303, CIPHERS, EXTENSIONS, SIGNATURES,
	  "2a2a 0304 0303", BYTES("h2"), MIXED },
	{ "versions in ascending order", HELLO_TLS, 0x0303, CIPHERS, EXTENSIONS,
	  SIGNATURES, "0303 0304 9a9a", BYTES("h2"), MIXED },
	{ "GREASE among the signatures", HELLO_TLS, 0x0303, CIPHERS,
	  EXTENSIONS, "0a0a " SIGNATURES, "0304", BYTES("h2"), MIXED },
	{ "no signatures", HELLO_TLS, 0x0303, CIPHERS, EXTENSIONS, "", "0304",
	  BYTES("http/1.1"), "t13d1516h1_8daaf6152771_6d807ffa2a79" },
	{ "over QUIC", HELLO_QUIC, 0x0303, CIPHERS, EXTENSIONS, SIGNATURES,
	  "0304", BYTES("h3"), "q13d1516h3_8daaf6152771_e5627efa2ab1" },
	{ "no list of versions", HELLO_TLS, 0x0302, CIPHERS, "0000", "", "",
	  BYTES(""), "t11d150100_8daaf6152771_000000000000" },
	{ "no name", HELLO_TLS, 0x0301, CIPHERS, "0010", "", "", BYTES("h2"),
	  "t10i1501h2_8daaf6152771_000000000000" },
	{ "no extensions", HELLO_TLS, 0x0303, CIPHERS, NULL, "", "", BYTES(""),
	  "t12i150000_8daaf6152771_000000000000" },
	{ "DTLS 1.2", HELLO_DTLS, 0xfefd, CIPHERS, "0000", "", "", BYTES(""),
	  "dd2d150100_8daaf6152771_000000000000" },
	{ "DTLS 1.0", HELLO_DTLS, 0xfeff, CIPHERS, "0000", "", "", BYTES(""),
	  "dd1d150100_8daaf6152771_000000000000" },
	{ "SSL 3 and nothing but GREASE", HELLO_TLS, 0x0300, "0a0a", "1a1a",
	  "", "", BYTES(""), "ts3i000000_000000000000_000000000000" },
	{ "an unknown version", HELLO_TLS, 0x0399, "", "", "", "",
	  BYTES(""), "t00i000000_000000000000_000000000000" },
};

/* The first and last character of ALPN, or of its hexadecimal form. */
static const struct {
	struct bytes name;
	const char *want;
} alpns[] = {
	{ BYTES("h2"), "h2" },			{ BYTES("http/1.1"), "h1" },
	{ BYTES("x"), "xx" },			{ BYTES(""), "00" },
	{ BYTES("\xab"), "ab" },		{ BYTES("\xab\xcd"), "ad" },
	{ BYTES("\x30\xab"), "3b" },		{ BYTES("01\xab\xcd"), "3d" },
	{ BYTES("\x30\xab\xcd\x31"), "01" },	{ BYTES("-a"), "21" },
};

struct hello {
	uint8_t bytes[8192];
	size_t len;
};

static void put(struct hello *h, unsigned value, int width)
{
	if (width == 2)
		h->bytes[h->len++] = (uint8_t)(value >> 8);
	h->bytes[h->len++] = (uint8_t)value;
}

/* End a vector: write its length into the `width` bytes reserved before
 * `at`. */
static void close_vector(struct hello *h, size_t at, int width)
{
	struct hello length = { .len = 0 };

	put(&length, (unsigned)(h->len - at), width);
	memcpy(h->bytes + at - width, length.bytes, (size_t)width);
}

static size_t open_vector(struct hello *h, int width)
{
	put(h, 0, width);
	return h->len;
}

static void put_list(struct hello *h, const char *list, int width)
{
	size_t at = open_vector(h, width);
	unsigned code;
	int used;

	for (; sscanf(list, "%x%n", &code, &used) == 1; list += used)
		put(h, code, 2);
	close_vector(h, at, width);
}

static void put_alpn(struct hello *h, const struct bytes *name)
{
	size_t list = open_vector(h, 2), at = open_vector(h, 1);

	memcpy(h->bytes + h->len, name->data, name->len);
	h->len += name->len;
	close_vector(h, at, 1);
	close_vector(h, list, 2);
}

static void put_extensions(struct hello *h, const struct row *row)
{
	const char *list = row->extensions;
	size_t all = open_vector(h, 2);
	unsigned type;
	int used;

	for (; sscanf(list, "%x%n", &type, &used) == 1; list += used) {
		size_t at;

		put(h, type, 2);
		at = open_vector(h, 2);
		if (type == 16)
			put_alpn(h, &row->alpn);
		else if (type == 13)
			put_list(h, row->signatures, 2);
		else if (type == 43)
			put_list(h, row->versions, 1);
		close_vector(h, at, 2);
	}
	close_vector(h, all, 2);
}

static void make_hello(struct hello *h, const struct row *row)
{
	memset(h, 0, sizeof(*h));
	put(h, row->version, 2);
	h->len += 32 + 1 + (row->kind == HELLO_DTLS);
	put_list(h, row->ciphers, 2);
	put(h, 0x0100, 2);		/* one compression method: null */
	if (row->extensions != NULL)
		put_extensions(h, row);
}

static bool fingerprint(const struct hello *h, size_t len, enum hello_kind kind,
			char ret[static JA4_LEN + 1])
{
	uint8_t *exact = malloc(len > 0 ? len : 1);
	bool known;

	memcpy(exact, h->bytes, len);
	known = ja4_of(cursor_of(exact, len), kind, ret);
	free(exact);
	return known;
}

START_TEST(prints)
{
	char got[JA4_LEN + 1] = "";
	struct hello h;

	make_hello(&h, &rows[_i]);
	ck_assert(fingerprint(&h, h.len, rows[_i].kind, got));
	ck_assert_msg(strcmp(got, rows[_i].want) == 0, "%s: %s", rows[_i].name,
		      got);
}
END_TEST

/* A truncated hello has none, unless only its extensions are missing. */
START_TEST(cut)
{
	char got[JA4_LEN + 1] = "";
	struct row row = rows[_i];
	struct hello h;
	size_t bare;

	row.extensions = NULL;
	make_hello(&h, &row);
	bare = h.len;
	make_hello(&h, &rows[_i]);
	for (size_t len = 0; len < h.len; len++)
		ck_assert_msg(fingerprint(&h, len, row.kind, got) ==
			      (len == bare), "%s: %zu", row.name, len);
}
END_TEST

START_TEST(first_alpn)
{
	struct row row = rows[0];
	char got[JA4_LEN + 1] = "";
	struct hello h;

	row.alpn = alpns[_i].name;
	make_hello(&h, &row);
	ck_assert(fingerprint(&h, h.len, row.kind, got));
	ck_assert_msg(memcmp(got + 8, alpns[_i].want, 2) == 0, "%s: %s",
		      alpns[_i].want, got);
}
END_TEST

/* Counts have two digits: 99 is the maximum. */
static const struct {
	size_t count;
	const char *want;
} many[] = {
	{ 1, "01" }, { 98, "98" }, { 99, "99" }, { 100, "99" }, { 512, "99" },
	{ 513, NULL },
};

START_TEST(counts)
{
	char list[513 * 5 + 1] = "", got[JA4_LEN + 1] = "";
	struct row row = rows[7];
	struct hello h;

	for (size_t i = 0; i < many[_i].count; i++)
		sprintf(list + 5 * i, "%04zx ", 0x5000 - i);
	row.ciphers = list;
	make_hello(&h, &row);
	ck_assert(fingerprint(&h, h.len, row.kind, got) ==
		  (many[_i].want != NULL));
	if (many[_i].want != NULL)
		ck_assert_msg(memcmp(got + 4, many[_i].want, 2) == 0, "%s",
			      got);

	row.ciphers = CIPHERS;
	row.extensions = list;
	make_hello(&h, &row);
	ck_assert(fingerprint(&h, h.len, row.kind, got) ==
		  (many[_i].want != NULL));
	if (many[_i].want != NULL)
		ck_assert_msg(memcmp(got + 6, many[_i].want, 2) == 0, "%s",
			      got);
}
END_TEST

/* Clients shuffle ciphers and extensions; the fingerprint sorts them. */
START_TEST(order)
{
	struct row row = rows[0];
	char got[JA4_LEN + 1] = "";
	struct hello h;

	row.ciphers = "0035 002f 009d 009c c014 c013 cca8 cca9 c030 c02c c02f "
		      "c02b 1303 1302 1301";
	row.extensions = "0015 000a 000b ff01 002b 0012 0023 0005 000d 002d "
			 "0017 4469 0010 0033 0000 001b";
	make_hello(&h, &row);
	ck_assert(fingerprint(&h, h.len, row.kind, got));
	ck_assert_str_eq(got, row.want);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ja4");
	TCase *tc = tcase_create("ja4");

	tcase_add_loop_test(tc, prints, 0, ROWS(rows));
	tcase_add_loop_test(tc, cut, 0, ROWS(rows));
	tcase_add_loop_test(tc, first_alpn, 0, ROWS(alpns));
	tcase_add_loop_test(tc, counts, 0, ROWS(many));
	tcase_add_test(tc, order);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
