/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft.c - run nft scripts via libnftables. */
#include "rules/setup/kernel/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/setup/kernel/child.h"

uint64_t nft_hash(const char *text)
{
	uint64_t hash = NFT_HASH_START;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * NFT_HASH_PRIME;
	return hash;
}

/* Make a context that buffers output and errors; NULL: out of memory. */
static struct nft_ctx *context_new(void)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);

	if (ctx == NULL)
		return NULL;
	if (nft_ctx_buffer_output(ctx) || nft_ctx_buffer_error(ctx)) {
		nft_ctx_free(ctx);
		return NULL;
	}
	return ctx;
}

/* Report nft's first line without "Error: " and the position before it. */
static int parse_error(struct nft_ctx *ctx, char error[static SETUP_ERROR_MAX])
{
	const char *text = nft_ctx_get_error_buffer(ctx);
	const char *start = text != NULL ? strstr(text, "Error: ") : NULL;

	if (start != NULL)
		text = start + strlen("Error: ");
	return set_error(error, -EINVAL,
			 "nftables: the kernel refused our table: %.*s; "
			 "`waymark doctor` lists the features it lacks",
			 text != NULL ? (int)strcspn(text, "\n") : 0,
			 text != NULL ? text : "");
}

static int run(const char *script, bool dry,
	       char error[static SETUP_ERROR_MAX])
{
	struct nft_ctx *ctx = context_new();
	int rc = 0;

	if (ctx == NULL)
		return set_error(error, -ENOMEM, "nftables: out of memory");
	nft_ctx_set_dry_run(ctx, dry);
	if (nft_run_cmd_from_buffer(ctx, script))
		rc = parse_error(ctx, error);
	nft_ctx_free(ctx);
	return rc;
}

int nft_run(const char *script, char error[static SETUP_ERROR_MAX])
{
	return run(script, false, error);
}

int nft_check(const char *script, char error[static SETUP_ERROR_MAX])
{
	return run(script, true, error);
}

/* In the child. */
static int write_output(int fd, const void *command)
{
	struct nft_ctx *ctx;
	FILE *out = fdopen(fd, "w");
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDERR_FILENO);
	ctx = context_new();
	if (out == NULL || ctx == NULL ||
	    nft_run_cmd_from_buffer(ctx, command) ||
	    fputs(nft_ctx_get_output_buffer(ctx), out) < 0 || fclose(out))
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/*
 * Runs in a child process: for rules of iptables-nft, libnftables calls
 * libxtables, which leaks memory and prints to stderr.
 */
char *nft_read(const char *command)
{
	return child_read(write_output, command);
}

/* A dry run creates nothing, and the chain has no hook. */
bool nft_has_queue(void)
{
	char error[SETUP_ERROR_MAX];

	return nft_check("add table inet waymark_probe\n"
			 "add chain inet waymark_probe probe\n"
			 "add rule inet waymark_probe probe queue num 0\n",
			 error) == 0;
}
