/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trial_file.c - the last confirmed policy, see trial_file.h. */
#include "tools/daemon/trial_file.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/parse/ast.h"
#include "rules/util/diag.h"
#include "rules/util/state_dir.h"
#include "rules/util/state_file.h"

#define FILE_NAME "confirmed.policy"
#define HEAD "# waymark: in force instead of "
#define DIGEST_MAX (2 * SHA256_DIGEST_SIZE + 1)

/* The SHA-256 of the canonical text, in hexadecimal. */
static int digest(const struct ast *ast, char hex[static DIGEST_MAX])
{
	uint8_t sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return -ENOMEM;
	ast_print(ast, out);
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	sha256_init(&sha);
	sha256_update(&sha, len, (const uint8_t *)text);
	sha256_digest(&sha, sizeof(sum), sum);
	free(text);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return 0;
}

static int digest_file(const char *path, char hex[static DIGEST_MAX])
{
	struct diag *diag = diag_new();
	struct ast *ast = diag != NULL ? ast_load(path, diag) : NULL;
	int rc = ast == NULL || diag_errors(diag) > 0 ? -EINVAL :
							digest(ast, hex);

	ast_free(ast);
	diag_free(diag);
	return rc;
}

bool trial_file_differs(const char *path, const struct ast *running)
{
	char now[DIGEST_MAX], then[DIGEST_MAX];

	return digest_file(path, now) < 0 || digest(running, then) < 0 ||
	       strcmp(now, then) != 0;
}

struct record {
	char head[sizeof(HEAD) + DIGEST_MAX + PATH_MAX + 2];
	const struct ast *confirmed;
};

static int print(const void *what, FILE *out)
{
	const struct record *record = what;

	fputs(record->head, out);
	ast_print(record->confirmed, out);
	return 0;
}

/* The first line. A path with a line feed would end it early. */
static int make_head(const char *path, const char *hex,
		     char head[static sizeof(((struct record *)NULL)->head)])
{
	char real[PATH_MAX];

	if (realpath(path, real) == NULL)
		return -errno;
	if (strchr(real, '\n') != NULL)
		return -EINVAL;
	sprintf(head, HEAD "%s %s\n", hex, real);
	return 0;
}

int trial_file_save(const char *state_dir, const char *path,
		    const struct ast *confirmed, const struct ast *trial)
{
	struct record record = { .confirmed = confirmed };
	char file[PATH_MAX], hex[DIGEST_MAX];
	int rc = digest(trial, hex);

	if (rc == 0)
		rc = make_head(path, hex, record.head);
	if (rc == 0)
		rc = state_dir_file(state_dir, FILE_NAME, file);
	return rc == 0 ? state_file_print(file, print, &record) : rc;
}

void trial_file_remove(const char *state_dir)
{
	char file[PATH_MAX];

	if (state_dir_file(state_dir, FILE_NAME, file) == 0)
		unlink(file);
}

bool trial_file_find(const char *state_dir, const char *path,
		     char ret_file[static PATH_MAX])
{
	char hex[DIGEST_MAX], head[sizeof(((struct record *)NULL)->head)];
	char *text = NULL;
	bool found;
	size_t len;

	if (state_dir_file(state_dir, FILE_NAME, ret_file) < 0 ||
	    state_file_read(ret_file, &text, &len) < 0)
		return false;
	found = digest_file(path, hex) == 0 &&
		make_head(path, hex, head) == 0 &&
		strncmp(text, head, strlen(head)) == 0;
	free(text);
	return found;
}
