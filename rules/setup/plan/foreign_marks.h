/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * foreign_marks.h - find the whole marks that other programs test.
 *
 * A test without a mask (`ip rule fwmark 1`, `meta mark 1`, `-m mark --mark 1`)
 * no longer matches once the mark has waymark's bits. Packets that carry such a
 * mark are therefore left alone: they get none of our bits, and skip our ip
 * rules.
 */
#ifndef WAYMARK_SETUP_FOREIGN_MARKS_H
#define WAYMARK_SETUP_FOREIGN_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/setup/kernel/kernel.h"

#define FOREIGN_MARKS_MAX 32

struct foreign_mark_list {
	uint32_t marks[FOREIGN_MARKS_MAX];
	size_t count;
};

struct foreign_marks {
	struct foreign_mark_list packet;	/* marks of packets */
	struct foreign_mark_list flow;		/* marks of conntrack */
	/* Tested after routing: the forward, input or postrouting hook. */
	struct foreign_mark_list routed;
};

/* Where a rule of nftables stands. */
enum foreign_hook { FOREIGN_UNKNOWN, FOREIGN_BEFORE_ROUTING,
		    FOREIGN_AFTER_ROUTING };

/* The hook in a line "type filter hook NAME priority ..."; FOREIGN_UNKNOWN for
 * another line. */
enum foreign_hook foreign_marks_hook(const char *line);

/* Add the marks that a line of `nft list table` tests without a mask. */
void foreign_marks_add_line(struct foreign_marks *marks, const char *line,
			    enum foreign_hook hook);

/*
 * Find the marks in ip rules and nftables. The tables are read again only when
 * the ruleset's generation has changed; any thread may call this.
 */
void foreign_marks_read(const struct kernel_rule *rules, size_t count,
			struct foreign_marks *ret);

/* Compare two lists; true: they differ, and `text` has the line to log. */
#define FOREIGN_MARKS_TEXT_MAX 512
bool foreign_marks_compare(const struct foreign_mark_list *last,
			   const struct foreign_mark_list *list,
			   char text[static FOREIGN_MARKS_TEXT_MAX]);

#endif
