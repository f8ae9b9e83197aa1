/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor.h - report what would keep a policy from working: kernel, privileges,
 * settings, other programs; each with its fix. Changes nothing.
 */
#ifndef WAYMARK_SETUP_DOCTOR_H
#define WAYMARK_SETUP_DOCTOR_H

#include <stdbool.h>

struct policy;

enum doctor_level { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_ERROR };

/* Receives one finding. `fix`: words, or a command to paste; NULL for OK. */
typedef void doctor_report_fn(void *ctx, enum doctor_level level,
			      const char *line, const char *fix);

/* Examine this network namespace; `policy` may be NULL. 0, or -errno when the
 * kernel's state cannot be read. */
int doctor_examine(const struct policy *policy, doctor_report_fn *report,
		   void *ctx);

/* Test each uplink of a policy in force with a packet. Uplink states are read
 * from `state_dir`; NULL: the default directory. */
int doctor_prove(const struct policy *policy, const char *state_dir,
		 doctor_report_fn *report, void *ctx);

#endif
