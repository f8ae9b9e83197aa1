/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset_clients.h - limit the new flows of a client that are queued. */
#ifndef WAYMARK_SETUP_RULESET_CLIENTS_H
#define WAYMARK_SETUP_RULESET_CLIENTS_H

#include <stdbool.h>
#include <stdio.h>

struct plan;

/* Flows over the limit, a named counter. */
#define RULESET_OVER_LIMIT "over_limit"

/* Write the sets that hold a rate for each client, if there is a limit. */
void ruleset_clients_write_sets(const struct plan *plan, FILE *out);
/* Write the rules ahead of the queue. */
void ruleset_clients_write(const struct plan *plan, FILE *out);
/* Whether it is one of the sets, which packets fill. */
bool ruleset_clients_is_set(const char *name);

#endif
