/*
 * watch.h - hear what happens to links, addresses, routes, rules and our
 * table of nftables, as far as it concerns a policy. One thread.
 */
#ifndef WAYMARK_SETUP_WATCH_H
#define WAYMARK_SETUP_WATCH_H

#include <stdbool.h>

struct policy;
struct watch;

enum watch_kind {
	WATCH_LINK,
	WATCH_ADDRESS,
	WATCH_ROUTE,
	WATCH_RULE,
	WATCH_TABLE,
	WATCH_LOST,	/* too much at once: anything may have happened */
	WATCH_KINDS
};

/* `text`: what happened or who did it: "link up2: down", "by nft (process
 * 77)". */
typedef void watch_seen(void *ctx, enum watch_kind kind, const char *text);

/* 0 or -errno; the result is the caller's to close. */
int watch_open(const struct policy *policy, struct watch **ret);
void watch_close(struct watch *watch);
/* Another policy from now on; the old one is needed no more. 0 or -ENOMEM. */
int watch_policy(struct watch *watch, const struct policy *policy);

/* Do not hear of nftables meanwhile: the kernel tells of each element of a set
 * by itself, which takes it longer than to make the set. What is heard again
 * is what happens then. */
void watch_mute(struct watch *watch, bool deaf);

/* To be polled for reading. */
#define WATCH_FDS 2
void watch_fds(const struct watch *watch, int fds[static WATCH_FDS]);

/* Tell all that is there to be read, except for changes by requests from the
 * rtnetlink port `local_port` and by this thread. */
void watch_read(struct watch *watch, unsigned int local_port, watch_seen *seen,
		void *ctx);

#endif
