/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink_parse.c - parse rtnetlink messages. */
#include "rules/setup/kernel/netlink_parse.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "rules/setup/kernel/attr.h"

static bool parse_bytes(uint8_t family, const struct nlattr *attr,
			struct address *ret)
{
	size_t len = mnl_attr_get_payload_len(attr);
	uint32_t be;

	if (family == AF_INET && len == 4) {
		memcpy(&be, mnl_attr_get_payload(attr), sizeof(be));
		*ret = address_from_v4(be);
		return true;
	}
	if (family == AF_INET6 && len == 16) {
		*ret = address_from_v6(mnl_attr_get_payload(attr));
		return true;
	}
	return false;
}

/* Start a prefix of zeros; `len` as in netlink. */
static struct prefix prefix_of(uint8_t family, uint8_t len)
{
	struct prefix prefix = { .len = len };

	if (family == AF_INET) {
		prefix.base = address_from_v4(0);
		prefix.len += 96;
	}
	return prefix;
}

/* Whether the message has one of two types, and a header of `len` bytes. */
static bool is_one_of(const struct nlmsghdr *message, uint16_t added,
		      uint16_t deleted, size_t len)
{
	return (message->nlmsg_type == added ||
		message->nlmsg_type == deleted) &&
	       mnl_nlmsg_get_payload_len(message) >= len;
}

bool netlink_parse_link(const struct nlmsghdr *message, struct kernel_link *ret)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	if (!is_one_of(message, RTM_NEWLINK, RTM_DELLINK, sizeof(*header)))
		return false;
	*ret = (struct kernel_link){ .index = (unsigned int)header->ifi_index,
				     .flags = header->ifi_flags };
	mnl_attr_for_each(attr, message, sizeof(*header)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			strncpy(ret->name, attr_text(attr),
				sizeof(ret->name) - 1);
			break;
		case IFLA_GROUP:
			ret->group = attr_u32(attr);
			break;
		case IFLA_MTU:
			ret->mtu = attr_u32(attr);
			break;
		}
	}
	return true;
}

/* With IFA_LOCAL present, IFA_ADDRESS is the peer's. */
bool netlink_parse_address(const struct nlmsghdr *message,
			   struct kernel_address *ret)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	bool has_local = false;
	bool has_any = false;

	if (!is_one_of(message, RTM_NEWADDR, RTM_DELADDR, sizeof(*header)))
		return false;
	*ret = (struct kernel_address){ .link = header->ifa_index,
					.scope = header->ifa_scope };
	mnl_attr_for_each(attr, message, sizeof(*header)) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type != IFA_LOCAL && (type != IFA_ADDRESS || has_local))
			continue;
		if (parse_bytes(header->ifa_family, attr, &ret->address))
			has_any = true;
		has_local |= type == IFA_LOCAL;
	}
	return has_any;
}

static void read_metrics(const struct nlattr *nest, struct kernel_route *ret)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type >= KERNEL_METRICS || type == RTAX_CC_ALGO)
			ret->is_plain = false;
		else
			ret->metrics[type] = attr_u32(attr);
	}
}

static void route_attr(const struct nlattr *attr, struct kernel_route *ret)
{
	switch (mnl_attr_get_type(attr)) {
	case RTA_TABLE:
		ret->table = attr_u32(attr);
		break;
	case RTA_DST:
		if (!parse_bytes(ret->family, attr, &ret->dst.base))
			ret->is_plain = false;
		break;
	case RTA_PRIORITY:
		ret->metric = attr_u32(attr);
		break;
	case RTA_OIF:
		ret->oif = attr_u32(attr);
		break;
	case RTA_GATEWAY:
		ret->has_via = parse_bytes(ret->family, attr, &ret->via);
		break;
	case RTA_PREFSRC:
		ret->has_source = parse_bytes(ret->family, attr, &ret->source);
		break;
	case RTA_METRICS:
		read_metrics(attr, ret);
		break;
	case RTA_MULTIPATH:
		ret->has_hops = true;
		ret->is_plain = false;
		break;
	case RTA_CACHEINFO:
	case RTA_PREF:
		break;
	default:
		ret->is_plain = false;
	}
}

bool netlink_parse_route(const struct nlmsghdr *message,
			 struct kernel_route *ret)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	if (!is_one_of(message, RTM_NEWROUTE, RTM_DELROUTE, sizeof(*header)) ||
	    (header->rtm_flags & RTM_F_CLONED) ||
	    (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
		return false;
	*ret = (struct kernel_route){
		.family = header->rtm_family,
		.type = header->rtm_type,
		.scope = header->rtm_scope,
		.protocol = header->rtm_protocol,
		.table = header->rtm_table,
		.onlink = header->rtm_flags & RTNH_F_ONLINK,
		.is_plain = header->rtm_tos == 0 && header->rtm_src_len == 0,
		.dst = prefix_of(header->rtm_family, header->rtm_dst_len),
	};
	mnl_attr_for_each(attr, message, sizeof(*header))
		route_attr(attr, ret);
	/* IPv6 gives reject routes the device lo: fib6_nh_init(). */
	if (ret->type != RTN_UNICAST)
		ret->oif = 0;
	return true;
}

/* The n-th hop of a list; NULL after the last. */
static const struct rtnexthop *hop_at(const struct nlattr *list, unsigned int n)
{
	const char *at = mnl_attr_get_payload(list);
	int left = mnl_attr_get_payload_len(list);
	const struct rtnexthop *hop;

	for (;; n--) {
		hop = (const struct rtnexthop *)at;
		if (left < (int)sizeof(*hop) ||
		    hop->rtnh_len < sizeof(*hop) ||
		    hop->rtnh_len > left)
			return NULL;
		if (n == 0)
			return hop;
		if ((int)RTNH_ALIGN(hop->rtnh_len) > left)
			return NULL;
		at += RTNH_ALIGN(hop->rtnh_len);
		left -= RTNH_ALIGN(hop->rtnh_len);
	}
}

bool netlink_parse_hop(const struct nlmsghdr *message, unsigned int n,
		       struct kernel_route *route)
{
	const struct rtnexthop *hop = NULL;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct rtmsg))
		if (mnl_attr_get_type(attr) == RTA_MULTIPATH)
			hop = hop_at(attr, n);
	if (hop == NULL)
		return false;
	route->oif = (unsigned int)hop->rtnh_ifindex;
	route->onlink = hop->rtnh_flags & RTNH_F_ONLINK;
	route->has_via = false;
	mnl_attr_for_each_payload((const void *)(hop + 1),
				  hop->rtnh_len - sizeof(*hop))
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			route->has_via = parse_bytes(route->family, attr,
						     &route->via);
	return true;
}

/* FRA_SPORT_MASK and FRA_DPORT_MASK of linux/fib_rules.h since 6.15: a single
 * port comes with a mask of all ones. */
#define RULE_SPORT_MASK 28
#define RULE_DPORT_MASK 29

static struct kernel_ports ports_of(const struct nlattr *attr)
{
	struct fib_rule_port_range range = { 0 };

	if (mnl_attr_get_payload_len(attr) >= sizeof(range))
		memcpy(&range, mnl_attr_get_payload(attr), sizeof(range));
	return (struct kernel_ports){ range.start, range.end };
}

static void rule_attr(const struct nlattr *attr, struct kernel_rule *ret)
{
	struct fib_rule_uid_range users;

	switch (mnl_attr_get_type(attr)) {
	case FRA_PRIORITY:
		ret->pref = attr_u32(attr);
		break;
	case FRA_TABLE:
		ret->table = attr_u32(attr);
		break;
	case FRA_FWMARK:
		ret->mark = attr_u32(attr);
		break;
	case FRA_FWMASK:
		ret->mask = attr_u32(attr);
		break;
	case FRA_PROTOCOL:
		ret->protocol = attr_u8(attr);
		break;
	case FRA_SRC:
		ret->has_from = parse_bytes(ret->family, attr, &ret->from.base);
		break;
	case FRA_DST:
		ret->has_to = parse_bytes(ret->family, attr, &ret->to.base);
		break;
	case FRA_IIFNAME:
		strncpy(ret->iif, attr_text(attr),
			sizeof(ret->iif) - 1);
		break;
	case FRA_IP_PROTO:
		ret->ipproto = attr_u8(attr);
		break;
	case FRA_SPORT_RANGE:
		ret->sport = ports_of(attr);
		break;
	case FRA_DPORT_RANGE:
		ret->dport = ports_of(attr);
		break;
	case FRA_UID_RANGE:
		if (mnl_attr_get_payload_len(attr) < sizeof(users))
			break;
		memcpy(&users, mnl_attr_get_payload(attr), sizeof(users));
		ret->has_users = true;
		ret->first_user = users.start;
		ret->last_user = users.end;
		break;
	case RULE_SPORT_MASK:
	case RULE_DPORT_MASK:
		if (attr_u16(attr) != UINT16_MAX)
			ret->is_plain = false;
		break;
	case FRA_GOTO:
		ret->go_to = attr_u32(attr);
		break;
	case FRA_OIFNAME:
		strncpy(ret->oif, attr_text(attr),
			sizeof(ret->oif) - 1);
		break;
	case FRA_SUPPRESS_PREFIXLEN:
		ret->suppress_length = (int)attr_u32(attr);
		break;
	case FRA_SUPPRESS_IFGROUP:
		ret->suppress_group = attr_u32(attr);
		break;
	default:
		ret->is_plain = false;
	}
}

bool netlink_parse_rule(const struct nlmsghdr *message, struct kernel_rule *ret)
{
	const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	if (!is_one_of(message, RTM_NEWRULE, RTM_DELRULE, sizeof(*header)))
		return false;
	*ret = (struct kernel_rule){
		.family = header->family,
		.action = header->action,
		.table = header->table,
		.suppress_length = -1,
		.suppress_group = -1,
		.inverts = header->flags & FIB_RULE_INVERT,
		.is_plain = header->tos == 0,
		.from = prefix_of(header->family, header->src_len),
		.to = prefix_of(header->family, header->dst_len),
	};
	mnl_attr_for_each(attr, message, sizeof(*header))
		rule_attr(attr, ret);
	return true;
}
