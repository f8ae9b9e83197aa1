/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seal_quic.c - make a client's Initial packets (RFC 9001, 5; RFC 9369, 3). */
#include <nettle/aes.h>
#include <nettle/gcm.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <string.h>

#include "pcap-tests/unit/seal_quic.h"

static const char *salt_of(uint32_t version)
{
	switch (version) {
	case QUIC_V2:
		return "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93"
		       "\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9";
	case QUIC_DRAFT_29:
		return "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97"
		       "\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99";
	default:
		return "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17"
		       "\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a";
	}
}

static void expand(const uint8_t *secret, const char *label, uint8_t *ret,
		   size_t len)
{
	struct hmac_sha256_ctx ctx;
	uint8_t info[64] = { 0 };
	size_t n = strlen(label);

	info[1] = (uint8_t)len;
	info[2] = (uint8_t)(6 + n);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, n);
	hmac_sha256_set_key(&ctx, 32, secret);
	hkdf_expand(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
		    (nettle_hash_digest_func *)hmac_sha256_digest, 32, 10 + n,
		    info, len, ret);
}

static void keys_of(const struct seal *seal, uint8_t key[16], uint8_t iv[12],
		    uint8_t mask_key[16])
{
	const char *dcid = seal->key_dcid != NULL ? seal->key_dcid :
						    seal->dcid;
	int v2 = seal->version == QUIC_V2;
	uint8_t secret[32], client[32];
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, 20, (const uint8_t *)salt_of(seal->version));
	hkdf_extract(&ctx, (nettle_hash_update_func *)hmac_sha256_update,
		     (nettle_hash_digest_func *)hmac_sha256_digest, 32, 8,
		     (const uint8_t *)dcid, secret);
	expand(secret, "client in", client, 32);
	expand(client, v2 ? "quicv2 key" : "quic key", key, 16);
	expand(client, v2 ? "quicv2 iv" : "quic iv", iv, 12);
	expand(client, v2 ? "quicv2 hp" : "quic hp", mask_key, 16);
}

size_t seal_crypto(uint8_t *to, size_t offset, const void *data, size_t len)
{
	to[0] = 0x06;
	to[1] = (uint8_t)(0x40 | offset >> 8);
	to[2] = (uint8_t)offset;
	to[3] = (uint8_t)(0x40 | len >> 8);
	to[4] = (uint8_t)len;
	memcpy(to + 5, data, len);
	return 5 + len;
}

static size_t header_of(const struct seal *seal, size_t sealed_len,
			uint8_t *to)
{
	uint32_t version = seal->version;
	size_t rest = 4 + sealed_len;

	to[0] = seal->version == QUIC_V2 ? 0xd3 : 0xc3;
	if (seal->greased)
		to[0] &= (uint8_t)~0x40;
	for (int i = 0; i < 4; i++)
		to[1 + i] = (uint8_t)(version >> (24 - 8 * i));
	to[5] = 8;
	memcpy(to + 6, seal->dcid, 8);
	to[14] = 0;
	to[15] = 0;
	to[16] = (uint8_t)(0x40 | rest >> 8);
	to[17] = (uint8_t)rest;
	for (int i = 0; i < 4; i++)
		to[18 + i] = (uint8_t)(seal->number >> (24 - 8 * i));
	return 22;
}

size_t seal_initial(const struct seal *seal, const void *frames, size_t len,
		    uint8_t *to)
{
	uint8_t key[16], iv[12], mask_key[16], mask[16], plain[2048] = { 0 };
	struct gcm_aes128_ctx gcm;
	struct aes128_ctx aes;
	size_t at;

	memcpy(plain, frames, len);
	if (seal->pad_to > 22 + len + 16)
		len = seal->pad_to - 22 - 16;
	keys_of(seal, key, iv, mask_key);
	at = header_of(seal, len + 16, to);
	for (int i = 0; i < 4; i++)
		iv[11 - i] ^= (uint8_t)(seal->number >> 8 * i);
	gcm_aes128_set_key(&gcm, key);
	gcm_aes128_set_iv(&gcm, 12, iv);
	gcm_aes128_update(&gcm, at, to);
	gcm_aes128_encrypt(&gcm, len, to + at, plain);
	gcm_aes128_digest(&gcm, 16, to + at + len);

	aes128_set_encrypt_key(&aes, mask_key);
	aes128_encrypt(&aes, 16, mask, to + at);
	to[0] ^= mask[0] & 0x0f;
	for (int i = 0; i < 4; i++)
		to[at - 4 + i] ^= mask[1 + i];
	return at + len + 16;
}
