/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udp_sink.c - count what udp_send sends, and how long it took.
 *
 *   udp_sink PORT IDLE_MS
 *
 * Ends when IDLE_MS pass without a datagram, once there was one, or by
 * SIGTERM. Prints: datagrams, the seconds from first to last, and the delay
 * in microseconds that half, 99 of 100, 999 of 1000 and none exceeded. A
 * datagram has come when the kernel has it (SO_TIMESTAMPNS): when the sink gets
 * to run is no part of the way. Sender and sink share a clock, since they
 * share a machine.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/bench/bench.h"

#define BATCH 128
#define BUFFER_BYTES (32 << 20)

/* Delays by their logarithm, 16 steps for each doubling. */
#define STEPS 16
static uint64_t delays[64 * STEPS];
static uint64_t longest_ns;
static char datagrams[BATCH][2048];
static volatile sig_atomic_t ended;

union control {
	struct cmsghdr aligned;
	char bytes[CMSG_SPACE(sizeof(struct timespec))];
};

static void end(int number)
{
	(void)number;
	ended = 1;
}

static void count_delay(uint64_t ns)
{
	int bits;

	if (ns > longest_ns)
		longest_ns = ns;
	if (ns < STEPS)
		ns = STEPS;
	bits = 63 - __builtin_clzll(ns);
	delays[bits * STEPS + (int)(ns >> (bits - 4) & (STEPS - 1))]++;
}

static double delay_us(uint64_t total, double share)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		seen += delays[i];
		if (seen >= (double)total * share && seen != 0)
			return (double)(1ull << i / STEPS) *
			       (1 + (double)(i % STEPS) / STEPS) / 1000;
	}
	return 0;
}

static int sink_open(uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int bytes = BUFFER_BYTES;
	int on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		perror("udp_sink");
		exit(EXIT_FAILURE);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	return fd;
}

/* When a datagram came; without the kernel's word, now. */
static uint64_t came_ns(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct timespec came;

	if (control == NULL || control->cmsg_level != SOL_SOCKET ||
	    control->cmsg_type != SCM_TIMESTAMPNS)
		return bench_clock_ns(CLOCK_REALTIME);
	memcpy(&came, CMSG_DATA(control), sizeof(came));
	return (uint64_t)came.tv_sec * 1000000000u + (uint64_t)came.tv_nsec;
}

static int take(int fd)
{
	static union control controls[BATCH];
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec vectors[BATCH];
	int got;

	for (size_t i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){ datagrams[i], 2048 };
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_control = &controls[i];
		messages[i].msg_hdr.msg_controllen = sizeof(controls[i]);
	}
	got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++) {
		uint64_t sent_ns;

		memcpy(&sent_ns, datagrams[i] + 8, sizeof(sent_ns));
		count_delay(came_ns(&messages[i].msg_hdr) - sent_ns);
	}
	return got;
}

int main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = end };
	uint64_t total = 0, first_ns = 0, last_ns = 0;
	struct pollfd readable = { .events = POLLIN };
	int idle_ms;

	if (argc != 3) {
		fputs("usage: udp_sink PORT IDLE_MS\n", stderr);
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	idle_ms = atoi(argv[2]);
	readable.fd = sink_open((uint16_t)atoi(argv[1]));
	fputs("ready\n", stderr);
	while (!ended) {
		int got = take(readable.fd);

		if (got > 0) {
			last_ns = bench_now_ns();
			first_ns = total == 0 ? last_ns : first_ns;
			total += (uint64_t)got;
			continue;
		}
		got = poll(&readable, 1, total == 0 ? -1 : idle_ms);
		if (got == 0)
			break;
	}
	printf("%ju %.3f %.0f %.0f %.0f %.0f\n", (uintmax_t)total,
	       (double)(last_ns - first_ns) / 1e9, delay_us(total, 0.5),
	       delay_us(total, 0.99), delay_us(total, 0.999),
	       (double)longest_ns / 1000);
	return EXIT_SUCCESS;
}
