/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_kernel.h - the kernel's part of `waymark explain`: by what a flow
 * leaves, printed.
 */
#ifndef WAYMARK_EXPLAIN_KERNEL_H
#define WAYMARK_EXPLAIN_KERNEL_H

#include "rules/policy/facts.h"
#include "rules/setup/in_force.h"

/* What is in force here; of shared paths those count from now on that live. */
void explain_look(struct policy *policy, const char *state_dir,
		  struct in_force *in_force);

/* What the kernel does with packets of `path`, and with those of main. */
void explain_kernel(const struct policy *policy, const struct facts *facts,
		    const struct in_force *in_force, uint8_t path);
void explain_main(void);

#endif
