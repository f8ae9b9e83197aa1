/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfqueue_message.c - netlink messages of a queue, see nfqueue_message.h.
 *
 * libnetfilter_queue builds the messages but does not read them here:
 * nfq_nlmsg_parse() rejects a truncated message, and its packet would then wait
 * for a verdict for ever.
 */
#include "engine/nfqueue/nfqueue_message.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <net/ethernet.h>
#include <stddef.h>
#include <string.h>

#define MESSAGE_PACKET (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)
#define MESSAGE_VERDICT (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT)
#define MESSAGE_BATCH (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT_BATCH)
#define ATTRIBUTES (NLMSG_HDRLEN + sizeof(struct nfgenmsg))

static uint32_t load_be32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return ntohl(value);
}

/* Six bytes in network order; other link types are ignored. */
static uint64_t load_hwaddr(const uint8_t *value, size_t len)
{
	struct nfqnl_msg_packet_hw hw = { 0 };
	uint64_t hwaddr = 0;

	memcpy(&hw, value, len < sizeof(hw) ? len : sizeof(hw));
	if (ntohs(hw.hw_addrlen) != ETH_ALEN ||
	    len < offsetof(struct nfqnl_msg_packet_hw, hw_addr) + ETH_ALEN)
		return 0;
	for (int i = 0; i < ETH_ALEN; i++)
		hwaddr = hwaddr << 8 | hw.hw_addr[i];
	return hwaddr;
}

/* One attribute of a packet; true when it is the packet's id. */
static bool take(struct nfqueue_message *message, uint16_t type,
		 const uint8_t *value, size_t len)
{
	if (type == NFQA_PAYLOAD) {
		message->data = value;
		message->len = (uint32_t)len;
		return false;
	}
	if (len < sizeof(uint32_t))
		return false;
	switch (type) {
	case NFQA_PACKET_HDR:
		message->id = load_be32(value);
		return true;
	case NFQA_MARK:
		message->mark = load_be32(value);
		return false;
	case NFQA_IFINDEX_INDEV:
		message->ifindex = load_be32(value);
		return false;
	case NFQA_HWADDR:
		message->hwaddr = load_hwaddr(value, len);
		return false;
	case NFQA_UID:
		message->uid = load_be32(value);
		message->has_uid = true;
		return false;
	default:
		return false;
	}
}

static enum nfqueue_kind read_packet(const uint8_t *bytes, size_t len,
				     struct nfqueue_message *message)
{
	size_t at = ATTRIBUTES;
	bool has_id = false;

	while (at + NLA_HDRLEN <= len) {
		struct nlattr attr;
		size_t room = len - at - NLA_HDRLEN;
		size_t value_len;

		memcpy(&attr, bytes + at, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN)
			break;
		value_len = attr.nla_len - NLA_HDRLEN;
		if (value_len > room)
			value_len = room;
		has_id |= take(message, attr.nla_type & NLA_TYPE_MASK,
			       bytes + at + NLA_HDRLEN, value_len);
		at += NLA_ALIGN(attr.nla_len);
	}
	return has_id ? NFQUEUE_PACKET : NFQUEUE_OTHER;
}

enum nfqueue_kind nfqueue_message_read(const uint8_t *bytes, size_t len,
				       struct nfqueue_message *ret)
{
	struct nlmsghdr header;

	*ret = (struct nfqueue_message){ .data = bytes };
	if (len < sizeof(header))
		return NFQUEUE_OTHER;
	memcpy(&header, bytes, sizeof(header));
	if (len > header.nlmsg_len)
		len = header.nlmsg_len;
	if (header.nlmsg_type == MESSAGE_PACKET)
		return read_packet(bytes, len, ret);
	if (header.nlmsg_type != NLMSG_ERROR ||
	    len < NLMSG_HDRLEN + sizeof(ret->error))
		return NFQUEUE_OTHER;
	memcpy(&ret->error, bytes + NLMSG_HDRLEN, sizeof(ret->error));
	return ret->error != 0 ? NFQUEUE_ERROR : NFQUEUE_OTHER;
}

void nfqueue_message_prepare(struct nfqueue_verdict *messages, size_t count,
			     uint16_t queue)
{
	for (size_t i = 0; i < count; i++) {
		struct nlmsghdr *header = nfq_nlmsg_put((char *)&messages[i],
							NFQNL_MSG_VERDICT,
							queue);

		nfq_nlmsg_verdict_put(header, 0, NF_ACCEPT);
		nfq_nlmsg_verdict_put_mark(header, 0);
	}
}

static bool same_answer(const struct verdict *a, const struct verdict *b)
{
	return a->mark == b->mark && a->drop == b->drop;
}

/*
 * A batch verdict applies to every waiting packet whose id is not after the one
 * it names. Everything before a run has its verdict by then, since answers are
 * sent in order, and a packet lost on its way here does not wait.
 */
size_t nfqueue_message_answer(struct nfqueue_verdict *messages,
			      const uint32_t *ids,
			      const struct verdict *verdicts, size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count; used++) {
		struct nfqueue_verdict *message = &messages[used];
		const struct verdict *verdict = &verdicts[i];
		size_t first = i;

		for (i++; i < count; i++)
			if (ids[i] != ids[i - 1] + 1 ||
			    !same_answer(verdict, &verdicts[i]))
				break;
		message->header.nlmsg_type =
			i - first > 1 ? MESSAGE_BATCH : MESSAGE_VERDICT;
		message->verdict.id = htonl(ids[i - 1]);
		message->verdict.verdict =
			htonl(verdict->drop ? NF_DROP : NF_ACCEPT);
		message->mark = htonl(verdict->mark);
	}
	return used;
}

size_t nfqueue_message_bind(uint8_t bytes[static NFQUEUE_CONFIG_MAX],
			    uint16_t queue, uint32_t copy_range,
			    uint32_t max_len, bool fail_open)
{
	uint32_t flags = NFQA_CFG_F_GSO | NFQA_CFG_F_UID_GID;
	struct nlmsghdr *header;

	memset(bytes, 0, NFQUEUE_CONFIG_MAX);	/* padding is not written */
	header = nfq_nlmsg_put((char *)bytes, NFQNL_MSG_CONFIG, queue);
	if (fail_open)
		flags |= NFQA_CFG_F_FAIL_OPEN;
	nfq_nlmsg_cfg_put_cmd(header, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_params(header, NFQNL_COPY_PACKET, (int)copy_range);
	nfq_nlmsg_cfg_put_qmaxlen(header, max_len);
	mnl_attr_put_u32(header, NFQA_CFG_FLAGS, htonl(flags));
	mnl_attr_put_u32(header, NFQA_CFG_MASK,
			 htonl(flags | NFQA_CFG_F_FAIL_OPEN));
	return header->nlmsg_len;
}

size_t nfqueue_message_limit(uint8_t bytes[static NFQUEUE_CONFIG_MAX],
			     uint16_t queue, uint32_t max_len)
{
	struct nlmsghdr *header = nfq_nlmsg_put((char *)bytes,
						NFQNL_MSG_CONFIG, queue);

	nfq_nlmsg_cfg_put_qmaxlen(header, max_len);
	return header->nlmsg_len;
}
