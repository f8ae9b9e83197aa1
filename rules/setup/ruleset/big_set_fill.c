/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * big_set_fill.c - load a big set via netlink in one transaction: libnftables
 * would spend more time on the text than the kernel on the set.
 */
#include "rules/setup/ruleset/big_set_fill.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "rules/setup/kernel/nft.h"
#include "rules/setup/kernel/nft_table.h"
#include "rules/setup/plan/big_set.h"
#include "rules/setup/plan/plan.h"

/* A list of elements is one attribute; its length field has 16 bits. */
#define LIST_MAX 60000u
/* An element with flags and key, each with a header; and a message's own
 * headers. */
#define ELEMENT_MAX 40u
#define MESSAGE_MAX 256u
#define RECEIVE_MAX (32u << 10)

struct filling {
	const struct big_set *set;
	char *buffer;
	size_t used;
	uint32_t sequence;
	struct nlmsghdr *message;	/* not yet closed; or NULL */
	struct nlattr *list;
};

static struct nlmsghdr *open_message(struct filling *f, uint16_t type,
				     uint16_t flags)
{
	struct nlmsghdr *message =
		nftnl_nlmsg_build_hdr(f->buffer + f->used, type, NFPROTO_INET,
				      flags, f->sequence++);

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, f->set->name);
	return message;
}

static void close_message(struct filling *f, struct nlmsghdr *message)
{
	f->used += NLMSG_ALIGN(message->nlmsg_len);
}

static void close_list(struct filling *f, bool is_last)
{
	if (f->message == NULL)
		return;
	mnl_attr_nest_end(f->message, f->list);
	if (is_last)
		f->message->nlmsg_flags |= NLM_F_ACK;
	close_message(f, f->message);
	f->message = NULL;
}

static void put_element(void *ctx, const void *key, size_t len, bool is_end)
{
	struct filling *f = ctx;
	struct nlattr *element, *value;

	if (f->message == NULL) {
		f->message = open_message(f, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
		f->list = mnl_attr_nest_start(f->message,
					      NFTA_SET_ELEM_LIST_ELEMENTS);
	}
	element = mnl_attr_nest_start(f->message, NFTA_LIST_ELEM);
	if (is_end)
		mnl_attr_put_u32(f->message, NFTA_SET_ELEM_FLAGS,
				 htonl(NFT_SET_ELEM_INTERVAL_END));
	value = mnl_attr_nest_start(f->message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(f->message, NFTA_DATA_VALUE, len, key);
	mnl_attr_nest_end(f->message, value);
	mnl_attr_nest_end(f->message, element);
	if (f->message->nlmsg_len > LIST_MAX)
		close_list(f, false);
}

/* What `nft` calls ipv4_addr and ipv6_addr (its datatype.h). */
static uint32_t type_of(const struct big_set *set)
{
	return set->is_v6 ? 8 : 7;
}

static void put_set(struct filling *f)
{
	struct nlmsghdr *message =
		nftnl_nlmsg_build_hdr(f->buffer + f->used, NFT_MSG_NEWSET,
				      NFPROTO_INET, NLM_F_CREATE,
				      f->sequence++);

	mnl_attr_put_strz(message, NFTA_SET_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_NAME, f->set->name);
	mnl_attr_put_u32(message, NFTA_SET_FLAGS, htonl(NFT_SET_INTERVAL));
	mnl_attr_put_u32(message, NFTA_SET_KEY_TYPE, htonl(type_of(f->set)));
	mnl_attr_put_u32(message, NFTA_SET_KEY_LEN,
			 htonl(f->set->is_v6 ? 16 : 4));
	mnl_attr_put_u32(message, NFTA_SET_ID, htonl(1));
	close_message(f, message);
}

/* An incomplete set is emptied first: a deletion without a list of elements
 * deletes all of them. */
static void put_batch(struct filling *f)
{
	struct nlmsghdr *message =
		nftnl_batch_begin(f->buffer, f->sequence++);

	f->used = NLMSG_ALIGN(message->nlmsg_len);
	put_set(f);
	message = open_message(f, NFT_MSG_DELSETELEM, 0);
	close_message(f, message);
	big_set_each(f->set, put_element, f);
	close_list(f, true);
	message = nftnl_batch_end(f->buffer + f->used, f->sequence++);
	close_message(f, message);
}

/* The acknowledgement comes with the last message, or an error before it. */
static int take_answer(struct mnl_socket *socket)
{
	_Alignas(struct nlmsghdr) char answer[RECEIVE_MAX];
	ssize_t len = mnl_socket_recvfrom(socket, answer, sizeof(answer));

	if (len < 0)
		return -errno;
	return mnl_cb_run(answer, (size_t)len, 0, 0, NULL, NULL) < 0 ?
	       -errno : 0;
}

static int send_batch(const struct filling *f, int owner)
{
	struct mnl_socket *socket = nft_socket_open(owner);
	int room = (int)f->used + (64 << 10);
	int rc = 0;

	if (socket == NULL)
		return -errno;
	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE,
		       &room, sizeof(room)) < 0 ||
	    mnl_socket_sendto(socket, f->buffer, f->used) < 0)
		rc = -errno;
	else
		rc = take_answer(socket);
	mnl_socket_close(socket);
	return rc;
}

static int fill(const struct big_set *set, int owner)
{
	size_t elements = (2 * set->count + 1) * ELEMENT_MAX;
	struct filling f = { .set = set, .sequence = 1 };
	int rc;

	f.buffer = malloc(elements + (elements / LIST_MAX + 4) * MESSAGE_MAX);
	if (f.buffer == NULL)
		return -ENOMEM;
	put_batch(&f);
	rc = send_batch(&f, owner);
	free(f.buffer);
	return rc;
}

int big_sets_make(const struct plan *plan, const struct nft_table *table,
		  int owner, char error[static SETUP_ERROR_MAX])
{
	for (size_t i = 0; i < plan->big_count; i++) {
		const struct big_set *set = &plan->bigs[i];
		int rc = nft_table_has_whole(table, set->name) ? 0 :
							 fill(set, owner);

		if (rc < 0)
			return set_error(error, rc, "nftables: a list of %zu "
				     "ranges: %s; the kernel may lack memory "
				     "for it", set->count, strerror(-rc));
	}
	return 0;
}

/* ---- scripts ---- */

void big_sets_declare(const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->big_count; i++)
		fprintf(out, "add set inet " NFT_TABLE " %s { type %s; "
			"flags interval; }\n", plan->bigs[i].name,
			plan->bigs[i].is_v6 ? "ipv6_addr" : "ipv4_addr");
}

void big_sets_delete(const struct plan *plan, const struct nft_table *table,
		     FILE *out)
{
	struct big_set_claim claim;

	for (size_t i = 0; i < table->set_count; i++)
		if (big_set_is(table->sets[i], &claim) &&
		    !big_sets_have(plan, table->sets[i]))
			fprintf(out, "delete set inet " NFT_TABLE " %s\n",
				table->sets[i]);
}

bool big_sets_lack(const struct plan *plan, const struct nft_table *table)
{
	for (size_t i = 0; i < plan->big_count; i++)
		if (!nft_table_has_whole(table, plan->bigs[i].name))
			return true;
	return false;
}
