/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_source_batch.c - read batches with one thread and with two. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/replay/source_batch.h"
#include "engine/replay/source_input.h"
#include "packets.h"
#include "unit.h"

#define FILE_HEADER 24
#define RECORD_HEADER 16
#define LEN_MAX 200000

static char path[] = "/tmp/check_source_batch.XXXXXX";

static void file_make(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void file_remove(void)
{
	unlink(path);
}

/* The length of frame `i`, and the value of its payload bytes. */
static uint32_t len_of(size_t i, uint32_t max)
{
	return i % 500 == 99 ? max : 28 + (uint32_t)(i * 7 % 1400);
}

static void frame_make(uint8_t *bytes, size_t i, uint32_t len)
{
	const struct test_packet test_packet = {
		.proto = IPPROTO_UDP, .sport = (uint16_t)i,
	};

	packets_bytes(&test_packet, bytes);
	memset(bytes + 28, (int)(i % 251), len - 28);
	bytes[2] = 0;			/* as left by offload */
	bytes[3] = 0;
	bytes[24] = 0;
	bytes[25] = 0;
}

/* Raw IP; the last `cut` bytes are missing. */
static void write_capture(FILE *file, size_t count, uint32_t max, long cut)
{
	static uint8_t bytes[LEN_MAX];
	pcap_t *pcap = pcap_open_dead(DLT_RAW, LEN_MAX);
	pcap_dumper_t *dumper = pcap_dump_fopen(pcap, file);

	ck_assert_ptr_nonnull(dumper);
	for (size_t i = 0; i < count; i++) {
		struct pcap_pkthdr header = {
			.ts.tv_sec = (time_t)(1000 + i),
			.caplen = len_of(i, max),
			.len = len_of(i, max),
		};

		frame_make(bytes, i, header.caplen);
		pcap_dump((u_char *)dumper, &header, bytes);
	}
	ck_assert_int_eq(pcap_dump_flush(dumper), 0);
	if (cut > 0)
		ck_assert_int_eq(ftruncate(fileno(file), ftell(file) - cut), 0);
	pcap_dump_close(dumper);
	pcap_close(pcap);
}

static const struct {
	const char *name;
	size_t count;
	uint32_t max;
	long cut;
	int end;
} rows[] = {
	{ "none", 0, 0, 0, 0 },
	{ "one", 1, 100, 0, 0 },
	{ "full batch", 256, 100, 0, 0 },
	{ "many", 5000, 1500, 0, 0 },
	{ "larger than a batch", 1500, LEN_MAX, 0, 0 },
	{ "truncated first batch", 1, 0, 10, -EIO },
	{ "truncated later batch", 1000, 100, 10, -EIO },
};

static void assert_frame(const struct source_frame *frame, size_t i,
			 uint32_t max)
{
	const struct packet *pkt = &frame->packet;
	uint32_t len = len_of(i, max);

	ck_assert_uint_eq(frame->number, i + 1);
	ck_assert_uint_eq(frame->wire_len, len);
	ck_assert_uint_eq(pkt->time_ns, (1000 + i) * 1000000000u);
	ck_assert_uint_eq(pkt->len, len);
	ck_assert_int_eq(pkt->status, DECODE_OK);
	ck_assert_uint_eq(pkt->sport, (uint16_t)i != 0 ? (uint16_t)i : 40000);
	for (uint32_t at = 28; at < len; at += 97)
		ck_assert_uint_eq(pkt->data[at], i % 251);
}

START_TEST(frames)
{
	size_t row = (size_t)_i / 2, seen = 0;
	char error[SOURCE_ERROR_MAX] = "";
	struct source_batches *batches;
	struct source_frame *frame;
	struct source_pcap *source;
	int count;

	write_capture(fopen(path, "wb"), rows[row].count, rows[row].max,
		      rows[row].cut);
	ck_assert_int_eq(source_pcap_open(path, NULL, &source, error), 0);
	ck_assert_int_eq(source_batches_new(source, _i % 2, 256, &batches), 0);
	while ((count = source_batches_next(batches, &frame, error)) > 0)
		for (int i = 0; i < count; i++)
			assert_frame(&frame[i], seen++, rows[row].max);
	ck_assert_msg(count == rows[row].end, "%s: %d", rows[row].name, count);
	ck_assert_uint_eq(seen, rows[row].count - (rows[row].cut > 0));
	if (count < 0)
		ck_assert_ptr_nonnull(strstr(error, "damaged after frame"));
	source_batches_free(batches);
	source_pcap_close(source);
}
END_TEST

/* A writer that pauses: the frames so far arrive, and source_batch_free() does
 * not wait for more. */
START_TEST(slow_pipe)
{
	char error[SOURCE_ERROR_MAX] = "";
	struct source_batches *batches;
	struct source_frame *frame;
	struct source_pcap *source;
	size_t seen = 0;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	write_capture(fdopen(dup(ends[1]), "wb"), 20, 100, 0);
	ck_assert_int_eq(source_pcap_open("-", NULL, &source, error), 0);
	ck_assert_int_eq(source_batches_new(source, _i, 256, &batches), 0);
	while (seen < 20) {
		int count = source_batches_next(batches, &frame, error);

		ck_assert_int_gt(count, 0);
		for (int i = 0; i < count; i++)
			assert_frame(&frame[i], seen++, 100);
	}
	source_batches_free(batches);
	source_pcap_close(source);
}
END_TEST

/* Free while batches are still unread. */
START_TEST(freed_early)
{
	char error[SOURCE_ERROR_MAX] = "";
	struct source_batches *batches;
	struct source_frame *frame;
	struct source_pcap *source;

	write_capture(fopen(path, "wb"), 5000, 1500, 0);
	ck_assert_int_eq(source_pcap_open(path, NULL, &source, error), 0);
	ck_assert_int_eq(source_batches_new(source, true, 256, &batches), 0);
	if (_i > 0)
		ck_assert_int_gt(source_batches_next(batches, &frame, error),
				 0);
	source_batches_free(batches);
	ck_assert_uint_gt(source_input_size(source_pcap_input(source)),
			  FILE_HEADER + 5000 * RECORD_HEADER);
	source_pcap_close(source);
	source_batches_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source_batch");
	TCase *tc = tcase_create("source_batch");

	tcase_add_checked_fixture(tc, file_make, file_remove);
	tcase_add_loop_test(tc, frames, 0, 2 * ROWS(rows));
	tcase_add_loop_test(tc, slow_pipe, 0, 2);
	tcase_add_loop_test(tc, freed_early, 0, 2);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
