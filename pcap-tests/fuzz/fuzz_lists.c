/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_lists.c - parse list files: of addresses, with and without host names,
 * and of domains. Input: the kind of list, then the file. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rules/parse/list.h"
#include "rules/tables/domain_table.h"
#include "rules/util/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int see_address(void *ctx, const struct address *first,
		       const struct address *last)
{
	(void)ctx;
	assert(memcmp(first, last, sizeof(*first)) <= 0);
	assert(address_is_v4(first) == address_is_v4(last) ||
	       !address_is_v4(first));
	return 0;
}

static int see_host(void *ctx, const char *name, struct place place)
{
	(void)ctx;
	(void)place;
	assert(name[0] != '\0' && strlen(name) <= DOMAIN_MAX);
	return 0;
}

/* A canonical name is its own canonical form. */
static int see_domain(void *ctx, const char *name, size_t len, bool exact)
{
	char again[DOMAIN_MAX + 1];
	const char *why;

	(void)ctx;
	(void)exact;
	assert(len > 0 && len <= DOMAIN_MAX);
	assert(domain_canonical(name, len, again, &why) > 0);
	assert(strncmp(again, name, len) == 0 && again[len] == '\0');
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = { .name = "list" };
	struct diag *diag = diag_new();
	char *text;
	int rc;

	if (size == 0) {
		diag_free(diag);
		return 0;
	}
	/* A source ends with a NUL, and may contain others. */
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	source.text = text;
	source.len = size - 1;
	if (data[0] % 3 == 0)
		rc = list_parse_domains(&source, diag, see_domain, NULL);
	else
		rc = list_parse_addresses(&source, diag, see_address,
					  data[0] % 3 == 1 ? see_host : NULL,
					  NULL);
	assert((rc != 0) == (diag_errors(diag) > 0));
	diag_free(diag);
	free(text);
	return 0;
}
