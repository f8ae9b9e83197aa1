/* SPDX-License-Identifier: GPL-2.0-or-later */
/* confine.c - drop privileges, see confine.h. */
#include "engine/confine.h"

#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

static bool is_wanted(void)
{
	return !CONFINE_HAS_SANITIZER && getenv("WAYMARK_UNCONFINED") == NULL;
}

/* Keep those of `keep` that the thread has, and nothing else. */
static int keep_capabilities(const unsigned int *keep, size_t count)
{
	bool has[4] = { false };

	if (capng_get_caps_process() < 0)
		return -EPERM;
	for (size_t i = 0; i < count; i++)
		has[i] = capng_have_capability(CAPNG_EFFECTIVE, keep[i]);
	capng_clear(CAPNG_SELECT_CAPS);
	for (size_t i = 0; i < count; i++)
		if (has[i] && capng_update(CAPNG_ADD, CAPNG_EFFECTIVE |
					   CAPNG_PERMITTED, keep[i]) < 0)
			return -EINVAL;
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}

int confine_process(void)
{
	static const unsigned int keep[] = {
		CAP_NET_ADMIN, CAP_NET_RAW, CAP_DAC_OVERRIDE,
		CAP_DAC_READ_SEARCH,
	};

	return is_wanted() ? keep_capabilities(keep, 4) : 0;
}

/* ---- system calls ---- */

static const int allowed[] = {
	/* Queue, interface changes, resets. */
	SCMP_SYS(recvmmsg), SCMP_SYS(recvmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(poll), SCMP_SYS(ppoll),
	/* Coalescing, time, reports to the control thread. */
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(prctl),
	SCMP_SYS(futex), SCMP_SYS(write), SCMP_SYS(sched_yield),
	/* Memory for interface names, and thread exit. */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* Signals and exit. */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(gettid), SCMP_SYS(getpid),
	SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* A worker never needs executable memory. */
static int allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp plain =
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				  plain);

	return rc < 0 ? rc : seccomp_rule_add(filter, SCMP_ACT_ALLOW,
					      SCMP_SYS(mprotect), 1, plain);
}

static int keep_system_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc;

	if (filter == NULL)
		return -ENOMEM;
	rc = allow_memory(filter);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && rc == 0;
	     i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}

int confine_worker(void)
{
	static const unsigned int keep[] = { CAP_NET_ADMIN };
	int rc;

	if (!is_wanted())
		return 0;
	rc = keep_capabilities(keep, 1);
	return rc < 0 ? rc : keep_system_calls();
}
