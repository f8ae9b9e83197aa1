/* SPDX-License-Identifier: GPL-2.0-or-later */
/* foreign_marks.c - find the whole marks that other programs test. */
#include "rules/setup/plan/foreign_marks.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/setup/kernel/attr.h"
#include "rules/setup/kernel/nft.h"

/* The marks of nftables, kept until the generation changes. */
static struct {
	pthread_mutex_t lock;
	bool is_read;
	uint32_t generation;
	struct foreign_marks marks;
} cache = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void add(struct foreign_mark_list *list, uint32_t mark)
{
	size_t at = 0;

	while (at < list->count && list->marks[at] < mark)
		at++;
	if (mark == 0 || list->count == FOREIGN_MARKS_MAX ||
	    (at < list->count && list->marks[at] == mark))
		return;
	memmove(list->marks + at + 1, list->marks + at,
		(list->count - at) * sizeof(*list->marks));
	list->marks[at] = mark;
	list->count++;
}

/* ---- lines of nft ---- */

enum foreign_hook foreign_marks_hook(const char *line)
{
	static const char *const before[] = { "prerouting", "output",
					      "ingress" };
	const char *hook = strstr(line, " hook ");

	if (strncmp(line + strspn(line, "\t "), "type ", 5) != 0 ||
	    hook == NULL)
		return FOREIGN_UNKNOWN;
	hook += strlen(" hook ");
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
		if (strncmp(hook, before[i], strlen(before[i])) == 0)
			return FOREIGN_BEFORE_ROUTING;
	return FOREIGN_AFTER_ROUTING;
}

/* A number that stands alone: neither a range nor the operand of a mask. */
static const char *add_number(struct foreign_mark_list *list, const char *at)
{
	char *end;
	unsigned long mark = strtoul(at, &end, 0);

	if (end == at)
		return NULL;
	if (*end != '-')
		add(list, (uint32_t)mark);
	return end + strcspn(end, ",}\n");
}

/* The elements of "{ 0x1, 0x2 : accept }". */
static void add_set(struct foreign_mark_list *list, const char *at)
{
	while (at != NULL && *at && *at != '}' && *at != '\n') {
		at += strspn(at, "{, ");
		at = add_number(list, at);
	}
}

static void add_test(struct foreign_mark_list *list, const char *at)
{
	if (strncmp(at, "!= ", 3) == 0 || strncmp(at, "== ", 3) == 0)
		at += 3;
	if (strncmp(at, "vmap ", 5) == 0)
		at += 5;
	if (*at == '{')
		add_set(list, at);
	else
		add_number(list, at);
}

void foreign_marks_add_line(struct foreign_marks *marks, const char *line,
			    enum foreign_hook hook)
{
	struct foreign_mark_list *packet = hook == FOREIGN_AFTER_ROUTING ?
						   &marks->routed :
						   &marks->packet;

	for (const char *at = line; (at = strstr(at, "meta mark ")) != NULL;)
		add_test(packet, at += strlen("meta mark "));
	for (const char *at = line; (at = strstr(at, "ct mark ")) != NULL;)
		add_test(&marks->flow, at += strlen("ct mark "));
}

/* ---- tables ---- */

/* The marks that `table`, such as "table inet filter", tests. */
static void read_table(const char *table, struct foreign_marks *marks)
{
	enum foreign_hook hook = FOREIGN_UNKNOWN;
	char command[128];
	char *text, *next, *line;

	snprintf(command, sizeof(command), "list %s", table);
	text = nft_read(command);
	next = text;
	while ((line = strsep(&next, "\n")) != NULL) {
		if (strncmp(line, "\tchain ", 7) == 0)
			hook = FOREIGN_UNKNOWN;
		else if (foreign_marks_hook(line) != FOREIGN_UNKNOWN)
			hook = foreign_marks_hook(line);
		else
			foreign_marks_add_line(marks, line, hook);
	}
	free(text);
}

/* The generation of the ruleset of all tables; 0: unknown. */
static uint32_t read_generation(void)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_NETFILTER,
						 SOCK_CLOEXEC);
	const struct nlattr *attr;
	uint32_t generation = 0;
	ssize_t len = -1;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
	message->nlmsg_flags = NLM_F_REQUEST;
	mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	if (nl != NULL && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0 &&
	    mnl_socket_sendto(nl, message, message->nlmsg_len) > 0)
		len = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
	if (len > 0 && mnl_nlmsg_ok(message, (int)len) &&
	    message->nlmsg_type != NLMSG_ERROR)
		mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
			if (mnl_attr_get_type(attr) == NFTA_GEN_ID)
				generation = ntohl(attr_u32(attr));
	if (nl != NULL)
		mnl_socket_close(nl);
	return generation;
}

static void read_tables(struct foreign_marks *marks)
{
	char *text = nft_read("list tables");
	char *next = text;
	char *table;

	while ((table = strsep(&next, "\n")) != NULL)
		if (*table && strcmp(table, "table inet " NFT_TABLE) != 0)
			read_table(table, marks);
	free(text);
}

void foreign_marks_read(const struct kernel_rule *rules, size_t count,
			struct foreign_marks *ret)
{
	uint32_t generation = read_generation();

	pthread_mutex_lock(&cache.lock);
	if (!cache.is_read || cache.generation != generation) {
		cache.marks = (struct foreign_marks){ 0 };
		read_tables(&cache.marks);
		cache.generation = generation;
		cache.is_read = generation != 0;
	}
	*ret = cache.marks;
	pthread_mutex_unlock(&cache.lock);
	for (size_t i = 0; i < count; i++)
		if (rules[i].mask == UINT32_MAX &&
		    rules[i].protocol != KERNEL_PROTOCOL)
			add(&ret->packet, rules[i].mark);
}

bool foreign_marks_compare(const struct foreign_mark_list *last,
			   const struct foreign_mark_list *list,
			   char text[static FOREIGN_MARKS_TEXT_MAX])
{
	size_t used;

	if (list->count == last->count &&
	    memcmp(list->marks, last->marks,
		   list->count * sizeof(*list->marks)) == 0)
		return false;
	if (list->count == 0) {
		snprintf(text, FOREIGN_MARKS_TEXT_MAX, "no other program tests "
			 "a whole mark now: no packets are left alone");
		return true;
	}
	used = (size_t)snprintf(text, FOREIGN_MARKS_TEXT_MAX,
				"packets with mark ");
	for (size_t i = 0; i < list->count; i++)
		used += (size_t)snprintf(text + used,
					 FOREIGN_MARKS_TEXT_MAX - used,
					 "%s0x%08" PRIx32, i ? ", " : "",
					 list->marks[i]);
	snprintf(text + used, FOREIGN_MARKS_TEXT_MAX - used,
		 " are left alone: another program tests the whole mark");
	return true;
}
