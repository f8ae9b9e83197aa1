/*
 * doctor_private.h - what the parts of the examination share. Only doctor*.c
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
	uint32_t mask;			/* the policy's, or the usual one */
	doctor_told *told;
	void *ctx;
};

/* Tell; a `mend` of "" is none. */
void doctor_say(const struct doctor *doctor, enum doctor_level level,
		const char *fix, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The number in a file below /proc/sys; `otherwise` when there is none. */
long doctor_sysctl(const char *path, long fallback);

/* Read what is to be examined: 0 or -errno; both are the caller's to end in
 * either case. */
int doctor_read(struct netlink **nl, struct state *state);

/* doctor_kernel.c: what the kernel can, and may be asked for. */
void doctor_kernel(const struct doctor *doctor);
/* doctor_settings.c: sysctls that matter. */
void doctor_settings(const struct doctor *doctor);
/* doctor_others.c: what other programs have that is ours, or hide. */
void doctor_others(const struct doctor *doctor);

#endif
