/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udp_send.c - UDP datagrams by the batch, over many flows.
 *
 *   udp_send ADDRESS PORT FLOWS BYTES SECONDS [PER_SECOND]
 *
 * Each datagram begins with its number and the time it was sent (CLOCK_
 * REALTIME, ns), for udp_sink. PER_SECOND 0: as fast as it goes. Prints how
 * many were sent. A flow is a socket: a source port.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/bench/bench.h"

#define BATCH 64
#define FLOWS_MAX 4096

struct stamp {
	uint64_t number;
	uint64_t sent_ns;
};

static int sockets[FLOWS_MAX];
static char datagrams[BATCH][2048];

static void sockets_open(size_t flows, const struct sockaddr_in *to)
{
	struct rlimit files = { FLOWS_MAX + 64, FLOWS_MAX + 64 };

	setrlimit(RLIMIT_NOFILE, &files);
	for (size_t i = 0; i < flows; i++) {
		sockets[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (sockets[i] < 0 ||
		    connect(sockets[i], (const struct sockaddr *)to,
			    sizeof(*to)) < 0) {
			perror("udp_send");
			exit(EXIT_FAILURE);
		}
	}
}

/* One burst of one flow. */
static uint64_t send_burst(int fd, uint64_t number, size_t bytes,
			   unsigned int burst)
{
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec vectors[BATCH];
	uint64_t now_ns = bench_clock_ns(CLOCK_REALTIME);
	int sent;

	for (unsigned int i = 0; i < burst; i++) {
		struct stamp stamp = { number + i, now_ns };

		memcpy(datagrams[i], &stamp, sizeof(stamp));
		vectors[i] = (struct iovec){ datagrams[i], bytes };
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(fd, messages, burst, 0);
	return sent > 0 ? (uint64_t)sent : 0;
}

int main(int argc, char *argv[])
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	uint64_t sent = 0, per_second, start_ns, end_ns;
	unsigned int burst = 8;
	size_t flows, bytes;

	if (argc < 6 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		fputs("usage: udp_send ADDRESS PORT FLOWS BYTES SECONDS "
		      "[PER_SECOND]\n", stderr);
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[2]));
	flows = strtoul(argv[3], NULL, 10);
	bytes = strtoul(argv[4], NULL, 10);
	per_second = argc > 6 ? strtoull(argv[6], NULL, 10) : 0;
	if (flows < 1 || flows > FLOWS_MAX || bytes < sizeof(struct stamp) ||
	    bytes > sizeof(datagrams[0]))
		return 2;
	if (per_second != 0 && per_second < 50000)
		burst = 1;
	sockets_open(flows, &to);

	start_ns = bench_now_ns();
	end_ns = start_ns + strtoull(argv[5], NULL, 10) * 1000000000u;
	for (size_t i = 0; bench_now_ns() < end_ns; i = (i + 1) % flows) {
		sent += send_burst(sockets[i], sent, bytes, burst);
		bench_pace(start_ns, sent, per_second);
	}
	printf("%ju\n", (uintmax_t)sent);
	return EXIT_SUCCESS;
}
