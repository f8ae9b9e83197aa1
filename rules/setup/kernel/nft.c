/*
 * nft.c - libnftables: run a script, or see whether the kernel would take it.
 */
#include "rules/setup/kernel/nft.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>

uint64_t nft_hash(const char *text)
{
	uint64_t hash = NFT_HASH_START;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * NFT_HASH_PRIME;
	return hash;
}

/* A context that keeps its output and errors; NULL when out of memory. */
static struct nft_ctx *context_new(void)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);

	if (!ctx)
		return NULL;
	if (nft_ctx_buffer_output(ctx) || nft_ctx_buffer_error(ctx)) {
		nft_ctx_free(ctx);
		return NULL;
	}
	return ctx;
}

/* nft's first line, without "Error: " and where it thinks it was. */
static int fault_of(struct nft_ctx *ctx, char error[static SETUP_ERROR_MAX])
{
	const char *text = nft_ctx_get_error_buffer(ctx);
	const char *start = text ? strstr(text, "Error: ") : NULL;

	if (start)
		text = start + strlen("Error: ");
	return set_error(error, -EINVAL,
		     "nftables: the kernel refused our table: %.*s; "
		     "`waymark doctor` says what it lacks",
		     text ? (int)strcspn(text, "\n") : 0, text ? text : "");
}

static int run(const char *script, bool dry,
	       char error[static SETUP_ERROR_MAX])
{
	struct nft_ctx *ctx = context_new();
	int rc = 0;

	if (!ctx)
		return set_error(error, -ENOMEM, "nftables: out of memory");
	nft_ctx_set_dry_run(ctx, dry);
	if (nft_run_cmd_from_buffer(ctx, script))
		rc = fault_of(ctx, error);
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

char *nft_read(const char *command)
{
	struct nft_ctx *ctx = context_new();
	char *text = NULL;

	if (ctx && nft_run_cmd_from_buffer(ctx, command) == 0)
		text = strdup(nft_ctx_get_output_buffer(ctx));
	nft_ctx_free(ctx);
	return text;
}

/* In a table that a dry run never makes, and in no hook. */
bool nft_has_queue(void)
{
	char error[SETUP_ERROR_MAX];

	return nft_check("add table inet waymark_probe\n"
			 "add chain inet waymark_probe probe\n"
			 "add rule inet waymark_probe probe queue num 0\n",
			 error) == 0;
}
