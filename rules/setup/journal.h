/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - record the original values of what set-up changes in the system:
 * device groups, sysctls, files. Routes, rules and the nftables table need no
 * entry, since their attributes identify them.
 *
 * A journal belongs to one network namespace of one boot: a left-over journal
 * of a namespace whose inode number was reused is ignored.
 *
 * It is on disk before the first change of a run. Each entry has the value
 * found and the value set: undo leaves an object alone whose value is neither.
 */
#ifndef WAYMARK_SETUP_JOURNAL_H
#define WAYMARK_SETUP_JOURNAL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy/policy.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/kernel/set_error.h"
#include "rules/setup/kernel/sysctl.h"

struct journal_group {
	unsigned int link;
	char dev[IFNAMSIZ];
	uint32_t found;
};

struct journal_sysctl {
	char path[PLAN_PATH_MAX];
	char found[SYSCTL_VALUE_MAX];
	char put[SYSCTL_VALUE_MAX];
};

struct journal {
	bool exists;
	struct journal_group *groups;
	size_t group_count;
	struct journal_sysctl *sysctls;
	size_t sysctl_count;
	/* In force, newest first. Old numbers of removed or renumbered
	 * uplinks stay until conntrack has no flow that bears them. */
	struct uplink_numbers numbers;
	uint32_t mask;		/* the mark bits used so far */
	bool queue_drop;	/* fail-closed: without an engine, drop */
	unsigned int dirs_made;	/* 1: rt_tables.d; 2: its parent, too */
	bool made_file;		/* rt_tables.d/waymark.conf is ours, */
	uint64_t file;		/* with this hash, */
	uint64_t file_next;	/* or, after an interrupted run, this */
	/* Hashes of the requested ruleset and of the kernel's dump of it;
	 * both 0: unknown. */
	uint64_t ruleset_asked;
	uint64_t ruleset_found;
	uint32_t generation;	/* of the kernel's ruleset at that time */
};

/* Load `dir`/journal; a missing one is empty. 0 or -errno. */
int journal_load(const char *dir, struct journal *journal);
/* The same, but a damaged file is renamed to FILE.broken unless `dry_run`, with
 * a warning, and counts as missing: what is ours is recognised without it. */
int journal_open(const char *dir, bool dry_run, struct journal *journal,
		 char error[static SETUP_ERROR_MAX]);
/* Replace it atomically and durably. 0 or -errno. */
int journal_save(const char *dir, const struct journal *journal);
int journal_remove(const char *dir);
void journal_fini(struct journal *journal);

/* Find an entry; NULL when there is none. */
struct journal_group *journal_group(const struct journal *journal,
				    unsigned int link);
struct journal_sysctl *journal_sysctl(const struct journal *journal,
				      const char *path);

/* Record the value found; replaces an older entry of the same object. */
int journal_note_group(struct journal *journal, unsigned int link,
		       const char *dev, uint32_t found);
int journal_note_sysctl(struct journal *journal, const char *path,
			const char *found, const char *put);
/* Move the number to the front; add it if it is new. */
int journal_note_number(struct journal *journal,
			const struct uplink_number *number);
void journal_drop_group(struct journal *journal, unsigned int link);
void journal_drop_sysctl(struct journal *journal, const char *path);

#endif
