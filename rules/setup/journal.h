/*
 * journal.h - what set-up found where it changed something that is not its
 * own: device groups, sysctls, files. Routes, rules and the table need no
 * line, since they say themselves whose they are.
 *
 * It speaks of one network namespace of one boot: a journal that outlived its
 * own, under a number that another namespace got, counts as none.
 *
 * It is on disk before the first change of a run, and each line says both
 * what was found and what was put there: whatever has another value by the
 * time of undoing is somebody else's.
 */
#ifndef WAYMARK_SETUP_JOURNAL_H
#define WAYMARK_SETUP_JOURNAL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy/policy.h"
#include "rules/setup/plan/plan.h"
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
	/* In force; those of uplinks that are no more, or have others now,
	 * stay until conntrack has none of their flows. The newest first. */
	struct uplink_numbers numbers;
	uint32_t mask;		/* the bits of marks that were ours */
	bool queue_drop;	/* without an engine: drop rather than pass */
	unsigned int dirs_made;	/* rt_tables.d, and the one above */
	bool made_file;		/* rt_tables.d/waymark.conf is ours, */
	uint64_t file;		/* with this hash, */
	uint64_t file_next;	/* or, in a run that was cut short, this */
	/* Hashes: the ruleset that was asked for, and what the kernel then
	 * had; both 0 when that is not known. */
	uint64_t ruleset_asked;
	uint64_t ruleset_found;
	uint32_t generation;	/* of the kernel's ruleset then; 0: unknown */
};

/* `dir`/journal; none is an empty one. 0 or -errno. */
int journal_load(const char *dir, struct journal *journal);
/* Replace it at once and for good: a crash leaves the old one or the new. */
int journal_save(const char *dir, const struct journal *journal);
int journal_remove(const char *dir);
void journal_fini(struct journal *journal);

/* NULL when there is none. */
struct journal_group *journal_group(const struct journal *journal,
				    unsigned int link);
struct journal_sysctl *journal_sysctl(const struct journal *journal,
				      const char *path);

/* Note what was found; an older note of the same thing is replaced. */
int journal_note_group(struct journal *journal, unsigned int link,
		       const char *dev, uint32_t found);
int journal_note_sysctl(struct journal *journal, const char *path,
			const char *found, const char *put);
/* Unless it is there. */
int journal_note_number(struct journal *journal,
			const struct uplink_number *number);
void journal_forget_group(struct journal *journal, unsigned int link);
void journal_forget_sysctl(struct journal *journal, const char *path);

#endif
