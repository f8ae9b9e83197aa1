/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup_report.h - fill the report of a set-up from what was planned. */
#ifndef WAYMARK_SETUP_REPORT_H
#define WAYMARK_SETUP_REPORT_H

#include "rules/setup/setup.h"

struct plan;
struct state;

/* Set all but `changes`, `port`, the numbers of flows and what is for undo. */
void setup_report_fill(struct setup_report *report, const struct plan *plan,
		       const struct state *state);

#endif
