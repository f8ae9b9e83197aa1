/* nft.c - libnftables: run a script, look at our table, probe the kernel. */
#include "rules/setup/nft.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>

#include "rules/setup/array.h"

uint64_t nft_hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
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
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_STATELESS);
	return ctx;
}

/* nft's first line, without "Error: " and where it thinks it was. */
static int fault_of(struct nft_ctx *ctx, char error[static SETUP_ERROR_MAX])
{
	const char *text = nft_ctx_get_error_buffer(ctx);
	const char *start = text ? strstr(text, "Error: ") : NULL;

	if (start)
		text = start + strlen("Error: ");
	return fault(error, -EINVAL,
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
		return fault(error, -ENOMEM, "nftables: out of memory");
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

/* In a table that a dry run never makes, and in no hook. */
bool nft_has_queue(void)
{
	char error[SETUP_ERROR_MAX];

	return nft_check("add table inet waymark_probe\n"
			 "add chain inet waymark_probe probe\n"
			 "add rule inet waymark_probe probe queue num 0\n",
			 error) == 0;
}

/* Keep the name in a line like "\tchain divert {". */
static int keep_chain(struct nft_table *table, const char *line)
{
	static const char start[] = "\tchain ";
	char *name;

	if (strncmp(line, start, strlen(start)) != 0)
		return 0;
	line += strlen(start);
	name = strndup(line, strcspn(line, " \n"));
	if (!name)
		return -ENOMEM;
	if (ARRAY_ADD(table->chains, table->chain_count, name) < 0) {
		free(name);
		return -ENOMEM;
	}
	return 0;
}

int nft_table_parse(const char *listing, struct nft_table *table)
{
	static const char comment[] = "\tcomment \"" NFT_COMMENT "\"";
	int rc;

	for (const char *line = listing; *line;) {
		if (strncmp(line, comment, strlen(comment)) == 0)
			table->is_ours = true;
		rc = keep_chain(table, line);
		if (rc < 0)
			return rc;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	table->exists = true;
	table->hash = nft_hash(listing);
	return 0;
}

/* Listing a table that is not there is an error that looks like others, so
 * the list of tables comes first. */
int nft_table_read(struct nft_table *table, char error[static SETUP_ERROR_MAX])
{
	struct nft_ctx *ctx = context_new();
	int rc = 0;

	*table = (struct nft_table){ 0 };
	if (!ctx)
		return fault(error, -ENOMEM, "nftables: out of memory");
	if (nft_run_cmd_from_buffer(ctx, "list tables inet")) {
		rc = fault_of(ctx, error);
		goto out;
	}
	if (!strstr(nft_ctx_get_output_buffer(ctx),
		    "table inet " NFT_TABLE "\n"))
		goto out;
	if (nft_run_cmd_from_buffer(ctx, "list table inet " NFT_TABLE)) {
		rc = fault_of(ctx, error);
		goto out;
	}
	rc = nft_table_parse(nft_ctx_get_output_buffer(ctx), table);
out:
	nft_ctx_free(ctx);
	return rc;
}

void nft_table_fini(struct nft_table *table)
{
	for (size_t i = 0; i < table->chain_count; i++)
		free(table->chains[i]);
	free(table->chains);
	*table = (struct nft_table){ 0 };
}

bool nft_table_has_chain(const struct nft_table *table, const char *name)
{
	for (size_t i = 0; i < table->chain_count; i++)
		if (strcmp(table->chains[i], name) == 0)
			return true;
	return false;
}
