/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink.c - rtnetlink dumps and requests. */
#include "rules/setup/kernel/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "rules/setup/kernel/attr.h"
#include "rules/setup/kernel/netlink_parse.h"

/* Dumps come in messages of up to 32 KiB (af_netlink.c, netlink_dump()). */
#define RECEIVE_MAX (32u << 10)
#define REQUEST_MAX 512u

struct netlink {
	struct mnl_socket *socket;
	unsigned int sequence;
	char receive[RECEIVE_MAX];
};

int netlink_open(struct netlink **ret)
{
	struct netlink *nl = calloc(1, sizeof(*nl));
	int rc = 0;

	if (nl == NULL)
		return -ENOMEM;
	nl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (nl->socket == NULL ||
	    mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = -errno;
		goto out;
	}
	*ret = nl;
	nl = NULL;
out:
	netlink_close(nl);
	return rc;
}

unsigned int netlink_port(const struct netlink *nl)
{
	return mnl_socket_get_portid(nl->socket);
}

void netlink_close(struct netlink *nl)
{
	if (nl == NULL)
		return;
	if (nl->socket != NULL)
		mnl_socket_close(nl->socket);
	free(nl);
}

/* Send `request` and pass each answer to `each`. */
static int exchange(struct netlink *nl, struct nlmsghdr *request, mnl_cb_t each,
		void *ctx)
{
	unsigned int port = mnl_socket_get_portid(nl->socket);
	ssize_t len;
	int rc;

	request->nlmsg_seq = ++nl->sequence;
	if (mnl_socket_sendto(nl->socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(nl->socket, nl->receive,
					  sizeof(nl->receive));
		if (len < 0)
			return -errno;
		rc = mnl_cb_run(nl->receive, (size_t)len, nl->sequence, port,
				each, ctx);
	} while (rc > MNL_CB_STOP);
	return rc < 0 ? -errno : 0;
}

static struct nlmsghdr *request_start(char *buffer, uint16_t type,
				      uint16_t flags)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	return request;
}

/* ---- dumps ---- */

/* The data of a dump's callback; `rc` is the result of the caller's. */
struct dump {
	union {
		netlink_link_cb *link;
		netlink_address_cb *address;
		netlink_route_cb *route;
		netlink_rule_cb *rule;
	};
	void *ctx;
	int rc;
};

static int dump_end(struct dump *dump, int rc)
{
	dump->rc = rc;
	return rc ? MNL_CB_STOP : MNL_CB_OK;
}

static int dump_link(const struct nlmsghdr *message, void *data)
{
	struct dump *dump = data;
	struct kernel_link link;

	if (!netlink_parse_link(message, &link))
		return MNL_CB_OK;
	return dump_end(dump, dump->link(dump->ctx, &link));
}

static int dump_address(const struct nlmsghdr *message, void *data)
{
	struct dump *dump = data;
	struct kernel_address address;

	if (!netlink_parse_address(message, &address))
		return MNL_CB_OK;
	return dump_end(dump, dump->address(dump->ctx, &address));
}

static int dump_route(const struct nlmsghdr *message, void *data)
{
	struct dump *dump = data;
	struct kernel_route route;

	if (!netlink_parse_route(message, &route))
		return MNL_CB_OK;
	if (!route.has_hops)
		return dump_end(dump, dump->route(dump->ctx, &route));
	for (unsigned int n = 0; dump->rc == 0 &&
	     netlink_parse_hop(message, n, &route); n++)
		dump->rc = dump->route(dump->ctx, &route);
	return dump_end(dump, dump->rc);
}

static int dump_rule(const struct nlmsghdr *message, void *data)
{
	struct dump *dump = data;
	struct kernel_rule rule;

	if (!netlink_parse_rule(message, &rule))
		return MNL_CB_OK;
	return dump_end(dump, dump->rule(dump->ctx, &rule));
}

/* `header_len` is the size of the struct after nlmsghdr: the family, and zeros,
 * which request everything. */
static int dump_family(struct netlink *nl, uint16_t type, uint8_t family,
		       size_t header_len, mnl_cb_t each, struct dump *dump)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_MAX];
	struct nlmsghdr *request = request_start(buffer, type, NLM_F_DUMP);
	uint8_t *header = mnl_nlmsg_put_extra_header(request, header_len);
	int rc;

	header[0] = family;
	dump->rc = 0;
	rc = exchange(nl, request, each, dump);
	if (rc == -EOPNOTSUPP || rc == -EAFNOSUPPORT)
		return 0;
	return rc < 0 ? rc : dump->rc;
}

static int dump_both(struct netlink *nl, uint16_t type, size_t header_len,
		     mnl_cb_t each, struct dump *dump)
{
	int rc = dump_family(nl, type, AF_INET, header_len, each, dump);

	if (rc)
		return rc;
	return dump_family(nl, type, AF_INET6, header_len, each, dump);
}

int netlink_links(struct netlink *nl, netlink_link_cb *each, void *ctx)
{
	struct dump dump = { .link = each, .ctx = ctx };

	return dump_family(nl, RTM_GETLINK, AF_UNSPEC,
			   sizeof(struct ifinfomsg), dump_link, &dump);
}

int netlink_addresses(struct netlink *nl, netlink_address_cb *each, void *ctx)
{
	struct dump dump = { .address = each, .ctx = ctx };

	return dump_both(nl, RTM_GETADDR, sizeof(struct ifaddrmsg),
			 dump_address, &dump);
}

int netlink_routes(struct netlink *nl, netlink_route_cb *each, void *ctx)
{
	struct dump dump = { .route = each, .ctx = ctx };

	return dump_both(nl, RTM_GETROUTE, sizeof(struct rtmsg), dump_route,
			 &dump);
}

int netlink_rules(struct netlink *nl, netlink_rule_cb *each, void *ctx)
{
	struct dump dump = { .rule = each, .ctx = ctx };

	return dump_both(nl, RTM_GETRULE, sizeof(struct fib_rule_hdr),
			 dump_rule, &dump);
}

/* ---- requests ---- */

static int ask(struct netlink *nl, struct nlmsghdr *request)
{
	return exchange(nl, request, NULL, NULL);
}

static void put_address(struct nlmsghdr *request, uint16_t type,
			uint8_t family, const struct address *address)
{
	if (family == AF_INET)
		mnl_attr_put(request, type, 4, address->bytes + 12);
	else
		mnl_attr_put(request, type, 16, address->bytes);
}

/* Convert the length: an IPv4 /n is 96 + n in a struct prefix. */
static uint8_t prefix_len(uint8_t family, const struct prefix *prefix)
{
	return family == AF_INET ? prefix->len - 96 : prefix->len;
}

static void put_metrics(struct nlmsghdr *request,
			const struct kernel_route *route)
{
	struct nlattr *nest = NULL;

	for (uint16_t i = 0; i < KERNEL_METRICS; i++) {
		if (route->metrics[i] == 0)
			continue;
		if (nest == NULL)
			nest = mnl_attr_nest_start(request, RTA_METRICS);
		mnl_attr_put_u32(request, i, route->metrics[i]);
	}
	if (nest != NULL)
		mnl_attr_nest_end(request, nest);
}

static int route_request(struct netlink *nl, uint16_t type, uint16_t flags,
			 const struct kernel_route *route)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_MAX];
	struct nlmsghdr *request = request_start(buffer, type,
						 flags | NLM_F_ACK);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(request, sizeof(*rtm));

	rtm->rtm_family = route->family;
	rtm->rtm_dst_len = prefix_len(route->family, &route->dst);
	rtm->rtm_table = RT_TABLE_UNSPEC;
	rtm->rtm_protocol = route->protocol;
	rtm->rtm_scope = route->scope;
	rtm->rtm_type = route->type;
	rtm->rtm_flags = route->onlink ? RTNH_F_ONLINK : 0;
	if (rtm->rtm_dst_len)
		put_address(request, RTA_DST, route->family, &route->dst.base);
	mnl_attr_put_u32(request, RTA_TABLE, route->table);
	if (route->metric)
		mnl_attr_put_u32(request, RTA_PRIORITY, route->metric);
	if (route->has_via)
		put_address(request, RTA_GATEWAY, route->family, &route->via);
	if (route->oif)
		mnl_attr_put_u32(request, RTA_OIF, route->oif);
	if (route->has_source)
		put_address(request, RTA_PREFSRC, route->family,
			    &route->source);
	put_metrics(request, route);
	return ask(nl, request);
}

int netlink_route_add(struct netlink *nl, const struct kernel_route *route)
{
	return route_request(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
			     route);
}

int netlink_route_replace(struct netlink *nl, const struct kernel_route *route)
{
	return route_request(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
			     route);
}

int netlink_route_delete(struct netlink *nl, const struct kernel_route *route)
{
	return route_request(nl, RTM_DELROUTE, 0, route);
}

static void put_ports(struct nlmsghdr *request, uint16_t type,
		      struct kernel_ports ports)
{
	const struct fib_rule_port_range range = { ports.first, ports.last };

	if (ports.first)
		mnl_attr_put(request, type, sizeof(range), &range);
}

static void put_selectors(struct nlmsghdr *request,
			  const struct kernel_rule *rule)
{
	if (rule->has_from)
		put_address(request, FRA_SRC, rule->family, &rule->from.base);
	if (rule->has_to)
		put_address(request, FRA_DST, rule->family, &rule->to.base);
	if (rule->mask) {
		mnl_attr_put_u32(request, FRA_FWMARK, rule->mark);
		mnl_attr_put_u32(request, FRA_FWMASK, rule->mask);
	}
	if (rule->iif[0])
		mnl_attr_put_strz(request, FRA_IIFNAME, rule->iif);
	if (rule->oif[0])
		mnl_attr_put_strz(request, FRA_OIFNAME, rule->oif);
	if (rule->ipproto)
		mnl_attr_put_u8(request, FRA_IP_PROTO, rule->ipproto);
	put_ports(request, FRA_SPORT_RANGE, rule->sport);
	put_ports(request, FRA_DPORT_RANGE, rule->dport);
	if (rule->has_users) {
		struct fib_rule_uid_range users = {
			.start = rule->first_user, .end = rule->last_user,
		};

		mnl_attr_put(request, FRA_UID_RANGE, sizeof(users), &users);
	}
	if (rule->suppress_length >= 0)
		mnl_attr_put_u32(request, FRA_SUPPRESS_PREFIXLEN,
				 (uint32_t)rule->suppress_length);
	if (rule->suppress_group >= 0)
		mnl_attr_put_u32(request, FRA_SUPPRESS_IFGROUP,
				 (uint32_t)rule->suppress_group);
}

static int rule_request(struct netlink *nl, uint16_t type, uint16_t flags,
			const struct kernel_rule *rule)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_MAX];
	struct nlmsghdr *request = request_start(buffer, type,
						 flags | NLM_F_ACK);
	struct fib_rule_hdr *header =
		mnl_nlmsg_put_extra_header(request, sizeof(*header));

	header->family = rule->family;
	header->action = rule->action;
	if (rule->inverts)
		header->flags |= FIB_RULE_INVERT;
	if (rule->has_from)
		header->src_len = prefix_len(rule->family, &rule->from);
	if (rule->has_to)
		header->dst_len = prefix_len(rule->family, &rule->to);
	mnl_attr_put_u32(request, FRA_PRIORITY, rule->pref);
	mnl_attr_put_u8(request, FRA_PROTOCOL, rule->protocol);
	if (rule->action == FR_ACT_TO_TBL)
		mnl_attr_put_u32(request, FRA_TABLE, rule->table);
	if (rule->action == FR_ACT_GOTO)
		mnl_attr_put_u32(request, FRA_GOTO, rule->go_to);
	put_selectors(request, rule);
	return ask(nl, request);
}

/* With NLM_F_EXCL, the kernel takes a rule without `to` for one of the same
 * preference that has it (rule_exists() in net/core/fib_rules.c). */
int netlink_rule_add(struct netlink *nl, const struct kernel_rule *rule)
{
	return rule_request(nl, RTM_NEWRULE, NLM_F_CREATE, rule);
}

int netlink_rule_delete(struct netlink *nl, const struct kernel_rule *rule)
{
	return rule_request(nl, RTM_DELRULE, 0, rule);
}

static int keep_oif(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(*header))
		if (mnl_attr_get_type(attr) == RTA_OIF &&
		    header->rtm_type == RTN_UNICAST)
			*(unsigned int *)data = attr_u32(attr);
	return MNL_CB_OK;
}

int netlink_route_get(struct netlink *nl, const struct address *to,
		      uint32_t mark, unsigned int *ret_link)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_MAX];
	struct nlmsghdr *request = request_start(buffer, RTM_GETROUTE,
						 NLM_F_ACK);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(request, sizeof(*rtm));
	unsigned int link = 0;
	int rc;

	rtm->rtm_family = address_is_v4(to) ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = address_is_v4(to) ? 32 : 128;
	put_address(request, RTA_DST, rtm->rtm_family, to);
	mnl_attr_put_u32(request, RTA_MARK, mark);
	rc = exchange(nl, request, keep_oif, &link);
	if (rc == 0 && link == 0)
		rc = -ENETUNREACH;
	if (rc == 0)
		*ret_link = link;
	return rc;
}

int netlink_link_group(struct netlink *nl, unsigned int link, uint32_t group)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_MAX];
	struct nlmsghdr *request = request_start(buffer, RTM_NEWLINK,
						 NLM_F_ACK);
	struct ifinfomsg *header =
		mnl_nlmsg_put_extra_header(request, sizeof(*header));

	header->ifi_index = (int)link;
	mnl_attr_put_u32(request, IFLA_GROUP, group);
	return ask(nl, request);
}
