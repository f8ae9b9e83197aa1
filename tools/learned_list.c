/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learned_list.c - a line for each thing that was learned. */
#include "tools/learned_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/hints/hint.h"
#include "rules/parse/keywords.h"
#include "rules/util/state_file.h"

static const char *time_text(uint32_t second, char text[static 32])
{
	time_t when = second;
	struct tm parts;

	localtime_r(&when, &parts);
	strftime(text, 32, "%Y-%m-%d %H:%M:%S", &parts);
	return text;
}

static void print_server(const struct learned_item *item)
{
	const char *proto = keywords_of(keywords_protocol, item->proto);
	const char *app = hints_app_name(item->app);
	char server[ADDRESS_TEXT_MAX], client[ADDRESS_TEXT_MAX];
	bool is_shared = item->kind == LEARNED_SHARED;

	printf("%s %s port %u: ", proto != NULL ? proto : "?",
	       address_print(&item->server, server), item->port);
	printf("app %s %u%%, host %s %u%%", app != NULL ? app : "-",
	       is_shared ? item->host_percent : item->app_percent,
	       item->host[0] != '\0' ? item->host : "-", item->host_percent);
	if (is_shared)
		printf(" to %u clients", item->clients);
	else
		printf(" to %s", address_print(&item->client, client));
}

static void print_answer(const struct learned_item *item)
{
	char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];

	printf("%s is %s to %s", address_print(&item->server, server),
	       item->host, address_print(&item->client, client));
}

void learned_list_print(const struct learned_item *item, uint32_t now_s)
{
	char since[32], seen[32], expires[32];

	if (item->kind != LEARNED_ANSWER)
		print_server(item);
	else
		print_answer(item);
	printf("; since %s, seen %s, ", time_text(item->since_s, since),
	       time_text(item->seen_s, seen));
	printf("%s %s\n", item->expires_s > now_s ? "until" : "expired",
	       time_text(item->expires_s, expires));
}

void learned_list_error(const char *path, int rc)
{
	char why[STATE_WHY_MAX];

	if (rc < 0 && rc != -ENOENT)
		fprintf(stderr, "%s: %s\n", path,
			state_file_reason(path, rc, why));
}
