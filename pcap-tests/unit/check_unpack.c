/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_unpack.c - decompress captures: complete, in pieces, damaged. */
#include <lz4frame.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "engine/replay/source_pcap.h"
#include "engine/replay/unpack.h"
#include "unit.h"

#define FRAMES 200
#define FRAME_LEN 60
#define RECORD (16 + FRAME_LEN)
#define PLAIN (24 + FRAMES * RECORD)
#define PACKED_MAX (2 * PLAIN + 4096)

static const char *const names[] = { "gzip", "zstd", "lz4" };
static uint8_t plain[PLAIN], packed[PACKED_MAX];
static size_t second_member;

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Raw IP that does not compress well. */
static void make_plain(void)
{
	uint32_t random = 1;

	put32(plain, 0xa1b2c3d4);
	put32(plain + 4, 4 << 16 | 2);
	put32(plain + 16, 65535);
	put32(plain + 20, 101);
	for (size_t i = 0; i < FRAMES; i++) {
		uint8_t *record = plain + 24 + i * RECORD;

		put32(record, (uint32_t)i);
		put32(record + 8, FRAME_LEN);
		put32(record + 12, FRAME_LEN);
		for (size_t n = 0; n < FRAME_LEN; n++) {
			random = random * 1103515245 + 12345;
			record[16 + n] = (uint8_t)(random >> 16);
		}
		record[16] = 0x45;
	}
}

static size_t pack_gzip(const uint8_t *data, size_t len, uint8_t *out)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)data,
		       .avail_in = (uInt)len, .next_out = out,
		       .avail_out = PACKED_MAX / 2 };

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
				      Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

/* Compress in two members, split in the middle. */
static size_t pack(int format)
{
	static const size_t half = PLAIN / 2;
	size_t len[2] = { 0, 0 }, at = 0;

	for (int i = 0; i < 2; i++) {
		const uint8_t *data = plain + (i == 0 ? 0 : half);
		size_t data_len = i == 0 ? half : PLAIN - half;
		size_t room = PACKED_MAX - at;

		if (format == 0)
			len[i] = pack_gzip(data, data_len, packed + at);
		else if (format == 1)
			len[i] = ZSTD_compress(packed + at, room, data,
					       data_len, 3);
		else
			len[i] = LZ4F_compressFrame(packed + at, room, data,
						    data_len, NULL);
		ck_assert_uint_lt(len[i], room);
		second_member = at;
		at += len[i];
	}
	return at;
}

/* Write the first `len` compressed bytes and count the frames read back. */
static int frames_of(size_t len, char *error)
{
	char path[] = "/tmp/check_unpack.XXXXXX";
	int fd = mkstemp(path), rc, frames = 0;
	struct source_pcap *source;
	struct source_frame frame;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, packed, len), (ssize_t)len);
	close(fd);
	rc = source_pcap_open(path, NULL, &source, error);
	unlink(path);
	if (rc < 0)
		return rc;
	while ((rc = source_pcap_next(source, &frame, error)) > 0) {
		const uint8_t *want = plain + 24 + (size_t)frames * RECORD;

		ck_assert_uint_eq(frame.wire_len, FRAME_LEN);
		ck_assert_int_eq(memcmp(frame.packet.data, want + 16,
					FRAME_LEN), 0);
		frames++;
	}
	if (rc == 0)
		error[0] = '\0';
	source_pcap_close(source);
	return frames;
}

START_TEST(two_members)
{
	char error[SOURCE_ERROR_MAX] = "";

	make_plain();
	ck_assert_int_eq(frames_of(pack(_i), error), FRAMES);
	ck_assert_str_eq(error, "");
}
END_TEST

/* Frames before the damage count; the error names the format and the byte. */
START_TEST(truncated)
{
	char error[SOURCE_ERROR_MAX], want[80];
	size_t len;
	int latest = 0;

	make_plain();
	len = pack(_i);
	for (size_t n = 8; n < len; n += 97) {
		int frames;

		error[0] = '\0';
		frames = frames_of(n, error);
		snprintf(want, sizeof(want), "the %s data is truncated at "
			 "byte %zu", names[_i], n);
		/* At the boundary of the two members, only frames are
		 * missing. */
		ck_assert_msg(strstr(error, want) != NULL ||
			      strstr(error, "damaged after frame") != NULL,
			      "%zu: %s", n, error);
		ck_assert_int_ge(frames < 0 ? 0 : frames, latest);
		latest = frames < 0 ? 0 : frames;
	}
	ck_assert_int_ge(latest, FRAMES / 2 - 1);
}
END_TEST

START_TEST(damaged)
{
	char error[SOURCE_ERROR_MAX] = "";
	size_t len;

	make_plain();
	len = pack(_i);
	memset(packed + second_member, 0xff, 4);
	ck_assert_int_eq(frames_of(len, error), FRAMES / 2 - 1);
	ck_assert_ptr_nonnull(strstr(error, names[_i]));
	ck_assert_ptr_nonnull(strstr(error, "is damaged at byte"));
}
END_TEST

/* Damage is detected or harmless; nothing is read past the end. */
START_TEST(each_byte_changed)
{
	uint8_t out[512];
	size_t len;

	make_plain();
	len = pack(_i);
	for (size_t n = 0; n < len; n += 7) {
		struct unpack *unpack = unpack_new(packed);
		struct unpack_io io = { .in_len = len };
		uint8_t *copy = malloc(len);

		memcpy(copy, packed, len);
		copy[n] ^= 0x55;
		io.in = copy;
		for (int calls = 0; calls < 1000; calls++) {
			size_t left = io.in_len;

			io.out = out;
			io.out_len = sizeof(out);
			if (!unpack_run(unpack, &io) ||
			    (io.in_len == left && io.out_len == sizeof(out)))
				break;
		}
		free(copy);
		unpack_free(unpack);
	}
}
END_TEST

START_TEST(gzip_with_zeros_behind)
{
	char error[SOURCE_ERROR_MAX] = "";
	size_t len;

	make_plain();
	len = pack(0);
	memset(packed + len, 0, 100);
	ck_assert_int_eq(frames_of(len + 100, error), FRAMES);
	ck_assert_str_eq(error, "");
}
END_TEST

START_TEST(formats)
{
	ck_assert_ptr_null(unpack_format((const uint8_t *)"\xd4\xc3\xb2\xa1"));
	ck_assert_ptr_null(unpack_format((const uint8_t *)"\x1f\x9d\x90"));
	ck_assert_ptr_null(unpack_new((const uint8_t *)"BZh9"));
	unpack_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("unpack");
	TCase *tcase = tcase_create("files");

	tcase_add_loop_test(tcase, two_members, 0, ROWS(names));
	tcase_add_loop_test(tcase, truncated, 0, ROWS(names));
	tcase_add_loop_test(tcase, damaged, 0, ROWS(names));
	tcase_add_loop_test(tcase, each_byte_changed, 0, ROWS(names));
	tcase_add_test(tcase, gzip_with_zeros_behind);
	tcase_add_test(tcase, formats);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
