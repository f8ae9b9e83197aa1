/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table_owner.h - own `table inet waymark`, so that `nft flush ruleset` of
 * other programs passes over it.
 *
 * The kernel lets only the netlink socket that made a table with the flag
 * `owner` change it, and deletes the table when that socket is closed (Linux
 * 5.12, nft_rcv_nl_event() in nf_tables_api.c). A separate process
 * (table_holder.h) keeps the socket open and gives it to each set-up. The
 * lock of the state directory serializes these.
 */
#ifndef WAYMARK_SETUP_TABLE_OWNER_H
#define WAYMARK_SETUP_TABLE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

struct table_owner {
	int socket;		/* -1: none */
	int holder;		/* pidfd of the process; -1: none is known */
	uint32_t port;		/* the socket's */
};

#define TABLE_OWNER_NONE ((struct table_owner){ .socket = -1, .holder = -1 })

/* Whether kernel and libnftables support it. */
bool table_owner_works(void);

/* Open a socket that can own a table, or return -errno. */
int table_owner_socket(void);

/* Take the socket from the process of the state directory. Without a process,
 * a socket that is known already stays. */
void table_owner_find(struct table_owner *owner, const char *dir);
/* Open a socket if none is known. 0 or -errno. */
int table_owner_open(struct table_owner *owner);
/* The same, and start a process if none runs: 0; 1 if one
 * was started; or -errno. */
int table_owner_keep(struct table_owner *owner, const char *dir);
/* End the process and close the socket. */
void table_owner_end(struct table_owner *owner, const char *dir);
/* Close the descriptors. */
void table_owner_fini(struct table_owner *owner);

/* Whether the process has ended since the last call. */
bool table_owner_is_lost(struct table_owner *owner);

#endif
