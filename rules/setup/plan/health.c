/* SPDX-License-Identifier: GPL-2.0-or-later */
/* health.c - record which uplinks are down. */
#include "rules/setup/plan/health.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rules/setup/kernel/array.h"
#include "rules/util/clock.h"
#include "rules/util/state_file.h"

static const char *path_of(const char *dir, const char *file,
			   char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", dir, file);
	return path;
}

static struct health_uplink *find(const struct health *health,
				  const char *name)
{
	for (size_t i = 0; i < health->count; i++)
		if (strcmp(health->items[i].name, name) == 0)
			return &health->items[i];
	return NULL;
}

static int find_or_add(struct health *health, const char *name,
		       struct health_uplink **ret)
{
	struct health_uplink new = { 0 };

	*ret = find(health, name);
	if (*ret != NULL)
		return 0;
	snprintf(new.name, sizeof(new.name), "%s", name);
	if (ARRAY_ADD(health->items, health->count, new) < 0)
		return -ENOMEM;
	*ret = &health->items[health->count - 1];
	return 0;
}

/* Lines of "NAME WORD": down, up; known, down4, down6, gone4, gone6. */
static int read_lines(FILE *in, struct health *health)
{
	char line[256], name[HEALTH_NAME_MAX], word[16];
	struct health_uplink *uplink;
	int rc = 0;

	while (rc == 0 && fgets(line, sizeof(line), in) != NULL) {
		if (sscanf(line, "%63s %15s", name, word) < 2)
			continue;
		rc = find_or_add(health, name, &uplink);
		if (rc < 0)
			break;
		if (strcmp(word, "down") == 0)
			uplink->admin_state = HEALTH_DOWN;
		else if (strcmp(word, "up") == 0)
			uplink->admin_state = HEALTH_UP;
		else if (strcmp(word, "down4") == 0)
			uplink->down4 = true;
		else if (strcmp(word, "down6") == 0)
			uplink->down6 = true;
		else if (strcmp(word, "gone4") == 0)
			uplink->gone4 = true;
		else if (strcmp(word, "gone6") == 0)
			uplink->gone6 = true;
		else if (strcmp(word, "known") == 0)
			uplink->is_known = true;
	}
	return rc;
}

/* ---- the age of results ---- */

/* The ID of this boot as the file has it. */
static void read_boot_id(char boot[static CLOCK_BOOT_ID_MAX])
{
	clock_boot_id(boot);
	if (boot[0] == '\0')
		strcpy(boot, "-");
}

/* Read "# saved BOOT_ID MILLISECONDS", the first line of results. */
static bool is_young(FILE *in, uint64_t age_max_ms)
{
	char line[128], boot[CLOCK_BOOT_ID_MAX], current[CLOCK_BOOT_ID_MAX];
	uint64_t saved_ms;

	if (age_max_ms == 0 || fgets(line, sizeof(line), in) == NULL ||
	    sscanf(line, "# saved %39s %" SCNu64, boot, &saved_ms) != 2)
		return false;
	read_boot_id(current);
	return strcmp(boot, current) == 0 && saved_ms <= clock_boot_ms() &&
	       clock_boot_ms() - saved_ms <= age_max_ms;
}

/* ---- files ---- */

/* Open a file for reading. *ret is NULL if it does not exist or on errors. */
static int open_stream(const char *dir, const char *file, FILE **ret)
{
	char path[PATH_MAX];
	int fd = state_file_open_read(path_of(dir, file, path));

	*ret = NULL;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	*ret = fdopen(fd, "r");
	if (*ret == NULL)
		close(fd);
	return *ret != NULL ? 0 : -ENOMEM;
}

static int read_results(const char *dir, uint64_t age_max_ms,
			struct health *health)
{
	FILE *in;
	int rc = open_stream(dir, HEALTH_PROBE_RESULTS, &in);

	if (in == NULL)
		return rc;
	if (flock(fileno(in), LOCK_SH | LOCK_NB) < 0 ||
	    is_young(in, age_max_ms))
		rc = read_lines(in, health);
	fclose(in);
	return rc;
}

static int read_admin_states(const char *dir, struct health *health)
{
	FILE *in;
	int rc = open_stream(dir, HEALTH_ADMIN_STATES, &in);

	if (in == NULL)
		return rc;
	rc = read_lines(in, health);
	fclose(in);
	return rc;
}

int health_load(const char *dir, uint64_t age_max_ms, struct health *health)
{
	int rc;

	*health = (struct health){ 0 };
	rc = read_admin_states(dir, health);
	if (rc == 0)
		rc = read_results(dir, age_max_ms, health);
	return rc;
}

void health_fini(struct health *health)
{
	free(health->items);
	*health = (struct health){ 0 };
}

bool health_is_down(const struct health *health, const char *uplink,
		    uint8_t family)
{
	const struct health_uplink *item = find(health, uplink);

	if (item == NULL || item->admin_state == HEALTH_UP)
		return false;
	return item->admin_state == HEALTH_DOWN ||
	       (family == AF_INET ? item->down4 : item->down6);
}

bool health_has_given_up(const struct health *health, const char *uplink,
			 uint8_t family)
{
	const struct health_uplink *item = find(health, uplink);

	return item == NULL || !item->is_known ||
	       health_is_down(health, uplink, family) ||
	       (family == AF_INET ? item->gone4 : item->gone6);
}

enum health_admin_state health_admin_state_of(const struct health *health,
				const char *uplink)
{
	const struct health_uplink *item = find(health, uplink);

	return item != NULL ? item->admin_state : HEALTH_AUTO;
}

bool health_is_kept(const char *dir)
{
	char path[PATH_MAX];
	int fd = state_file_open_read(
		path_of(dir, HEALTH_PROBE_RESULTS, path));
	bool is_kept = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;

	if (fd >= 0)
		close(fd);
	return is_kept;
}

static int write_admin_states(const void *what, FILE *out)
{
	const struct health *health = what;

	for (size_t i = 0; i < health->count; i++)
		if (health->items[i].admin_state != HEALTH_AUTO)
			fprintf(out, "%s %s\n", health->items[i].name,
				health->items[i].admin_state == HEALTH_UP
					? "up"
					: "down");
	return 0;
}

int health_save_admin_state(const char *dir, const char *uplink,
			    enum health_admin_state admin_state)
{
	char path[PATH_MAX];
	struct health health = { 0 };
	struct health_uplink *item;
	int rc = read_admin_states(dir, &health);

	if (rc == 0)
		rc = find_or_add(&health, uplink, &item);
	if (rc == 0) {
		item->admin_state = admin_state;
		rc = state_file_print(path_of(dir, HEALTH_ADMIN_STATES, path),
				      write_admin_states, &health);
	}
	health_fini(&health);
	return rc;
}

int health_watch_open(const char *dir)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int rc;

	if (fd < 0)
		return -errno;
	if (inotify_add_watch(fd, dir, IN_MOVED_TO | IN_DELETE) >= 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

bool health_watch_read(int fd)
{
	_Alignas(struct inotify_event) char buffer[4096];
	ssize_t len = read(fd, buffer, sizeof(buffer));
	const struct inotify_event *event;
	bool has_changed = false;

	for (ssize_t at = 0; at < len;
	     at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const struct inotify_event *)(buffer + at);
		has_changed |= event->len > 0 &&
			       strcmp(event->name, HEALTH_ADMIN_STATES) == 0;
	}
	return has_changed;
}

int health_probe_results_open(const char *dir)
{
	char path[PATH_MAX];
	int fd = state_file_open(path_of(dir, HEALTH_PROBE_RESULTS, path));
	int rc;

	if (fd < 0)
		return fd;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int health_load_results(int fd, uint64_t age_max_ms, struct health *health)
{
	int copy = dup(fd);
	FILE *in = copy < 0 || lseek(copy, 0, SEEK_SET) < 0 ? NULL :
		   fdopen(copy, "r");
	int rc = 0;

	*health = (struct health){ 0 };
	if (in == NULL) {
		rc = -errno;
		if (copy >= 0)
			close(copy);
		return rc;
	}
	if (is_young(in, age_max_ms))
		rc = read_lines(in, health);
	fclose(in);
	return rc;
}

static void write_results(const struct health *health, FILE *out)
{
	char boot[CLOCK_BOOT_ID_MAX];

	read_boot_id(boot);
	fprintf(out, "# saved %s %" PRIu64 "\n", boot, clock_boot_ms());
	for (size_t i = 0; i < health->count; i++) {
		const struct health_uplink *item = &health->items[i];
		const char *name = item->name;

		fprintf(out, "%s known\n", name);
		if (item->down4)
			fprintf(out, "%s down4\n", name);
		if (item->down6)
			fprintf(out, "%s down6\n", name);
		if (item->gone4)
			fprintf(out, "%s gone4\n", name);
		if (item->gone6)
			fprintf(out, "%s gone6\n", name);
	}
}

/* In place, because the lock is on the file. */
int health_probe_results_save(int fd, const struct health *health)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int rc;

	if (out == NULL)
		return -ENOMEM;
	write_results(health, out);
	rc = fclose(out) != 0 ? -ENOMEM : 0;
	if (rc == 0 && (pwrite(fd, text, len, 0) != (ssize_t)len ||
			ftruncate(fd, (off_t)len) < 0 || fsync(fd) < 0))
		rc = errno != 0 ? -errno : -EIO;
	free(text);
	return rc;
}

void health_remove(const char *dir)
{
	char path[PATH_MAX];

	unlink(path_of(dir, HEALTH_ADMIN_STATES, path));
	unlink(path_of(dir, HEALTH_PROBE_RESULTS, path));
}
