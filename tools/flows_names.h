/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flows_names.h - names of hosts on the LAN, from the hosts file and the lease
 * files of DHCP servers.
 */
#ifndef WAYMARK_FLOWS_NAMES_H
#define WAYMARK_FLOWS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/tables/address.h"

#define FLOWS_NAME_MAX 64

struct flows_name {
	struct address address;
	size_t number;		/* in the order of reading */
	char name[FLOWS_NAME_MAX];
};

/* All zeros: no names. */
struct flows_names {
	struct flows_name *items;
	size_t count, room;
	bool is_sorted;
};

/* Read the files that are usual on Debian and OpenWrt, as far as they exist. */
void flows_names_read_usual(struct flows_names *names);
/* Read a file: hosts(5), leases of dnsmasq, ISC dhcpd or Kea. 0 or -errno. */
int flows_names_read(struct flows_names *names, const char *path);
void flows_names_fini(struct flows_names *names);

/* NULL: unknown. */
const char *flows_names_find(struct flows_names *names,
			     const struct address *address);
bool flows_names_has(const struct flows_names *names, const char *name);

#endif
