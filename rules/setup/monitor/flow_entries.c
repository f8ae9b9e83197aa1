/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow_entries.c - read and change conntrack entries, see flow_entries.h. */
#include "rules/setup/monitor/flow_entries.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

/* The largest message of a dump: netlink_dump(), af_netlink.c. */
#define DUMP_BUFFER 32768

struct flow_changes {
	struct mnl_socket *socket;
};

/* ---- changes ---- */

static int open_socket(struct mnl_socket **ret)
{
	*ret = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (*ret == NULL || mnl_socket_bind(*ret, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

static void close_socket(struct mnl_socket *socket)
{
	if (socket != NULL)
		mnl_socket_close(socket);
}

int flow_changes_open(struct flow_changes **ret)
{
	struct flow_changes *changes = calloc(1, sizeof(*changes));
	int rc = changes != NULL ? open_socket(&changes->socket) : -ENOMEM;

	if (rc < 0)
		flow_changes_close(changes);
	else
		*ret = changes;
	return rc;
}

void flow_changes_close(struct flow_changes *changes)
{
	if (changes != NULL)
		close_socket(changes->socket);
	free(changes);
}

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

static void put_key(struct nlmsghdr *request, const struct flow_entry_key *key)
{
	mnl_attr_put(request, CTA_TUPLE_ORIG | NLA_F_NESTED, key->len,
		     key->tuple);
	if (key->has_zone)
		mnl_attr_put_u16(request, CTA_ZONE, key->zone);
}

void flow_changes_delete(struct flow_changes *changes,
			 const struct flow_entry_key *key)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct nlmsghdr *request = request_of(buffer, IPCTNL_MSG_CT_DELETE, 0,
					      key->family);

	if (key->len == 0)
		return;
	put_key(request, key);
	mnl_socket_sendto(changes->socket, request, request->nlmsg_len);
}

/* The kernel replaces the bits of CTA_MARK_MASK: ctnetlink_change_mark(),
 * nf_conntrack_netlink.c. */
void flow_changes_mark(struct flow_changes *changes,
		       const struct flow_entry_key *key, uint32_t put,
		       uint32_t mask)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct nlmsghdr *request = request_of(buffer, IPCTNL_MSG_CT_NEW, 0,
					      key->family);

	if (key->len == 0)
		return;
	put_key(request, key);
	mnl_attr_put_u32(request, CTA_MARK, htonl(put));
	mnl_attr_put_u32(request, CTA_MARK_MASK, htonl(mask));
	mnl_socket_sendto(changes->socket, request, request->nlmsg_len);
}

/* ---- reading ---- */

static bool read_address(const struct nlattr *tuple, uint16_t v4, uint16_t v6,
			 struct address *ret)
{
	const struct nlattr *part, *attr;
	uint32_t be;

	mnl_attr_for_each_nested(part, tuple) {
		if (mnl_attr_get_type(part) != CTA_TUPLE_IP)
			continue;
		mnl_attr_for_each_nested(attr, part) {
			uint16_t type = mnl_attr_get_type(attr);
			size_t len = mnl_attr_get_payload_len(attr);

			if (type == v4 && len == 4) {
				memcpy(&be, mnl_attr_get_payload(attr), 4);
				*ret = address_from_v4(be);
				return true;
			}
			if (type == v6 && len == 16) {
				*ret = address_from_v6(
					mnl_attr_get_payload(attr));
				return true;
			}
		}
	}
	return false;
}

static uint8_t read_protocol(const struct nlattr *tuple)
{
	const struct nlattr *part, *attr;

	mnl_attr_for_each_nested(part, tuple) {
		if (mnl_attr_get_type(part) != CTA_TUPLE_PROTO)
			continue;
		mnl_attr_for_each_nested(attr, part)
			if (mnl_attr_get_type(attr) == CTA_PROTO_NUM)
				return mnl_attr_get_u8(attr);
	}
	return 0;
}

static void read_key(const struct nlattr *tuple, struct flow_entry_key *key)
{
	size_t len = mnl_attr_get_payload_len(tuple);

	if (len > sizeof(key->tuple))
		return;
	key->len = (uint16_t)len;
	memcpy(key->tuple, mnl_attr_get_payload(tuple), len);
}

static bool read_entry(const struct nlmsghdr *message, struct flow_entry *ret)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr, *original = NULL, *reply = NULL;

	*ret = (struct flow_entry){ .key.family = header->nfgen_family };
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_TUPLE_ORIG:
			original = attr;
			break;
		case CTA_TUPLE_REPLY:
			reply = attr;
			break;
		case CTA_ZONE:
			ret->key.has_zone = true;
			ret->key.zone = mnl_attr_get_u16(attr);
			break;
		case CTA_MARK:
			ret->mark = ntohl(mnl_attr_get_u32(attr));
		}
	}
	if (original == NULL || reply == NULL)
		return false;
	read_key(original, &ret->key);
	ret->protocol = read_protocol(original);
	return read_address(original, CTA_IP_V4_SRC, CTA_IP_V6_SRC,
			    &ret->source) &&
	       read_address(original, CTA_IP_V4_DST, CTA_IP_V6_DST,
			    &ret->destination) &&
	       read_address(reply, CTA_IP_V4_DST, CTA_IP_V6_DST,
			    &ret->translated);
}

struct scan {
	flow_entry_fn *see;
	void *ctx;
	struct flow_changes *changes;
};

static int see_message(const struct nlmsghdr *message, void *data)
{
	struct scan *scan = data;
	struct flow_entry entry;

	if (read_entry(message, &entry))
		scan->see(scan->ctx, &entry, scan->changes);
	return MNL_CB_OK;
}

static int dump(struct scan *scan, struct mnl_socket *socket,
		char buffer[static DUMP_BUFFER])
{
	struct nlmsghdr *request = request_of(buffer, IPCTNL_MSG_CT_GET,
					      NLM_F_DUMP, AF_UNSPEC);
	int rc;

	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t len = mnl_socket_recvfrom(socket, buffer, DUMP_BUFFER);

		if (len < 0)
			return -errno;
		rc = mnl_cb_run(buffer, (size_t)len, 1,
				mnl_socket_get_portid(socket), see_message,
				scan);
	} while (rc > MNL_CB_STOP);
	return rc < 0 ? -errno : 0;
}

int flow_entries_scan(flow_entry_fn *see, void *ctx)
{
	struct scan scan = { .see = see, .ctx = ctx };
	struct mnl_socket *socket = NULL;
	char *buffer = malloc(DUMP_BUFFER);
	int rc = buffer != NULL ? open_socket(&socket) : -ENOMEM;

	if (rc == 0)
		rc = flow_changes_open(&scan.changes);
	if (rc == 0)
		rc = dump(&scan, socket, buffer);
	free(buffer);
	close_socket(socket);
	flow_changes_close(scan.changes);
	return rc;
}
