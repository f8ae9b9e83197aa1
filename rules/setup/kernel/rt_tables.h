/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rt_tables.h - name our routing tables for iproute2. A foreign file of that
 * name is left alone: the names are for display, nothing depends on them.
 */
#ifndef WAYMARK_SETUP_RT_TABLES_H
#define WAYMARK_SETUP_RT_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#define RT_TABLES_DIR "/etc/iproute2/rt_tables.d"

struct rt_tables {
	unsigned int dirs_missing;	/* 1: `dir`; 2: its parent, too */
	bool is_read_only;		/* it cannot be written */
	bool exists;
	uint64_t hash;			/* nft_hash() of its text */
};

/* Read `dir`/waymark.conf. 0 or -errno. */
int rt_tables_read(const char *dir, struct rt_tables *ret);
/* Replace it atomically; creates missing directories. 0 or -errno. */
int rt_tables_write(const char *dir, const char *text);
/* Remove it, and the directories that set-up created, if they are empty. */
int rt_tables_remove(const char *dir, unsigned int dirs_made);

#endif
