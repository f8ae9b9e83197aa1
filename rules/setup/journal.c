/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.c - write what set-up found to disk before it changes it. */
#include "rules/setup/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rules/setup/kernel/array.h"
#include "rules/util/clock.h"
#include "rules/util/log.h"
#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"

#define NAME "journal"
#define HEAD "waymark journal 2"
#define IDENTITY_MAX 96

void journal_fini(struct journal *journal)
{
	free(journal->groups);
	free(journal->sysctls);
	free(journal->numbers.items);
	*journal = (struct journal){ 0 };
}

/* ---- the namespace and boot it belongs to ---- */

/* Linux 5.14 and later: unique among all namespaces of this boot. */
static uint64_t namespace_cookie(void)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
		cookie = 0;
	close(fd);
	return cookie;
}

/* Write the first line of a journal of this namespace and boot. */
static void identity(char line[static IDENTITY_MAX])
{
	char boot[CLOCK_BOOT_ID_MAX];

	clock_boot_id(boot);
	snprintf(line, IDENTITY_MAX, HEAD " %s %" PRIu64 "\n",
		 boot[0] != '\0' ? boot : "-", namespace_cookie());
}

/* ---- reading ---- */

static int read_line(struct journal *journal, const char *line)
{
	struct journal_sysctl sysctl;
	struct journal_group group;
	struct uplink_number number = { 0 };

	_Static_assert(UPLINK_NAME_MAX == 64 && UPLINK_ORIGIN_MAX == 120,
		       "the widths below");
	if (sscanf(line, "uplink %63s %" SCNu8 " %" SCNu32 " %119s",
		   number.name, &number.path, &number.table,
		   number.origin) >= 3)
		return ARRAY_ADD(journal->numbers.items,
				 journal->numbers.count, number);
	_Static_assert(IFNAMSIZ == 16 && PLAN_PATH_MAX == 96 &&
		       SYSCTL_VALUE_MAX == 32, "the widths below");
	if (sscanf(line, "group %u %15s %" SCNu32, &group.link, group.dev,
		   &group.found) == 3)
		return ARRAY_ADD(journal->groups, journal->group_count, group);
	if (sscanf(line, "sysctl %95s %31s %31s", sysctl.path, sysctl.found,
		   sysctl.put) == 3)
		return ARRAY_ADD(journal->sysctls, journal->sysctl_count,
				 sysctl);
	if (sscanf(line, "dirs %u", &journal->dirs_made) == 1 ||
	    sscanf(line, "mask %" SCNx32, &journal->mask) == 1 ||
	    sscanf(line, "generation %" SCNu32, &journal->generation) == 1)
		return 0;
	if (strcmp(line, "queues drop") == 0)
		journal->queue_drop = true;
	else if (sscanf(line, "file %" SCNx64 " %" SCNx64, &journal->file,
			&journal->file_next) == 2)
		journal->made_file = true;
	else
		sscanf(line, "ruleset %" SCNx64 " %" SCNx64,
		       &journal->ruleset_asked, &journal->ruleset_found);
	return 0;
}

int journal_load(const char *dir, struct journal *journal)
{
	char path[PATH_MAX], ours[IDENTITY_MAX];
	char *text, *line, *rest;
	size_t len;
	int rc;

	*journal = (struct journal){ 0 };
	snprintf(path, sizeof(path), "%s/" NAME, dir);
	rc = state_file_read(path, &text, &len);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	identity(ours);
	if (strncmp(text, HEAD, strlen(HEAD)) != 0)
		rc = -EBADMSG;
	else if (strncmp(text, ours, strlen(ours)) != 0)
		goto out;
	line = strtok_r(text, "\n", &rest);
	while (rc == 0 && (line = strtok_r(NULL, "\n", &rest)) != NULL)
		rc = read_line(journal, line);
	journal->exists = rc == 0;
	if (rc < 0)
		journal_fini(journal);
out:
	free(text);
	return rc;
}

int journal_open(const char *dir, bool dry_run, struct journal *journal,
		 char error[static SETUP_ERROR_MAX])
{
	char path[PATH_MAX], broken[PATH_MAX], why[STATE_WHY_MAX];
	int rc = journal_load(dir, journal);

	if (rc == 0 || (rc == -EBADMSG && dry_run))
		return 0;
	snprintf(path, sizeof(path), "%s/" NAME, dir);
	if (rc == -EBADMSG)
		rc = state_file_set_aside(path, broken);
	if (rc < 0)
		return set_error(error, rc, "%s: %s", path,
				 state_file_reason(path, rc, why));
	log_warning("%s: damaged: renamed to %s; settings of the system that "
		    "it recorded are not restored by `waymark down`", path,
		    broken);
	return 0;
}

/* ---- writing ---- */

static int write_lines(const void *what, FILE *out)
{
	const struct journal *journal = what;
	char line[IDENTITY_MAX];

	identity(line);
	fputs(line, out);
	for (size_t i = 0; i < journal->group_count; i++)
		fprintf(out, "group %u %s %" PRIu32 "\n",
			journal->groups[i].link, journal->groups[i].dev,
			journal->groups[i].found);
	for (size_t i = 0; i < journal->sysctl_count; i++)
		fprintf(out, "sysctl %s %s %s\n", journal->sysctls[i].path,
			journal->sysctls[i].found, journal->sysctls[i].put);
	for (size_t i = 0; i < journal->numbers.count; i++)
		fprintf(out, "uplink %s %u %" PRIu32 " %s\n",
			journal->numbers.items[i].name,
			journal->numbers.items[i].path,
			journal->numbers.items[i].table,
			journal->numbers.items[i].origin);
	if (journal->mask)
		fprintf(out, "mask %" PRIx32 "\n", journal->mask);
	if (journal->queue_drop)
		fputs("queues drop\n", out);
	if (journal->dirs_made)
		fprintf(out, "dirs %u\n", journal->dirs_made);
	if (journal->made_file)
		fprintf(out, "file %" PRIx64 " %" PRIx64 "\n", journal->file,
			journal->file_next);
	if (journal->generation)
		fprintf(out, "generation %" PRIu32 "\n", journal->generation);
	fprintf(out, "ruleset %" PRIx64 " %" PRIx64 "\n",
		journal->ruleset_asked, journal->ruleset_found);
	return 0;
}

int journal_save(const char *dir, const struct journal *journal)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" NAME, dir);
	return state_file_print(path, write_lines, journal);
}

int journal_remove(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" NAME ".new", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" NAME, dir);
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* ---- entries ---- */

struct journal_group *journal_group(const struct journal *journal,
				    unsigned int link)
{
	for (size_t i = 0; i < journal->group_count; i++)
		if (journal->groups[i].link == link)
			return &journal->groups[i];
	return NULL;
}

struct journal_sysctl *journal_sysctl(const struct journal *journal,
				      const char *path)
{
	for (size_t i = 0; i < journal->sysctl_count; i++)
		if (strcmp(journal->sysctls[i].path, path) == 0)
			return &journal->sysctls[i];
	return NULL;
}

int journal_note_group(struct journal *journal, unsigned int link,
		       const char *dev, uint32_t found)
{
	struct journal_group *old = journal_group(journal, link);
	struct journal_group new = { .link = link, .found = found };

	snprintf(new.dev, sizeof(new.dev), "%s", dev);
	if (old == NULL)
		return ARRAY_ADD(journal->groups, journal->group_count, new);
	*old = new;
	return 0;
}

int journal_note_sysctl(struct journal *journal, const char *path,
			const char *found, const char *put)
{
	struct journal_sysctl *old = journal_sysctl(journal, path);
	struct journal_sysctl new;

	snprintf(new.path, sizeof(new.path), "%s", path);
	snprintf(new.found, sizeof(new.found), "%s", found);
	snprintf(new.put, sizeof(new.put), "%s", put);
	if (old == NULL)
		return ARRAY_ADD(journal->sysctls, journal->sysctl_count, new);
	*old = new;
	return 0;
}

static bool is_same(const struct uplink_number *a,
		    const struct uplink_number *b)
{
	return strcmp(a->name, b->name) == 0 && a->path == b->path &&
	       a->table == b->table;
}

int journal_note_number(struct journal *journal,
			const struct uplink_number *number)
{
	struct uplink_numbers *all = &journal->numbers;
	size_t at = 0;
	int rc;

	while (at < all->count && !is_same(&all->items[at], number))
		at++;
	if (at == all->count) {
		rc = ARRAY_ADD(all->items, all->count, *number);
		if (rc < 0)
			return rc;
	}
	memmove(all->items + 1, all->items, at * sizeof(*all->items));
	all->items[0] = *number;
	return 0;
}

void journal_drop_group(struct journal *journal, unsigned int link)
{
	struct journal_group *old = journal_group(journal, link);

	if (old != NULL)
		*old = journal->groups[--journal->group_count];
}

void journal_drop_sysctl(struct journal *journal, const char *path)
{
	struct journal_sysctl *old = journal_sysctl(journal, path);

	if (old != NULL)
		*old = journal->sysctls[--journal->sysctl_count];
}
