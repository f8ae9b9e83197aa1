/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * suggest.h - find lines for a policy from the flows of captures.
 *
 * The first replay identifies each flow and groups them: by the site of their
 * host name, else by application, else by server. The second replay, of the
 * lines themselves, counts what each would catch.
 */
#ifndef WAYMARK_SUGGEST_H
#define WAYMARK_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "engine/replay/replay.h"

enum suggest_kind { SUGGEST_HOST, SUGGEST_APP, SUGGEST_SERVER, SUGGEST_KINDS };

struct suggestion {
	enum suggest_kind kind;
	char *key;		/* the site, application or address */
	char *host;		/* of the largest flow; NULL: unknown */
	bool several;		/* the site has other hosts, too */
	bool is_identified;	/* a flow of the server is known by payload */
	struct address src, dst;	/* of the largest flow */
	uint16_t dport;
	uint8_t proto;
	bool has_ports;
	uint64_t largest, flows, bytes;
	/* By the second replay: on time, late, and their bytes. */
	uint64_t first, late, caught_bytes;
};

struct suggestions {
	struct suggestion *items;
	size_t count, room;
	uint64_t flows, bytes;	/* of all captures */
	uint64_t covered;	/* flows that the policy has lines for */
};

/* The policies of both replays: a text, from malloc(); NULL when out of
 * memory. In that of the lines, item i is in line i + SUGGEST_LINE. */
#define SUGGEST_LINE 2
extern const char suggest_analysis[];
char *suggest_lines(const struct suggestions *all, const char *via);

/* Add a flow of the first replay. 0 or -ENOMEM. */
int suggest_add(struct suggestions *all, const struct replay_flow *flow,
		bool is_covered);
/* Once all are added: keep the `rows` largest groups of each kind. Returns how
 * many are left out. */
size_t suggest_choose(struct suggestions *all, size_t rows);
/* A flow of the second replay, which `line` decided. */
void suggest_count(struct suggestions *all, unsigned line,
		   const struct replay_flow *flow);

/* Print the lines that caught something, with shares and expect lines. */
void suggest_print(const struct suggestions *all, const char *via, FILE *out);

void suggest_fini(struct suggestions *all);

/* The site of a host: www.video.example is of video.example. */
const char *suggest_site(const char *host);

#endif
