/* check_replay.c - small captures, and the flows and marks that they give. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/hints/hint.h"
#include "engine/replay.h"
#include "packets.h"
#include "unit.h"

#define STEPS 8
#define LONG_FLOWS 3000
#define UPLINKS "uplink a { dev a mark 1 }\nuplink m { dev m mark 2 masquerade }\n"
#define SYN .flags = TCP_SYN
#define SYNACK .flags = TCP_SYN | TCP_ACK, .back = true
#define ACK .flags = TCP_ACK
#define UDP .proto = IPPROTO_UDP
#define SSH ACK, .back = true, .seq = 1, DATA("SSH-2.0-x\r\n")
#define HTTP ACK, .seq = 1, DATA("GET / HTTP/1.1\r\nHost: Example.com\r\n\r\n")
#define DNS UDP, .dport = 53, DATA("\0\1\1\0\0\1\0\0\0\0\0\0" \
				   "\7example\3com\0\0\1\0\1")

/*
 * A flow in words: client port > server port, application, host, class, line,
 * first road > latest road, late, packets, settled, queued; "drop". Packets:
 * the road of each, upper case when settled, '-' unmarked, '!' dropped.
 */
static const struct row {
	const char *name;
	const char *policy;
	struct made packets[STEPS];
	const char *flows;
	const char *marks;
	bool is_error;			/* the last packet is an ICMP error */
	const char *interface;
} rows[] = {
	{ "settled by its headers, named all the same",
	  "class web = tcp dport 80\nroute web via a",
	  { { SYN }, { SYNACK }, { HTTP } },
	  "40000>80 http example.com web 4 1>1 0 3 1 0\n", "AAA", false, NULL },
	{ "the kernel leaves it to the engine", "offload off\n"
	  "class web = tcp dport 80\nroute web via a",
	  { { SYN }, { SYNACK }, { HTTP } },
	  "40000>80 http example.com web 5 1>1 0 3 1 1\n", "AAA", false, NULL },
	{ "what may still hold above", "route app ssh via m\nroute tcp via a",
	  { { SYN }, { SYNACK } },
	  "40000>80 - - - 4 1>1 0 2 0 2\n", "aa", false, NULL },
	{ "per packet, of a settled flow",
	  "route per packet dscp ef via m\nroute tcp via a",
	  { { SYN, .tos = 0xb8 }, { SYNACK, .tos = 0xb8 }, { ACK, .seq = 1 },
	    { ACK, .seq = 1, .tos = 0xb8 } },
	  "40000>80 - - - 4 1>1 0 4 1 0\n", "BAAB", false, NULL },
	{ "per packet, of one in inspection",
	  "route per packet dscp ef via m\nroute app ssh via a",
	  { { SYN, .tos = 0xb8 }, { SYNACK }, { SSH }, { ACK, .tos = 0xb8 } },
	  "40000>80 ssh - - 4 63>1 2 4 3 3\n", "bxAB", false, NULL },
	{ "per packet, dropped, and except", "route per packet dscp ef drop\n"
	  "route tcp via m except 192.168.1.9\nroute tcp via a",
	  { { SYN }, { SYNACK }, { ACK, .tos = 0xb8 }, { ACK } },
	  "40000>80 - - - 5 1>1 0 4 1 0\n", "AA!A", false, NULL },
	{ "per packet, not of who is exempt", "exempt from 192.168.1.9\n"
	  "route per packet tcp via m",
	  { { SYN }, { SYNACK } },
	  "40000>80 - - - -1 0>0 0 2 0 0 exempt\n", "--", false, NULL },
	{ "late, and moved", "route app ssh via a",
	  { { SYN }, { SYNACK }, { ACK, .seq = 1 }, { SSH }, { HTTP } },
	  "40000>80 ssh - - 3 63>1 2 5 4 4\n", "xxxAA", false, NULL },
	{ "late, and kept", "route app ssh via m",
	  { { SYN }, { SYNACK }, { SSH }, { ACK, .seq = 1 } },
	  "40000>80 ssh - - 3 63>63 1 4 3 3\n", "xxXX", false, NULL },
	{ "never known", "route app ssh via a",
	  { { SYN }, { SYNACK } },
	  "40000>80 - - - 0 63>63 0 2 0 2\n", "xx", false, NULL },
	{ "in time", "class names = app dns\nroute names via a",
	  { { DNS }, { DNS, .back = true } },
	  "40000>53 dns example.com names 4 1>1 0 2 1 1\n", "AA", false,
	  NULL },
	{ "exempt, named all the same", "exempt from 192.168.1.9",
	  { { SYN }, { SYNACK }, { HTTP } },
	  "40000>80 http example.com - -1 0>0 0 3 0 0 exempt\n", "---", false,
	  NULL },
	{ "exempt beside a strict uplink: main's mark, no more",
	  "uplink s { dev eth9 strict }\nexempt from 192.168.1.9",
	  { { SYN }, { SYNACK }, { HTTP } },
	  "40000>80 http example.com - -1 0>0 0 3 0 0 exempt\n", "xxx", false,
	  NULL },
	{ "multicast", "route udp via a",
	  { { UDP, .dst = "224.0.0.251", .sport = 5353, .dport = 5353,
	      DATA("x") } },
	  "5353>5353 - - - -1 0>0 0 1 0 0\n", "-", false, NULL },
	{ "broadcast", "route udp via a",
	  { { UDP, .dst = "255.255.255.255", DATA("x") } },
	  "40000>80 - - - -1 0>0 0 1 0 0\n", "-", false, NULL },
	{ "never valid", "",
	  { { .flags = TCP_FIN | TCP_ACK }, { .flags = TCP_RST } },
	  "40000>80 - - - -1 0>0 0 2 0 0\n", "--", false, NULL },
	{ "invalid first, picked up then", "route tcp dport 80 via a",
	  { { SYNACK }, { ACK, .seq = 1 }, { HTTP } },
	  "40000>80 http example.com - 3 1>1 0 3 2 0\n", "-AA", false, NULL },
	{ "dropped by its headers", "route tcp dport 80 drop",
	  { { SYN }, { SYN, .ms = 1000 }, { SYN, .ms = 9000 } },
	  "40000>80 - - - 3 62>62 0 3 1 0 drop\n", "!!!", false, NULL },
	{ "dropped late", "route app ssh drop",
	  { { SYN }, { SYNACK }, { SSH }, { ACK, .seq = 1 } },
	  "40000>80 ssh - - 3 63>62 2 4 3 3 drop\n", "xx!!", false, NULL },
	{ "the port used again after a reset", "route app ssh via a",
	  { { SYN }, { .flags = TCP_RST, .back = true },
	    { SYN, .seq = 50, .ms = 100 } },
	  "40000>80 - - - 0 63>63 0 2 0 2\n"
	  "40000>80 - - - 0 63>63 0 1 0 1\n", "xxx", false, NULL },
	{ "a UDP flow is forgotten", "",
	  { { UDP, DATA("x") }, { UDP, .back = true, DATA("x"), .ms = 40000 } },
	  "40000>80 - - - 0 63>63 0 1 1 0\n"
	  "80>40000 - - - 0 63>63 0 1 1 0\n", "XX", false, NULL },
	{ "an ICMP error counts to its flow", "route app ssh via a",
	  { { SYN }, { SYN } },
	  "40000>80 - - - 0 63>63 0 2 0 2\n", "xx", true, NULL },
	{ "also to a settled one", "route tcp via a",
	  { { SYN }, { SYN } },
	  "40000>80 - - - 3 1>1 0 2 1 0\n", "AA", true, NULL },
	{ "an ICMP error of nothing", "",
	  { { SYN } }, "0>0 - - - -1 0>0 0 1 0 0\n", "-", true, NULL },
	{ "by the interface", "route in eth0 via a", { { SYN } },
	  "40000>80 - - - 3 1>1 0 1 1 0\n", "A", false, "eth0" },
	{ "by another interface", "route in eth0 via a", { { SYN } },
	  "40000>80 - - - 0 63>63 0 1 1 0\n", "X", false, "eth1" },
	{ "by no interface", "route in eth0 via a", { { SYN } },
	  "40000>80 - - - 0 63>63 0 1 1 0\n", "X", false, NULL },
	{ "two flows, the first first", "",
	  { { SYN, .sport = 2 }, { SYN, .sport = 1 }, { SYNACK, .sport = 2 } },
	  "2>80 - - - 0 63>63 0 2 1 0\n1>80 - - - 0 63>63 0 1 1 0\n", "XXX",
	  false, NULL },
};

struct capture {
	char path[32];
	pcap_t *pcap;
	pcap_dumper_t *dumper;
};

static void capture_open(struct capture *capture)
{
	int fd;

	strcpy(capture->path, "/tmp/check_replay.XXXXXX");
	fd = mkstemp(capture->path);
	ck_assert_int_ge(fd, 0);
	capture->pcap = pcap_open_dead(DLT_RAW, 65535);
	capture->dumper = pcap_dump_fopen(capture->pcap, fdopen(fd, "wb"));
	ck_assert_ptr_nonnull(capture->dumper);
}

static void capture_add(struct capture *capture, uint32_t ms,
			const uint8_t *bytes, size_t len)
{
	struct pcap_pkthdr header = {
		.ts = { .tv_sec = 1000 + ms / 1000,
			.tv_usec = ms % 1000 * 1000 },
		.caplen = (uint32_t)len,
		.len = (uint32_t)len,
	};

	pcap_dump((u_char *)capture->dumper, &header, bytes);
}

static void capture_close(struct capture *capture)
{
	pcap_dump_close(capture->dumper);
	pcap_close(capture->pcap);
}

struct heard {
	const struct policy *policy;
	char marks[64];
	size_t count;
};

static void each_packet(void *ctx, const struct replay_packet *packet)
{
	struct heard *heard = ctx;
	const struct marks *marks = policy_marks(heard->policy);
	uint8_t road = marks_road(marks, packet->mark);
	char c = road == marks->road_main ? 'x'
	       : road == 0 ? '-' : (char)('a' + road - 1);

	if (packet->is_settled && c != '-')
		c -= 'a' - 'A';
	ck_assert_uint_lt(heard->count, sizeof(heard->marks) - 1);
	heard->marks[heard->count++] = packet->dropped ? '!' : c;
}

static uint32_t line_of(const struct policy *policy, int route)
{
	return route < 0 ? (uint32_t)-1
			 : policy_route(policy, (size_t)route)->place.line;
}

static void print_flow(FILE *out, const struct policy *policy,
		       const struct replay_flow *f)
{
	const char *app = hints_app_name(f->app);

	fprintf(out, "%d>%d %s %s %s %d %d>%d %d %d %d %d%s%s\n", f->sport,
		f->dport, app != NULL ? app : "-",
		f->host != NULL ? f->host : "-",
		f->class_name != NULL ? f->class_name : "-",
		(int)line_of(policy, f->route), f->first_road, f->road,
		f->late, (int)f->packets, (int)f->settled_packet,
		(int)f->queued, f->exempt != NULL ? " exempt" : "",
		f->is_dropped ? " drop" : "");
}

static void assert_flows(const struct replay *replay,
			 const struct policy *policy, const char *want,
			 const char *what)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < replay_flows(replay); i++)
		print_flow(out, policy, replay_flow(replay, i));
	fclose(out);
	ck_assert_msg(strcmp(text, want) == 0, "%s:\n%sinstead of\n%s", what,
		      text, want);
	free(text);
}

static bool is_step(const struct made *made)
{
	return made->flags != 0 || made->proto != 0;
}

static void write_row(struct capture *capture, const struct row *row)
{
	uint8_t bytes[MADE_MAX];

	capture_open(capture);
	for (size_t i = 0; i < STEPS && is_step(&row->packets[i]); i++) {
		const struct made *made = &row->packets[i];
		bool is_last = i + 1 == STEPS || !is_step(made + 1);
		size_t len = row->is_error && is_last
				     ? packets_error(made, bytes)
				     : packets_bytes(made, bytes);

		capture_add(capture, made->ms, bytes, len);
	}
	capture_close(capture);
}

static struct policy *policy_for(const char *text)
{
	char all[1024];

	snprintf(all, sizeof(all), UPLINKS "%s", text);
	return packets_policy(all);
}

START_TEST(script)
{
	const struct row *row = &rows[_i];
	char error[SOURCE_ERROR_MAX];
	struct capture capture;
	struct heard heard = { .policy = policy_for(row->policy) };
	const struct replay_options options = {
		.each_packet = each_packet,
		.ctx = &heard,
		.interface = row->interface,
	};
	struct replay *replay = replay_new(heard.policy, &options);

	write_row(&capture, row);
	ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
	assert_flows(replay, heard.policy, row->flows, row->name);
	ck_assert_msg(strcmp(heard.marks, row->marks) == 0, "%s: marks %s",
		      row->name, heard.marks);
	unlink(capture.path);
	replay_free(replay);
	policy_free((struct policy *)heard.policy);
}
END_TEST

/* The datagram of `made` in pieces of 24 bytes, the last one first. */
static void add_fragments(struct capture *capture, const struct made *made)
{
	uint8_t whole[MADE_MAX], piece[MADE_MAX];
	size_t len = packets_bytes(made, whole) - 20;
	size_t count = (len + 23) / 24;

	for (size_t i = count; i-- > 0;) {
		size_t part = i + 1 < count ? 24 : len - i * 24;

		memcpy(piece, whole, 20);
		memcpy(piece + 20, whole + 20 + i * 24, part);
		piece[2] = 0;
		piece[3] = (uint8_t)(20 + part);
		piece[4] = 0x12;
		piece[6] = i + 1 < count ? 0x20 : 0;
		piece[7] = (uint8_t)(i * 3);
		capture_add(capture, made->ms, piece, 20 + part);
	}
}

START_TEST(fragments)
{
	char error[SOURCE_ERROR_MAX];
	struct policy *policy = policy_for("route app dns via a");
	struct replay *replay = replay_new(policy, NULL);
	struct made dns = { DNS };
	struct capture capture;
	uint8_t bytes[MADE_MAX];

	capture_open(&capture);
	add_fragments(&capture, &dns);		/* 37 bytes of UDP: two */
	dns.back = true;
	capture_add(&capture, 1, bytes, packets_bytes(&dns, bytes));
	capture_close(&capture);
	ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
	assert_flows(replay, policy,
		     "40000>53 dns example.com - 3 1>1 0 3 2 1\n", "fragments");
	ck_assert_uint_eq(replay_flow(replay, 0)->bytes,
			  (20 + 24) + (20 + 13) + (20 + 37));
	ck_assert_uint_eq(replay_totals(replay).packets, 3);
	unlink(capture.path);
	replay_free(replay);
	policy_free(policy);
}
END_TEST

/* The later file is the older one: its flows go on all the same. */
START_TEST(several_files)
{
	char error[SOURCE_ERROR_MAX];
	struct policy *policy = policy_for("route app ssh via a");
	struct replay *replay = replay_new(policy, NULL);
	static const struct row files[] = {
		{ .packets = { { SYN, .ms = 50000 }, { SYNACK, .ms = 50001 } } },
		{ .packets = { { SSH, .ms = 10 } } },
	};

	for (size_t i = 0; i < 2; i++) {
		struct capture capture;

		write_row(&capture, &files[i]);
		ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
		unlink(capture.path);
	}
	assert_flows(replay, policy, "40000>80 ssh - - 3 63>1 2 3 3 3\n",
		     "two files");
	ck_assert_uint_eq(replay_totals(replay).frames, 3);
	replay_free(replay);
	policy_free(policy);
}
END_TEST

/* What stands between the outer IP header and the DNS query that is carried.
 * Each is told as the outer flow, or with --decap as the query's. */
#define ETHERNET "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0"
#define PLAIN "0>0 - - - 0 63>63 0 1 1 0\n"

static const struct {
	const char *name;
	uint8_t proto;
	uint16_t dport;
	struct bytes header;
	const char *outer;
	bool is_six;		/* the query travels in IPv6 */
} tunnels[] = {
	{ "ip in ip", IPPROTO_IPIP, 0, BYTES(""), PLAIN, false },
	{ "6in4", IPPROTO_IPV6, 0, BYTES(""), PLAIN, true },
	{ "teredo", IPPROTO_UDP, 3544, BYTES(""), NULL, true },
	{ "gre", IPPROTO_GRE, 0, BYTES("\0\0\x08\0"), PLAIN, false },
	{ "gre with a key and Ethernet", IPPROTO_GRE, 0,
	  BYTES("\x20\0\x65\x58\0\0\0\1" ETHERNET), PLAIN, false },
	{ "vxlan", IPPROTO_UDP, 4789,
	  BYTES("\x08\0\0\0\0\0\x01\0" ETHERNET), NULL, false },
	{ "gtp", IPPROTO_UDP, 2152, BYTES("\x30\xff\0\x39\0\0\0\1"), NULL,
	  false },
};

#define GRE 3
#define VXLAN 5
#define TUNNELS (sizeof(tunnels) / sizeof(tunnels[0]))

/* IP in UDP or IP: `header` and then `inner`. */
static size_t wrap(uint8_t proto, uint16_t dport, const struct bytes *header,
		   const uint8_t *inner, size_t len,
		   uint8_t bytes[static MADE_MAX])
{
	uint8_t both[MADE_MAX];
	struct made outer = {
		.proto = proto, .dport = dport, .data = (char *)both,
		.len = header->len + len,
	};

	memcpy(both, header->data, header->len);
	memcpy(both + header->len, inner, len);
	return packets_bytes(&outer, bytes);
}

/* The same query from 2001:db8::1; its length. */
static size_t into_six(uint8_t bytes[static MADE_MAX], size_t len)
{
	static const uint8_t header[40] = {
		0x60, [6] = IPPROTO_UDP, 64,
		[8] = 0x20, 1, 0x0d, 0xb8, [23] = 1,
		[24] = 0x20, 1, 0x0d, 0xb8, [39] = 2,
	};

	memmove(bytes + sizeof(header), bytes + 20, len - 20);
	memcpy(bytes, header, sizeof(header));
	bytes[5] = (uint8_t)(len - 20);
	return len + sizeof(header) - 20;
}

static void replay_one(const uint8_t *bytes, size_t len, bool decap,
		       const char *want, const char *name)
{
	char error[SOURCE_ERROR_MAX];
	struct policy *policy = policy_for("route app dns via a");
	const struct replay_options options = { .decap = decap };
	struct replay *replay = replay_new(policy, &options);
	struct capture capture;

	capture_open(&capture);
	capture_add(&capture, 0, bytes, len);
	capture_close(&capture);
	ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
	if (want != NULL)
		assert_flows(replay, policy, want, name);
	ck_assert_uint_eq(replay_flows(replay), 1);
	ck_assert_int_eq(replay_flow(replay, 0)->src.bytes[15],
			 decap ? 1 : 9);
	unlink(capture.path);
	replay_free(replay);
	policy_free(policy);
}

static const char inside[] = "40000>53 dns example.com - 3 1>1 0 1 1 1\n";

START_TEST(tunnel)
{
	size_t row = (size_t)_i / 2;
	bool decap = _i % 2;
	uint8_t query[MADE_MAX], bytes[MADE_MAX];
	struct made dns = { DNS, .src = "192.0.2.1" };
	size_t len = packets_bytes(&dns, query);

	if (tunnels[row].is_six)
		len = into_six(query, len);
	len = wrap(tunnels[row].proto, tunnels[row].dport,
		   &tunnels[row].header, query, len, bytes);
	replay_one(bytes, len, decap, decap ? inside : tunnels[row].outer,
		   tunnels[row].name);
}
END_TEST

/* GRE in GRE: as far as it goes. */
START_TEST(tunnel_in_tunnel)
{
	uint8_t query[MADE_MAX], middle[MADE_MAX], bytes[MADE_MAX];
	struct made dns = { DNS, .src = "192.0.2.1" };
	size_t len = packets_bytes(&dns, query);

	len = wrap(IPPROTO_GRE, 0, &tunnels[GRE].header, query, len, middle);
	len = wrap(IPPROTO_UDP, 4789, &tunnels[VXLAN].header, middle, len,
		   bytes);
	replay_one(bytes, len, _i, _i ? inside : NULL, "tunnel in tunnel");
}
END_TEST

/* What happens to each flow of a long capture, by its number. */
enum life { LIFE_SHORT, LIFE_NAMED, LIFE_LONG };

static enum life life_of(size_t i)
{
	return i % 100 == 7 ? LIFE_LONG : i % 10 == 3 ? LIFE_NAMED : LIFE_SHORT;
}

static void feed_made(struct replay *replay, const struct made *made, size_t i)
{
	uint8_t bytes[MADE_MAX];
	struct source_frame frame = {
		.packet.time_ns = (1000 + i) * 1000000000ull,
	};

	source_frame_decode(&frame, DLT_RAW, bytes,
			    (uint32_t)packets_bytes(made, bytes));
	ck_assert_int_eq(replay_frame(replay, &frame), 0);
}

/* One a second: all but the long ones have timed out long before the end. */
static struct replay *long_replay(const struct policy *policy, size_t keep)
{
	const struct replay_options options = { .keep = keep };
	struct replay *replay = replay_new(policy, &options);

	for (size_t i = 0; i < LONG_FLOWS; i++) {
		uint16_t sport = (uint16_t)(1000 + i);
		const struct made udp = { UDP, .sport = sport, DATA("x") };
		const struct made syn = { SYN, .sport = sport };
		const struct made http = { HTTP, .sport = sport };
		const struct made fin = {
			.flags = TCP_RST | TCP_ACK, .sport = sport,
		};

		switch (life_of(i)) {
		case LIFE_SHORT:
			feed_made(replay, &udp, i);
			break;
		case LIFE_NAMED:
			feed_made(replay, &syn, i);
			feed_made(replay, &http, i);
			feed_made(replay, &fin, i);
			break;
		case LIFE_LONG:		/* picked up in the middle */
			feed_made(replay, &http, i);
			break;
		}
		/* The first of the long ones goes on to the end. */
		if (i % 10 == 0 && i > 7) {
			const struct made more = { ACK, .sport = 1007 };

			feed_made(replay, &more, i);
		}
	}
	return replay;
}

/* The same flows, whether they stay in memory or not. */
START_TEST(flows_in_a_file)
{
	struct policy *policy = policy_for("route app http via a");
	struct replay *whole = long_replay(policy, 2 * LONG_FLOWS);
	struct replay *spilt = long_replay(policy, (size_t)_i);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_uint_eq(replay_flows(whole), LONG_FLOWS);
	for (size_t i = 0; i < LONG_FLOWS; i++)
		print_flow(out, policy, replay_flow(whole, i));
	fclose(out);
	assert_flows(spilt, policy, text, "in a file");
	/* Again, and from the end. */
	for (size_t i = LONG_FLOWS; i-- > 0;)
		ck_assert_uint_eq(replay_flow(spilt, i)->sport, 1000 + i);
	ck_assert_uint_eq(replay_flow(spilt, 7)->packets,
			  1 + LONG_FLOWS / 10 - 1);
	ck_assert_int_eq(replay_error(spilt), 0);
	free(text);
	replay_free(whole);
	replay_free(spilt);
	policy_free(policy);
}
END_TEST

START_TEST(no_place_for_a_file)
{
	const struct replay_options options = { .keep = 1 };
	struct policy *policy = policy_for("");
	struct replay *replay = replay_new(policy, &options);
	char error[SOURCE_ERROR_MAX] = "";
	struct capture capture;
	uint8_t bytes[MADE_MAX];

	setenv("TMPDIR", "/nowhere/at/all", 1);
	capture_open(&capture);
	for (uint16_t i = 1; i <= 1000; i++) {
		const struct made udp = { UDP, .sport = i, DATA("x") };

		capture_add(&capture, 1, bytes, packets_bytes(&udp, bytes));
	}
	capture_close(&capture);
	ck_assert_int_eq(replay_file(replay, capture.path, error), -ENOENT);
	ck_assert_msg(strstr(error, "TMPDIR") != NULL, "%s", error);
	/* What could be read counts. */
	ck_assert_uint_gt(replay_flows(replay), 200);
	ck_assert_ptr_nonnull(replay_flow(replay, 200));
	unlink(capture.path);
	replay_free(replay);
	policy_free(policy);
}
END_TEST

START_TEST(strange_frames)
{
	char error[SOURCE_ERROR_MAX];
	struct policy *policy = policy_for("");
	struct heard heard = { .policy = policy };
	const struct replay_options options = {
		.each_packet = each_packet, .ctx = &heard,
	};
	struct replay *replay = replay_new(policy, &options);
	struct replay_totals totals;
	struct capture capture;

	capture_open(&capture);
	capture_add(&capture, 0, (const uint8_t *)"\x45\0\0\x28", 4);
	capture_add(&capture, 0, (const uint8_t *)"\xff\0\0\x28", 4);
	capture_close(&capture);
	ck_assert_int_eq(replay_file(replay, capture.path, error), 0);
	totals = replay_totals(replay);
	ck_assert_uint_eq(totals.frames, 2);
	ck_assert_uint_eq(totals.packets, 0);
	ck_assert_uint_eq(totals.undecoded[DECODE_CUT], 1);
	ck_assert_uint_eq(totals.undecoded[DECODE_ABSURD] +
				  totals.undecoded[DECODE_NOT_IP], 1);
	ck_assert_uint_eq(totals.flows, 0);
	ck_assert_str_eq(heard.marks, "--");
	ck_assert_int_lt(replay_file(replay, "/nonexistent", error), 0);
	unlink(capture.path);
	replay_free(replay);
	replay_free(NULL);
	policy_free(policy);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *suite = suite_create("replay");
	TCase *tcase = tcase_create("replay");

	tcase_add_loop_test(tcase, script, 0, ROWS(rows));
	tcase_add_test(tcase, fragments);
	tcase_add_test(tcase, several_files);
	tcase_add_loop_test(tcase, tunnel, 0, 2 * TUNNELS);
	tcase_add_loop_test(tcase, tunnel_in_tunnel, 0, 2);
	tcase_add_test(tcase, strange_frames);
	tcase_add_loop_test(tcase, flows_in_a_file, 1, 3);
	tcase_add_test(tcase, no_place_for_a_file);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
