/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unpack.c - decompress with zlib, libzstd and liblz4. */
#include "engine/replay/unpack.h"

#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define GZIP_BITS (16 + MAX_WBITS)	/* inflateInit2(): gzip headers only */

struct format {
	const char *name;
	uint8_t magic[UNPACK_MAGIC];
	size_t magic_len;
	bool (*init)(struct unpack *unpack);
	void (*fini)(struct unpack *unpack);
	bool (*run)(struct unpack *unpack, struct unpack_io *io);
};

struct unpack {
	const struct format *format;
	bool may_end;
	z_stream gzip;
	ZSTD_DStream *zstd;
	LZ4F_dctx *lz4;
};

static bool gzip_init(struct unpack *unpack)
{
	return inflateInit2(&unpack->gzip, GZIP_BITS) == Z_OK;
}

static void gzip_fini(struct unpack *unpack)
{
	inflateEnd(&unpack->gzip);
}

static bool gzip_run(struct unpack *unpack, struct unpack_io *io)
{
	z_stream *z = &unpack->gzip;
	int rc;

	/* Tapes and the like pad the last member with zeros (gzip(1)). */
	while (unpack->may_end && io->in_len > 0 && io->in[0] == 0) {
		io->in++;
		io->in_len--;
	}
	if (io->in_len == 0 && unpack->may_end)
		return true;
	z->next_in = (uint8_t *)(uintptr_t)io->in;
	z->avail_in = (uInt)io->in_len;
	z->next_out = io->out;
	z->avail_out = (uInt)io->out_len;
	unpack->may_end = false;
	rc = inflate(z, Z_NO_FLUSH);
	io->in = z->next_in;
	io->in_len = z->avail_in;
	io->out = z->next_out;
	io->out_len = z->avail_out;
	if (rc == Z_STREAM_END) {
		unpack->may_end = true;
		return inflateReset(z) == Z_OK;
	}
	return rc == Z_OK || rc == Z_BUF_ERROR;
}

static bool zstd_init(struct unpack *unpack)
{
	unpack->zstd = ZSTD_createDStream();
	return unpack->zstd != NULL;
}

static void zstd_fini(struct unpack *unpack)
{
	ZSTD_freeDStream(unpack->zstd);
}

static bool zstd_run(struct unpack *unpack, struct unpack_io *io)
{
	ZSTD_inBuffer in = { io->in, io->in_len, 0 };
	ZSTD_outBuffer out = { io->out, io->out_len, 0 };
	size_t rc = ZSTD_decompressStream(unpack->zstd, &out, &in);

	if (ZSTD_isError(rc))
		return false;
	/* Called without input after a frame, it asks for the next one. */
	if (in.pos > 0 || out.pos > 0)
		unpack->may_end = rc == 0;
	io->in += in.pos;
	io->in_len -= in.pos;
	io->out += out.pos;
	io->out_len -= out.pos;
	return true;
}

static bool lz4_init(struct unpack *unpack)
{
	return !LZ4F_isError(LZ4F_createDecompressionContext(&unpack->lz4,
							     LZ4F_VERSION));
}

static void lz4_fini(struct unpack *unpack)
{
	LZ4F_freeDecompressionContext(unpack->lz4);
}

static bool lz4_run(struct unpack *unpack, struct unpack_io *io)
{
	size_t in = io->in_len, out = io->out_len;
	size_t rc = LZ4F_decompress(unpack->lz4, io->out, &out, io->in, &in,
				    NULL);

	if (LZ4F_isError(rc))
		return false;
	if (in > 0 || out > 0)
		unpack->may_end = rc == 0;
	io->in += in;
	io->in_len -= in;
	io->out += out;
	io->out_len -= out;
	return true;
}

static const struct format formats[] = {
	{ "gzip", { 0x1f, 0x8b, 0x08 }, 3, gzip_init, gzip_fini, gzip_run },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, zstd_init, zstd_fini,
	  zstd_run },
	{ "lz4", { 0x04, 0x22, 0x4d, 0x18 }, 4, lz4_init, lz4_fini, lz4_run },
};

static const struct format *format_of(const uint8_t *magic)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (memcmp(magic, formats[i].magic, formats[i].magic_len) == 0)
			return &formats[i];
	return NULL;
}

const char *unpack_format(const uint8_t *magic)
{
	const struct format *format = format_of(magic);

	return format != NULL ? format->name : NULL;
}

struct unpack *unpack_new(const uint8_t *magic)
{
	struct unpack *unpack = calloc(1, sizeof(*unpack));

	if (unpack == NULL)
		return NULL;
	unpack->format = format_of(magic);
	if (unpack->format == NULL || !unpack->format->init(unpack)) {
		free(unpack);
		return NULL;
	}
	return unpack;
}

void unpack_free(struct unpack *unpack)
{
	if (unpack == NULL)
		return;
	unpack->format->fini(unpack);
	free(unpack);
}

bool unpack_run(struct unpack *unpack, struct unpack_io *io)
{
	return unpack->format->run(unpack, io);
}

bool unpack_may_end(const struct unpack *unpack)
{
	return unpack->may_end;
}
