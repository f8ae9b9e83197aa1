/* SPDX-License-Identifier: GPL-2.0-or-later */
/* neighbours.c - read RTM_NEWNEIGH messages, see rtnetlink(7). */
#include "engine/learn/neighbours.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/learn/learned.h"

/* States in which the kernel knows that the neighbour is there. */
#define CONFIRMED (NUD_PERMANENT | NUD_REACHABLE)
/* States that name a hardware address, which may be a mere claim. */
#define CLAIMED (NUD_STALE | NUD_DELAY | NUD_PROBE)

#define READ_MAX 32768		/* longest message of the kernel */

struct neighbours {
	struct mnl_socket *socket;
};

struct turn {
	struct learned *learned;
	uint64_t now_ns;
};

static int ask_for_all(struct neighbours *neighbours)
{
	char bytes[NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct ndmsg))];
	struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
	struct ndmsg *wanted;

	header->nlmsg_type = RTM_GETNEIGH;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	wanted = mnl_nlmsg_put_extra_header(header, sizeof(*wanted));
	wanted->ndm_family = AF_UNSPEC;
	if (mnl_socket_sendto(neighbours->socket, header,
			      header->nlmsg_len) < 0)
		return -errno;
	return 0;
}

int neighbours_open(struct neighbours **ret)
{
	struct neighbours *neighbours = calloc(1, sizeof(*neighbours));
	int rc = 0;

	if (neighbours == NULL)
		return -ENOMEM;
	neighbours->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK |
							     SOCK_CLOEXEC);
	if (neighbours->socket == NULL ||
	    mnl_socket_bind(neighbours->socket, RTMGRP_NEIGH,
			    MNL_SOCKET_AUTOPID) < 0)
		rc = -errno;
	if (rc == 0)
		rc = ask_for_all(neighbours);
	if (rc < 0) {
		neighbours_close(neighbours);
		return rc;
	}
	*ret = neighbours;
	return 0;
}

void neighbours_close(struct neighbours *neighbours)
{
	if (neighbours == NULL)
		return;
	if (neighbours->socket != NULL)
		mnl_socket_close(neighbours->socket);
	free(neighbours);
}

int neighbours_fd(const struct neighbours *neighbours)
{
	return neighbours != NULL ? mnl_socket_get_fd(neighbours->socket) : -1;
}

/* An entry's address and hardware address; false without both. */
static bool read_entry(const struct nlmsghdr *header, struct address *ret,
		       uint64_t *ret_hwaddr)
{
	const struct nlattr *attr;
	bool has_address = false;
	uint64_t hwaddr = 0;

	mnl_attr_for_each(attr, header, sizeof(struct ndmsg)) {
		const uint8_t *bytes = mnl_attr_get_payload(attr);
		uint16_t len = mnl_attr_get_payload_len(attr);
		uint32_t v4;

		if (mnl_attr_get_type(attr) == NDA_DST && len == sizeof(v4)) {
			memcpy(&v4, bytes, sizeof(v4));
			*ret = address_from_v4(v4);
			has_address = true;
		} else if (mnl_attr_get_type(attr) == NDA_DST && len == 16) {
			*ret = address_from_v6(bytes);
			has_address = true;
		}
		if (mnl_attr_get_type(attr) == NDA_LLADDR && len == ETH_ALEN)
			for (int i = 0; i < ETH_ALEN; i++)
				hwaddr = hwaddr << 8 | bytes[i];
	}
	*ret_hwaddr = hwaddr;
	return has_address && hwaddr != 0;
}

static int take(const struct nlmsghdr *header, void *ctx)
{
	const struct ndmsg *entry = mnl_nlmsg_get_payload(header);
	const struct turn *turn = ctx;
	struct address address;
	uint64_t hwaddr;

	if (header->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(*entry) ||
	    (entry->ndm_family != AF_INET && entry->ndm_family != AF_INET6) ||
	    !(entry->ndm_state & (CONFIRMED | CLAIMED)) ||
	    !read_entry(header, &address, &hwaddr))
		return MNL_CB_OK;
	if (entry->ndm_state & CONFIRMED)
		learned_confirm_machine(turn->learned, hwaddr, &address,
					turn->now_ns);
	else
		learned_doubt_machine(turn->learned, hwaddr, &address);
	return MNL_CB_OK;
}

void neighbours_turn(struct neighbours *neighbours, struct learned *learned,
		     uint64_t now_ns)
{
	struct turn turn = { .learned = learned, .now_ns = now_ns };
	char bytes[READ_MAX];
	ssize_t len;

	if (neighbours == NULL || learned == NULL)
		return;
	for (;;) {
		len = mnl_socket_recvfrom(neighbours->socket, bytes,
					  sizeof(bytes));
		/* What was lost will be notified again. */
		if (len < 0 && errno == ENOBUFS)
			continue;
		if (len <= 0)
			return;
		mnl_cb_run(bytes, (size_t)len, 0, 0, take, &turn);
	}
}
