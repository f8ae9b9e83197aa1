/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_private.h - shared by the parts of the examination. Only doctor*.c
 * include this.
 */
#ifndef WAYMARK_SETUP_DOCTOR_PRIVATE_H
#define WAYMARK_SETUP_DOCTOR_PRIVATE_H

#include "rules/policy/policy.h"
#include "rules/setup/doctor/doctor.h"
#include "rules/setup/plan/state.h"

struct netlink;

struct doctor {
	const struct policy *policy;	/* may be NULL */
	const struct state *state;
	uint32_t mask;			/* the policy's, or the default */
	doctor_report_fn *report;
	void *ctx;
};

/* What other programs were seen to use. */
struct seen {
	const struct doctor *doctor;
	uint32_t bits;		/* of the mark */
	unsigned int clashes;	/* uses of our bits */
};

/* Report a finding that is well. */
void doctor_ok(const struct doctor *doctor, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Report a finding; a `fix` of "" is none. */
void doctor_report(const struct doctor *doctor, enum doctor_level level,
		const char *fix, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The number in a file below /proc/sys; `missing` when there is none. */
long doctor_sysctl(const char *path, long missing);

/* Read the kernel's state: 0 or -errno. The caller frees both in either
 * case. */
int doctor_read(struct netlink **nl, struct state *state);

/* doctor_kernel.c: features of the kernel, and our privileges. */
void doctor_kernel(const struct doctor *doctor);
/* doctor_settings.c: sysctls. */
void doctor_settings(const struct doctor *doctor);
/* doctor_marks.c: rules that use the mark; and report one that uses our bits. */
void doctor_marks(struct seen *seen);
void doctor_clash(struct seen *seen, const char *who, const char *line);
/* doctor_others.c: other programs that use our bits, or hide packets. */
void doctor_others(const struct doctor *doctor);

#endif
