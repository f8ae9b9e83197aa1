/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_foreign.h - write the rules that let other programs' tests of whole
 * marks work (foreign_marks.h).
 */
#ifndef WAYMARK_SETUP_RULESET_FOREIGN_H
#define WAYMARK_SETUP_RULESET_FOREIGN_H

#include <stdio.h>

struct plan;

/* Write the rules of `divert` that accept packets with such a mark. */
void ruleset_foreign_write_accept(const struct plan *plan, FILE *out);
/* Write the chains that clear our bits after routing, if another program tests
 * whole marks there. */
void ruleset_foreign_write(const struct plan *plan, FILE *out);

#endif
