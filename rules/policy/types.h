/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * types.h - the choices of the policy language that syntax tree and policy
 * share.
 */
#ifndef WAYMARK_POLICY_TYPES_H
#define WAYMARK_POLICY_TYPES_H

/* What happens if the final path differs from the first one; AUTO: not set. */
enum late_policy { LATE_AUTO, LATE_KEEP, LATE_MOVE, LATE_RESET };

enum outcome_kind { OUTCOME_VIA, OUTCOME_DROP, OUTCOME_EXEMPT };

#endif
