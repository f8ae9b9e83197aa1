/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * null_engine.c - the least that an engine can do, and the best that is known
 * of how: accept every packet with a mark and never look at it. One recvmmsg()
 * of up to 256 packets, one send of one batch verdict for all of them, since
 * all marks are equal. It shares nothing with waymark but the message that
 * binds the queue, so that all of what waymark does counts as its own.
 *
 *   null_engine [-c COPY_RANGE] FIRST [LAST [MARK]]       until it is ended
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/nfqueue/nfqueue_message.h"

#define ENGINE_QUEUES_MAX 16
#define BATCH 256
/* As waymark's: room for this many full packets. */
#define MAX_LEN 4096
#define FULL_PACKET_COST 2304
#define COPY_RANGE 4096

struct lane {
	int fd;
	uint16_t queue;
	uint32_t copy_range;
	struct nfqueue_verdict verdict;
	struct mmsghdr slots[BATCH];
	struct iovec vectors[BATCH];
};

static void fail(const struct lane *lane, const char *what)
{
	fprintf(stderr, "null_engine: queue %u: %s: %s\n", lane->queue, what,
		strerror(errno));
	exit(EXIT_FAILURE);
}

/* What a message of the queue begins with: the id is its first attribute
 * (nfqnl_build_packet_message() in net/netfilter/nfnetlink_queue.c). */
struct packet_message {
	struct nlmsghdr header;
	struct nfgenmsg family;
	struct nlattr attr;
	struct nfqnl_msg_packet_hdr packet;
};

/* Accept all up to the latest packet among the first `got` messages. */
static void answer(struct lane *lane, int got)
{
	while (got-- > 0) {
		const struct packet_message *message =
			lane->vectors[got].iov_base;

		if (message->header.nlmsg_type !=
		    (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET))
			continue;
		lane->verdict.verdict.id = message->packet.packet_id;
		if (send(lane->fd, &lane->verdict, sizeof(lane->verdict),
			 0) < 0)
			fail(lane, "verdict");
		return;
	}
}

static void *lane_main(void *arg)
{
	struct lane *lane = arg;

	for (;;) {
		int got = recvmmsg(lane->fd, lane->slots, BATCH,
				   MSG_WAITFORONE, NULL);

		if (got >= 0)
			answer(lane, got);
		else if (errno != EINTR)
			fail(lane, "lost");
	}
	return NULL;
}

static void map_buffers(struct lane *lane)
{
	size_t size = NLMSG_ALIGN(lane->copy_range + NFQUEUE_OVERHEAD);
	uint8_t *map = mmap(NULL, size * BATCH, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (map == MAP_FAILED)
		fail(lane, "buffers");
	for (size_t i = 0; i < BATCH; i++) {
		lane->vectors[i] = (struct iovec){ map + i * size, size };
		lane->slots[i].msg_hdr.msg_iov = &lane->vectors[i];
		lane->slots[i].msg_hdr.msg_iovlen = 1;
	}
}

static void bind_queue(struct lane *lane)
{
	_Alignas(4) uint8_t bytes[NFQUEUE_CONFIG_MAX];
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int buffer = MAX_LEN * FULL_PACKET_COST / 2;	/* the kernel doubles */
	int on = 1;
	size_t len;

	lane->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			  NETLINK_NETFILTER);
	if (lane->fd < 0 ||
	    bind(lane->fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    setsockopt(lane->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
		       sizeof(buffer)) < 0 ||
	    setsockopt(lane->fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on,
		       sizeof(on)) < 0)
		fail(lane, "socket");
	len = nfqueue_message_bind(bytes, lane->queue, lane->copy_range,
				   MAX_LEN * 4, true);
	if (send(lane->fd, bytes, len, 0) < 0)
		fail(lane, "bind");
	/* A refusal is the first message there is. */
	if (recv(lane->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT) > 0 &&
	    ((struct nlmsghdr *)bytes)->nlmsg_type == NLMSG_ERROR) {
		errno = EBUSY;
		fail(lane, "refused: held by another program, or no privilege");
	}
}

static void lane_start(uint16_t queue, uint32_t mark, uint32_t copy_range)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	pthread_t thread;

	if (lane == NULL)
		exit(EXIT_FAILURE);
	lane->queue = queue;
	lane->copy_range = copy_range;
	nfqueue_message_prepare(&lane->verdict, 1, queue);
	lane->verdict.header.nlmsg_type =
		NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT_BATCH;
	lane->verdict.mark = htonl(mark);
	map_buffers(lane);
	bind_queue(lane);
	if (pthread_create(&thread, NULL, lane_main, lane) != 0)
		fail(lane, "thread");
}

int main(int argc, char *argv[])
{
	uint32_t copy_range = COPY_RANGE, mark;
	unsigned int first, last;

	if (getopt(argc, argv, "c:") == 'c')
		copy_range = (uint32_t)strtoul(optarg, NULL, 10);
	argc -= optind;
	argv += optind;
	first = argc > 0 ? (unsigned int)atoi(argv[0]) : 0;
	last = argc > 1 ? (unsigned int)atoi(argv[1]) : first;
	mark = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 0;
	if (argc < 1 || last < first || last - first >= ENGINE_QUEUES_MAX) {
		fputs("usage: null_engine [-c COPY_RANGE] FIRST [LAST [MARK]]"
		      "\n", stderr);
		return 2;
	}
	for (unsigned int i = first; i <= last; i++)
		lane_start((uint16_t)i, mark, copy_range);
	fputs("ready\n", stderr);
	for (;;)
		pause();
}
