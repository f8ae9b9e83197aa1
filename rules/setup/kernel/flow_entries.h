/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow_entries.h - read the conntrack entries, and change or delete some.
 */
#ifndef WAYMARK_SETUP_FLOW_ENTRIES_H
#define WAYMARK_SETUP_FLOW_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

/* What identifies an entry to the kernel. */
struct flow_entry_key {
	uint8_t family;
	bool has_zone;
	uint16_t zone;			/* as in the message */
	uint16_t len;			/* 0: cut, cannot be used */
	uint8_t tuple[96];		/* content of CTA_TUPLE_ORIG */
};

/* The packets of one direction. */
struct flow_tuple {
	struct address src, dst;
	uint16_t sport, dport;		/* 0 without ports */
	uint8_t proto;
};

struct flow_entry {
	struct flow_entry_key key;
	struct flow_tuple original;
	struct flow_tuple reply;	/* its `dst` is the source after NAT */
	uint32_t mark;
	uint32_t id;			/* conntrack's */
	uint32_t status;		/* IPS_* of the kernel */
	bool has_tcp_state;
	uint8_t tcp_state;		/* TCP_CONNTRACK_* of the kernel */
	bool is_counted;		/* bytes and packets are known */
	uint64_t bytes, packets;	/* of both directions */
	uint64_t reply_bytes, reply_packets;
	uint64_t start_ns, stop_ns;	/* of the wall clock; 0: unknown */
	uint32_t timeout_s;		/* left; 0: expired, or unknown */
};

struct nlmsghdr;
/* Read a message of ctnetlink about an entry; false: not both directions. */
bool flow_entry_read(const struct nlmsghdr *message, struct flow_entry *ret);

/* For changes; opened by flow_entries_scan(), or by flow_changes_open(). */
struct flow_changes;

/* 0 or -errno. */
int flow_changes_open(struct flow_changes **ret);
void flow_changes_close(struct flow_changes *changes);
/* No answer is requested: the entry may be gone. */
void flow_changes_delete(struct flow_changes *changes,
			 const struct flow_entry_key *key);
/* Replace the bits of `mask` in its mark. */
void flow_changes_mark(struct flow_changes *changes,
		       const struct flow_entry_key *key, uint32_t put,
		       uint32_t mask);

/* An entry whose source is translated. */
struct flow_creation {
	const struct flow_entry_key *key;
	const struct flow_tuple *original;	/* with ports */
	struct address source;			/* after NAT */
	uint16_t port;
	uint32_t mark;
	uint32_t timeout_s;
};

/* Create an entry that has seen no reply: its packets still count as new. */
void flow_changes_create(struct flow_changes *changes,
			 const struct flow_creation *creation);

/* Whether this netlink port is, or was recently, that of changes made here. For
 * any thread. */
bool flow_changes_are_own(uint32_t port);

/* Call `see` for each entry of both families whose mark is `mark` under `mask`,
 * which the kernel tests; a mask of 0: for all. 0 or -errno, also of `see`. */
int flow_entries_read(uint32_t mark, uint32_t mask,
		      int (*see)(void *ctx, const struct flow_entry *entry),
		      void *ctx);

/*
 * The same in parts, so that the caller does other things in between: the
 * kernel makes the next part when it is read.
 */
struct flow_dump;

int flow_dump_open(struct flow_dump **ret_dump);
void flow_dump_close(struct flow_dump *dump);
/* Read the next part, some 100 entries: 1, 0 after the last one, or -errno. */
int flow_dump_next(struct flow_dump *dump,
		   int (*see)(void *ctx, const struct flow_entry *entry),
		   void *ctx);

typedef void flow_entry_fn(void *ctx, const struct flow_entry *entry,
			   struct flow_changes *changes);

/* Call `see` for each entry, which it may change. 0 or -errno. */
int flow_entries_scan(flow_entry_fn *see, void *ctx);

#endif
