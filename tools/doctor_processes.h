/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_processes.h - report what a running daemon may do. */
#ifndef WAYMARK_DOCTOR_PROCESSES_H
#define WAYMARK_DOCTOR_PROCESSES_H

#include <sys/types.h>

#include "rules/setup/doctor/doctor.h"

/* A line for the threads of the daemon that have the same privileges, and for
 * each of its child processes; a warning for threads that are not confined. */
void doctor_processes(pid_t daemon, doctor_report_fn *report, void *ctx);

#endif
