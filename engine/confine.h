/*
 * confine.h - rights that are given up: what reads packets of strangers may do
 * no more than it has to, so that a mistake in it is worth little to them.
 *
 * With WAYMARK_UNCONFINED in the environment, and in a build with sanitizers,
 * which want more, nothing is given up.
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
 * The calling thread, and those it starts: of its capabilities only
 * CAP_NET_ADMIN, CAP_NET_RAW, CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH stay
 * (capabilities(7)): netlink and nftables, probes, and files of others as a
 * policy's author may have them. 0 or -errno.
 */
int confine_process(void);

/*
 * The calling thread for good: CAP_NET_ADMIN, which the kernel asks of a
 * verdict, and the system calls of a loop that receives and answers on sockets
 * it has. All others fail with EPERM (seccomp(2)). 0 or -errno.
 */
int confine_worker(void);

#endif
