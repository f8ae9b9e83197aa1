/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_writers.h - find rules of other programs that clear our bits of the
 * mark. Only doctor*.c include this.
 */
#ifndef WAYMARK_SETUP_DOCTOR_WRITERS_H
#define WAYMARK_SETUP_DOCTOR_WRITERS_H

#include "rules/setup/doctor/doctor_private.h"

/* Where a line of nft or iptables-save stands. */
struct doctor_place {
	char table[96];		/* "table inet filter", "iptables-save mangle" */
	char chain[64];
	char hook[16];		/* "" for a chain that others jump to */
	bool reroutes;		/* of type route */
	int priority;
};

/* Follow the headers of tables and chains. */
void doctor_place_nft(struct doctor_place *place, const char *line);
void doctor_place_iptables(struct doctor_place *place, const char *line);

/* Report a rule that clears our bits where they are still needed. */
void doctor_writer_nft(const struct seen *seen,
		       const struct doctor_place *place, const char *line);
void doctor_writer_iptables(const struct seen *seen,
			    const struct doctor_place *place,
			    const char *line);

#endif
