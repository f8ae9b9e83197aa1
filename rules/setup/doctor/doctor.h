/*
 * doctor.h - what of kernel, privileges, settings and other programs would
 * keep a policy from working, and the mend. Changes nothing.
 */
#ifndef WAYMARK_SETUP_DOCTOR_H
#define WAYMARK_SETUP_DOCTOR_H

#include <stdbool.h>

struct policy;

enum doctor_level { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_ERROR };

/* `mend`: words or a command to be pasted; NULL where all is well. */
typedef void doctor_told(void *ctx, enum doctor_level level, const char *line,
			 const char *fix);

/* All that can be said of this network namespace; `policy` may be NULL. 0 or
 * -errno when it could not even be looked at. */
int doctor_examine(const struct policy *policy, doctor_told *told, void *ctx);

/* Prove each path of a policy that is set up with a packet of its own. Which
 * uplinks are taken for dead is known of `state_dir`, NULL: the usual one. */
int doctor_prove(const struct policy *policy, const char *state_dir,
		 doctor_told *told, void *ctx);

#endif
