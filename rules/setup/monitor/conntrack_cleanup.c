/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conntrack_cleanup.c - change the marks of conntrack entries. */
#include "rules/setup/monitor/conntrack_cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>

/* The largest message of a dump: netlink_dump(), af_netlink.c. */
#define DUMP_BUFFER 32768

static struct nlmsghdr *request_of(char *buffer, uint16_t what, uint16_t flags,
				   uint8_t family)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header;

	request->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | what;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	request->nlmsg_seq = 1;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	return request;
}

static void put_mark(struct nlmsghdr *request, uint32_t mark, uint32_t mask)
{
	mnl_attr_put_u32(request, CTA_MARK, htonl(mark));
	mnl_attr_put_u32(request, CTA_MARK_MASK, htonl(mask));
}

/* ---- marks ---- */

struct clearing {
	struct mnl_socket *socket;	/* of the requests, not of the dump */
	const struct mark_change *changes;
	size_t count;
};

/* The kernel replaces the bits of CTA_MARK_MASK: ctnetlink_change_mark(),
 * nf_conntrack_netlink.c. No answer is requested: the entry may be gone. */
static void change_one(const struct clearing *clearing,
		       const struct mark_change *change, uint8_t family,
		       const struct nlattr *tuple, const struct nlattr *zone)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct nlmsghdr *request = request_of(buffer, IPCTNL_MSG_CT_NEW, 0,
					      family);

	mnl_attr_put(request, CTA_TUPLE_ORIG | NLA_F_NESTED,
		     mnl_attr_get_payload_len(tuple),
		     mnl_attr_get_payload(tuple));
	if (zone)
		mnl_attr_put(request, CTA_ZONE, mnl_attr_get_payload_len(zone),
			     mnl_attr_get_payload(zone));
	put_mark(request, change->put, change->mask);
	mnl_socket_sendto(clearing->socket, request, request->nlmsg_len);
}

/* Find the first change that matches; NULL: the mark is as wanted. */
static const struct mark_change *change_of(const struct clearing *clearing,
					   uint32_t mark)
{
	for (size_t i = 0; i < clearing->count; i++) {
		const struct mark_change *change = &clearing->changes[i];

		if ((mark & change->under) == change->is)
			return (mark & change->mask) != change->put ? change :
								      NULL;
	}
	return NULL;
}

static int change_listed(const struct nlmsghdr *message, void *data)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *tuple = NULL, *zone = NULL, *attr;
	const struct clearing *clearing = data;
	const struct mark_change *change;
	uint32_t mark = 0;

	mnl_attr_for_each(attr, message, sizeof(*header)) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_TUPLE_ORIG:
			tuple = attr;
			break;
		case CTA_ZONE:
			zone = attr;
			break;
		case CTA_MARK:
			mark = ntohl(mnl_attr_get_u32(attr));
		}
	}
	change = change_of(clearing, mark);
	if (tuple && change)
		change_one(clearing, change, header->nfgen_family, tuple, zone);
	return MNL_CB_OK;
}

static int request_dump(struct mnl_socket *socket)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = request_of(buffer, IPCTNL_MSG_CT_GET,
					      NLM_F_DUMP, AF_UNSPEC);

	return mnl_socket_sendto(socket, request, request->nlmsg_len) < 0 ?
	       -errno : 0;
}

int conntrack_cleanup_marks(uint32_t mask)
{
	struct mark_change change = { .mask = mask };

	return conntrack_cleanup_change(&change, 1);
}

int conntrack_cleanup_change(const struct mark_change *changes, size_t count)
{
	struct mnl_socket *dump = mnl_socket_open2(NETLINK_NETFILTER,
						   SOCK_CLOEXEC);
	struct clearing clearing = {
		.socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC),
		.changes = changes,
		.count = count,
	};
	char *buffer = malloc(DUMP_BUFFER);
	int rc = buffer ? 0 : -ENOMEM;
	int more = MNL_CB_OK;

	if (rc == 0 && (!dump || !clearing.socket ||
			mnl_socket_bind(dump, 0, MNL_SOCKET_AUTOPID) < 0 ||
			mnl_socket_bind(clearing.socket, 0,
					MNL_SOCKET_AUTOPID) < 0))
		rc = -errno;
	if (rc == 0)
		rc = request_dump(dump);
	while (rc == 0 && more > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(dump, buffer, DUMP_BUFFER);

		more = len < 0 ? MNL_CB_ERROR :
		       mnl_cb_run(buffer, (size_t)len, 1,
				  mnl_socket_get_portid(dump), change_listed,
				  &clearing);
		if (more < 0)
			rc = -errno;
	}
	free(buffer);
	if (dump)
		mnl_socket_close(dump);
	if (clearing.socket)
		mnl_socket_close(clearing.socket);
	return rc;
}
