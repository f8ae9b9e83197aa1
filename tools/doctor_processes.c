/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor_processes.c - read the status files of /proc, see proc(5). */
#include "tools/doctor_processes.h"

#include <cap-ng.h>
#include <dirent.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 320
#define LINE_MAX_LEN 640
/* Kinds of threads: the main loop and those that read packets. */
#define KINDS_MAX 8

/* What a thread may do. */
struct rights {
	unsigned int uid;
	uint64_t effective, bounding;
	unsigned int no_new_privs, seccomp;
	unsigned int filters;
};

struct status {
	char name[32];
	int parent;
	struct rights rights;
};

static void read_line(const char *line, struct status *status)
{
	struct rights *rights = &status->rights;

	(void)(sscanf(line, "Name: %31s", status->name) == 1 ||
	       sscanf(line, "PPid: %d", &status->parent) == 1 ||
	       sscanf(line, "Uid: %*u %u", &rights->uid) == 1 ||
	       sscanf(line, "CapEff: %" SCNx64, &rights->effective) == 1 ||
	       sscanf(line, "CapBnd: %" SCNx64, &rights->bounding) == 1 ||
	       sscanf(line, "NoNewPrivs: %u", &rights->no_new_privs) == 1 ||
	       sscanf(line, "Seccomp: %u", &rights->seccomp) == 1 ||
	       sscanf(line, "Seccomp_filters: %u", &rights->filters) == 1);
}

static bool read_status(const char *path, struct status *ret)
{
	FILE *file = fopen(path, "re");
	char line[256];

	memset(ret, 0, sizeof(*ret));
	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL)
		read_line(line, ret);
	fclose(file);
	return true;
}

/* ---- a line ---- */

static const char *capability_names(uint64_t set, char names[static NAMES_MAX])
{
	size_t len = 0;

	if (__builtin_popcountll(set) > 12)
		return "nearly all capabilities";
	names[0] = '\0';
	for (unsigned int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		const char *name = set >> cap & 1 ?
				   capng_capability_to_name(cap) : NULL;

		if (name != NULL && len < NAMES_MAX)
			len += (size_t)snprintf(names + len, NAMES_MAX - len,
						"%s%s", len > 0 ? " " : "",
						name);
	}
	return len > 0 ? names : "no capability";
}

static bool is_confined(const struct rights *rights)
{
	return rights->no_new_privs == 1 && rights->seccomp == 2;
}

static void report_rights(const char *what, const struct rights *rights,
			  enum doctor_level if_not, doctor_report_fn *report,
			  void *ctx)
{
	const struct passwd *user = getpwuid(rights->uid);
	enum doctor_level level = is_confined(rights) ? DOCTOR_OK : if_not;
	char names[NAMES_MAX], line[LINE_MAX_LEN];

	snprintf(line, sizeof(line), "%s: user %s; %s%s; system calls are %s",
		 what, user != NULL ? user->pw_name : "without a name",
		 capability_names(rights->effective, names),
		 rights->bounding == 0 || rights->no_new_privs == 1 ?
		 ", and cannot gain others" : "",
		 rights->seccomp == 2 ? "filtered" : "not filtered");
	report(ctx, level, line, level == DOCTOR_OK ? NULL :
	       "start it without WAYMARK_UNCONFINED; its log has other "
	       "reasons");
}

/* ---- threads ---- */

struct kind {
	struct rights rights;
	unsigned int threads;
};

static bool is_same(const struct rights *a, const struct rights *b)
{
	return a->uid == b->uid && a->effective == b->effective &&
	       a->bounding == b->bounding && a->seccomp == b->seccomp &&
	       a->no_new_privs == b->no_new_privs && a->filters == b->filters;
}

static size_t add(struct kind kinds[static KINDS_MAX], size_t count,
		  const struct rights *rights)
{
	size_t i = 0;

	while (i < count && !is_same(&kinds[i].rights, rights))
		i++;
	if (i == KINDS_MAX)
		return count;
	if (i == count)
		kinds[count++] = (struct kind){ .rights = *rights };
	kinds[i].threads++;
	return count;
}

/* Threads are numbered in the order in which they start: the first kind is that
 * of the main loop. */
static size_t read_kinds(pid_t daemon, struct kind kinds[static KINDS_MAX])
{
	struct dirent **tasks = NULL;
	char path[320];
	struct status status;
	size_t count = 0;
	int found;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)daemon);
	found = scandir(path, &tasks, NULL, versionsort);
	for (int i = 0; i < found; i++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status",
			 (int)daemon, tasks[i]->d_name);
		if (tasks[i]->d_name[0] != '.' && read_status(path, &status))
			count = add(kinds, count, &status.rights);
		free(tasks[i]);
	}
	free(tasks);
	return count;
}

static void report_threads(pid_t daemon, doctor_report_fn *report, void *ctx)
{
	struct kind kinds[KINDS_MAX];
	size_t count = read_kinds(daemon, kinds);
	char what[96];

	for (size_t i = 0; i < count; i++) {
		snprintf(what, sizeof(what), "process %d, %u thread%s",
			 (int)daemon, kinds[i].threads,
			 kinds[i].threads == 1 ? "" : "s");
		report_rights(what, &kinds[i].rights, DOCTOR_WARNING, report,
			      ctx);
	}
}

/* ---- children ---- */

/* The process of the programs in events.d is not confined, and need not be. */
static void report_child(const char *pid, pid_t daemon,
			 doctor_report_fn *report, void *ctx)
{
	char path[320], what[96];
	struct status status;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	if (!read_status(path, &status) || status.parent != (int)daemon)
		return;
	snprintf(what, sizeof(what), "process %s, %s", pid, status.name);
	report_rights(what, &status.rights, DOCTOR_OK, report, ctx);
}

void doctor_processes(pid_t daemon, doctor_report_fn *report, void *ctx)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;

	report_threads(daemon, report, ctx);
	while (processes != NULL && (entry = readdir(processes)) != NULL)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			report_child(entry->d_name, daemon, report, ctx);
	if (processes != NULL)
		closedir(processes);
}
