/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue_rule.c - write queue rules as the xtables target NFQUEUE, revision 3,
 * which nf_tables accepts in any table when the kernel has NFT_COMPAT.
 */
#include "rules/setup/ruleset/queue_rule.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <stdlib.h>
#include <string.h>

#include "rules/setup/kernel/nft.h"
#include "rules/setup/ruleset/ruleset.h"
#include "rules/setup/ruleset/ruleset_queue.h"

#define TARGET "NFQUEUE"
#define REVISION 3u
/* Two messages of less than 300 bytes for each of at most 256 queues. */
#define BATCH_MAX (256u << 10)
#define RECEIVE_MAX (32u << 10)
#define PROBE "waymark_probe"

/* xt_NFQ_info_v3, padded as XT_ALIGN() wants it. */
union info {
	struct xt_NFQ_info_v3 v3;
	uint64_t padding;
};

static union info info_of(uint16_t queue, bool bypass)
{
	union info info = { .padding = 0 };

	info.v3.queuenum = queue;
	info.v3.queues_total = 1;
	info.v3.flags = bypass ? NFQ_FLAG_BYPASS : 0;
	return info;
}

/* ---- one transaction ---- */

struct batch {
	struct mnl_nlmsg_batch *messages;
	char *buffer;
	uint32_t sequence;
};

static void *batch_head(const struct batch *batch)
{
	return mnl_nlmsg_batch_current(batch->messages);
}

static int batch_init(struct batch *batch)
{
	batch->sequence = 1;
	batch->messages = NULL;
	batch->buffer = malloc(BATCH_MAX);
	if (batch->buffer != NULL)
		batch->messages = mnl_nlmsg_batch_start(batch->buffer,
							BATCH_MAX / 2);
	if (batch->messages == NULL)
		return -ENOMEM;
	nftnl_batch_begin(batch_head(batch), batch->sequence++);
	mnl_nlmsg_batch_next(batch->messages);
	return 0;
}

static void batch_fini(struct batch *batch)
{
	if (batch->messages != NULL)
		mnl_nlmsg_batch_stop(batch->messages);
	free(batch->buffer);
}

/* The kernel reports errors of every message; `ack` requests success, too. */
static struct nlmsghdr *batch_put(struct batch *batch, uint16_t type, bool ack)
{
	uint16_t flags = type == NFT_MSG_DELRULE ? 0 :
						   NLM_F_CREATE | NLM_F_APPEND;

	return nftnl_nlmsg_build_hdr(batch_head(batch), type, NFPROTO_INET,
				     flags | (ack ? NLM_F_ACK : 0),
				     batch->sequence++);
}

static void batch_commit(struct batch *batch)
{
	nftnl_batch_end(batch_head(batch), batch->sequence++);
	mnl_nlmsg_batch_next(batch->messages);
}

static int batch_send(struct batch *batch, int owner)
{
	char answer[RECEIVE_MAX];
	struct mnl_socket *socket = nft_socket_open(owner);
	ssize_t len;
	int rc = 0;

	if (socket == NULL)
		return -errno;
	if (mnl_socket_sendto(socket, mnl_nlmsg_batch_head(batch->messages),
			      mnl_nlmsg_batch_size(batch->messages)) < 0) {
		rc = -errno;
		goto out;
	}
	len = mnl_socket_recvfrom(socket, answer, sizeof(answer));
	if (len < 0 || mnl_cb_run(answer, (size_t)len, 0, 0, NULL, NULL) < 0)
		rc = -errno;
out:
	mnl_socket_close(socket);
	return rc;
}

/* ---- the rule ---- */

static int put_rule(struct batch *batch, const char *table, const char *chain,
		    union info info, bool ack)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nftnl_expr *expr = nftnl_expr_alloc("target");
	union info *copy = malloc(sizeof(*copy));

	if (rule == NULL || expr == NULL || copy == NULL) {
		nftnl_rule_free(rule);
		if (expr != NULL)
			nftnl_expr_free(expr);
		free(copy);
		return -ENOMEM;
	}
	*copy = info;
	nftnl_expr_set_str(expr, NFTNL_EXPR_TG_NAME, TARGET);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_TG_REV, REVISION);
	nftnl_expr_set(expr, NFTNL_EXPR_TG_INFO, copy, sizeof(*copy));
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_add_expr(rule, expr);
	nftnl_rule_nlmsg_build_payload(batch_put(batch, NFT_MSG_NEWRULE, ack),
				       rule);
	mnl_nlmsg_batch_next(batch->messages);
	nftnl_rule_free(rule);
	return 0;
}

static void put_flush(struct batch *batch, const char *table, const char *chain)
{
	struct nlmsghdr *message = batch_put(batch, NFT_MSG_DELRULE, false);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	mnl_nlmsg_batch_next(batch->messages);
}

int queue_rule_fill(const struct plan *plan, int owner,
		    char error[static SETUP_ERROR_MAX])
{
	char name[RULESET_QUEUE_MAX];
	struct batch batch;
	int rc = batch_init(&batch);

	for (unsigned int i = plan->queue_first;
	     i <= plan->queue_last && rc == 0; i++) {
		ruleset_queue_name(plan, (uint16_t)i, name);
		put_flush(&batch, NFT_TABLE, name);
		rc = put_rule(&batch, NFT_TABLE, name,
			      info_of((uint16_t)i, !plan->queue_drop),
			      i == plan->queue_last);
	}
	if (rc == 0) {
		batch_commit(&batch);
		rc = batch_send(&batch, owner);
	}
	batch_fini(&batch);
	if (rc < 0)
		set_error(error, rc,
			  "queue %u: the kernel refused the queue rule: "
			  "%s; `waymark doctor` lists the features it lacks",
			  plan->queue_first, strerror(-rc));
	return rc;
}

/* The kernel validates a batch without an end message, and rolls it back. */
bool queue_rule_works(void)
{
	struct nlmsghdr *message;
	struct batch batch;
	int rc = batch_init(&batch);

	if (rc == 0) {
		message = batch_put(&batch, NFT_MSG_NEWTABLE, false);
		mnl_attr_put_strz(message, NFTA_TABLE_NAME, PROBE);
		mnl_nlmsg_batch_next(batch.messages);
		message = batch_put(&batch, NFT_MSG_NEWCHAIN, false);
		mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, PROBE);
		mnl_attr_put_strz(message, NFTA_CHAIN_NAME, PROBE);
		mnl_nlmsg_batch_next(batch.messages);
		rc = put_rule(&batch, PROBE, PROBE, info_of(0, true), true);
	}
	if (rc == 0)
		rc = batch_send(&batch, -1);
	batch_fini(&batch);
	return rc == 0;
}

/* ---- checking the present rules ---- */

struct rule_check {
	union info want;
	unsigned int rules;
	unsigned int right;
};

static bool is_right(const struct nftnl_expr *expr, const union info *want)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
	uint32_t len = 0;
	const void *info;

	if (name == NULL || strcmp(name, "target") != 0)
		return false;
	name = nftnl_expr_get_str(expr, NFTNL_EXPR_TG_NAME);
	info = nftnl_expr_get(expr, NFTNL_EXPR_TG_INFO, &len);
	return name != NULL && strcmp(name, TARGET) == 0 &&
	       nftnl_expr_get_u32(expr, NFTNL_EXPR_TG_REV) == REVISION &&
	       info != NULL && len >= sizeof(want->v3) &&
	       memcmp(info, &want->v3, sizeof(want->v3)) == 0;
}

static int count_wrong(struct nftnl_expr *expr, void *data)
{
	struct rule_check *check = data;

	if (is_right(expr, &check->want))
		check->right++;
	else
		check->rules += 2;	/* a foreign expression: not right */
	return 0;
}

static int check_rule(const struct nlmsghdr *message, void *data)
{
	struct rule_check *check = data;
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (rule == NULL)
		return MNL_CB_ERROR;
	check->rules++;
	if (nftnl_rule_nlmsg_parse(message, rule) == 0)
		nftnl_expr_foreach(rule, count_wrong, check);
	nftnl_rule_free(rule);
	return MNL_CB_OK;
}

static int check_chain(struct mnl_socket *socket, const char *chain,
		      struct rule_check *check)
{
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_MAX];
	struct nlmsghdr *request =
		nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETRULE, NFPROTO_INET,
				      NLM_F_DUMP, 1);
	ssize_t len;
	int rc;

	mnl_attr_put_strz(request, NFTA_RULE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(request, NFTA_RULE_CHAIN, chain);
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		if (len < 0)
			return -errno;
		rc = mnl_cb_run(buffer, (size_t)len, 1, 0, check_rule, check);
	} while (rc > MNL_CB_STOP);
	return rc < 0 ? -errno : 0;
}

int queue_rule_check(const struct plan *plan, bool *ret_right)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER,
						     SOCK_CLOEXEC);
	char name[RULESET_QUEUE_MAX];
	bool right = true;
	int rc = 0;

	if (socket == NULL)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		rc = -errno;
	for (unsigned int i = plan->queue_first;
	     i <= plan->queue_last && rc == 0; i++) {
		struct rule_check check = {
			.want = info_of((uint16_t)i, !plan->queue_drop),
		};

		ruleset_queue_name(plan, (uint16_t)i, name);
		rc = check_chain(socket, name, &check);
		right &= check.rules == 1 && check.right == 1;
	}
	mnl_socket_close(socket);
	if (rc == 0)
		*ret_right = right;
	return rc;
}
