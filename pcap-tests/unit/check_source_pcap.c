/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_source_pcap.c - read valid and damaged capture files. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/replay/source_pcap.h"
#include "hex.h"
#include "unit.h"

#define MACS "020000000002 020000000001 "
#define IP_UDP "4500 001c 0001 4000 4011 0000 0a000001 0a000002 " \
	       "1388 1389 0008 0000"
#define FRAME MACS "0800 " IP_UDP			/* 42 bytes */
#define ARP MACS "0806 0001 0800 0604 0001"		/* 22 bytes */

#define PCAP_LITTLE "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000 "
#define PCAP_BIG "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001 "
#define PCAP_NANO "4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000 "
#define RECORD "01000000 02000000 2a000000 3c000000 " FRAME

#define SECTION "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 " \
		"ffffffffffffffff 1c000000 "
#define SECTION_BIG "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 " \
		    "ffffffffffffffff 0000001c "
#define ETHERNET "01000000 14000000 0100 0000 00000400 14000000 "
#define SHORTER "01000000 14000000 0100 0000 ffff0000 14000000 "
#define RAW_NANO "01000000 20000000 6500 0000 00000000 0900 0100 09000000 " \
		 "0000 0000 20000000 "
#define USB "01000000 14000000 dc00 0000 00000000 14000000 "
#define TICKS "00000000 42420f00 "		/* 1.000002 s in us */
#define PACKET(id) "06000000 4c000000 " id TICKS "2a000000 3c000000 " \
		   FRAME " 0000 4c000000 "
#define NAMES "04000000 10000000 00000000 10000000 "

struct row {
	const char *name;
	const char *hex;
	const char *filter;
	int frames;		/* -errno: opening fails */
	int end;		/* result after the last frame */
	const char *says;
};

static const struct row rows[] = {
	{ "pcap", PCAP_LITTLE RECORD RECORD, NULL, 2, 0, NULL },
	{ "no frames", PCAP_LITTLE, NULL, 0, 0, NULL },
	{ "byte order swapped",
	  PCAP_BIG "00000001 00000002 0000002a 0000003c " FRAME, NULL, 1, 0,
	  NULL },
	{ "truncated packet", PCAP_LITTLE RECORD "01000000 02000000 "
	  "2a000000 3c000000 0200", NULL, 1, -EIO, "damaged after frame 1" },
	{ "truncated record", PCAP_LITTLE RECORD "01000000 02", NULL, 1, -EIO,
	  "damaged after frame 1" },
	{ "truncated header", "d4c3b2a1 0200 04", NULL, -EINVAL, 0,
	  "damaged" },
	{ "invalid length", PCAP_LITTLE "01000000 02000000 ffffff7f ffffff7f ",
	  NULL, 0, -EIO, "damaged after frame 0" },
	{ "empty file", "", NULL, -EINVAL, 0, "empty" },
	{ "not a capture", "2320 6120 706f 6c69 6379 2068 6572 650a", NULL,
	  -EINVAL, 0, "not a pcap" },
	{ "gzip header only", "1f8b 0800 00000000", NULL, -EIO, 0,
	  "the gzip data is truncated at byte 8" },
	{ "compressed by xz", "fd37 7a58 5a00", NULL, -EINVAL, 0, "xz -dc" },
	{ "unsupported link type",
	  "d4c3b2a1 0200 0400 00000000 00000000 00000400 "
	  "dc000000", NULL, -EINVAL, 0, "USB_LINUX_MMAPPED" },
	{ "filter", PCAP_LITTLE RECORD RECORD, "udp port 5001", 2, 0, NULL },
	{ "filter, none", PCAP_LITTLE RECORD RECORD, "tcp", 0, 0, NULL },
	{ "filter, wrong", PCAP_LITTLE RECORD, "prot udp", -EINVAL, 0,
	  "filter \"prot udp\"" },
	{ "pcapng", SECTION ETHERNET PACKET("00000000 "), NULL, 1, 0, NULL },
	{ "pcapng, name resolution block", SECTION ETHERNET PACKET("00000000 ")
	  NAMES PACKET("00000000 "), NULL, 2, 0, NULL },
	{ "pcapng, snap lengths differ", SECTION ETHERNET SHORTER
	  PACKET("01000000 ") PACKET("00000000 "), NULL, 2, 0, NULL },
	{ "pcapng, two sections", SECTION ETHERNET PACKET("00000000 ")
	  SECTION ETHERNET PACKET("00000000 "), NULL, 2, 0, NULL },
	{ "pcapng, swapped", SECTION_BIG "00000001 00000014 0001 0000 00000000 "
	  "00000014 00000006 0000004c 00000000 00000000 000f4242 "
	  "0000002a 0000003c " FRAME " 0000 0000004c", NULL, 1, 0, NULL },
	{ "pcapng, simple", SECTION ETHERNET "03000000 3c000000 2a000000 "
	  FRAME " 0000 3c000000", NULL, 1, 0, NULL },
	{ "pcapng, obsolete", SECTION ETHERNET "02000000 4c000000 0000 ffff "
	  TICKS "2a000000 3c000000 " FRAME " 0000 4c000000", NULL, 1, 0, NULL },
	{ "pcapng, no frames", SECTION, NULL, 0, 0, NULL },
	{ "pcapng, filter", SECTION ETHERNET USB PACKET("00000000 ")
	  PACKET("01000000 "), "udp", 1, 0, NULL },
	{ "pcapng, filter, wrong", SECTION ETHERNET PACKET("00000000 "),
	  "ports 1", -EINVAL, 0, "filter" },
	{ "pcapng, filter, no frames", SECTION, "ports 1", -EINVAL, 0,
	  "filter" },
	{ "pcapng, unsupported link type", SECTION USB PACKET("00000000 "),
	  NULL, -EINVAL, 0, "USB" },
	{ "pcapng, no such interface", SECTION ETHERNET PACKET("00000000 ")
	  PACKET("01000000 "), NULL, 1, -EIO, "undefined interface" },
	{ "pcapng, cut", SECTION ETHERNET PACKET("00000000 ")
	  "06000000 4c000000 0000", NULL, 1, -EIO, "within a block" },
	{ "pcapng, truncated type", SECTION ETHERNET PACKET("00000000 ")
	  "0600", NULL, 1, -EIO, "within a block" },
	{ "pcapng, block of 8", SECTION ETHERNET PACKET("00000000 ")
	  "06000000 08000000", NULL, 1, -EIO, "invalid length" },
	{ "pcapng, block of 4 GiB", SECTION ETHERNET PACKET("00000000 ")
	  "06000000 fcffffff", NULL, 1, -EIO, "invalid length" },
	{ "pcapng, packet longer than its block", SECTION ETHERNET
	  PACKET("00000000 ") "06000000 20000000 00000000 " TICKS
	  "01000000 01000000 20000000", NULL, 1, -EIO, "longer than" },
	{ "pcapng, no byte order", "0a0d0d0a 1c000000 01020304", NULL, -EINVAL,
	  0, "byte order" },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static char dir[] = "/tmp/waymark-pcap-XXXXXX";
static char path[sizeof(dir) + 16];

static void state_dir_make(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/input.pcap", dir);
}

static void dir_remove(void)
{
	unlink(path);
	rmdir(dir);
}

static void write_file(const char *hex)
{
	size_t len;
	uint8_t *bytes = hex_bytes(hex, &len);
	FILE *file = fopen(path, "wb");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
	free(bytes);
}

static void assert_says(const char *error, const char *what)
{
	ck_assert_msg(strstr(error, what) != NULL, "%s", error);
	ck_assert_msg(strstr(error, "input.pcap: ") != NULL, "%s", error);
}

START_TEST(file)
{
	const struct row *row = &rows[_i];
	char error[SOURCE_ERROR_MAX] = "";
	struct source_pcap *source = NULL;
	struct source_frame frame;
	int i, rc;

	write_file(row->hex);
	rc = source_pcap_open(path, row->filter, &source, error);
	if (row->frames < 0) {
		ck_assert_msg(rc == row->frames, "%s: %d", row->name, rc);
		ck_assert_ptr_null(source);
		assert_says(error, row->says);
		return;
	}
	ck_assert_msg(rc == 0, "%s: %s", row->name, error);
	for (i = 0; i < row->frames; i++) {
		rc = source_pcap_next(source, &frame, error);
		ck_assert_msg(rc == 1, "%s: %s", row->name, error);
		ck_assert_int_eq(frame.packet.status, DECODE_OK);
		ck_assert_uint_eq(frame.packet.dport, 5001);
		ck_assert_uint_eq(frame.number, i + 1);
	}
	rc = source_pcap_next(source, &frame, error);
	ck_assert_msg(rc == row->end, "%s: %d", row->name, rc);
	if (row->says != NULL)
		assert_says(error, row->says);
	source_pcap_close(source);
}
END_TEST

static struct source_pcap *opened(const char *hex, const char *filter)
{
	char error[SOURCE_ERROR_MAX] = "";
	struct source_pcap *source = NULL;

	write_file(hex);
	ck_assert_msg(source_pcap_open(path, filter, &source, error) == 0,
		      "%s", error);
	return source;
}

static struct source_frame next(struct source_pcap *source)
{
	char error[SOURCE_ERROR_MAX] = "";
	struct source_frame frame;

	memset(&frame, 0xa5, sizeof(frame));
	ck_assert_msg(source_pcap_next(source, &frame, error) == 1, "%s",
		      error);
	return frame;
}

static const struct {
	const char *name;
	const char *hex;
	uint64_t time_ns;
} times[] = {
	{ "microseconds", PCAP_LITTLE RECORD, 1000002000 },
	{ "nanoseconds", PCAP_NANO RECORD, 1000000002 },
	{ "pcapng", SECTION ETHERNET PACKET("00000000 "), 1000002000 },
	{ "pcapng, nanoseconds", SECTION ETHERNET RAW_NANO
	  "06000000 3c000000 01000000 00000000 02ca9a3b 1c000000 1c000000 "
	  IP_UDP " 3c000000", 1000000002 },
	{ "pcapng, power of two and offset", SECTION
	  "01000000 28000000 0100 0000 00000000 0900 0100 8a000000 "
	  "0e00 0800 0a00000000000000 28000000 "
	  "06000000 4c000000 00000000 00000000 00060000 2a000000 2a000000 "
	  FRAME " 0000 4c000000", 11500000000 },
	{ "pcapng, picoseconds", SECTION
	  "01000000 1c000000 0100 0000 00000000 0900 0100 0c000000 1c000000 "
	  "06000000 4c000000 00000000 e8000000 00a5d4e8 2a000000 2a000000 "
	  FRAME " 0000 4c000000", 1000338662 },
	{ "pcapng, resolution too fine", SECTION
	  "01000000 1c000000 0100 0000 00000000 0900 0100 40000000 1c000000 "
	  "06000000 4c000000 00000000 e8000000 00a5d4e8 2a000000 2a000000 "
	  FRAME " 0000 4c000000", 0 },
};

START_TEST(time)
{
	struct source_pcap *source = opened(times[_i].hex, NULL);
	struct source_frame frame = next(source);

	ck_assert_msg(frame.packet.time_ns == times[_i].time_ns, "%s: %llu",
		      times[_i].name,
		      (unsigned long long)frame.packet.time_ns);
	source_pcap_close(source);
}
END_TEST

START_TEST(time_runs_back)
{
	struct source_pcap *source = opened(PCAP_LITTLE
		"05000000 00000000 2a000000 2a000000 " FRAME RECORD
		"06000000 00000000 2a000000 2a000000 " FRAME, NULL);

	ck_assert_uint_eq(next(source).packet.time_ns, 5000000000);
	ck_assert_uint_eq(next(source).packet.time_ns, 5000000000);
	ck_assert_uint_eq(next(source).packet.time_ns, 6000000000);
	source_pcap_close(source);
}
END_TEST

START_TEST(frame_fields)
{
	struct source_pcap *source = opened(PCAP_LITTLE
		"01000000 00000000 16000000 16000000 " ARP
		"01000000 00000000 2e000000 40000000 " MACS "8100 0007 0800 "
		IP_UDP RECORD, NULL);
	struct source_frame frame = next(source);

	ck_assert_int_eq(frame.packet.status, DECODE_NOT_IP);
	ck_assert_uint_eq(frame.packet.family, 0);
	ck_assert(!frame.packet.has_ports);
	frame = next(source);
	ck_assert_int_eq(frame.packet.status, DECODE_OK);
	ck_assert_uint_ne(frame.vlan, 0);
	ck_assert_uint_eq(frame.wire_len, 64);
	ck_assert_uint_eq(frame.packet.len, 28);
	ck_assert_uint_eq(frame.packet.ifindex, 0);
	ck_assert_uint_eq(frame.packet.mark, 0);
	frame = next(source);
	ck_assert_uint_eq(frame.vlan, 0);
	ck_assert_uint_eq(frame.number, 3);
	source_pcap_close(source);
}
END_TEST

/* A frame of an unsupported link type only has its number. */
START_TEST(mixed_link_types)
{
	struct source_pcap *source = opened(SECTION USB ETHERNET
		PACKET("00000000 ") PACKET("01000000 "), NULL);
	struct source_frame frame = next(source);

	ck_assert_int_eq(frame.packet.status, DECODE_NOT_IP);
	frame = next(source);
	ck_assert_int_eq(frame.packet.status, DECODE_OK);
	ck_assert_uint_eq(frame.number, 2);
	source_pcap_close(source);
}
END_TEST

/* Frame numbers count filtered frames, too. */
START_TEST(numbers_of_the_file)
{
	struct source_pcap *source = opened(PCAP_LITTLE
		"01000000 00000000 16000000 16000000 " ARP RECORD, "udp");

	ck_assert_uint_eq(next(source).number, 2);
	source_pcap_close(source);
}
END_TEST

START_TEST(from_standard_input)
{
	char error[SOURCE_ERROR_MAX] = "";
	struct source_pcap *source = NULL;
	int round;

	write_file(PCAP_LITTLE RECORD);
	ck_assert_ptr_nonnull(freopen(path, "rb", stdin));
	ck_assert_int_eq(source_pcap_open("-", NULL, &source, error), 0);
	ck_assert_uint_eq(next(source).number, 1);
	source_pcap_close(source);
	for (round = 0; round < 2; round++) {
		ck_assert_int_lt(source_pcap_open("-", NULL, &source, error),
				 0);
		ck_assert_ptr_nonnull(strstr(error, "standard input: "));
	}
}
END_TEST

START_TEST(no_file)
{
	char error[SOURCE_ERROR_MAX] = "";
	struct source_pcap *source = NULL;

	ck_assert_int_eq(source_pcap_open(path, NULL, &source, error), -ENOENT);
	assert_says(error, "No such file");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(source_pcap_open(path, NULL, &source, error), -EISDIR);
	assert_says(error, "directory");
	rmdir(path);
	ck_assert_ptr_null(source);
	source_pcap_close(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source_pcap");
	TCase *tc = tcase_create("source_pcap");

	tcase_add_checked_fixture(tc, state_dir_make, dir_remove);
	tcase_add_loop_test(tc, file, 0, ROW_COUNT);
	tcase_add_loop_test(tc, time, 0, ROWS(times));
	tcase_add_test(tc, time_runs_back);
	tcase_add_test(tc, frame_fields);
	tcase_add_test(tc, mixed_link_types);
	tcase_add_test(tc, numbers_of_the_file);
	tcase_add_test(tc, from_standard_input);
	tcase_add_test(tc, no_file);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
