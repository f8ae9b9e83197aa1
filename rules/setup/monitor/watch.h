/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - receive netlink notifications about links, addresses, routes, rules
 * and our nftables table, filtered by what concerns a policy. One thread.
 */
#ifndef WAYMARK_SETUP_WATCH_H
#define WAYMARK_SETUP_WATCH_H

#include <stdbool.h>

struct policy;
struct table_owner;
struct watch;

enum watch_kind {
	WATCH_LINK,
	WATCH_ADDRESS,
	WATCH_ROUTE,
	WATCH_RULE,
	WATCH_TABLE,
	WATCH_LOST,	/* notifications were lost: anything may have changed */
	WATCH_KINDS
};

/* `text` is what happened, or who changed it: "link up2: down", "changed by nft
 * (process 77)". */
typedef void watch_event(void *ctx, enum watch_kind kind, const char *text);

/* Subscribe; the caller closes the result. 0 or -errno. */
int watch_open(const struct policy *policy, struct watch **ret);
void watch_close(struct watch *watch);
/* Switch to another policy; the old one may be freed. 0 or -ENOMEM. */
int watch_policy(struct watch *watch, const struct policy *policy);

/* Suspend notifications of nftables: the kernel sends one for each element of a
 * set, which takes longer than to load the set. */
void watch_mute(struct watch *watch, bool is_muted);

/* What set-up knows of the table's owner; watch_read() reports its end. */
struct table_owner *watch_owner(struct watch *watch);

/* The descriptors to poll for reading. */
#define WATCH_FDS 3
void watch_fds(const struct watch *watch, int fds[static WATCH_FDS]);

/* Report all pending notifications, except of changes made via the rtnetlink
 * port `local_port` or by this thread. */
void watch_read(struct watch *watch, unsigned int local_port, watch_event *seen,
		void *ctx);

#endif
