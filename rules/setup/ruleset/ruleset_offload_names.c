/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_offload_names.c - the names of chains and sets of header-only
 * routes. */
#include "rules/setup/ruleset/ruleset_offload.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "rules/offload/offload.h"
#include "rules/setup/plan/plan.h"

static bool is_numbered(const char *name, const char *stem)
{
	size_t len = strlen(stem);

	return strncmp(name, stem, len) == 0 &&
	       isdigit((unsigned char)name[len]);
}

bool ruleset_offload_is_set(const char *name)
{
	return is_numbered(name, "addresses4_") ||
	       is_numbered(name, "addresses6_");
}

bool ruleset_offload_is_chain(const char *name)
{
	return strcmp(name, "per_packet") == 0 ||
	       strncmp(name, "stateless", 9) == 0 ||
	       is_numbered(name, "packet_") || is_numbered(name, "headers_") ||
	       is_numbered(name, "balance_");
}

static bool has_stateless_chain(const struct plan *plan, const char *name,
				unsigned long number)
{
	const struct offload *offload = plan->offload;
	bool has = false;

	if (!ruleset_offload_has_stateless(plan))
		return false;
	if (is_numbered(name, "stateless_headers_"))
		return number < offload->chain_count &&
		       number != offload->flows && number != offload->packets;
	for (size_t i = 0; i < plan->path_count; i++)
		has |= plan->paths[i].number == number;
	return has || !is_numbered(name, "stateless_");
}

bool ruleset_offload_has_chain(const struct plan *plan, const char *name)
{
	const struct offload *offload = plan->offload;
	const char *digits = strpbrk(name, "0123456789");
	unsigned long number = digits != NULL ? strtoul(digits, NULL, 10) : 0;

	if (strncmp(name, "stateless", 9) == 0)
		return has_stateless_chain(plan, name, number);
	if (is_numbered(name, "balance_"))
		return number < offload->balance_count;
	if (!is_numbered(name, "headers_"))
		return offload->packets != OFFLOAD_NONE;
	return number < offload->chain_count && number != offload->flows &&
	       number != offload->packets;
}
