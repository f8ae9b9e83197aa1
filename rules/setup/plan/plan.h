/*
 * plan.h - what the kernel should hold for a policy: the wanted state. It is
 * compared with the present one (state.h) by diff.h.
 *
 * A plan owns copies of all it needs; the policy may be freed.
 */
#ifndef WAYMARK_SETUP_PLAN_H
#define WAYMARK_SETUP_PLAN_H

#include <stddef.h>

#include "rules/policy/balance.h"
#include "rules/setup/kernel/set_error.h"
#include "rules/setup/kernel/kernel.h"

struct big_set;
struct offload;
struct policy;
struct state;

#define PLAN_NAME_MAX 64

struct plan_uplink {
	char name[PLAN_NAME_MAX];
	char dev[IFNAMSIZ];
	unsigned int link;	/* its index; of a missing one: PLAN_MISSING */
	uint32_t table;
	uint8_t path;
	bool masquerade;
	bool shares_dev;	/* another uplink uses the same device */
	bool is_shared;		/* the policy's `shared`: a LAN's device */
	bool is_strict;		/* by itself or by who stands in for it */
	int fallback;		/* who stands in: an index, or below 0 */
	bool is_alive;		/* its link, as far as enum plan_links asks */
	/* Who carries its traffic, IPv4 and IPv6: an index, itself most of
	 * the time, or PLAN_NOBODY. */
	uint8_t active[2];
};

#define PLAN_NOBODY 0xff

/* The index of a link that is not there, when printing: plus the uplink's. */
#define PLAN_MISSING 0x80000000u

/* A path that marks can name: the uplinks', main's and drop's. */
struct plan_path {
	char name[PLAN_NAME_MAX];
	uint8_t number;
	bool is_drop;
	uint32_t mark;		/* without the settled bit */
};

/* A file below /proc/sys and what it should hold. */
#define PLAN_PATH_MAX 96
struct plan_sysctl {
	char path[PLAN_PATH_MAX];
	char value[12];
};

/* Whom the kernel leaves alone: the set's name, and ranges in order. */
enum plan_set { PLAN_FROM4, PLAN_FROM6, PLAN_TO4, PLAN_TO6, PLAN_SETS };

struct plan_range {
	struct address first;
	struct address last;
};

struct plan_ranges {
	struct plan_range *items;
	size_t count;
};

/* Of several uplinks on one device, the one whose gateway is in `prefix`. */
struct plan_wire {
	size_t uplink;
	struct prefix prefix;
};

struct plan {
	bool has_ruleset;	/* false: the plan of undoing everything */
	uint32_t mask;
	bool has_guard;		/* some uplink is strict: plan_guard.h */
	bool keeps_nat;		/* no `late move`: who has NAT keeps its path */
	uint32_t settled;
	struct plan_uplink *uplinks;
	size_t uplink_count;
	struct plan_path *paths;
	size_t path_count;
	struct path_set down[2];	/* of uplinks that another has to carry,
					 * IPv4 and IPv6 */
	uint16_t queue_first;
	uint16_t queue_last;
	bool queue_drop;	/* no engine: drop rather than pass */
	bool inspects_dns;		/* the engine has to see DNS answers */

	struct plan_wire *wires;
	size_t wire_count;
	struct kernel_route *routes;
	size_t route_count;
	struct kernel_rule *rules;
	size_t rule_count;
	struct plan_sysctl *sysctls;
	size_t sysctl_count;
	unsigned int *links;	/* those in our device group */
	size_t link_count;
	struct plan_ranges exempt[PLAN_SETS];
	struct offload *offload;	/* what headers decide */
	struct big_set *bigs;	/* lists of both that are long */
	size_t big_count;
	/* Of each of offload->routes: nft_hash() of its text. */
	uint64_t *route_ids;
	const char *local_note;	/* what of the router's own traffic cannot be
				 * said; NULL: nothing */
	char *tables;		/* of rt_tables.d/waymark.conf; NULL: none */
};

/* Exemptions that are not the policy's own. */
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
	PLAN_LINKS_UP,		/* each has to be there and up, or optional */
	PLAN_LINKS_ANY,		/* what hangs on a dead link is left out, and
				 * dead is also one without a carrier */
	PLAN_LINKS_NAMED,	/* as if all were there: to print */
};

/* `exempts` may be NULL. 0 or -errno with a sentence; then *plan is not
 * touched. */
int plan_make(const struct policy *policy, const struct plan_exempts *exempts,
	      const struct state *state, enum plan_links links,
	      struct plan *plan, char error[static SETUP_ERROR_MAX]);
void plan_fini(struct plan *plan);

/* The name of a route's link; NULL when it has none. */
const char *plan_dev(const struct plan *plan, const struct state *state,
		     unsigned int link);

#endif
