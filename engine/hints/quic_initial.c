/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quic_initial.c - QUIC's long headers and Initial protection: AES-128-GCM
 * with keys from HKDF-SHA256 over the salt of the version.
 */
#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>

#include "engine/hints/quic_initial.h"

#define SALT_LEN 20
#define SECRET_LEN 32
#define TAG_LEN 16
#define SAMPLE_LEN 16
#define NUMBER_MAX 4

/* RFC 9001, 5.2; RFC 9369, 3.3.1; drafts 21, 23, 29 of the former and 00 of
 * the latter; and what Google's own versions use. */
static const uint8_t salts[][SALT_LEN] = {
	"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17"
	"\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a",
	"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93"
	"\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
	"\xa7\x07\xc2\x03\xa5\x9b\x47\x18\x4a\x1d"
	"\x62\xca\x57\x04\x06\xea\x7a\xe3\xe5\xd3",
	"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97"
	"\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99",
	"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7"
	"\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02",
	"\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a"
	"\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a",
	"\x50\x45\x74\xef\xd0\x66\xfe\x2f\x9d\x94"
	"\x5c\xfc\xdb\xd3\xa7\xf0\xd3\xb5\x6b\x45",
	"\x7f\xf5\x79\xe5\xac\xd0\x72\x91\x55\x80"
	"\x30\x4c\x43\xa2\x36\x7c\x60\x48\x83\x10",
	"\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50"
	"\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d",
};
enum salt {
	SALT_V1, SALT_V2, SALT_V2_DRAFT, SALT_29, SALT_23, SALT_21, SALT_Q050,
	SALT_T050, SALT_T051,
};

static const struct version {
	uint32_t first;
	uint32_t last;
	enum salt salt;
} versions[] = {
	{ 0x00000001, 0x00000001, SALT_V1 },
	{ 0x6b3343cf, 0x6b3343cf, SALT_V2 },
	{ 0x709a50c4, 0x709a50c4, SALT_V2_DRAFT },
	{ 0xff000021, 0xff000022, SALT_V1 },
	{ 0xff00001d, 0xff000020, SALT_29 },
	{ 0xff000017, 0xff00001c, SALT_23 },
	{ 0xff000015, 0xff000016, SALT_21 },
	{ 0xfaceb001, 0xfaceb001, SALT_21 },	/* mvfst's */
	{ 0xfaceb002, 0xfaceb013, SALT_23 },
	{ 0x51303530, 0x51303530, SALT_Q050 },	/* "Q050" */
	{ 0x54303530, 0x54303530, SALT_T050 },
	{ 0x54303531, 0x54303531, SALT_T051 },
};

/* Reserved versions, which request Version Negotiation (RFC 9000, 15): such a
 * packet is protected like those of the client's version, which is unknown. */
static const struct version reserved[] = {
	{ 0x0a0a0a0a, 0, SALT_V1 },
	{ 0x0a0a0a0a, 0, SALT_29 },
	{ 0x0a0a0a0a, 0, SALT_V2 },
};
#define RESERVED_MASK 0x0f0f0f0fu

static const struct version *version_find(uint32_t version)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (version >= versions[i].first && version <= versions[i].last)
			return &versions[i];
	if ((version & RESERVED_MASK) == reserved[0].first)
		return &reserved[0];
	return NULL;
}

static bool is_v2(const struct version *v)
{
	return v->salt == SALT_V2 || v->salt == SALT_V2_DRAFT;
}

bool quic_is_version(uint32_t version)
{
	return version_find(version) != NULL;
}

uint64_t quic_varint(struct cursor *c)
{
	uint8_t first = cursor_u8(c);
	uint64_t value = first & 0x3f;

	for (int n = (1 << (first >> 6)) - 1; n > 0; n--)
		value = value << 8 | cursor_u8(c);
	return c->is_short ? 0 : value;
}

/* RFC 9369, 3.2: version 2 counts the types from another place. */
static enum quic_type packet_type(const struct version *v, uint8_t first)
{
	uint8_t bits = first >> 4 & 3;

	return (enum quic_type)(is_v2(v) ? (bits + 3) & 3 : bits);
}

bool quic_packet_read(struct cursor *datagram, struct quic_packet *ret)
{
	struct cursor c = *datagram;
	const uint8_t *start = c.at;
	uint8_t first = cursor_u8(&c);
	struct quic_packet p = { .version = cursor_be32(&c) };
	const struct version *v = version_find(p.version);
	size_t dcid_len, scid_len;
	uint64_t len;

	if (c.is_short || (first & 0x80) == 0 || v == NULL)
		return false;
	p.is_greased = (first & 0x40) == 0;
	dcid_len = cursor_u8(&c);
	p.dcid = cursor_take(&c, dcid_len);
	scid_len = cursor_u8(&c);
	p.scid = cursor_take(&c, scid_len);
	if (c.is_short || dcid_len > QUIC_CID_MAX || scid_len > QUIC_CID_MAX)
		return false;
	p.type = packet_type(v, first);
	if (p.type == QUIC_RETRY) {
		/* A token, and the tag that ends the datagram. */
		if (cursor_left(&c) <= TAG_LEN)
			return false;
		datagram->at = c.end;
		*ret = p;
		return true;
	}
	if (p.type == QUIC_INITIAL) {
		len = quic_varint(&c);
		if (len > cursor_left(&c))
			return false;
		cursor_skip(&c, (size_t)len);
	}
	len = quic_varint(&c);
	if (c.is_short || len > cursor_left(&c) || len < NUMBER_MAX + TAG_LEN)
		return false;
	p.number_at = (size_t)(c.at - start);
	cursor_skip(&c, (size_t)len);
	p.whole = cursor_of(start, (size_t)(c.at - start));
	datagram->at = c.at;
	*ret = p;
	return true;
}

/* HKDF-Expand-Label without a context (RFC 8446, 7.1), of the secret that is
 * the key of `secret`. */
static void expand_label(struct hmac_sha256_ctx *secret, const char *label,
			 uint8_t *ret, size_t len)
{
	size_t label_len = strlen(label);
	uint8_t info[2 + 1 + 32 + 1] = { 0 };

	info[1] = (uint8_t)len;
	info[2] = (uint8_t)(6 + label_len);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, label_len);
	hkdf_expand(secret, (nettle_hash_update_func *)hmac_sha256_update,
		    (nettle_hash_digest_func *)hmac_sha256_digest,
		    SHA256_DIGEST_SIZE, 10 + label_len, info, len, ret);
}

static void derive(const struct version *v, struct cursor dcid,
		   struct quic_keys *ret)
{
	struct hmac_sha256_ctx ctx;
	uint8_t secret[SECRET_LEN];
	bool v2 = is_v2(v);

	ret->version = v;
	ret->dcid_len = (uint8_t)cursor_left(&dcid);
	memcpy(ret->dcid, dcid.at, ret->dcid_len);
	hmac_sha256_set_key(&ctx, SALT_LEN, salts[v->salt]);
	hkdf_extract(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
		     (nettle_hash_digest_func *)hmac_sha256_digest,
		     SHA256_DIGEST_SIZE, cursor_left(&dcid), dcid.at, secret);
	hmac_sha256_set_key(&ctx, SECRET_LEN, secret);
	expand_label(&ctx, "client in", secret, SECRET_LEN);
	/* One key for three; it is as good as new after each. */
	hmac_sha256_set_key(&ctx, SECRET_LEN, secret);
	expand_label(&ctx, v2 ? "quicv2 key" : "quic key", ret->key,
		     QUIC_KEY_LEN);
	expand_label(&ctx, v2 ? "quicv2 iv" : "quic iv", ret->iv, QUIC_IV_LEN);
	expand_label(&ctx, v2 ? "quicv2 hp" : "quic hp", ret->mask_key,
		     QUIC_KEY_LEN);
}

static bool are_for(const struct quic_keys *keys, const struct version *v,
		    struct cursor dcid)
{
	return keys->version == v && keys->dcid_len == cursor_left(&dcid) &&
	       memcmp(keys->dcid, dcid.at, keys->dcid_len) == 0;
}

/* RFC 9001, 5.4.3: the mask for the first byte and the packet number. */
static void header_mask(const struct quic_keys *keys, const uint8_t *sample,
			uint8_t ret[SAMPLE_LEN])
{
	struct aes128_ctx ctx;

	aes128_set_encrypt_key(&ctx, keys->mask_key);
	aes128_encrypt(&ctx, SAMPLE_LEN, ret, sample);
}

/* `plain` holds the header, unmasked, until it is overwritten. */
static bool open_payload(const struct quic_keys *keys, uint32_t number,
			 size_t header_len, struct cursor sealed,
			 uint8_t *plain)
{
	struct gcm_aes128_ctx ctx;
	uint8_t nonce[QUIC_IV_LEN], tag[TAG_LEN];
	size_t len = cursor_left(&sealed) - TAG_LEN;

	memcpy(nonce, keys->iv, QUIC_IV_LEN);
	for (int i = 0; i < NUMBER_MAX; i++)
		nonce[QUIC_IV_LEN - 1 - i] ^= (uint8_t)(number >> 8 * i);
	gcm_aes128_set_key(&ctx, keys->key);
	gcm_aes128_set_iv(&ctx, QUIC_IV_LEN, nonce);
	gcm_aes128_update(&ctx, header_len, plain);
	gcm_aes128_decrypt(&ctx, len, plain, sealed.at);
	gcm_aes128_digest(&ctx, TAG_LEN, tag);
	return memcmp(tag, sealed.at + len, TAG_LEN) == 0;
}

static bool open_version(const struct version *v,
			 const struct quic_packet *packet, struct cursor dcid,
			 struct quic_keys *keys, uint8_t *plain,
			 struct cursor *ret_frames)
{
	struct cursor sealed = packet->whole;
	size_t at = packet->number_at, number_len;
	uint8_t mask[SAMPLE_LEN];
	uint32_t number = 0;

	if (!are_for(keys, v, dcid))
		derive(v, dcid, keys);
	header_mask(keys, sealed.at + at + NUMBER_MAX, mask);
	memcpy(plain, sealed.at, at + NUMBER_MAX);
	plain[0] ^= mask[0] & 0x0f;
	number_len = (plain[0] & 3) + 1u;
	for (size_t i = 0; i < number_len; i++) {
		plain[at + i] ^= mask[1 + i];
		number = number << 8 | plain[at + i];
	}
	cursor_skip(&sealed, at + number_len);
	if (!open_payload(keys, number, at + number_len, sealed, plain))
		return false;
	*ret_frames = cursor_of(plain, cursor_left(&sealed) - TAG_LEN);
	return true;
}

bool quic_initial_open(const struct quic_packet *packet, struct cursor dcid,
		       struct quic_keys *keys, uint8_t *plain, size_t room,
		       struct cursor *ret_frames)
{
	const struct version *v = version_find(packet->version);
	size_t tries = 1, len = cursor_left(&packet->whole);

	if (v == NULL || packet->type != QUIC_INITIAL || len > room ||
	    len < packet->number_at + NUMBER_MAX + SAMPLE_LEN)
		return false;
	if (v == reserved)
		tries = sizeof(reserved) / sizeof(reserved[0]);
	for (; tries > 0; tries--, v++)
		if (open_version(v, packet, dcid, keys, plain, ret_frames))
			return true;
	return false;
}
