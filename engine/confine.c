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
#include <sys/prctl.h>

static bool is_wanted(void)
{
	return !CONFINE_HAS_SANITIZER && getenv("WAYMARK_UNCONFINED") == NULL;
}

/* Keep those of `keep` that the thread has, and nothing else: an executed
 * program gains none, even if it is setuid root. Without CAP_SETPCAP the bounding set
 * cannot be changed; no_new_privs has the same effect then. */
static int keep_capabilities(const unsigned int *keep, size_t count)
{
	bool has[4] = { false };

	if (capng_get_caps_process() < 0)
		return -EPERM;
	for (size_t i = 0; i < count; i++)
		has[i] = capng_have_capability(CAPNG_EFFECTIVE, keep[i]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS) < 0)
			return -EPERM;
	}
	capng_clear(CAPNG_SELECT_CAPS);
	for (size_t i = 0; i < count; i++)
		if (has[i] && capng_update(CAPNG_ADD, CAPNG_EFFECTIVE |
					   CAPNG_PERMITTED, keep[i]) < 0)
			return -EINVAL;
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}

/* ---- system calls ---- */

/* What no thread of the daemon needs and an attacker would want: other
 * programs, other processes, other namespaces, and the kernel itself. */
static const int denied[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp),
	SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(chroot),
	SCMP_SYS(pivot_root), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen),
	SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(iopl),
	SCMP_SYS(ioperm), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd), SCMP_SYS(add_key), SCMP_SYS(request_key),
	SCMP_SYS(keyctl), SCMP_SYS(setuid), SCMP_SYS(setgid),
	SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
	SCMP_SYS(setresgid), SCMP_SYS(setgroups),
};

static int deny_system_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc = 0;

	if (filter == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]) && rc == 0;
	     i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i],
				      0);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}

int confine_process(void)
{
	static const unsigned int keep[] = {
		CAP_NET_ADMIN, CAP_NET_RAW, CAP_DAC_OVERRIDE,
		CAP_DAC_READ_SEARCH,
	};
	int rc;

	if (!is_wanted())
		return 0;
	rc = keep_capabilities(keep, 4);
	return rc < 0 ? rc : deny_system_calls();
}

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
