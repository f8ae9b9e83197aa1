/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_state.c - load the files of a state directory, and save what was loaded:
 * it is loaded again. Input: which file, then its content. Added to it are the
 * checksum of the learned store, and unless the first bit is set, the line that
 * names this boot. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/learn/learned_file.h"
#include "rules/hosts/hosts_file.h"
#include "rules/setup/exempts.h"
#include "rules/setup/journal.h"
#include "rules/setup/plan/health.h"
#include "rules/util/state_file.h"

#define DAY_S 86400
#define RAW 0x80
#define HEAD_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/waymark-fuzz.XXXXXX";
static const struct clock_stamp now = {
	.boot_id = "f9c4a1d6-0000-4000-8000-000000000001",
	.boot_s = DAY_S,
	.day_s = 20000 * DAY_S,
};

static char *path_of(const char *name)
{
	static char path[sizeof(dir) + 32];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const void *bytes, size_t len)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert(fd >= 0);
	assert(write(fd, bytes, len) == (ssize_t)len);
	close(fd);
}

static void load_journal(void)
{
	struct journal journal;
	int rc = journal_load(dir, &journal);

	if (rc == 0) {
		assert(journal_save(dir, &journal) == 0);
		journal_fini(&journal);
		assert(journal_load(dir, &journal) == 0);
	}
	journal_fini(&journal);
}

static void load_health(void)
{
	struct health health;

	if (health_load(dir, HEALTH_RESTART_MS, &health) == 0)
		for (size_t i = 0; i < health.count; i++)
			assert(memchr(health.items[i].name, '\0',
				      HEALTH_NAME_MAX) != NULL);
	health_fini(&health);
}

/* As a daemon does that starts after another. */
static void load_results(void)
{
	struct health health;
	int fd = health_probe_results_open(dir);

	assert(fd >= 0);
	if (health_load_results(fd, UINT64_MAX, &health) == 0)
		assert(health_probe_results_save(fd, &health) == 0);
	health_fini(&health);
	close(fd);
}

static void load_admin_states(void)
{
	load_health();
	if (health_save_admin_state(dir, "one", HEALTH_DOWN) == 0)
		load_health();
}

static void load_exempts(void)
{
	struct exempts exempts;
	char why[EXEMPTS_WHY_MAX];

	if (exempts_load(&exempts, dir, &now, why) == 0) {
		assert(exempts_save(&exempts, &now) == 0);
		exempts_fini(&exempts);
		assert(exempts_load(&exempts, dir, &now, why) == 0);
	} else {
		assert(why[0] != '\0');
		assert(json_array_size(exempts.hosts) == 0);
	}
	exempts_fini(&exempts);
}

static void load_names(void)
{
	struct hosts hosts = { 0 };
	char why[HOSTS_FILE_WHY_MAX];

	if (hosts_load(&hosts, dir, DAY_S * UINT64_C(1000), why) == 0) {
		for (size_t i = 0; i < hosts.count; i++)
			hosts.items[i].is_wanted = true;
		assert(hosts_save(&hosts, dir) == 0);
		hosts_fini(&hosts);
		assert(hosts_load(&hosts, dir, DAY_S * UINT64_C(1000), why) ==
		       0);
	}
	hosts_fini(&hosts);
}

static void load_learned(void)
{
	static struct learned *store;
	int rc;

	if (store == NULL)
		store = learned_new(&(struct learned_options){
			.answers = 64, .servers = 64, .repeatable = true,
		});
	rc = learned_file_load(store, &now, path_of("learned"));
	assert(rc == 0 || rc == -EBADMSG);
	assert(learned_file_save(store, DAY_S, &now, path_of("learned")) == 0);
	assert(learned_file_load(store, &now, path_of("learned")) == 0);
}

static void save_journal(void)
{
	static const struct journal empty;

	assert(journal_save(dir, &empty) == 0);
}

static void save_results(void)
{
	static const struct health empty;
	int fd = health_probe_results_open(dir);

	assert(fd >= 0 && health_probe_results_save(fd, &empty) == 0);
	close(fd);
}

static const struct {
	const char *name;
	void (*load)(void);
	void (*save_empty)(void);	/* NULL: without such a line */
} files[] = {
	{ "journal", load_journal, save_journal },
	{ HEALTH_ADMIN_STATES, load_admin_states, NULL },
	{ HEALTH_PROBE_RESULTS, load_health, save_results },
	{ HEALTH_PROBE_RESULTS, load_results, save_results },
	{ "exempt.json", load_exempts, NULL },
	{ "names.json", load_names, NULL },
	{ "learned", load_learned, NULL },
};
#define FILES (sizeof(files) / sizeof(files[0]))

static void remove_files(void)
{
	for (size_t i = 0; i < FILES; i++)
		unlink(path_of(files[i].name));
	rmdir(dir);
}

/* The first line of an empty file, which no input could contain. */
static size_t read_head(size_t file, char head[static HEAD_MAX])
{
	FILE *in;

	files[file].save_empty();
	in = fopen(path_of(files[file].name), "r");
	assert(in != NULL && fgets(head, HEAD_MAX, in) != NULL);
	fclose(in);
	return strlen(head);
}

static void write_headed(size_t file, const uint8_t *data, size_t size)
{
	char *bytes = malloc(HEAD_MAX + size);
	size_t len = read_head(file, bytes);

	memcpy(bytes + len, data, size);
	write_file(files[file].name, bytes, len + size);
	free(bytes);
}

/* The checksum could not be found by chance. */
static void write_learned(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size + SHA256_DIGEST_SIZE);
	struct sha256_ctx hash;

	memcpy(bytes, data, size);
	sha256_init(&hash);
	sha256_update(&hash, size, data);
	sha256_digest(&hash, SHA256_DIGEST_SIZE, bytes + size);
	write_file("learned", bytes, size + SHA256_DIGEST_SIZE);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool has_dir;
	size_t file;

	if (!has_dir) {
		assert(mkdtemp(dir) != NULL);
		has_dir = true;
		atexit(remove_files);
	}
	if (size == 0)
		return 0;
	file = (data[0] & ~RAW) % FILES;
	if (files[file].load == load_learned)
		write_learned(data + 1, size - 1);
	else if (files[file].save_empty != NULL && !(data[0] & RAW))
		write_headed(file, data + 1, size - 1);
	else
		write_file(files[file].name, data + 1, size - 1);
	files[file].load();
	unlink(path_of(files[file].name));
	return 0;
}
