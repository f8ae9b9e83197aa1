/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue_rule.c - append a rule to a chain that queues every packet, on any
 * kernel: by the xtables target NFQUEUE, since nft's own `queue` may be
 * missing. For tests and measurements, with no help from waymark itself.
 *
 *   queue_rule inet TABLE CHAIN FIRST LAST [bypass]
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* xtables pads what a target carries (XT_ALIGN). */
struct queue_info {
	_Alignas(8) struct xt_NFQ_info_v3 info;
};

static struct nftnl_rule *rule_new(char *argv[], int argc)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nftnl_expr *target = nftnl_expr_alloc("target");
	struct queue_info *info = calloc(1, sizeof(*info));
	unsigned int first = (unsigned int)atoi(argv[4]);
	unsigned int last = (unsigned int)atoi(argv[5]);

	if (rule == NULL || target == NULL || info == NULL)
		abort();
	info->info.queuenum = (uint16_t)first;
	info->info.queues_total = (uint16_t)(last - first + 1);
	if (argc > 6)
		info->info.flags = NFQ_FLAG_BYPASS;
	nftnl_expr_set_str(target, NFTNL_EXPR_TG_NAME, "NFQUEUE");
	nftnl_expr_set_u32(target, NFTNL_EXPR_TG_REV, 3);
	nftnl_expr_set(target, NFTNL_EXPR_TG_INFO, info, sizeof(*info));

	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, argv[2]);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, argv[3]);
	nftnl_rule_add_expr(rule, target);
	return rule;
}

/* The kernel's answer to message `sequence`: 0 or -errno. */
static int send_batch(struct mnl_nlmsg_batch *batch, unsigned int sequence)
{
	char bytes[8192];
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	ssize_t got = -1;
	int rc = 0;

	if (nl == NULL || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, mnl_nlmsg_batch_head(batch),
			      mnl_nlmsg_batch_size(batch)) < 0)
		return -errno;
	got = mnl_socket_recvfrom(nl, bytes, sizeof(bytes));
	if (got < 0 || mnl_cb_run(bytes, (size_t)got, sequence,
				  mnl_socket_get_portid(nl), NULL, NULL) < 0)
		rc = -errno;
	mnl_socket_close(nl);
	return rc;
}

static int rule_add(struct nftnl_rule *rule)
{
	char bytes[8192];
	struct mnl_nlmsg_batch *batch;
	struct nlmsghdr *header;
	int rc;

	batch = mnl_nlmsg_batch_start(bytes, sizeof(bytes));
	nftnl_batch_begin(mnl_nlmsg_batch_current(batch), 1);
	mnl_nlmsg_batch_next(batch);
	header = nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch),
				       NFT_MSG_NEWRULE, NFPROTO_INET,
				       NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK,
				       2);
	nftnl_rule_nlmsg_build_payload(header, rule);
	mnl_nlmsg_batch_next(batch);
	nftnl_batch_end(mnl_nlmsg_batch_current(batch), 3);
	mnl_nlmsg_batch_next(batch);
	rc = send_batch(batch, 2);
	mnl_nlmsg_batch_stop(batch);
	return rc;
}

int main(int argc, char *argv[])
{
	struct nftnl_rule *rule;
	int rc;

	if (argc < 6 || argc > 7 || strcmp(argv[1], "inet") != 0) {
		fputs("usage: queue_rule inet TABLE CHAIN FIRST LAST "
		      "[bypass]\n", stderr);
		return 2;
	}
	rule = rule_new(argv, argc);
	rc = rule_add(rule);
	nftnl_rule_free(rule);
	if (rc < 0) {
		fprintf(stderr, "queue_rule: %s\n", strerror(-rc));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
