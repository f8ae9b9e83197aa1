/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * confine.h - drop privileges: code that reads packets of strangers keeps no
 * more rights than it needs, so that a fault in it gains an attacker little.
 *
 * With WAYMARK_UNCONFINED in the environment, and in a build with sanitizers,
 * which need more rights, nothing is dropped.
 */
#ifndef WAYMARK_CONFINE_H
#define WAYMARK_CONFINE_H

#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_HAS_SANITIZER true
#elif defined(__has_feature)
#define CONFINE_HAS_SANITIZER \
	(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define CONFINE_HAS_SANITIZER false
#endif

/*
 * Confine the calling thread and those it starts: only CAP_NET_ADMIN,
 * CAP_NET_RAW, CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH stay (capabilities(7)),
 * for netlink and nftables, probes, and policy files that belong to another
 * user. The bounding set is emptied and no_new_privs set, so that they cannot
 * be regained, and system calls that the daemon never makes fail with EPERM:
 * execve(2) and what reaches other processes, namespaces or the kernel's code.
 * 0 or -errno.
 */
int confine_process(void);

/*
 * Confine the calling thread for good: to CAP_NET_ADMIN, which the kernel
 * requires for a verdict, and to the system calls of a loop that receives and
 * answers on open sockets. All others fail with EPERM (seccomp(2)). 0 or
 * -errno.
 */
int confine_worker(void);

#endif
