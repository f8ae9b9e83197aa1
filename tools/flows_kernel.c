/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flows_kernel.c - dump connection tracking by ctnetlink. */
#include "tools/flows_kernel.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>

/* The largest message of a dump: netlink_dump(), af_netlink.c. */
#define DUMP_BUFFER 32768
#define ACCOUNTING "/proc/sys/net/netfilter/nf_conntrack_acct"

struct reading {
	struct flows_kernel *kernel;
	uint32_t any;
};

struct tuple {
	struct address src, dst;
	uint16_t sport, dport;
	uint8_t proto;
};

static void read_addresses(const struct nlattr *nest, struct tuple *tuple)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		const void *bytes = mnl_attr_get_payload(attr);

		switch (mnl_attr_get_type(attr)) {
		case CTA_IP_V4_SRC:
			tuple->src = address_from_v4(mnl_attr_get_u32(attr));
			break;
		case CTA_IP_V4_DST:
			tuple->dst = address_from_v4(mnl_attr_get_u32(attr));
			break;
		case CTA_IP_V6_SRC:
			tuple->src = address_from_v6(bytes);
			break;
		case CTA_IP_V6_DST:
			tuple->dst = address_from_v6(bytes);
			break;
		}
	}
}

static void read_ports(const struct nlattr *nest, struct tuple *tuple)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_PROTO_NUM:
			tuple->proto = mnl_attr_get_u8(attr);
			break;
		case CTA_PROTO_SRC_PORT:
			tuple->sport = ntohs(mnl_attr_get_u16(attr));
			break;
		case CTA_PROTO_DST_PORT:
			tuple->dport = ntohs(mnl_attr_get_u16(attr));
			break;
		}
	}
}

static void read_tuple(const struct nlattr *nest, struct tuple *tuple)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTA_TUPLE_IP)
			read_addresses(attr, tuple);
		else if (mnl_attr_get_type(attr) == CTA_TUPLE_PROTO)
			read_ports(attr, tuple);
	}
}

static void add_counters(const struct nlattr *nest, struct flows_entry *entry)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTA_COUNTERS_PACKETS)
			entry->packets += be64toh(mnl_attr_get_u64(attr));
		else if (mnl_attr_get_type(attr) == CTA_COUNTERS_BYTES)
			entry->bytes += be64toh(mnl_attr_get_u64(attr));
	}
	entry->is_counted = true;
}

static void read_start(const struct nlattr *nest, struct flows_entry *entry)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == CTA_TIMESTAMP_START)
			entry->start_ns = be64toh(mnl_attr_get_u64(attr));
}

static void read_attribute(const struct nlattr *attr, struct tuple *original,
			   struct tuple *reply, struct flows_entry *entry)
{
	switch (mnl_attr_get_type(attr)) {
	case CTA_TUPLE_ORIG:
		read_tuple(attr, original);
		break;
	case CTA_TUPLE_REPLY:
		read_tuple(attr, reply);
		break;
	case CTA_MARK:
		entry->mark = ntohl(mnl_attr_get_u32(attr));
		break;
	case CTA_ID:
		entry->id = ntohl(mnl_attr_get_u32(attr));
		break;
	case CTA_COUNTERS_ORIG:
	case CTA_COUNTERS_REPLY:
		add_counters(attr, entry);
		break;
	case CTA_TIMESTAMP:
		read_start(attr, entry);
		break;
	}
}

static struct flows_entry *entry_new(struct flows_kernel *kernel)
{
	struct flows_entry *items;
	size_t room = kernel->room != 0 ? kernel->room * 2 : 1024;

	if (kernel->count < kernel->room)
		return &kernel->items[kernel->count++];
	items = realloc(kernel->items, room * sizeof(items[0]));
	if (items == NULL)
		return NULL;
	kernel->items = items;
	kernel->room = room;
	return &kernel->items[kernel->count++];
}

void flows_entry_read(const struct nlmsghdr *message, struct flows_entry *ret)
{
	struct tuple original = { 0 }, reply = { 0 };
	const struct nlattr *attr;

	*ret = (struct flows_entry){ 0 };
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
		read_attribute(attr, &original, &reply, ret);
	ret->client = original.src;
	ret->sport = original.sport;
	ret->server = reply.src;
	ret->dport = reply.sport;
	ret->proto = original.proto;
	ret->is_redirected = !address_equal(&reply.src, &original.dst) ||
			     reply.sport != original.dport;
}

static int take_entry(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	struct flows_entry entry, *place;

	flows_entry_read(message, &entry);
	if ((entry.mark & reading->any) == 0)
		return MNL_CB_OK;
	place = entry_new(reading->kernel);
	if (place == NULL) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	*place = entry;
	return MNL_CB_OK;
}

static int request_dump(struct mnl_socket *socket, uint32_t mark, uint32_t mask)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header;

	request->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = 1;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->nfgen_family = AF_UNSPEC;
	header->version = NFNETLINK_V0;
	if (mask != 0) {
		mnl_attr_put_u32(request, CTA_MARK, htonl(mark));
		mnl_attr_put_u32(request, CTA_MARK_MASK, htonl(mask));
	}
	return mnl_socket_sendto(socket, request, request->nlmsg_len) < 0 ?
	       -errno : 0;
}

static int read_all(struct mnl_socket *socket, struct reading *reading)
{
	char *buffer = malloc(DUMP_BUFFER);
	int more = MNL_CB_OK, rc = 0;

	if (buffer == NULL)
		return -ENOMEM;
	while (more > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(socket, buffer, DUMP_BUFFER);

		more = len < 0 ? MNL_CB_ERROR :
		       mnl_cb_run(buffer, (size_t)len, 1,
				  mnl_socket_get_portid(socket), take_entry,
				  reading);
		if (more < 0)
			rc = -errno;
	}
	free(buffer);
	return rc;
}

int flows_kernel_read(uint32_t mark, uint32_t mask, uint32_t any,
		      struct flows_kernel *ret)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER,
						     SOCK_CLOEXEC);
	struct reading reading = { .kernel = ret, .any = any };
	int rc = 0;

	if (socket == NULL)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		rc = -errno;
	if (rc == 0)
		rc = request_dump(socket, mark, mask);
	if (rc == 0)
		rc = read_all(socket, &reading);
	mnl_socket_close(socket);
	if (rc < 0)
		flows_kernel_fini(ret);
	return rc;
}

void flows_kernel_fini(struct flows_kernel *kernel)
{
	free(kernel->items);
	*kernel = (struct flows_kernel){ 0 };
}

bool flows_kernel_counts(void)
{
	FILE *file = fopen(ACCOUNTING, "re");
	int on = 0;

	if (file == NULL)
		return false;
	if (fscanf(file, "%d", &on) != 1)
		on = 0;
	fclose(file);
	return on != 0;
}

bool flows_entry_same(const struct flows_entry *a, const struct flows_entry *b)
{
	return a->proto == b->proto && a->sport == b->sport &&
	       a->dport == b->dport && address_equal(&a->client, &b->client) &&
	       address_equal(&a->server, &b->server);
}

uint64_t flows_entry_hash(const struct flows_entry *entry)
{
	const uint64_t odd = 0x9e3779b97f4a7c15u;	/* 2^64 / golden ratio */
	uint64_t hash = (uint64_t)entry->sport << 32 |
			(uint64_t)entry->dport << 8 | entry->proto;

	for (int i = 0; i < 2; i++) {
		hash = (hash ^ entry->client.be64[i]) * odd;
		hash = (hash ^ hash >> 32 ^ entry->server.be64[i]) * odd;
	}
	return hash ^ hash >> 32;
}
