/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_kernel.c - check features of the kernel, and our privileges. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <sys/socket.h>

#include "rules/setup/doctor/doctor_private.h"
#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/table_owner.h"
#include "rules/setup/ruleset/queue_rule.h"
#include "rules/setup/setup.h"

static bool may_all(const struct doctor *doctor)
{
	char ignored[SETUP_ERROR_MAX];
	bool admin = setup_may_change(ignored) == 0;

	if (admin)
		doctor_ok(doctor, "privileges: CAP_NET_ADMIN");
	else
		doctor_report(doctor, DOCTOR_ERROR, "sudo waymark doctor",
			      "privileges: without CAP_NET_ADMIN waymark can "
			      "set nothing up, and not inspect everything");
	return admin;
}

static void check_rules(const struct doctor *doctor, uint8_t family)
{
	const struct state *state = doctor->state;
	int v = family == AF_INET ? 4 : 6;

	for (size_t i = 0; i < state->rule_count; i++) {
		if (state->rules[i].family != family)
			continue;
		doctor_ok(doctor, "policy routing by fwmark, IPv%d", v);
		return;
	}
	doctor_report(doctor, DOCTOR_ERROR, "use a kernel with "
		      "CONFIG_IP_MULTIPLE_TABLES and "
		      "CONFIG_IPV6_MULTIPLE_TABLES", "policy routing, IPv%d: "
		      "the kernel lacks it", v);
}

/* Each has a rule that is checked and never added. */
static const struct {
	const char *name;
	const char *module;
	const char *hook;
	const char *rule;
} parts[] = {
	{ "connection marks", "nft_ct", "filter hook prerouting priority 0",
	  "ct mark set ct mark & 0x80ffffff | 0x1000000" },
	{ "local, broadcast and multicast addresses", "nft_fib_inet",
	  "filter hook prerouting priority 0", "fib daddr type local accept" },
	{ "locally generated traffic", "nft_chain_route",
	  "route hook output priority 0", "socket mark 1 accept" },
	{ "queues chosen by hash", "nft_hash",
	  "filter hook prerouting priority 0",
	  "jhash ip saddr . ip daddr mod 4 seed 0x1 vmap { 0 : accept }" },
	{ "masquerading", "nft_masq", "nat hook postrouting priority 100",
	  "masquerade" },
};

static void check_parts(const struct doctor *doctor)
{
	char script[512], fix[64], error[SETUP_ERROR_MAX];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		snprintf(script, sizeof(script),
			 "add table inet waymark_probe\n"
			 "add chain inet waymark_probe c { type %s; }\n"
			 "add rule inet waymark_probe c %s\n",
			 parts[i].hook, parts[i].rule);
		snprintf(fix, sizeof(fix), "modprobe %s", parts[i].module);
		if (nft_check(script, -1, error) == 0)
			doctor_ok(doctor, "nftables: %s", parts[i].name);
		else
			doctor_report(doctor, DOCTOR_ERROR, fix,
				      "nftables: %s: the kernel lacks it",
				      parts[i].name);
	}
}

/*
 * A message to the queue subsystem makes the kernel load nfnetlink_queue, as
 * the engine's first message does. Kernels since 3.8 ignore this command.
 */
static bool has_nfqueue(void)
{
	union {
		struct nlmsghdr align;
		char bytes[256];
	} buffer;
	struct nlmsghdr *request = nftnl_nlmsg_build_hdr(
		buffer.bytes, 0, AF_UNSPEC, NLM_F_ACK, 1);
	struct nfqnl_msg_config_cmd command = {
		.command = NFQNL_CFG_CMD_PF_UNBIND,
	};
	struct mnl_socket *socket = nft_socket_open(-1);
	ssize_t len = -1;

	if (socket == NULL)
		return false;
	request->nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_CONFIG;
	mnl_attr_put(request, NFQA_CFG_CMD, sizeof(command), &command);
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) >= 0)
		len = mnl_socket_recvfrom(socket, buffer.bytes,
					  sizeof(buffer.bytes));
	mnl_socket_close(socket);
	return len > 0 && mnl_cb_run(buffer.bytes, (size_t)len, 1, 0, NULL,
				     NULL) >= 0;
}

static void check_queue(const struct doctor *doctor)
{
	if (has_nfqueue())
		doctor_ok(doctor, "NFQUEUE");
	else
		doctor_report(doctor, DOCTOR_ERROR, "modprobe nfnetlink_queue",
			      "NFQUEUE: the kernel lacks it, or cannot load "
			      "the module");
	if (nft_has_queue())
		doctor_ok(doctor, "queue rules: nft_queue");
	else if (queue_rule_works())
		doctor_ok(doctor, "queue rules: the xtables target NFQUEUE, "
			  "since there is no nft_queue");
	else
		doctor_report(doctor, DOCTOR_ERROR, "modprobe nft_queue || "
			      "modprobe -a nft_compat xt_NFQUEUE",
			      "queue rules: the kernel has neither nft_queue "
			      "nor the xtables target NFQUEUE");
}

static void check_owner(const struct doctor *doctor)
{
	if (table_owner_works())
		doctor_ok(doctor, "nftables: tables with an owner (own-table)");
	else if (doctor->policy != NULL && policy_own_table(doctor->policy))
		doctor_report(doctor, DOCTOR_WARNING, "own-table off",
			      "own-table: the kernel has no tables with an "
			      "owner (Linux 5.12), so `nft flush ruleset` "
			      "removes table inet " NFT_TABLE " until it is "
			      "restored");
}

void doctor_kernel(const struct doctor *doctor)
{
	bool may = may_all(doctor);

	check_rules(doctor, AF_INET);
	if (doctor->state->has_v6)
		check_rules(doctor, AF_INET6);
	if (!may)
		return;
	check_parts(doctor);
	check_queue(doctor);
	check_owner(doctor);
}
