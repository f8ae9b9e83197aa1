/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow_send.c - packets of many flows, by raw IPv4, each flow from a different
 * address of 10.0.0.0/8 and port. Needs CAP_NET_RAW.
 *
 *   flow_send [-t SECONDS] [-n PACKETS] [-r PER_SECOND] [-f FLOWS]
 *             [-k LENGTH] [-b BYTES | -b imix | -y] [-s SEED] [-w PID]
 *             ADDRESS [CAPTURE...]
 *
 * FLOWS (64) are under way at a time, a packet of each in turn. Without
 * captures they are UDP, of BYTES (64) of payload that no protocol begins
 * with, or imix: IP packets of 64, 570 and 1,500 bytes, 7 to 4 to 1. After
 * LENGTH packets a flow is over and another takes its place; 0 (the
 * default): never. With captures each flow has the payload that the client
 * of one of their flows sent, at most LENGTH packets of it (8). TCP begins
 * with its first data, which conntrack takes for a connection (nf_conntrack_
 * tcp_loose): handshakes would need two sides.
 *
 * Ends after SECONDS (1) or PACKETS. PER_SECOND 0: as fast as it goes; with the
 * pid of an engine, as fast as that can follow: its queues are never empty, and
 * never full. Prints how many were sent, within how many seconds, and how many
 * flows they began.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/replay/source_pcap.h"
#include "tools/bench/bench.h"

#define BATCH 64
#define FLOWS_MAX 65536
#define TEMPLATES_MAX 512
#define LENGTH_MAX 16
#define PAYLOAD_MAX 1472	/* of UDP in 1,500 bytes */
#define CAPTURE_LENGTH 8
#define PORT 9001
#define WAITING_MAX 1024	/* packets in the queues, of which there is room
				 * for 4,096 */

struct piece {
	const uint8_t *bytes;
	uint32_t len;
	uint32_t offset;	/* in the client's stream */
};

/* What a flow sends. */
struct template {
	struct packet first;	/* addresses and ports, while captures are
				 * read; protocol and ports after */
	struct piece pieces[LENGTH_MAX];
	size_t count;
};

struct flow_under_way {
	const struct template *template;
	uint32_t sent;
	uint32_t source;	/* network order, as the port */
	uint16_t port;
};

struct headers {
	struct iphdr ip;
	union {
		struct udphdr udp;
		struct tcphdr tcp;
	};
};

static struct {
	uint64_t per_second, max;
	double seconds;
	size_t flows;
	size_t length;
	size_t bytes;		/* 0: imix */
	bool is_syn;
	const char *engine;	/* its pid; NULL: wait for no process */
} options = { .seconds = 1, .flows = 64, .bytes = 64 };

/* IP packets of 64, 570 and 1,500 bytes, less 28 of headers. */
static const uint16_t imix[] = {
	36, 542, 36, 36, 542, 36, 1472, 36, 542, 36, 36, 542,
};

static struct template templates[TEMPLATES_MAX];
static size_t template_count;
static struct flow_under_way *flows;
static uint64_t begun;
static uint64_t chance = BENCH_CHANCE;
static uint8_t unknown[PAYLOAD_MAX];
static struct sockaddr_in to = { .sin_family = AF_INET };

static struct headers headers[BATCH];
static struct iovec vectors[BATCH][2];
static struct mmsghdr messages[BATCH];

/* ---- what flows send ---- */

/* Zeros are the padding that hints know best; these are the letters of no
 * protocol, and no length field fits them. */
static void unknown_template(void)
{
	memset(unknown, 0xfd, sizeof(unknown));
	templates[0].first.proto = options.is_syn ? IPPROTO_TCP : IPPROTO_UDP;
	templates[0].first.dport = PORT;
	template_count = 1;
}

static bool is_of(const struct template *t, const struct packet *pkt)
{
	const struct packet *first = &t->first;

	return first->proto == pkt->proto && first->sport == pkt->sport &&
	       first->dport == pkt->dport &&
	       memcmp(&first->src, &pkt->src, sizeof(pkt->src)) == 0 &&
	       memcmp(&first->dst, &pkt->dst, sizeof(pkt->dst)) == 0;
}

static bool is_answer_to(const struct template *t, const struct packet *pkt)
{
	struct packet turned = *pkt;

	turned.src = pkt->dst;
	turned.dst = pkt->src;
	turned.sport = pkt->dport;
	turned.dport = pkt->sport;
	return is_of(t, &turned);
}

/* The template that a packet of a client belongs to; NULL for a server's. */
static struct template *template_of(const struct packet *pkt)
{
	for (size_t i = template_count; i-- > 0;) {
		if (is_of(&templates[i], pkt))
			return &templates[i];
		if (is_answer_to(&templates[i], pkt))
			return NULL;
	}
	if (template_count == TEMPLATES_MAX)
		return NULL;
	templates[template_count].first = *pkt;
	return &templates[template_count++];
}

static void take(const struct packet *pkt)
{
	struct template *t;
	struct piece *piece;
	uint8_t *copy;

	if (pkt->status != DECODE_OK || !pkt->has_ports ||
	    pkt->is_fragment ||
	    (pkt->proto != IPPROTO_TCP && pkt->proto != IPPROTO_UDP))
		return;
	t = template_of(pkt);
	if (t == NULL || pkt->payload_len == 0 ||
	    pkt->payload_len > PAYLOAD_MAX - sizeof(struct tcphdr) ||
	    t->count == options.length)
		return;
	copy = malloc(pkt->payload_len);
	if (copy == NULL)
		abort();
	memcpy(copy, pkt->payload, pkt->payload_len);
	piece = &t->pieces[t->count++];
	if (t->count == 1)
		t->first.tcp_seq = pkt->tcp_seq;
	*piece = (struct piece){ copy, pkt->payload_len,
				 pkt->tcp_seq - t->first.tcp_seq };
}

static void read_capture(const char *path)
{
	char error[SOURCE_ERROR_MAX] = "";
	struct source_pcap *source;
	struct source_frame frame;

	if (source_pcap_open(path, NULL, &source, error) < 0) {
		fprintf(stderr, "flow_send: %s\n", error);
		exit(EXIT_FAILURE);
	}
	while (source_pcap_next(source, &frame, error) > 0)
		take(&frame.packet);
	source_pcap_close(source);
}

/* Clients that sent no payload are no flows. */
static void read_captures(char *paths[])
{
	size_t kept = 0;

	if (options.length == 0 || options.length > LENGTH_MAX)
		options.length = CAPTURE_LENGTH;
	for (size_t i = 0; paths[i] != NULL; i++)
		read_capture(paths[i]);
	for (size_t i = 0; i < template_count; i++)
		if (templates[i].count > 0)
			templates[kept++] = templates[i];
	template_count = kept;
	if (kept == 0) {
		fputs("flow_send: no client sends payload\n", stderr);
		exit(EXIT_FAILURE);
	}
}

/* ---- sending ---- */

static void begin(struct flow_under_way *flow)
{
	uint64_t bits = bench_random64(&chance);

	flow->template = &templates[begun++ % template_count];
	flow->sent = 0;
	flow->source = htonl(10u << 24 | (uint32_t)(bits & 0xffffff));
	flow->port = htons((uint16_t)(bits >> 48 | 1024));
}

static struct piece next_piece(struct flow_under_way *flow, uint64_t number)
{
	const struct template *t = flow->template;
	size_t bytes = options.bytes;

	if (t->count != 0)
		return t->pieces[flow->sent];
	if (options.is_syn)
		return (struct piece){ .bytes = unknown };
	if (bytes == 0)
		bytes = imix[number % (sizeof(imix) / sizeof(imix[0]))];
	return (struct piece){ .bytes = unknown, .len = (uint32_t)bytes };
}

static void build(size_t i, struct flow_under_way *flow, uint64_t number)
{
	const struct template *t = flow->template;
	struct piece piece = next_piece(flow, number);
	struct headers *h = &headers[i];

	h->ip.saddr = flow->source;
	h->ip.protocol = t->first.proto;
	vectors[i][0].iov_len = sizeof(h->ip);
	if (t->first.proto == IPPROTO_UDP) {
		h->udp = (struct udphdr){
			.source = flow->port,
			.dest = htons(t->first.dport),
			.len = htons((uint16_t)(sizeof(h->udp) + piece.len)),
		};
		vectors[i][0].iov_len += sizeof(h->udp);
	} else {
		h->tcp = (struct tcphdr){
			.source = flow->port,
			.dest = htons(t->first.dport),
			.seq = htonl(1 + piece.offset),
			.ack_seq = options.is_syn ? 0 : htonl(1),
			.doff = sizeof(h->tcp) / 4,
			.syn = options.is_syn,
			.psh = !options.is_syn,
			.ack = !options.is_syn,
			.window = htons(UINT16_MAX),
		};
		vectors[i][0].iov_len += sizeof(h->tcp);
	}
	vectors[i][1] = (struct iovec){ (void *)piece.bytes, piece.len };
	flow->sent++;
	if (t->count != 0 ? flow->sent == t->count
			  : options.length != 0 &&
				    flow->sent == options.length)
		begin(flow);
}

/* The kernel fills in the rest of the IP header. */
static void prepare(void)
{
	flows = calloc(options.flows, sizeof(*flows));
	if (flows == NULL)
		abort();
	for (size_t i = 0; i < options.flows; i++)
		begin(&flows[i]);
	for (size_t i = 0; i < BATCH; i++) {
		headers[i].ip = (struct iphdr){
			.version = 4,
			.ihl = sizeof(headers[i].ip) / 4,
			.ttl = 64,
			.daddr = to.sin_addr.s_addr,
		};
		vectors[i][0].iov_base = &headers[i];
		messages[i].msg_hdr.msg_iov = vectors[i];
		messages[i].msg_hdr.msg_iovlen = 2;
		messages[i].msg_hdr.msg_name = &to;
		messages[i].msg_hdr.msg_namelen = sizeof(to);
	}
}

/* How many are due, so that one who was kept waiting catches up; without a
 * rate, as many as there may be. */
static size_t burst_of(uint64_t passed_ns, uint64_t sent)
{
	double due;

	if (options.per_second == 0)
		return BATCH;
	due = (double)passed_ns * (double)options.per_second / 1e9 -
	      (double)sent;
	if (due <= 1)
		return 1;
	return due < BATCH ? (size_t)due : BATCH;
}

/* What waits in all queues of the engine's namespace; a line for each, of
 * which the third number is that (nfqnl's seq_show()). */
static unsigned long waiting(int queues)
{
	char text[4096];
	ssize_t len = pread(queues, text, sizeof(text) - 1, 0);
	unsigned long sum = 0;

	text[len > 0 ? len : 0] = '\0';
	for (char *line = text; line != NULL && *line != '\0';) {
		char *field = line;

		strtoul(field, &field, 10);
		strtoul(field, &field, 10);
		sum += strtoul(field, &field, 10);
		line = strchr(field, '\n');
		line += line != NULL;
	}
	return sum;
}

static void wait_for_engine(int queues)
{
	static const struct timespec moment = { .tv_nsec = 20000 };

	while (queues >= 0 && waiting(queues) > WAITING_MAX)
		nanosleep(&moment, NULL);
}

static int open_queues(void)
{
	char path[64];
	int fd;

	if (options.engine == NULL)
		return -1;
	snprintf(path, sizeof(path), "/proc/%s/net/netfilter/nfnetlink_queue",
		 options.engine);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return fd;
}

static void send_all(int fd)
{
	int queues = open_queues();
	uint64_t start_ns = bench_now_ns();
	uint64_t end_ns = start_ns + (uint64_t)(options.seconds * 1e9);
	uint64_t sent = 0, built = 0;
	uint64_t now_ns = start_ns;

	while (now_ns < end_ns && (options.max == 0 || sent < options.max)) {
		size_t burst = burst_of(now_ns - start_ns, sent);
		int done;

		wait_for_engine(queues);
		for (size_t i = 0; i < burst; i++, built++)
			build(i, &flows[built % options.flows], built);
		done = sendmmsg(fd, messages, (unsigned int)burst, 0);
		sent += done > 0 ? (uint64_t)done : 0;
		bench_pace(start_ns, sent, options.per_second);
		now_ns = bench_now_ns();
	}
	printf("%ju %.4f %ju\n", (uintmax_t)sent,
	       (double)(now_ns - start_ns) / 1e9, (uintmax_t)begun);
}

static int usage(void)
{
	fputs("usage: flow_send [-t SECONDS] [-n PACKETS] [-r PER_SECOND]\n"
	      "       [-f FLOWS] [-k LENGTH] [-b BYTES | -b imix | -y] [-s SEED]\n"
	      "       [-w PID] ADDRESS [CAPTURE...]\n", stderr);
	return 2;
}

static bool read_option(int option, const char *value)
{
	uint64_t number = value != NULL ? strtoull(value, NULL, 10) : 0;

	switch (option) {
	case 't':
		options.seconds = strtod(value, NULL);
		return options.seconds > 0;
	case 'n':
		options.max = number;
		return true;
	case 'r':
		options.per_second = number;
		return true;
	case 'f':
		options.flows = number;
		return number > 0 && number <= FLOWS_MAX;
	case 'k':
		options.length = number;
		return true;
	case 'b':
		options.bytes = strcmp(value, "imix") == 0 ? 0 : number;
		return number <= PAYLOAD_MAX;
	case 'y':
		options.is_syn = true;
		return true;
	case 'w':
		options.engine = value;
		return true;
	case 's':
		chance ^= number << 32;
		return true;
	default:
		return false;
	}
}

int main(int argc, char *argv[])
{
	int option;
	int fd;

	while ((option = getopt(argc, argv, "t:n:r:f:k:b:ys:w:")) != -1)
		if (!read_option(option, optarg))
			return usage();
	if (optind == argc ||
	    inet_pton(AF_INET, argv[optind], &to.sin_addr) != 1)
		return usage();
	if (optind + 1 == argc)
		unknown_template();
	else
		read_captures(argv + optind + 1);
	prctl(PR_SET_TIMERSLACK, 1000);	/* the pace is of microseconds */
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0) {
		perror("flow_send");
		return EXIT_FAILURE;
	}
	prepare();
	send_all(fd);
	return EXIT_SUCCESS;
}
