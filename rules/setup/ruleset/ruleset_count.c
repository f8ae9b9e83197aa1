/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_count.c - counters and counting chains, see ruleset_count.h. */
#include "rules/setup/ruleset/ruleset_count.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rules/offload/offload.h"
#include "rules/setup/kernel/counters.h"
#include "rules/setup/plan/plan.h"
#include "rules/setup/ruleset/ruleset_arrival.h"
#include "rules/setup/ruleset/ruleset_clients.h"

#define ROUTE "route_"
#define ROUTE_ID_LEN 16

static const char *const kinds[] = { "path", "header_flows", "inbound_flows",
				     "engine_flows" };
#define KINDS (sizeof(kinds) / sizeof(*kinds))

void ruleset_count_write(const struct plan *plan, FILE *out)
{
	char name[COUNTER_NAME_MAX];

	fputs("\tcounter exempt { }\n"
	      "\tcounter " RULESET_OVER_LIMIT " { }\n", out);
	for (size_t i = 0; i < plan->path_count; i++)
		for (size_t kind = 0; kind < KINDS; kind++)
			fprintf(out, "\tcounter %s { }\n",
				counter_path(kinds[kind],
					     plan->paths[i].number, name));
	for (size_t i = 0; i < plan->offload->route_count; i++)
		if (plan->offload->routes[i].verdict != OFFLOAD_QUEUE)
			fprintf(out, "\tcounter %s { }\n",
				counter_route(plan->route_ids[i], name));
	putc('\n', out);
}

static void write_drop(const struct plan_path *path, FILE *out)
{
	fprintf(out,
		"\tchain dropped {\n"
		"\t\tcounter name path_%u drop\n"
		"\t}\n\n"
		"\tchain settle_%u {\n"
		"\t\tcounter name header_flows_%u goto dropped\n"
		"\t}\n\n", path->number, path->number, path->number);
}

/* A chain that counts flows and goes to set_SET. Their first packets count as
 * the path's only where the kernel decided. */
static void write_counted(const char *chain, const char *counter, uint8_t path,
			  uint8_t set, bool by_kernel, FILE *out)
{
	fprintf(out, "\tchain %s_%u {\n\t\tcounter name %s_%u\n", chain, path,
		counter, path);
	if (by_kernel)
		fprintf(out, "\t\tcounter name path_%u\n", path);
	fprintf(out, "\t\tgoto set_%u\n\t}\n\n", set);
}

void ruleset_count_write_path(const struct plan *plan,
			      const struct plan_path *path, FILE *out)
{
	uint32_t mark = path->mark | plan->settled;

	if (path->is_drop) {
		write_drop(path, out);
		return;
	}
	fprintf(out,
		"\tchain set_%u {\n"
		"\t\tct mark set ct mark & 0x%08" PRIx32 " | 0x%08" PRIx32
		" comment \"%s\"\n"
		"\t\tmeta mark set meta mark & 0x%08" PRIx32 " | 0x%08" PRIx32
		" accept\n"
		"\t}\n\n",
		path->number, ~plan->mask, mark, path->name, ~plan->mask, mark);
	/* The family map matches every packet, except while a transaction
	 * replaces the maps. An earlier map may then have missed, too, so
	 * the packet may be in the wrong chain: the engine decides. */
	write_counted("count", "header_flows", path->number, path->number,
		      true, out);
	fprintf(out,
		"\tchain settle_%u {\n"
		"\t\tmeta nfproto vmap { ipv4 : goto count_%u, "
		"ipv6 : goto count_%u }\n"
		"\t\tgoto inspect\n"
		"\t}\n\n", path->number, path->number, path->number);
	write_counted("inbound", "inbound_flows", path->number,
		      ruleset_arrival_number(plan, path->number), true, out);
	write_counted("keep_nat", "engine_flows", path->number, path->number,
		      false, out);
}

/* The path number in "KIND_N"; -1 for another name. */
static int path_of(const char *name)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		size_t len = strlen(kinds[kind]);

		if (strncmp(name, kinds[kind], len) == 0 && name[len] == '_' &&
		    isdigit((unsigned char)name[len + 1]))
			return (int)strtol(name + len + 1, NULL, 10);
	}
	return -1;
}

bool ruleset_count_is_route(const char *name)
{
	size_t len = strlen(ROUTE);

	return strncmp(name, ROUTE, len) == 0 &&
	       strspn(name + len, "0123456789abcdef") == ROUTE_ID_LEN &&
	       name[len + ROUTE_ID_LEN] == '\0';
}

bool ruleset_count_is(const char *name)
{
	return strcmp(name, "exempt") == 0 ||
	       strcmp(name, RULESET_OVER_LIMIT) == 0 || path_of(name) >= 0 ||
	       ruleset_count_is_route(name);
}

static bool has_route(const struct plan *plan, uint64_t id)
{
	for (size_t i = 0; i < plan->offload->route_count; i++)
		if (plan->route_ids[i] == id &&
		    plan->offload->routes[i].verdict != OFFLOAD_QUEUE)
			return true;
	return false;
}

bool ruleset_count_has(const struct plan *plan, const char *name)
{
	int path = path_of(name);

	if (ruleset_count_is_route(name))
		return has_route(plan, strtoull(name + strlen(ROUTE), NULL,
						16));
	for (size_t i = 0; i < plan->path_count; i++)
		if (plan->paths[i].number == path)
			return true;
	return strcmp(name, "exempt") == 0 ||
	       strcmp(name, RULESET_OVER_LIMIT) == 0;
}
