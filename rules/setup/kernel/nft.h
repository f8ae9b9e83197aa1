/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft.h - run nft scripts via libnftables, or check whether the kernel takes
 * them.
 */
#ifndef WAYMARK_SETUP_NFT_H
#define WAYMARK_SETUP_NFT_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/setup/kernel/set_error.h"

struct mnl_socket;

/* Our table, of family inet. */
#define NFT_TABLE "waymark"
/* The table's comment, which identifies it as ours. */
#define NFT_COMMENT "made by waymark"

/*
 * Run a script as one transaction, on the netlink socket `socket`, in a child
 * process; -1: on a new one. 0 or -errno with a message.
 */
int nft_run(const char *script, int socket, char error[static SETUP_ERROR_MAX]);
/* Check whether the kernel would accept it; changes nothing. */
int nft_check(const char *script, int socket,
	      char error[static SETUP_ERROR_MAX]);

/* Whether a process, which the kernel names as the author of a change, is this
 * thread or one that ran a script for it. */
bool nft_is_own_process(unsigned int pid);

/* Open a copy of `socket`; -1: a new one. The caller closes it. NULL: errno. */
struct mnl_socket *nft_socket_open(int socket);

/* Return the output of a command, run in a child process; the caller frees it.
 * NULL: it failed. */
char *nft_read(const char *command);

/* Whether the kernel supports nft's `queue` expression. */
bool nft_has_queue(void);

/* FNV-1a, 64 bits: detects changes, no protection against forgery. */
#define NFT_HASH_START 0xcbf29ce484222325u
#define NFT_HASH_PRIME 0x100000001b3u
uint64_t nft_hash(const char *text);

#endif
