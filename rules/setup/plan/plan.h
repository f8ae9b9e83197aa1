/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - compute the wanted state of the kernel for a policy. diff.h compares
 * it with the present state (state.h).
 *
 * A plan owns copies of all it needs; the policy may be freed.
 */
#ifndef WAYMARK_SETUP_PLAN_H
#define WAYMARK_SETUP_PLAN_H

#include <stddef.h>

#include "rules/policy/balance.h"
#include "rules/policy/nat.h"
#include "rules/policy/uplink.h"
#include "rules/policy/types.h"
#include "rules/setup/kernel/set_error.h"
#include "rules/setup/plan/foreign_marks.h"
#include "rules/setup/kernel/kernel.h"

struct big_set;
struct offload;
struct policy;
struct state;

#define PLAN_NAME_MAX 64

struct plan_range {
	struct address first;
	struct address last;
};

struct plan_ranges {
	struct plan_range *items;
	size_t count;
};

/* As struct uplink_nat; `from` has the ranges of one family. */
struct plan_nat {
	enum nat_kind kind;
	struct prefix to;
	bool has_from;
	struct plan_ranges from;
};

struct plan_uplink {
	char name[PLAN_NAME_MAX];
	char dev[IFNAMSIZ];
	char origin[UPLINK_ORIGIN_MAX];
	unsigned int link;	/* index; from PLAN_MISSING if it is missing */
	uint32_t table;
	uint8_t path;
	uint8_t arrival;	/* policy_arrival_path() */
	bool translates;	/* nat, of some packets */
	struct plan_nat nat[2];	/* IPv4, IPv6 */
	uint16_t mss[2];	/* 0: not clamped */
	bool shares_dev;	/* another uplink uses the same device */
	bool on_lan;		/* a LAN uses the same device */
	bool is_strict;		/* it, or one of its fallbacks */
	int fallback;		/* an index; negative: none */
	bool has_hold;		/* its flows have an address of their own */
	/* Established flows that leave via others are dropped; IPv4, IPv6. */
	bool keeps_flows[2];
	bool is_main[2];	/* main's default, the first, leaves by its
				 * device; IPv4, IPv6 */
	bool link_is_up;	/* as strictly as enum plan_links asks */
	/* The uplink whose default its traffic uses, IPv4 and IPv6: an index,
	 * its own unless it failed over, or PLAN_NO_UPLINK. */
	uint8_t active[2];
};

#define PLAN_NO_UPLINK 0xff

/* Index of a missing link: this plus the uplink's index. */
#define PLAN_MISSING 0x80000000u

/* A path that has a mark: each uplink's, main and drop. */
struct plan_path {
	char name[PLAN_NAME_MAX];
	uint8_t number;
	bool is_drop;
	uint32_t mark;		/* without the settled bit */
};

/* A file below /proc/sys and its wanted value. */
#define PLAN_PATH_MAX 96
struct plan_sysctl {
	char path[PLAN_PATH_MAX];
	char value[12];
};

/* Exempt addresses: one set for each direction and family, in order. */
enum plan_set { PLAN_FROM4, PLAN_FROM6, PLAN_TO4, PLAN_TO6, PLAN_SETS };

/* The prefix that identifies one of several uplinks on a device: its gateway is
 * the only one in it. */
struct plan_subnet {
	size_t uplink;
	struct prefix prefix;
};

struct plan {
	bool has_ruleset;	/* false: the plan that undoes everything */
	bool owns_table;	/* see table_owner.h; set by setup.c */
	uint32_t mask;
	bool has_xfrm;		/* the kernel supports IPsec */
	bool has_guard;		/* some uplink is strict: plan_guard.h */
	bool ends_flows;	/* some `failback` resets flows */
	bool keeps_nat_path;	/* translated flows keep their first path */
	uint32_t settled;
	struct plan_uplink *uplinks;
	size_t uplink_count;
	struct plan_path *paths;
	size_t path_count;
	struct path_set down[2];	/* uplinks that are down, IPv4 and
					 * IPv6 */
	uint16_t queue_first;
	uint16_t queue_last;
	bool queue_drop;	/* fail-closed: drop without an engine */
	uint32_t per_client;	/* new flows per second; 0: no limit */
	enum unanswered unanswered;
	uint8_t default_path;	/* UNANSWERED_DEFAULT: its path */
	bool has_strict;	/* a route leads to a strict uplink */
	bool inspects_dns;	/* DNS answers are queued */

	struct plan_subnet *subnets;
	size_t subnet_count;
	struct kernel_route *routes;
	size_t route_count;
	struct kernel_rule *rules;
	size_t rule_count;
	struct plan_sysctl *sysctls;
	size_t sysctl_count;
	unsigned int *links;	/* those in our device group */
	size_t link_count;
	struct plan_ranges exempt[PLAN_SETS];
	struct foreign_marks foreign;	/* without those that have our bits */
	struct offload *offload;	/* header-only routes */
	struct big_set *bigs;	/* long lists of exempt and offload */
	size_t big_count;
	/* nft_hash() of the text of each of offload->routes. */
	uint64_t *route_ids;
	const char *local_note;	/* local traffic without rules; NULL: none */
	char *tables;		/* text of rt_tables.d/waymark.conf, or NULL */
};

/* Exemptions beside the policy's. */
struct plan_exempt {
	struct address first;
	struct address last;
	bool from, to;		/* as client, as server, or both */
	bool by_rule;
};

struct plan_exempts {
	const struct plan_exempt *items;
	size_t count;
};

enum plan_links {
	PLAN_LINKS_UP,		/* each must be up, or its uplink optional */
	PLAN_LINKS_ANY,		/* leave out routes of links that are down or
				 * without carrier */
	PLAN_LINKS_NAMED,	/* assume that all links exist: to print */
};

/* Compute the plan; `exempts` may be NULL. 0, or -errno with a sentence in
 * `error`, and *plan is unchanged. */
int plan_make(const struct policy *policy, const struct plan_exempts *exempts,
	      const struct state *state, enum plan_links links,
	      struct plan *plan, char error[static SETUP_ERROR_MAX]);
void plan_fini(struct plan *plan);

/* The name of a link by index; NULL when there is none. */
const char *plan_dev(const struct plan *plan, const struct state *state,
		     unsigned int link);

#endif
