/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters.c - read the named counters of our table, see counters.h. */
#include "rules/setup/kernel/counters.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>

#include "rules/setup/kernel/attr.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/kernel/nft.h"

#define RECEIVE_MAX (64u << 10)
/* Attempts at a dump that concurrent changes interrupt. */
#define TRIES 10

char *counter_route(uint64_t id, char name[static COUNTER_NAME_MAX])
{
	snprintf(name, COUNTER_NAME_MAX, "route_%016" PRIx64, id);
	return name;
}

char *counter_path(const char *what, uint8_t path,
		   char name[static COUNTER_NAME_MAX])
{
	snprintf(name, COUNTER_NAME_MAX, "%s_%u", what, path);
	return name;
}

void counters_fini(struct counters *counters)
{
	free(counters->items);
	*counters = (struct counters){ 0 };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct counter *)a)->name,
		      ((const struct counter *)b)->name);
}

void counters_sort(struct counters *counters)
{
	if (counters->count > 0)
		qsort(counters->items, counters->count,
		      sizeof(*counters->items), by_name);
}

struct counter counters_find(const struct counters *counters, const char *name)
{
	struct counter key = { 0 };
	const struct counter *found;

	snprintf(key.name, sizeof(key.name), "%s", name);
	found = counters->count == 0 ? NULL :
		bsearch(&key, counters->items, counters->count, sizeof(key),
			by_name);
	return found != NULL ? *found : key;
}

static void take_values(const struct nlattr *data, struct counter *counter)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data) {
		if (mnl_attr_get_type(attr) == NFTA_COUNTER_BYTES)
			counter->bytes = be64toh(attr_u64(attr));
		else if (mnl_attr_get_type(attr) == NFTA_COUNTER_PACKETS)
			counter->packets = be64toh(attr_u64(attr));
	}
}

static int take_object(const struct nlmsghdr *message, void *data)
{
	struct counters *counters = data;
	struct counter counter = { 0 };
	bool is_ours = false;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_OBJ_TABLE:
			is_ours = strcmp(attr_text(attr),
					 NFT_TABLE) == 0;
			break;
		case NFTA_OBJ_NAME:
			if (strlen(attr_text(attr)) <
			    sizeof(counter.name))
				strcpy(counter.name, attr_text(attr));
			break;
		case NFTA_OBJ_DATA:
			take_values(attr, &counter);
		}
	}
	if (!is_ours || counter.name[0] == '\0')
		return MNL_CB_OK;
	if (ARRAY_ADD(counters->items, counters->count, counter) == 0)
		return MNL_CB_OK;
	errno = ENOMEM;
	return MNL_CB_ERROR;
}

static int dump(struct mnl_socket *socket, char *buffer, struct counters *ret)
{
	struct nlmsghdr *request = nftnl_nlmsg_build_hdr(
		buffer, NFT_MSG_GETOBJ, NFPROTO_INET, NLM_F_DUMP, 1);
	int rc;

	mnl_attr_put_strz(request, NFTA_OBJ_TABLE, NFT_TABLE);
	mnl_attr_put_u32(request, NFTA_OBJ_TYPE, htobe32(NFT_OBJECT_COUNTER));
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t len = mnl_socket_recvfrom(socket, buffer, RECEIVE_MAX);

		if (len < 0)
			return -errno;
		rc = mnl_cb_run(buffer, (size_t)len, 1, 0, take_object, ret);
	} while (rc > MNL_CB_STOP);
	return rc < 0 ? -errno : 0;
}

/* Each attempt has a new socket, which discards the rest of the last dump. */
static int read_once(char *buffer, struct counters *ret)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER,
						     SOCK_CLOEXEC);
	int rc;

	if (socket == NULL)
		return -errno;
	rc = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ?
		     -errno : dump(socket, buffer, ret);
	mnl_socket_close(socket);
	return rc == -ENOENT ? 0 : rc;
}

int counters_read(struct counters *ret)
{
	char *buffer = malloc(RECEIVE_MAX);
	int rc = buffer != NULL ? -EINTR : -ENOMEM;

	*ret = (struct counters){ 0 };
	for (int i = 0; i < TRIES && rc == -EINTR; i++) {
		counters_fini(ret);
		rc = read_once(buffer, ret);
	}
	if (rc == 0)
		counters_sort(ret);
	free(buffer);
	return rc;
}
