/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_seeds.c - run a harness without libFuzzer: on each seed, and on copies of
 * it that are changed and truncated, the same in each run. The seeds are in
 * pcap-tests/fuzz/seeds/ under the program's name. Prints TAP; a crash ends the
 * program before its plan is complete. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEEDS "pcap-tests/fuzz/seeds"
#define SEED_MAX 65536
#define CHANGES 100
#define CHANGES_S 10		/* then only the seeds: sanitizers are slow */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t below(uint32_t max)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % max;
}

/* Copy to a buffer of exact size, so that ASan detects a read past its end. */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);

	if (exact == NULL)
		abort();
	memcpy(exact, data, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static void run_changed(const uint8_t *seed, size_t len)
{
	static uint8_t bytes[SEED_MAX];

	if (len == 0)
		return;
	for (int i = 0; i < CHANGES && clock() < CHANGES_S * CLOCKS_PER_SEC;
	     i++) {
		memcpy(bytes, seed, len);
		for (uint32_t n = below(4); n > 0; n--)
			bytes[below((uint32_t)len)] = (uint8_t)below(256);
		run(bytes, i % 4 == 0 ? below((uint32_t)len) : len);
	}
}

static size_t read_seed(const char *path, uint8_t *bytes)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	len = fread(bytes, 1, SEED_MAX, file);
	fclose(file);
	return len;
}

static int is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char *argv[])
{
	static uint8_t bytes[SEED_MAX];
	const char *name = strrchr(argv[0], '/');
	struct dirent **entries;
	char dir[256], path[600];
	int count;

	(void)argc;
	snprintf(dir, sizeof(dir), SEEDS "/%s",
		 name != NULL ? name + 1 : argv[0]);
	count = scandir(dir, &entries, is_seed, alphasort);
	if (count <= 0) {
		fprintf(stderr, "%s: no seeds\n", dir);
		return EXIT_FAILURE;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		size_t len;

		snprintf(path, sizeof(path), "%s/%s", dir,
			 entries[i]->d_name);
		len = read_seed(path, bytes);
		run(bytes, len);
		run_changed(bytes, len);
		printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		fflush(stdout);
		free(entries[i]);
	}
	free(entries);
	return EXIT_SUCCESS;
}
