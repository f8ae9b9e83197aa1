/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplink.h - the uplinks of a policy: devices, gateways, tables, probes, and
 * which of them are down.
 */
#ifndef WAYMARK_POLICY_UPLINK_H
#define WAYMARK_POLICY_UPLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/util/diag.h"
#include "rules/policy/balance.h"
#include "rules/policy/nat.h"
#include "rules/policy/probe_kinds.h"
#include "rules/policy/types.h"
#include "rules/tables/address.h"

struct policy;

#define UPLINK_NONE (-1)	/* no fallback */
#define UPLINK_MAIN (-2)	/* `fallback main` */

/* The range that table numbers are chosen from. */
#define TABLE_FIRST 201u
#define TABLE_LAST 252u

/* A health check, see rules/setup/monitor/probe.h. */
struct uplink_probe {
	enum probe_kind kind;
	struct address target;
	uint16_t port;
	uint32_t every_ms;
	uint32_t up, down;	/* results in a row that change the state */
};

struct uplink {
	const char *name;
	struct place place;
	char dev[IFNAMSIZ];
	bool has_via4, has_via6;	/* neither: point-to-point device */
	bool via_auto;			/* missing gateways: those of main */
	struct address via4, via6;
	uint32_t table;
	const char *table_name;		/* NULL: none */
	uint8_t path;			/* 1 to marks.path_max */
	struct uplink_nat nat[2];	/* IPv4, IPv6 */
	bool translates;		/* the source of some packets */
	bool clamps_mss;
	uint16_t mss;			/* 0: from the MTU of the device */
	bool strict;
	bool optional;			/* the device may appear later */
	enum late_policy late;		/* of flows that start on it */
	bool on_lan;			/* its device has clients, too */
	bool onlink;			/* its gateway may be in no prefix */
	int fallback;			/* an index, or UPLINK_* */
	/* How long established flows wait for a lost link or gateway. */
	uint32_t hold_ms;
	enum failback_policy failback;	/* never FAILBACK_AUTO */
	const struct uplink_probe *probes;
	size_t probe_count;
};

/* Whether it has a gateway of that family, or is a point-to-point link, which
 * carries both. A gateway that `via auto` may find does not count. */
static inline bool uplink_has_way(const struct uplink *up, bool v4)
{
	return v4 ? up->has_via4 || !up->has_via6
		  : up->has_via6 || !up->has_via4;
}

size_t policy_uplinks(const struct policy *policy);
const struct uplink *policy_uplink(const struct policy *policy, size_t i);
/* The uplink of a path; NULL for 0, main, drop and unknown paths. */
const struct uplink *policy_uplink_of_path(const struct policy *policy,
					   uint8_t path);
/* "fibre", "main", "drop"; NULL for 0 and unknown paths. */
const char *policy_path_name(const struct policy *policy, uint8_t path);

/*
 * The number in marks for flows that arrive by the uplink: counted down from
 * the highest path, so that it never changes. 0: another uplink has it.
 */
uint8_t policy_arrival_path(const struct policy *policy, size_t uplink);

/*
 * Set whether an uplink is down for a family: balanced routes then send new
 * flows to the others. Initially those without a gateway of the family are
 * down, as far as the policy shows. Any thread may call this at any time.
 */
void policy_set_down(struct policy *policy, size_t uplink, bool is_v6,
		     bool is_down);
struct path_set policy_down(const struct policy *policy, bool is_v6);

/*
 * The numbers of uplinks in force by name: the path, by which the kernel knows
 * settled flows, and the table. An uplink of the same name keeps them unless
 * the policy specifies others, and so does one with a new name for the device
 * and the gateways of a name that is gone. A new uplink gets unused ones if
 * there are any.
 */
#define UPLINK_NAME_MAX 64	/* longer names are cut */
#define UPLINK_ORIGIN_MAX 120

struct uplink_number {
	char name[UPLINK_NAME_MAX];
	uint8_t path;
	uint32_t table;
	char origin[UPLINK_ORIGIN_MAX];	/* "": unknown */
};

/* Write the device and the gateways as a word; returns `origin`. */
const char *uplink_origin(const struct uplink *uplink,
			  char origin[static UPLINK_ORIGIN_MAX]);

struct uplink_numbers {
	struct uplink_number *items;
	size_t count;
};

/* The newest numbers of `name`; NULL when there are none. */
const struct uplink_number *
uplink_number_of(const struct uplink_numbers *numbers, const char *name);

#endif
