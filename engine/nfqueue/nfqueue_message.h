/*
 * nfqueue_message.h - the netlink messages of a queue: read packets, build
 * verdicts. Bytes only, no socket.
 */
#ifndef WAYMARK_NFQUEUE_MESSAGE_H
#define WAYMARK_NFQUEUE_MESSAGE_H

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/worker/worker.h"

/*
 * What the kernel puts around a packet's bytes, at most: headers, the packet
 * header, mark, interfaces, hardware address, time, lengths, on bridges the
 * VLAN and the link layer header.
 */
#define NFQUEUE_OVERHEAD 512

enum nfqueue_kind {
	NFQUEUE_PACKET,		/* has an id: wants an answer */
	NFQUEUE_ERROR,		/* the kernel refused something */
	NFQUEUE_OTHER,		/* an acknowledgement, or not ours */
};

struct nfqueue_message {
	uint32_t id;
	uint32_t mark;
	uint32_t ifindex;	/* arrival; 0: none */
	bool has_uid;		/* a socket of this host sent it: */
	uint32_t uid;		/* its user */
	uint64_t hwaddr;		/* who sent it on the link; 0: unknown */
	const uint8_t *data;	/* in the message; never NULL */
	uint32_t len;		/* bytes that are there */
	int error;		/* NFQUEUE_ERROR: -errno */
};

/*
 * Read the message in the first `len` bytes of `bytes`, aligned to 4. It may
 * be cut anywhere: with its id it is still a packet, of what is there.
 */
enum nfqueue_kind nfqueue_message_read(const uint8_t *bytes, size_t len,
				       struct nfqueue_message *ret);

/* One verdict as it is sent. */
struct nfqueue_verdict {
	struct nlmsghdr header;
	struct nfgenmsg family;
	struct nlattr verdict_attr;
	struct nfqnl_msg_verdict_hdr verdict;
	struct nlattr mark_attr;
	uint32_t mark;
};

_Static_assert(sizeof(struct nfqueue_verdict) == 40,
	       "attributes follow each other without a gap");

/* Everything of `count` verdicts that does not change. */
void nfqueue_message_prepare(struct nfqueue_verdict *messages, size_t count,
			     uint16_t queue);

/*
 * The answers to packets `ids`, in that order, into prepared `messages`.
 * Neighbours with the same answer and ids without a gap share a message.
 * Returns how many messages there are, at most `count`.
 */
size_t nfqueue_message_answer(struct nfqueue_verdict *messages,
			      const uint32_t *ids,
			      const struct verdict *verdicts, size_t count);

/* Room for any of the two messages below. */
#define NFQUEUE_CONFIG_MAX 128

/*
 * Bind `queue`, and at once say what is wanted of it: as two messages, packets
 * that come between them would be dropped. Returns the length.
 */
size_t nfqueue_message_bind(uint8_t bytes[static NFQUEUE_CONFIG_MAX],
			    uint16_t queue, uint32_t copy_range,
			    uint32_t max_len, bool fail_open);

/* Another limit for packets that wait. */
size_t nfqueue_message_limit(uint8_t bytes[static NFQUEUE_CONFIG_MAX],
			     uint16_t queue, uint32_t max_len);

#endif
