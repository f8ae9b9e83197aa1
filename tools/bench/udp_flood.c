/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udp_flood.c - UDP datagrams, each of a different flow: random addresses of
 * 10.0.0.0/8, random ports. Needs CAP_NET_RAW.
 *
 *   udp_flood ADDRESS PORT SECONDS [PER_SECOND]
 *
 * Prints how many were sent.
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/bench/bench.h"

#define BATCH 64
#define PAYLOAD 32

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	char payload[PAYLOAD];
};

static uint64_t chance = BENCH_CHANCE;
static struct datagram datagrams[BATCH];
static struct mmsghdr messages[BATCH];
static struct iovec vectors[BATCH];

/* The kernel fills in the IP header's length and checksum; UDP may go without
 * one over IPv4 (RFC 768). */
static void prepare(struct sockaddr_in *to)
{
	for (size_t i = 0; i < BATCH; i++) {
		struct datagram *d = &datagrams[i];

		d->ip.version = 4;
		d->ip.ihl = sizeof(d->ip) / 4;
		d->ip.ttl = 64;
		d->ip.protocol = IPPROTO_UDP;
		d->ip.daddr = to->sin_addr.s_addr;
		d->udp.dest = to->sin_port;
		d->udp.len = htons(sizeof(d->udp) + PAYLOAD);
		vectors[i] = (struct iovec){ d, sizeof(*d) };
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_name = to;
		messages[i].msg_hdr.msg_namelen = sizeof(*to);
	}
}

static uint64_t send_batch(int fd)
{
	int sent;

	for (size_t i = 0; i < BATCH; i++) {
		uint64_t bits = bench_random64(&chance);

		datagrams[i].ip.saddr = htonl(10u << 24 |
					      (uint32_t)(bits & 0xffffff));
		datagrams[i].udp.source = htons((uint16_t)(bits >> 48 | 1));
	}
	sent = sendmmsg(fd, messages, BATCH, 0);
	return sent > 0 ? (uint64_t)sent : 0;
}

int main(int argc, char *argv[])
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint64_t sent = 0, per_second, start_ns, end_ns;
	int fd;

	if (argc < 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		fputs("usage: udp_flood ADDRESS PORT SECONDS [PER_SECOND]\n",
		      stderr);
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	per_second = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0) {
		perror("udp_flood");
		return EXIT_FAILURE;
	}
	prepare(&to);
	start_ns = bench_now_ns();
	end_ns = start_ns + strtoull(argv[3], NULL, 10) * 1000000000u;
	while (bench_now_ns() < end_ns) {
		sent += send_batch(fd);
		bench_pace(start_ns, sent, per_second);
	}
	printf("%ju\n", (uintmax_t)sent);
	return EXIT_SUCCESS;
}
