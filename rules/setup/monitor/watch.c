/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.c - receive notifications about the objects that set-up made and those
 * that it depends on. */
#include "rules/setup/monitor/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <unistd.h>

#include "rules/setup/kernel/attr.h"
#include "rules/policy/policy.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/kernel/netlink_parse.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/prefs.h"
#include "rules/setup/kernel/table_owner.h"
#include "rules/setup/plan/state.h"

#define RECEIVE_MAX (64u << 10)
/* The receive buffer; overflow is reported as ENOBUFS. */
#define BUFFER (4 << 20)
/* Messages of one call, so that a flood does not hold its caller. */
#define READS_MAX 256
/* PID_MAX_LIMIT: the port of a process's first socket is its pid, those of
 * further ones are above. */
#define PID_MAX (4u << 20)
/* IFF_LOWER_UP, which <net/if.h> lacks. */
#define CARRIER 0x10000u

struct watched_link {
	char name[IFNAMSIZ];
	unsigned int index;	/* 0: missing */
	unsigned int flags;
	uint32_t mtu;
};

struct watch {
	struct mnl_socket *route;
	struct mnl_socket *nft;
	struct table_owner owner;
	struct watched_link *links;
	size_t link_count;
	uint32_t *tables;
	size_t table_count;
	/* The current nftables transaction concerns our table. */
	bool is_table_touched;
	/* The arguments of watch_read() while it runs. */
	watch_event *seen;
	void *ctx;
	unsigned int local_port;
	char buffer[RECEIVE_MAX];
};

/* ---- filters ---- */

static struct watched_link *find_link(struct watch *watch, const char *name)
{
	for (size_t i = 0; i < watch->link_count; i++)
		if (strcmp(watch->links[i].name, name) == 0)
			return &watch->links[i];
	return NULL;
}

static int add_link(struct watch *watch, const char *dev)
{
	struct watched_link new = { .index = if_nametoindex(dev) };

	if (find_link(watch, dev) != NULL)
		return 0;
	snprintf(new.name, sizeof(new.name), "%s", dev);
	return ARRAY_ADD(watch->links, watch->link_count, new);
}

int watch_policy(struct watch *watch, const struct policy *policy)
{
	int rc = 0;

	watch->link_count = 0;
	watch->table_count = 0;
	for (size_t i = 0; i < policy_uplinks(policy) && rc == 0; i++) {
		const struct uplink *uplink = policy_uplink(policy, i);

		rc = add_link(watch, uplink->dev);
		if (rc == 0)
			rc = ARRAY_ADD(watch->tables, watch->table_count,
				       uplink->table);
	}
	return rc;
}

/* Our tables, and main's defaults and on-link routes. */
static bool concerns_route(const struct watch *watch,
			   const struct kernel_route *route)
{
	bool is_default = route->dst.len == (route->family == AF_INET ? 96 : 0);

	if (route->table == RT_TABLE_MAIN)
		return is_default || !route->has_via;
	for (size_t i = 0; i < watch->table_count; i++)
		if (watch->tables[i] == route->table)
			return true;
	return false;
}

static bool concerns_address(struct watch *watch,
			     const struct kernel_address *address)
{
	char name[IFNAMSIZ];

	return address->scope == RT_SCOPE_UNIVERSE &&
	       (if_indextoname(address->link, name) == NULL ||
		find_link(watch, name) != NULL);
}

/* ---- the author of a change ---- */

static void describe_process(unsigned int pid, const char *name, char *text,
			size_t size)
{
	char path[32], comm[32] = "";
	FILE *in = NULL;

	if (pid == 0 || pid >= PID_MAX) {
		snprintf(text, size, "changed by %s",
			 pid == 0 ? "the kernel" : "another program");
		return;
	}
	if (name == NULL) {
		snprintf(path, sizeof(path), "/proc/%u/comm", pid);
		in = fopen(path, "re");
	}
	if (in != NULL) {
		if (fgets(comm, sizeof(comm), in) != NULL)
			comm[strcspn(comm, "\n")] = '\0';
		fclose(in);
	}
	if (name == NULL && comm[0])
		name = comm;
	if (name != NULL)
		snprintf(text, size, "changed by %s (process %u)", name, pid);
	else
		snprintf(text, size, "changed by process %u", pid);
}

static void observe_process(struct watch *watch, enum watch_kind kind,
			    unsigned int pid, const char *name)
{
	char text[112];

	describe_process(pid, name, text, sizeof(text));
	watch->seen(watch->ctx, kind, text);
}

/* ---- rtnetlink ---- */

/* Linux 6.2 and later rename devices that are up. */
static void observe_rename(struct watch *watch, const struct kernel_link *link)
{
	char text[64];

	for (size_t i = 0; i < watch->link_count; i++) {
		struct watched_link *known = &watch->links[i];

		if (known->index != link->index ||
		    strcmp(known->name, link->name) == 0)
			continue;
		known->index = known->flags = 0;
		snprintf(text, sizeof(text), "link %s: renamed to %s",
			 known->name, link->name);
		watch->seen(watch->ctx, WATCH_LINK, text);
	}
}

static void observe_link(struct watch *watch, const struct nlmsghdr *message)
{
	struct kernel_link link;
	struct watched_link *known;
	bool is_gone = message->nlmsg_type == RTM_DELLINK;
	unsigned int flags;
	char text[64];

	if (!netlink_parse_link(message, &link))
		return;
	observe_rename(watch, &link);
	known = find_link(watch, link.name);
	if (known == NULL)
		return;
	flags = is_gone ? 0 : link.flags & (IFF_UP | CARRIER);
	if (!is_gone && known->index == link.index && known->flags == flags &&
	    known->mtu == link.mtu && link.group == KERNEL_GROUP)
		return;
	known->index = is_gone ? 0 : link.index;
	known->flags = flags;
	known->mtu = link.mtu;
	snprintf(text, sizeof(text), "link %s: %s", link.name,
		 is_gone	     ? "gone" :
		 !(flags & IFF_UP)   ? "down" :
		 !(flags & CARRIER)  ? "no carrier" :
				       "up");
	watch->seen(watch->ctx, WATCH_LINK, text);
}

static void observe_address(struct watch *watch, const struct nlmsghdr *message)
{
	struct kernel_address address;
	char name[ADDRESS_TEXT_MAX], text[96];

	if (!netlink_parse_address(message, &address) ||
	    !concerns_address(watch, &address))
		return;
	snprintf(text, sizeof(text), "address %s %s",
		 address_print(&address.address, name),
		 message->nlmsg_type == RTM_NEWADDR ? "added" :
							      "removed");
	watch->seen(watch->ctx, WATCH_ADDRESS, text);
}

static void observe_route(struct watch *watch, const struct nlmsghdr *message)
{
	struct kernel_route route;

	if (message->nlmsg_pid != watch->local_port &&
	    netlink_parse_route(message, &route) &&
	    concerns_route(watch, &route))
		observe_process(watch, WATCH_ROUTE, message->nlmsg_pid, NULL);
}

static void observe_rule(struct watch *watch, const struct nlmsghdr *message)
{
	struct kernel_rule rule;

	if (message->nlmsg_pid != watch->local_port &&
	    netlink_parse_rule(message, &rule) &&
	    (state_rule_is_ours(&rule) || rule.protocol != KERNEL_PROTOCOL))
		observe_process(watch, WATCH_RULE, message->nlmsg_pid, NULL);
}

static int observe_rtnetlink(const struct nlmsghdr *message, void *data)
{
	struct watch *watch = data;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		observe_link(watch, message);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		observe_address(watch, message);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		observe_route(watch, message);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		observe_rule(watch, message);
		break;
	}
	return MNL_CB_OK;
}

/* ---- nftables ---- */

/* A generation message ends a transaction, and names its author. */
static void observe_generation(struct watch *watch,
			       const struct nlmsghdr *message)
{
	const struct nlattr *attr;
	const char *name = NULL;
	unsigned int pid = 0;

	if (!watch->is_table_touched)
		return;
	watch->is_table_touched = false;
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) == NFTA_GEN_PROC_PID)
			pid = ntohl(attr_u32(attr));
		else if (mnl_attr_get_type(attr) == NFTA_GEN_PROC_NAME)
			name = attr_text(attr);
	}
	if (!nft_is_own_process(pid))
		observe_process(watch, WATCH_TABLE, pid, name);
}

/* The table's name is attribute 1 of all messages but the generation's. */
static int observe_nftables(const struct nlmsghdr *message, void *data)
{
	struct watch *watch = data;
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	if (NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_NFTABLES)
		return MNL_CB_OK;
	if (NFNL_MSG_TYPE(message->nlmsg_type) == NFT_MSG_NEWGEN) {
		observe_generation(watch, message);
		return MNL_CB_OK;
	}
	/* Others' rules may test marks: foreign_marks.h. */
	if (NFNL_MSG_TYPE(message->nlmsg_type) == NFT_MSG_NEWRULE ||
	    NFNL_MSG_TYPE(message->nlmsg_type) == NFT_MSG_DELRULE)
		watch->is_table_touched = true;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
	    header->nfgen_family != NFPROTO_INET)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, message, sizeof(*header))
		if (mnl_attr_get_type(attr) == NFTA_TABLE_NAME &&
		    strcmp(attr_text(attr), NFT_TABLE) == 0)
			watch->is_table_touched = true;
	return MNL_CB_OK;
}

/* ---- sockets ---- */

static int open_socket(int bus, const int *groups, size_t count,
		       struct mnl_socket **ret)
{
	struct mnl_socket *socket =
		mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int size = BUFFER;
	int group;

	if (socket == NULL)
		return -errno;
	*ret = socket;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE,
		   &size, sizeof(size));
	for (size_t i = 0; i < count; i++) {
		group = groups[i];
		if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP,
					  &group, sizeof(group)) < 0)
			return -errno;
	}
	return 0;
}

int watch_open(const struct policy *policy, struct watch **ret)
{
	static const int route_groups[] = {
		RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV6_RULE,
	};
	static const int nft_groups[] = { NFNLGRP_NFTABLES };
	struct watch *watch = calloc(1, sizeof(*watch));
	int rc;

	if (watch == NULL)
		return -ENOMEM;
	watch->owner = TABLE_OWNER_NONE;
	rc = open_socket(NETLINK_ROUTE, route_groups,
			 sizeof(route_groups) / sizeof(*route_groups),
			 &watch->route);
	if (rc == 0)
		rc = open_socket(NETLINK_NETFILTER, nft_groups, 1, &watch->nft);
	if (rc == 0)
		rc = watch_policy(watch, policy);
	if (rc < 0)
		goto out;
	*ret = watch;
	watch = NULL;
out:
	watch_close(watch);
	return rc;
}

void watch_close(struct watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->route != NULL)
		mnl_socket_close(watch->route);
	if (watch->nft != NULL)
		mnl_socket_close(watch->nft);
	table_owner_fini(&watch->owner);
	free(watch->links);
	free(watch->tables);
	free(watch);
}

void watch_mute(struct watch *watch, bool is_muted)
{
	int group = NFNLGRP_NFTABLES;

	mnl_socket_setsockopt(watch->nft,
			      is_muted ? NETLINK_DROP_MEMBERSHIP :
					 NETLINK_ADD_MEMBERSHIP,
			      &group, sizeof(group));
}

struct table_owner *watch_owner(struct watch *watch)
{
	return &watch->owner;
}

void watch_fds(const struct watch *watch, int fds[static WATCH_FDS])
{
	fds[0] = mnl_socket_get_fd(watch->route);
	fds[1] = mnl_socket_get_fd(watch->nft);
	fds[2] = watch->owner.holder;
}

static void read_socket(struct watch *watch, struct mnl_socket *socket,
			mnl_cb_t observe)
{
	for (int i = 0; i < READS_MAX; i++) {
		ssize_t len = mnl_socket_recvfrom(socket, watch->buffer,
						  sizeof(watch->buffer));

		if (len > 0)
			mnl_cb_run(watch->buffer, (size_t)len, 0, 0, observe,
				   watch);
		else if (len < 0 && (errno == ENOBUFS || errno == ENOSPC))
			watch->seen(watch->ctx, WATCH_LOST,
				    "notifications were lost");
		else if (len == 0 || errno != EINTR)
			return;
	}
}

void watch_read(struct watch *watch, unsigned int local_port, watch_event *seen,
		void *ctx)
{
	watch->seen = seen;
	watch->ctx = ctx;
	watch->local_port = local_port;
	read_socket(watch, watch->route, observe_rtnetlink);
	read_socket(watch, watch->nft, observe_nftables);
	if (table_owner_is_lost(&watch->owner))
		seen(ctx, WATCH_TABLE, "its process waymark-table has ended");
}
