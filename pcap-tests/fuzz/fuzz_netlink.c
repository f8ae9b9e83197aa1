/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_netlink.c - read messages of the kernel: rtnetlink, ctnetlink and
 * nfnetlink_queue. Input: a reader, a message type, and the message behind its
 * nlmsghdr. The length in the header is right, as the kernel's always is; that
 * of attributes is not. */
#include <assert.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "engine/nfqueue/nfqueue_message.h"
#include "engine/packet/cursor.h"
#include "rules/setup/kernel/flow_entries.h"
#include "rules/setup/kernel/netlink_parse.h"

#define HOPS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A message in a buffer of its exact size. */
static struct nlmsghdr *message_of(uint16_t type, struct cursor rest)
{
	size_t len = NLMSG_HDRLEN + cursor_left(&rest);
	struct nlmsghdr *message = aligned_alloc(NLMSG_ALIGNTO,
						 NLMSG_ALIGN(len));

	if (message == NULL)
		abort();
	memset(message, 0, NLMSG_ALIGN(len));
	*message = (struct nlmsghdr){ .nlmsg_len = (uint32_t)len,
				      .nlmsg_type = type };
	if (cursor_left(&rest) > 0)
		memcpy(NLMSG_DATA(message), rest.at, cursor_left(&rest));
	return message;
}

static bool ends(const char *text, size_t room)
{
	return memchr(text, '\0', room) != NULL;
}

static void read_link(const struct nlmsghdr *message)
{
	struct kernel_link link;

	if (netlink_parse_link(message, &link))
		assert(ends(link.name, sizeof(link.name)));
}

static void read_address(const struct nlmsghdr *message)
{
	struct kernel_address address;

	netlink_parse_address(message, &address);
}

static void read_route(const struct nlmsghdr *message)
{
	struct kernel_route route;
	unsigned int hops = 0;

	if (!netlink_parse_route(message, &route))
		return;
	while (route.has_hops && hops < HOPS_MAX &&
	       netlink_parse_hop(message, hops, &route))
		hops++;
}

static void read_rule(const struct nlmsghdr *message)
{
	struct kernel_rule rule;

	netlink_parse_rule(message, &rule);
}

static void read_entry(const struct nlmsghdr *message)
{
	struct flow_entry entry;

	if (flow_entry_read(message, &entry))
		assert(entry.key.len <= sizeof(entry.key.tuple));
}

static void read_packet(const struct nlmsghdr *message)
{
	const uint8_t *bytes = (const uint8_t *)message;
	struct nfqueue_message packet;

	if (nfqueue_message_read(bytes, message->nlmsg_len, &packet) !=
	    NFQUEUE_PACKET)
		return;
	assert(packet.data != NULL);
	if (packet.len > 0)
		assert(packet.data > bytes && packet.data + packet.len <=
					      bytes + message->nlmsg_len);
}

static const struct {
	void (*read)(const struct nlmsghdr *message);
	uint16_t type;
} readers[] = {
	{ read_link, RTM_NEWLINK },
	{ read_address, RTM_NEWADDR },
	{ read_route, RTM_NEWROUTE },
	{ read_rule, RTM_NEWRULE },
	{ read_entry, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW },
	{ read_packet, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET },
};
#define READERS (sizeof(readers) / sizeof(readers[0]))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor input = cursor_of(data, size);
	size_t reader = cursor_u8(&input) % READERS;
	uint8_t type = cursor_u8(&input);
	struct nlmsghdr *message = message_of(type != 0 ? type :
					      readers[reader].type, input);

	readers[reader].read(message);
	free(message);
	return 0;
}
