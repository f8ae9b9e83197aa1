/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stray_nat.c - delete conntrack entries with the address of another uplink. */
#include "rules/setup/monitor/stray_nat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "rules/policy/policy.h"
#include "rules/setup/kernel/array.h"
#include "rules/setup/kernel/netlink.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/setup.h"

/* The largest message of a dump: netlink_dump(), af_netlink.c. */
#define DUMP_BUFFER 32768

/* An address of this machine. */
struct owned {
	struct address address;
	char dev[IFNAMSIZ];
	int uplink;		/* -1: none, or several that share the device */
};

struct scan {
	const struct policy *policy;
	const struct setup_report *report;
	const struct stray_paths *paths;
	struct owned *owned;
	size_t owned_count;
	struct mnl_socket *deletes;
	unsigned int count;
};

/* ---- addresses ---- */

/* The uplink with this device; -1: none, or several, which share addresses. */
static int only_uplink(const struct policy *policy, const char *dev)
{
	int found = -1;

	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		if (strcmp(policy_uplink(policy, i)->dev, dev) != 0)
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

static int keep_address(void *ctx, const struct kernel_address *address)
{
	struct scan *scan = ctx;
	struct owned new = { .address = address->address };

	if (!if_indextoname(address->link, new.dev))
		return 0;
	new.uplink = only_uplink(scan->policy, new.dev);
	return ARRAY_ADD(scan->owned, scan->owned_count, new);
}

static int read_addresses(struct scan *scan)
{
	struct netlink *nl = NULL;
	int rc = netlink_open(&nl);

	if (rc == 0)
		rc = netlink_addresses(nl, keep_address, scan);
	netlink_close(nl);
	return rc;
}

/* ---- entries ---- */

struct entry {
	const struct nlattr *original, *zone;
	struct address source;		/* of the original direction */
	struct address destination;
	struct address translated;	/* where answers go */
	uint32_t mark;
};

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

static bool read_entry(const struct nlmsghdr *message, struct entry *ret)
{
	const struct nlattr *attr, *reply = NULL;

	*ret = (struct entry){ 0 };
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case CTA_TUPLE_ORIG:
			ret->original = attr;
			break;
		case CTA_TUPLE_REPLY:
			reply = attr;
			break;
		case CTA_ZONE:
			ret->zone = attr;
			break;
		case CTA_MARK:
			ret->mark = ntohl(mnl_attr_get_u32(attr));
		}
	}
	return ret->original && reply &&
	       read_address(ret->original, CTA_IP_V4_SRC, CTA_IP_V6_SRC,
			    &ret->source) &&
	       read_address(ret->original, CTA_IP_V4_DST, CTA_IP_V6_DST,
			    &ret->destination) &&
	       read_address(reply, CTA_IP_V4_DST, CTA_IP_V6_DST,
			    &ret->translated);
}

/* `snat` and `npt` may name addresses that no device has. */
static const struct uplink *nat_owner_of(const struct policy *policy,
					 const struct address *address,
					 int *ret_uplink)
{
	bool v6 = !address_is_v4(address);

	for (size_t i = 0; i < policy_uplinks(policy); i++) {
		const struct uplink *up = policy_uplink(policy, i);
		const struct uplink_nat *nat = &up->nat[v6];

		*ret_uplink = (int)i;
		if ((nat->kind == NAT_SNAT || nat->kind == NAT_NPT) &&
		    prefix_contains(&nat->to, address))
			return up;
	}
	return NULL;
}

/* An unknown owner has no device: "". */
static struct owned owner_of(const struct scan *scan,
			     const struct address *address)
{
	struct owned found = { .dev = "", .uplink = -1 };
	const struct uplink *up;

	for (size_t i = 0; i < scan->owned_count; i++)
		if (address_equal(&scan->owned[i].address, address))
			return scan->owned[i];
	up = nat_owner_of(scan->policy, address, &found.uplink);
	if (up)
		memcpy(found.dev, up->dev, sizeof(found.dev));
	else
		found.uplink = -1;
	return found;
}

/* The uplink of the mark's path; -1: found. */
static int path_of(const struct scan *scan, uint32_t mark)
{
	const struct marks *marks = policy_marks(scan->policy);

	for (size_t i = 0; i < policy_uplinks(scan->policy); i++)
		if ((mark & marks->path_mask) ==
		    marks_of(marks, policy_uplink(scan->policy, i)->path,
			     false))
			return (int)i;
	return -1;
}

static bool is_on(struct owned owned, const struct policy *policy,
		  size_t uplink)
{
	return strcmp(owned.dev, policy_uplink(policy, uplink)->dev) == 0;
}

/* Whether a flow of path `i` cannot continue via its active uplink. Where that
 * is main, an address of no uplink is main's. */
static bool is_lost(const struct scan *scan, const struct entry *entry,
		    size_t i, uint8_t active)
{
	struct owned owner = owner_of(scan, &entry->translated);

	if (address_equal(&entry->source, &entry->translated) ||
	    owner.dev[0] == '\0')
		return true;
	if (active == PLAN_NO_UPLINK)
		return is_on(owner, scan->policy, i);
	return !is_on(owner, scan->policy, active);
}

static bool is_stray(const struct scan *scan, const struct entry *entry,
		     uint8_t active)
{
	struct owned owner = owner_of(scan, &entry->translated);

	return owner.uplink >= 0 && active != PLAN_NO_UPLINK &&
	       !address_equal(&entry->source, &entry->translated) &&
	       !is_on(owner, scan->policy, active);
}

/* No answer is requested: the entry may be gone. */
static void delete_entry(const struct scan *scan, const struct entry *entry,
			 uint8_t family)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header;

	request->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	request->nlmsg_flags = NLM_F_REQUEST;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	mnl_attr_put(request, CTA_TUPLE_ORIG | NLA_F_NESTED,
		     mnl_attr_get_payload_len(entry->original),
		     mnl_attr_get_payload(entry->original));
	if (entry->zone)
		mnl_attr_put(request, CTA_ZONE,
			     mnl_attr_get_payload_len(entry->zone),
			     mnl_attr_get_payload(entry->zone));
	mnl_socket_sendto(scan->deletes, request, request->nlmsg_len);
}

static int check_entry(const struct nlmsghdr *message, void *data)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	bool v6 = header->nfgen_family == AF_INET6;
	struct scan *scan = data;
	struct entry entry;
	uint8_t active;
	int path;

	if (!read_entry(message, &entry))
		return MNL_CB_OK;
	path = path_of(scan, entry.mark);
	if (path < 0)
		return MNL_CB_OK;
	active = scan->report->active[path][v6];
	if (is_on(owner_of(scan, &entry.destination), scan->policy,
		  (size_t)path) ||
	    (scan->paths->held[path][v6] &&
	     is_on(owner_of(scan, &entry.translated), scan->policy,
		   (size_t)path)))
		return MNL_CB_OK;
	if (scan->paths->moved[path][v6] &&
	    is_lost(scan, &entry, (size_t)path, active)) {
		delete_entry(scan, &entry, header->nfgen_family);
	} else if (is_stray(scan, &entry, active)) {
		delete_entry(scan, &entry, header->nfgen_family);
		scan->count++;
	}
	return MNL_CB_OK;
}

static int scan_entries(struct scan *scan, struct mnl_socket *dump,
			char buffer[static DUMP_BUFFER])
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header;
	int rc;

	request->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = 1;
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	header->nfgen_family = AF_UNSPEC;
	if (mnl_socket_sendto(dump, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		ssize_t len = mnl_socket_recvfrom(dump, buffer, DUMP_BUFFER);

		if (len < 0)
			return -errno;
		rc = mnl_cb_run(buffer, (size_t)len, 1,
				mnl_socket_get_portid(dump), check_entry, scan);
	} while (rc > MNL_CB_STOP);
	return rc < 0 ? -errno : 0;
}

int stray_nat_delete(const struct policy *policy,
		     const struct setup_report *report,
		     const struct stray_paths *paths, unsigned int *ret_count)
{
	struct scan scan = {
		.policy = policy, .report = report, .paths = paths,
	};
	struct mnl_socket *dump = mnl_socket_open2(NETLINK_NETFILTER,
						   SOCK_CLOEXEC);
	char *buffer = malloc(DUMP_BUFFER);
	int rc = buffer ? 0 : -ENOMEM;

	scan.deletes = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (rc == 0 && (!dump || !scan.deletes ||
			mnl_socket_bind(dump, 0, MNL_SOCKET_AUTOPID) < 0 ||
			mnl_socket_bind(scan.deletes, 0,
					MNL_SOCKET_AUTOPID) < 0))
		rc = -errno;
	if (rc == 0)
		rc = read_addresses(&scan);
	if (rc == 0)
		rc = scan_entries(&scan, dump, buffer);
	*ret_count = scan.count;
	free(scan.owned);
	free(buffer);
	if (dump)
		mnl_socket_close(dump);
	if (scan.deletes)
		mnl_socket_close(scan.deletes);
	return rc;
}
