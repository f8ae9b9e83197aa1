/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ja4.c - see ja4.h; the names of fields are those of RFC 8446, 4.1.2. */
#include "engine/hints/ja4.h"

#include <nettle/sha2.h>
#include <stdio.h>

#define CODES_MAX 512		/* IANA has given out fewer, of either kind */
#define HASH_DIGITS 12
#define COUNT_MAX 99

#define EXTENSION_SERVER_NAME 0
#define EXTENSION_SIGNATURE_ALGORITHMS 13
#define EXTENSION_ALPN 16
#define EXTENSION_SUPPORTED_VERSIONS 43

static const char hex_digits[] = "0123456789abcdef";

/* Numbers of cipher suites or of extensions. */
struct codes {
	uint16_t items[CODES_MAX];
	size_t count;
};

struct offer {
	uint16_t version;
	bool has_name;
	char alpn[2];
	size_t extension_count;		/* with the two that are not hashed */
	struct codes ciphers;
	struct codes extensions;
	struct cursor signatures;
};

/* RFC 8701, 2: 0x0a0a, 0x1a1a ... 0xfafa are there to be ignored. */
static bool is_grease(uint16_t code)
{
	return (code & 0x0f0f) == 0x0a0a && code >> 8 == (code & 0xff);
}

static struct cursor vector(struct cursor *c, int width)
{
	size_t len = width == 1 ? cursor_u8(c) : cursor_be16(c);

	return cursor_take(c, len);
}

static bool codes_add(struct codes *codes, uint16_t code)
{
	if (codes->count == CODES_MAX)
		return false;
	codes->items[codes->count++] = code;
	return true;
}

/* Shell's sort: hellos are small, and qsort(3) may allocate. */
static void codes_sort(struct codes *codes)
{
	static const size_t gaps[] = { 132, 57, 23, 10, 4, 1 };

	for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++)
		for (size_t i = gaps[g]; i < codes->count; i++) {
			uint16_t code = codes->items[i];
			size_t at = i;

			for (; at >= gaps[g] &&
			       codes->items[at - gaps[g]] > code; at -= gaps[g])
				codes->items[at] = codes->items[at - gaps[g]];
			codes->items[at] = code;
		}
}

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* The ends of the first name; of its hexadecimal digits when one of them is
 * neither letter nor digit. */
static void read_alpn(struct cursor extension, char alpn[2])
{
	struct cursor list = vector(&extension, 2);
	struct cursor name = vector(&list, 1);
	size_t len = cursor_left(&name);

	if (name.is_short || len == 0)
		return;
	if (is_alphanumeric(name.at[0]) && is_alphanumeric(name.at[len - 1])) {
		alpn[0] = (char)name.at[0];
		alpn[1] = (char)name.at[len - 1];
	} else {
		alpn[0] = hex_digits[name.at[0] >> 4];
		alpn[1] = hex_digits[name.at[len - 1] & 15];
	}
}

/* The highest number, as the format has it: for DTLS, whose versions count
 * down, it is the oldest. */
static void read_versions(struct cursor extension, uint16_t *version)
{
	struct cursor list = vector(&extension, 1);
	uint16_t highest = 0;

	while (cursor_left(&list) > 1) {
		uint16_t code = cursor_be16(&list);

		if (!is_grease(code) && code > highest)
			highest = code;
	}
	if (highest != 0)
		*version = highest;
}

static bool read_extension(struct cursor *c, struct offer *offer)
{
	uint16_t type = cursor_be16(c);
	struct cursor extension = vector(c, 2);

	if (c->is_short)
		return false;
	if (is_grease(type))
		return true;
	offer->extension_count++;
	switch (type) {
	case EXTENSION_SERVER_NAME:
		offer->has_name = true;
		return true;
	case EXTENSION_ALPN:
		read_alpn(extension, offer->alpn);
		return true;
	case EXTENSION_SIGNATURE_ALGORITHMS:
		offer->signatures = vector(&extension, 2);
		break;
	case EXTENSION_SUPPORTED_VERSIONS:
		read_versions(extension, &offer->version);
		break;
	}
	return codes_add(&offer->extensions, type);
}

static bool read_offer(struct cursor body, bool is_dtls, struct offer *offer)
{
	struct cursor ciphers, extensions;

	offer->version = cursor_be16(&body);
	cursor_skip(&body, 32);
	vector(&body, 1);		/* session id */
	if (is_dtls)
		vector(&body, 1);	/* cookie */
	ciphers = vector(&body, 2);
	vector(&body, 1);		/* compression methods */
	if (body.is_short)
		return false;
	while (cursor_left(&ciphers) > 1) {
		uint16_t code = cursor_be16(&ciphers);

		if (!is_grease(code) && !codes_add(&offer->ciphers, code))
			return false;
	}
	if (cursor_left(&body) == 0)	/* old clients have no extensions */
		return true;
	extensions = vector(&body, 2);
	if (body.is_short)
		return false;
	while (cursor_left(&extensions) > 0)
		if (!read_extension(&extensions, offer))
			return false;
	return true;
}

static const char *version_name(uint16_t version)
{
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	case 0xfeff:
		return "d1";
	case 0xfefd:
		return "d2";
	case 0xfefc:
		return "d3";
	default:
		return "00";
	}
}

/* "1301" or ",1301" */
static void hash_code(struct sha256_ctx *sha, uint16_t code, char prev)
{
	const uint8_t text[] = {
		(uint8_t)prev,
		(uint8_t)hex_digits[code >> 12],
		(uint8_t)hex_digits[code >> 8 & 15],
		(uint8_t)hex_digits[code >> 4 & 15],
		(uint8_t)hex_digits[code & 15],
	};
	size_t first = prev == '\0';

	sha256_update(sha, sizeof(text) - first, text + first);
}

static void hash_codes(struct sha256_ctx *sha, const struct codes *codes)
{
	for (size_t i = 0; i < codes->count; i++)
		hash_code(sha, codes->items[i], i > 0 ? ',' : '\0');
}

static void hash_print(struct sha256_ctx *sha, char *ret)
{
	uint8_t digest[HASH_DIGITS / 2];

	sha256_digest(sha, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		*ret++ = hex_digits[digest[i] >> 4];
		*ret++ = hex_digits[digest[i] & 15];
	}
}

/* Twelve zeros for a list that is empty. */
static void print_list(const struct codes *codes, struct cursor signatures,
		       char *ret)
{
	struct sha256_ctx sha;
	char prev = '_';

	memset(ret, '0', HASH_DIGITS);
	ret[HASH_DIGITS] = '\0';
	if (codes->count == 0)
		return;
	sha256_init(&sha);
	hash_codes(&sha, codes);
	while (cursor_left(&signatures) > 1) {
		uint16_t code = cursor_be16(&signatures);

		if (is_grease(code))
			continue;
		hash_code(&sha, code, prev);
		prev = ',';
	}
	hash_print(&sha, ret);
}

static unsigned at_most(size_t count)
{
	return count < COUNT_MAX ? (unsigned)count : COUNT_MAX;
}

bool ja4_of(struct cursor body, enum hello_kind kind,
	    char ret[static JA4_LEN + 1])
{
	static const char kinds[] = {
		[HELLO_TLS] = 't', [HELLO_DTLS] = 'd', [HELLO_QUIC] = 'q',
	};
	const struct cursor none = { 0 };
	struct offer offer = { .alpn = { '0', '0' } };
	char ciphers[HASH_DIGITS + 1], extensions[HASH_DIGITS + 1];

	if (!read_offer(body, kind == HELLO_DTLS, &offer))
		return false;
	codes_sort(&offer.ciphers);
	codes_sort(&offer.extensions);
	print_list(&offer.ciphers, none, ciphers);
	print_list(&offer.extensions, offer.signatures, extensions);
	snprintf(ret, JA4_LEN + 1, "%c%s%c%02u%02u%.2s_%s_%s", kinds[kind],
		 version_name(offer.version), offer.has_name ? 'd' : 'i',
		 at_most(offer.ciphers.count), at_most(offer.extension_count),
		 offer.alpn, ciphers, extensions);
	return true;
}
