/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow_entries.c - read and change conntrack entries, see flow_entries.h. */
#include "rules/setup/kernel/flow_entries.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "rules/setup/kernel/attr.h"

/* The largest message of a dump: netlink_dump(), af_netlink.c. */
#define DUMP_BUFFER 32768

/* Ports that changes used last. */
#define OWN_PORTS 16

static atomic_uint_fast32_t own_ports[OWN_PORTS];
static atomic_uint own_port_count;

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

	if (rc < 0) {
		flow_changes_close(changes);
		return rc;
	}
	atomic_store(&own_ports[atomic_fetch_add(&own_port_count, 1) %
				OWN_PORTS],
		     mnl_socket_get_portid(changes->socket));
	*ret = changes;
	return 0;
}

bool flow_changes_are_own(uint32_t port)
{
	for (size_t i = 0; i < OWN_PORTS; i++)
		if (port != 0 && atomic_load(&own_ports[i]) == port)
			return true;
	return false;
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

static void put_addresses(struct nlmsghdr *request, const struct address *src,
			  const struct address *dst)
{
	struct nlattr *nest = mnl_attr_nest_start(request, CTA_TUPLE_IP);

	if (address_is_v4(src)) {
		mnl_attr_put_u32(request, CTA_IP_V4_SRC, src->be32[3]);
		mnl_attr_put_u32(request, CTA_IP_V4_DST, dst->be32[3]);
	} else {
		mnl_attr_put(request, CTA_IP_V6_SRC, 16, src->bytes);
		mnl_attr_put(request, CTA_IP_V6_DST, 16, dst->bytes);
	}
	mnl_attr_nest_end(request, nest);
}

/* The reply as it would be without NAT: the kernel applies CTA_NAT_SRC to it
 * (nf_nat_setup_info(), nf_nat_core.c). */
static void put_reply(struct nlmsghdr *request, const struct flow_tuple *flow)
{
	struct nlattr *reply = mnl_attr_nest_start(request, CTA_TUPLE_REPLY);
	struct nlattr *ports;

	put_addresses(request, &flow->dst, &flow->src);
	ports = mnl_attr_nest_start(request, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(request, CTA_PROTO_NUM, flow->proto);
	mnl_attr_put_u16(request, CTA_PROTO_SRC_PORT, htons(flow->dport));
	mnl_attr_put_u16(request, CTA_PROTO_DST_PORT, htons(flow->sport));
	mnl_attr_nest_end(request, ports);
	mnl_attr_nest_end(request, reply);
}

static void put_source(struct nlmsghdr *request, const struct address *source,
		       uint16_t port)
{
	struct nlattr *nat = mnl_attr_nest_start(request, CTA_NAT_SRC);
	struct nlattr *ports;

	if (address_is_v4(source)) {
		mnl_attr_put_u32(request, CTA_NAT_V4_MINIP, source->be32[3]);
		mnl_attr_put_u32(request, CTA_NAT_V4_MAXIP, source->be32[3]);
	} else {
		mnl_attr_put(request, CTA_NAT_V6_MINIP, 16, source->bytes);
		mnl_attr_put(request, CTA_NAT_V6_MAXIP, 16, source->bytes);
	}
	ports = mnl_attr_nest_start(request, CTA_NAT_PROTO);
	mnl_attr_put_u16(request, CTA_PROTONAT_PORT_MIN, htons(port));
	mnl_attr_put_u16(request, CTA_PROTONAT_PORT_MAX, htons(port));
	mnl_attr_nest_end(request, ports);
	mnl_attr_nest_end(request, nat);
}

void flow_changes_create(struct flow_changes *changes,
			 const struct flow_creation *creation)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct nlmsghdr *request = request_of(buffer, IPCTNL_MSG_CT_NEW,
					      NLM_F_CREATE | NLM_F_EXCL,
					      creation->key->family);

	if (creation->key->len == 0)
		return;
	put_key(request, creation->key);
	put_reply(request, creation->original);
	put_source(request, &creation->source, creation->port);
	mnl_attr_put_u32(request, CTA_TIMEOUT, htonl(creation->timeout_s));
	mnl_attr_put_u32(request, CTA_MARK, htonl(creation->mark));
	mnl_socket_sendto(changes->socket, request, request->nlmsg_len);
}

/* ---- reading ---- */

static void read_addresses(const struct nlattr *nest, struct flow_tuple *tuple)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		const void *bytes = attr_bytes(attr, 16);

		switch (mnl_attr_get_type(attr)) {
		case CTA_IP_V4_SRC:
			tuple->src = address_from_v4(attr_u32(attr));
			break;
		case CTA_IP_V4_DST:
			tuple->dst = address_from_v4(attr_u32(attr));
			break;
		case CTA_IP_V6_SRC:
			if (bytes != NULL)
				tuple->src = address_from_v6(bytes);
			break;
		case CTA_IP_V6_DST:
			if (bytes != NULL)
				tuple->dst = address_from_v6(bytes);
			break;
		}
	}
}

static void read_ports(const struct nlattr *nest, struct flow_tuple *tuple)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_PROTO_NUM:
			tuple->proto = attr_u8(attr);
			break;
		case CTA_PROTO_SRC_PORT:
			tuple->sport = ntohs(attr_u16(attr));
			break;
		case CTA_PROTO_DST_PORT:
			tuple->dport = ntohs(attr_u16(attr));
			break;
		}
	}
}

static void read_tuple(const struct nlattr *nest, struct flow_tuple *tuple)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTA_TUPLE_IP)
			read_addresses(attr, tuple);
		else if (mnl_attr_get_type(attr) == CTA_TUPLE_PROTO)
			read_ports(attr, tuple);
	}
}

static void read_key(const struct nlattr *tuple, struct flow_entry_key *key)
{
	size_t len = mnl_attr_get_payload_len(tuple);

	if (len > sizeof(key->tuple))
		return;
	key->len = (uint16_t)len;
	memcpy(key->tuple, mnl_attr_get_payload(tuple), len);
}

static void add_counters(const struct nlattr *nest, struct flow_entry *entry,
			 bool is_reply)
{
	uint64_t bytes = 0, packets = 0;
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTA_COUNTERS_PACKETS)
			packets = be64toh(attr_u64(attr));
		else if (mnl_attr_get_type(attr) == CTA_COUNTERS_BYTES)
			bytes = be64toh(attr_u64(attr));
	}
	entry->bytes += bytes;
	entry->packets += packets;
	if (is_reply) {
		entry->reply_bytes = bytes;
		entry->reply_packets = packets;
	}
	entry->is_counted = true;
}

static void read_times(const struct nlattr *nest, struct flow_entry *entry)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTA_TIMESTAMP_START)
			entry->start_ns = be64toh(attr_u64(attr));
		else if (mnl_attr_get_type(attr) == CTA_TIMESTAMP_STOP)
			entry->stop_ns = be64toh(attr_u64(attr));
	}
}

static void read_protocol(const struct nlattr *nest, struct flow_entry *entry)
{
	const struct nlattr *attr, *part;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) != CTA_PROTOINFO_TCP)
			continue;
		mnl_attr_for_each_nested(part, attr)
			if (mnl_attr_get_type(part) == CTA_PROTOINFO_TCP_STATE) {
				entry->has_tcp_state = true;
				entry->tcp_state = attr_u8(part);
			}
	}
}

static void read_attribute(const struct nlattr *attr, struct flow_entry *entry)
{
	switch (mnl_attr_get_type(attr)) {
	case CTA_TUPLE_ORIG:
		read_key(attr, &entry->key);
		read_tuple(attr, &entry->original);
		break;
	case CTA_TUPLE_REPLY:
		read_tuple(attr, &entry->reply);
		break;
	case CTA_ZONE:
		entry->key.has_zone = true;
		entry->key.zone = attr_u16(attr);
		break;
	case CTA_MARK:
		entry->mark = ntohl(attr_u32(attr));
		break;
	case CTA_STATUS:
		entry->status = ntohl(attr_u32(attr));
		break;
	case CTA_PROTOINFO:
		read_protocol(attr, entry);
		break;
	case CTA_ID:
		entry->id = ntohl(attr_u32(attr));
		break;
	case CTA_COUNTERS_ORIG:
		add_counters(attr, entry, false);
		break;
	case CTA_COUNTERS_REPLY:
		add_counters(attr, entry, true);
		break;
	case CTA_TIMESTAMP:
		read_times(attr, entry);
		break;
	case CTA_TIMEOUT:
		entry->timeout_s = ntohl(attr_u32(attr));
		break;
	}
}

bool flow_entry_read(const struct nlmsghdr *message, struct flow_entry *ret)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	bool has_original = false, has_reply = false;
	const struct nlattr *attr;

	*ret = (struct flow_entry){ 0 };
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return false;
	ret->key.family = header->nfgen_family;
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg)) {
		has_original |= mnl_attr_get_type(attr) == CTA_TUPLE_ORIG;
		has_reply |= mnl_attr_get_type(attr) == CTA_TUPLE_REPLY;
		read_attribute(attr, ret);
	}
	return has_original && has_reply;
}

struct flow_dump {
	struct mnl_socket *socket;
	char buffer[DUMP_BUFFER];
};

struct sight {
	int (*see)(void *ctx, const struct flow_entry *entry);
	void *ctx;
};

static int see_message(const struct nlmsghdr *message, void *data)
{
	struct sight *sight = data;
	struct flow_entry entry;
	int rc = 0;

	if (flow_entry_read(message, &entry))
		rc = sight->see(sight->ctx, &entry);
	if (rc == 0)
		return MNL_CB_OK;
	errno = -rc;
	return MNL_CB_ERROR;
}

static int request_dump(struct mnl_socket *socket, uint32_t mark, uint32_t mask)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = request_of(buffer, IPCTNL_MSG_CT_GET,
					      NLM_F_DUMP, AF_UNSPEC);

	if (mask != 0) {
		mnl_attr_put_u32(request, CTA_MARK, htonl(mark));
		mnl_attr_put_u32(request, CTA_MARK_MASK, htonl(mask));
	}
	return mnl_socket_sendto(socket, request, request->nlmsg_len) < 0 ?
	       -errno : 0;
}

static int open_dump(uint32_t mark, uint32_t mask, struct flow_dump **ret_dump)
{
	struct flow_dump *dump = calloc(1, sizeof(*dump));
	int rc = dump != NULL ? open_socket(&dump->socket) : -ENOMEM;

	if (rc == 0)
		rc = request_dump(dump->socket, mark, mask);
	if (rc < 0)
		flow_dump_close(dump);
	else
		*ret_dump = dump;
	return rc;
}

int flow_dump_open(struct flow_dump **ret_dump)
{
	return open_dump(0, 0, ret_dump);
}

void flow_dump_close(struct flow_dump *dump)
{
	if (dump != NULL)
		close_socket(dump->socket);
	free(dump);
}

int flow_dump_next(struct flow_dump *dump,
		   int (*see)(void *ctx, const struct flow_entry *entry),
		   void *ctx)
{
	struct sight sight = { .see = see, .ctx = ctx };
	ssize_t len = mnl_socket_recvfrom(dump->socket, dump->buffer,
					  sizeof(dump->buffer));
	int rc;

	if (len < 0)
		return -errno;
	rc = mnl_cb_run(dump->buffer, (size_t)len, 1,
			mnl_socket_get_portid(dump->socket), see_message,
			&sight);
	return rc < 0 ? -errno : rc > MNL_CB_STOP;
}

int flow_entries_read(uint32_t mark, uint32_t mask,
		      int (*see)(void *ctx, const struct flow_entry *entry),
		      void *ctx)
{
	struct flow_dump *dump = NULL;
	int rc = open_dump(mark, mask, &dump);

	if (rc < 0)
		return rc;
	do
		rc = flow_dump_next(dump, see, ctx);
	while (rc > 0);
	flow_dump_close(dump);
	return rc;
}

struct scan {
	flow_entry_fn *see;
	void *ctx;
	struct flow_changes *changes;
};

static int scan_entry(void *ctx, const struct flow_entry *entry)
{
	struct scan *scan = ctx;

	scan->see(scan->ctx, entry, scan->changes);
	return 0;
}

int flow_entries_scan(flow_entry_fn *see, void *ctx)
{
	struct scan scan = { .see = see, .ctx = ctx };
	int rc = flow_changes_open(&scan.changes);

	if (rc == 0)
		rc = flow_entries_read(0, 0, scan_entry, &scan);
	flow_changes_close(scan.changes);
	return rc;
}
