/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfqueue_message.h - read packets from and build verdicts for a queue. Bytes
 * only, no socket.
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
 * Maximum overhead of a packet message: headers, packet header, mark,
 * interfaces, hardware address, time, lengths, and on bridges the VLAN and the
 * link layer header.
 */
#define NFQUEUE_OVERHEAD 512

enum nfqueue_kind {
	NFQUEUE_PACKET,		/* has an id and needs a verdict */
	NFQUEUE_ERROR,		/* the kernel rejected a message */
	NFQUEUE_OTHER,		/* an acknowledgement, or foreign */
};

struct nfqueue_message {
	uint32_t id;
	uint32_t mark;
	uint32_t ifindex;	/* arrival; 0: none */
	bool has_uid;		/* a socket of this host sent it: */
	uint32_t uid;		/* its user */
	uint64_t hwaddr;		/* the sender's; 0: unknown */
	const uint8_t *data;	/* in the message; never NULL */
	uint32_t len;		/* bytes that were copied */
	int error;		/* NFQUEUE_ERROR: -errno */
};

/*
 * Read the message in the first `len` bytes of `bytes`, aligned to 4. It may be
 * truncated anywhere: with its id it still counts as a packet, of what is left.
 */
enum nfqueue_kind nfqueue_message_read(const uint8_t *bytes, size_t len,
				       struct nfqueue_message *ret);

/* One verdict message. */
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

/* Fill in the constant parts of `count` verdicts. */
void nfqueue_message_prepare(struct nfqueue_verdict *messages, size_t count,
			     uint16_t queue);

/*
 * Write the verdicts for packets `ids`, in that order, into prepared
 * `messages`. Adjacent ids with the same verdict share a message. Returns the
 * number of messages, at most `count`.
 */
size_t nfqueue_message_answer(struct nfqueue_verdict *messages,
			      const uint32_t *ids,
			      const struct verdict *verdicts, size_t count);

/* Room for either of the two messages below. */
#define NFQUEUE_CONFIG_MAX 128

/*
 * Build the messages that bind `queue` and configure it, to be sent together:
 * packets that came between them would be dropped. Returns the length.
 */
size_t nfqueue_message_bind(uint8_t bytes[static NFQUEUE_CONFIG_MAX],
			    uint16_t queue, uint32_t copy_range,
			    uint32_t max_len, bool fail_open);

/* Build a message that changes the limit of waiting packets. */
size_t nfqueue_message_limit(uint8_t bytes[static NFQUEUE_CONFIG_MAX],
			     uint16_t queue, uint32_t max_len);

#endif
