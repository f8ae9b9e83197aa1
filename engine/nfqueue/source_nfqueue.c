/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_nfqueue.c - one NFQUEUE over one netlink socket, see source_nfqueue.h.
 *
 * It is fast because a batch of packets costs one system call and their
 * verdicts another; waiting is the receive itself, without a poll() before it.
 *
 * NETLINK_NO_ENOBUFS is set: a socket that reports ENOBUFS stays congested
 * until it is read empty, and a blocking recvmmsg() that took the last message
 * together with the error may then wait for ever while the kernel discards
 * everything (netlink_overrun() in net/netlink/af_netlink.c). Loss is counted
 * from packet ids instead: nfqnl_enqueue_packet() in
 * net/netfilter/nfnetlink_queue.c takes the next id before it tries to send, so
 * a gap is a loss, whether the packet passed or was dropped. Only the limit of
 * waiting packets is checked before an id is taken; it is set so high that the
 * socket's buffer is always full first.
 */
#include "engine/nfqueue/source_nfqueue.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "engine/nfqueue/nfqueue_message.h"
#include "engine/nfqueue/queue_holder.h"
#include "rules/util/big_alloc.h"
#include "rules/util/clock.h"

#define COPY_RANGE_DEFAULT 4096u
#define COPY_RANGE_MAX 65531u		/* nla_len has 16 bits */
#define MAX_LEN_DEFAULT 4096u

/* Socket buffer space of a full-size packet's message. */
#define FULL_PACKET_COST 2304u
/* More packets than any buffer holds: the smallest message takes 768 bytes. */
#define LIMIT_FACTOR 4u

/* Batches this long have paid for their wake-up and are not coalesced. */
#define BATCH_LONG 32
/* The kernel's default slack of 50 us would lengthen short sleeps by a
 * quarter. */
#define COALESCE_SLACK_NS 1000

struct source_nfqueue {
	struct mnl_socket *socket;
	int fd;
	uint16_t queue;
	bool is_finishing;
	uint16_t coalesce_us;
	bool has_slack;			/* timer slack is set */
	int latest;			/* length of the latest batch */
	uint32_t next_id;		/* expected if none is lost */
	uint8_t *buffers;
	size_t buffers_size;
	struct mmsghdr slots[WORKER_BATCH];
	struct iovec vectors[WORKER_BATCH];
	uint32_t ids[WORKER_BATCH];
	struct nfqueue_verdict answers[WORKER_BATCH];
	struct stats_live counters;
};

static int explain_held(uint16_t queue, uint32_t holder, char *error,
			size_t error_size)
{
	char name[32];
	pid_t pid = queue_holder_process(holder, name, sizeof(name));

	if (pid != 0)
		snprintf(error, error_size,
			 "queue %u: held by process %d (%s); end it, or choose "
			 "others with `queues`", queue, (int)pid, name);
	else
		snprintf(error, error_size,
			 "queue %u: held by another program (netlink port %u); "
			 "end it, or choose others with `queues`", queue,
			 holder);
	return -EBUSY;
}

/* Explain what the kernel returned for a socket or a bind. It returns EPERM for
 * a queue held by another program as well as for a lack of privilege. */
static int explain(uint16_t queue, int rc, char *error, size_t error_size)
{
	uint32_t holder = queue_holder_port(queue);

	if (holder != 0 && (rc == -EPERM || rc == -EBUSY))
		return explain_held(queue, holder, error, error_size);
	switch (rc) {
	case -EPERM:
	case -EACCES:
		snprintf(error, error_size,
			 "queue %u: no privilege to bind it; run as root or "
			 "with CAP_NET_ADMIN", queue);
		return rc;
	case -EINVAL:		/* nfnetlink lacks the subsystem */
	case -EOPNOTSUPP:
	case -EPROTONOSUPPORT:
	case -EAFNOSUPPORT:
		snprintf(error, error_size,
			 "queue %u: this kernel has no NFQUEUE; try `modprobe "
			 "nfnetlink_queue`, or enable "
			 "CONFIG_NETFILTER_NETLINK_QUEUE", queue);
		return -EPROTONOSUPPORT;
	default:
		snprintf(error, error_size, "queue %u: %s", queue,
			 strerror(-rc));
		return rc;
	}
}

/* SO_RCVBUF is limited by net.core.rmem_max, which is small; the kernel doubles
 * either value. */
static void grow_buffer(int fd, uint32_t bytes)
{
	int half = bytes / 2 > INT_MAX / 2 ? INT_MAX / 2 : (int)(bytes / 2);

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &half,
		       sizeof(half)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &half, sizeof(half));
}

static int open_socket(struct source_nfqueue *source, uint32_t max_len)
{
	int on = 1;

	source->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (source->socket == NULL ||
	    mnl_socket_bind(source->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	source->fd = mnl_socket_get_fd(source->socket);
	grow_buffer(source->fd, max_len * FULL_PACKET_COST);
	if (setsockopt(source->fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on,
		       sizeof(on)) < 0)
		return -errno;
	return 0;
}

/* One buffer for each packet of a batch. They are touched now: a page fault
 * costs more than a hundred packets. */
static int map_buffers(struct source_nfqueue *source, uint32_t copy_range)
{
	size_t size = NLMSG_ALIGN(copy_range + NFQUEUE_OVERHEAD);
	void *map;

	source->buffers_size = size * WORKER_BATCH;
	map = mmap(NULL, source->buffers_size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	source->buffers = map;
	for (size_t i = 0; i < WORKER_BATCH; i++) {
		source->vectors[i] = (struct iovec){
			.iov_base = source->buffers + i * size,
			.iov_len = size,
		};
		source->slots[i].msg_hdr = (struct msghdr){
			.msg_iov = &source->vectors[i],
			.msg_iovlen = 1,
		};
	}
	return 0;
}

/*
 * The kernel has handled a request when send returns. A rejection is then the
 * first message in the socket; otherwise the first is a packet, or there is
 * none.
 */
static int bind_queue(struct source_nfqueue *source, uint32_t copy_range,
		      uint32_t max_len, bool fail_open)
{
	_Alignas(4) uint8_t bytes[NFQUEUE_CONFIG_MAX];
	struct nfqueue_message message;
	size_t len = nfqueue_message_bind(bytes, source->queue, copy_range,
					  max_len, fail_open);
	ssize_t got;

	if (send(source->fd, bytes, len, 0) < 0)
		return -errno;
	got = recv(source->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	if (got > 0 && nfqueue_message_read(bytes, (size_t)got, &message) ==
			       NFQUEUE_ERROR)
		return message.error;
	return 0;
}

int source_nfqueue_open(const struct source_nfqueue_options *options,
			struct source_nfqueue **ret_source, char *error,
			size_t error_size)
{
	uint32_t copy_range = options->copy_range;
	uint32_t max_len = options->max_len;
	struct source_nfqueue *source;
	int rc;

	if (copy_range == 0)
		copy_range = COPY_RANGE_DEFAULT;
	if (copy_range > COPY_RANGE_MAX)
		copy_range = COPY_RANGE_MAX;
	if (max_len == 0)
		max_len = MAX_LEN_DEFAULT;
	if (max_len > UINT32_MAX / FULL_PACKET_COST)
		max_len = UINT32_MAX / FULL_PACKET_COST;

	source = big_alloc(sizeof(*source));
	if (source == NULL)
		return explain(options->queue, -ENOMEM, error, error_size);
	source->queue = options->queue;
	source->coalesce_us = options->coalesce_us;
	source->next_id = 1;
	nfqueue_message_prepare(source->answers, WORKER_BATCH, source->queue);

	rc = map_buffers(source, copy_range);
	if (rc < 0)
		goto out;
	rc = open_socket(source, max_len);
	if (rc < 0)
		goto out;
	rc = bind_queue(source, copy_range, max_len * LIMIT_FACTOR,
			options->fail_open);
	if (rc < 0)
		goto out;

	*ret_source = source;
	source = NULL;
out:
	if (rc < 0)
		rc = explain(options->queue, rc, error, error_size);
	source_nfqueue_close(source);
	return rc;
}

void source_nfqueue_close(struct source_nfqueue *source)
{
	if (source == NULL)
		return;
	if (source->socket != NULL)
		mnl_socket_close(source->socket);
	if (source->buffers != NULL)
		munmap(source->buffers, source->buffers_size);
	free(source);
}

/*
 * At a moderate rate a wake-up costs more than the packet it is for: after a
 * short batch, wait for some more packets. After an empty batch the receive
 * itself waits, and a long batch has paid for its wake-up.
 */
static void coalesce(struct source_nfqueue *source)
{
	struct timespec time = { .tv_nsec = source->coalesce_us * 1000L };

	if (source->latest <= 0 || source->latest >= BATCH_LONG ||
	    source->is_finishing)
		return;
	if (!source->has_slack)
		prctl(PR_SET_TIMERSLACK, COALESCE_SLACK_NS);
	source->has_slack = true;
	nanosleep(&time, NULL);
}

/* Receive a batch; returns the number of messages, 0 for none. */
static int take_batch(struct source_nfqueue *source)
{
	int flags = source->is_finishing ? MSG_DONTWAIT : MSG_WAITFORONE;
	int got;

	if (source->coalesce_us != 0)
		coalesce(source);
	got = recvmmsg(source->fd, source->slots, WORKER_BATCH, flags, NULL);
	source->latest = got;
	if (got >= 0)
		return got;
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
		return 0;
	default:
		return -errno;
	}
}

/* Messages other than packets are counted and skipped. A late verdict (deleting
 * a base chain drops all waiting packets) is rejected with ENOENT, which is
 * harmless. */
static int read_batch(struct source_nfqueue *source, int got,
		      struct packet *ret_packets)
{
	uint64_t now_ns = clock_ns();
	uint64_t lost = 0, errors = 0;
	int packets = 0;

	for (int i = 0; i < got; i++) {
		struct nfqueue_message message;
		enum nfqueue_kind kind;

		kind = nfqueue_message_read(source->vectors[i].iov_base,
					    source->slots[i].msg_len,
					    &message);
		errors += kind == NFQUEUE_ERROR;
		if (kind != NFQUEUE_PACKET)
			continue;
		/* Ids wrap; an id that goes backwards is not a loss. */
		if (message.id - source->next_id <= INT32_MAX)
			lost += message.id - source->next_id;
		source->next_id = message.id + 1;
		source->ids[packets] = message.id;
		ret_packets[packets].data = message.data;
		ret_packets[packets].len = message.len;
		ret_packets[packets].mark = message.mark;
		ret_packets[packets].ifindex = message.ifindex;
		ret_packets[packets].has_uid = message.has_uid;
		ret_packets[packets].uid = message.uid;
		ret_packets[packets].hwaddr = message.hwaddr;
		ret_packets[packets].time_ns = now_ns;
		packets++;
	}
	stats_add(&source->counters.batches, 1);
	stats_add(&source->counters.queue_overflow, lost);
	stats_add(&source->counters.verdicts_rejected, errors);
	return packets;
}

int source_nfqueue_receive(struct source_nfqueue *source,
			   struct packet *ret_packets)
{
	int packets = 0;
	int got;

	do {
		got = take_batch(source);
		if (got <= 0)
			return got;
		packets = read_batch(source, got, ret_packets);
	} while (source->is_finishing && packets == 0);
	return packets;
}

int source_nfqueue_answer(struct source_nfqueue *source,
			  const struct packet *packets,
			  const struct verdict *verdicts, size_t n)
{
	size_t used = nfqueue_message_answer(source->answers, source->ids,
					     verdicts, n);
	ssize_t sent;

	(void)packets;
	if (used == 0)
		return 0;
	do
		sent = send(source->fd, source->answers,
			    used * sizeof(source->answers[0]), 0);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return 0;
}

void source_nfqueue_finish(struct source_nfqueue *source)
{
	_Alignas(4) uint8_t bytes[NFQUEUE_CONFIG_MAX];
	size_t len = nfqueue_message_limit(bytes, source->queue, 0);

	source->is_finishing = true;
	send(source->fd, bytes, len, 0);
}

/* The kernel acknowledges a no-op: the receive returns for it, and packets pay
 * for no second descriptor or timer. If the socket has no room for it, packets
 * are waiting anyway. */
void source_nfqueue_wake(const struct source_nfqueue *source)
{
	struct nlmsghdr noop = {
		.nlmsg_len = NLMSG_HDRLEN,
		.nlmsg_type = NLMSG_NOOP,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};

	send(source->fd, &noop, sizeof(noop), 0);
}

const struct stats_live *
source_nfqueue_counters(const struct source_nfqueue *source)
{
	return &source->counters;
}

size_t source_nfqueue_bytes(const struct source_nfqueue *source)
{
	return source->buffers_size + sizeof(*source);
}
