/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holds.h - decide when the established flows of an uplink are given up: at
 * once after a failed health check or `waymark uplink down`; after `hold` when
 * the link or the gateway is lost, and not if it is back by then. One thread.
 */
#ifndef WAYMARK_SETUP_HOLDS_H
#define WAYMARK_SETUP_HOLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/policy/policy.h"
#include "rules/setup/setup.h"

struct health;
struct stray_counts;

struct hold {
	bool is_known;		/* false: not checked yet */
	bool is_gone;		/* its flows were given up */
	bool has_expired;	/* for holds_take_expired() */
	uint64_t until_ms;	/* of the hold, on the monotonic clock; 0: none */
	/* The uplink whose address NAT gave the flows; PLAN_NO_UPLINK. */
	uint8_t flow_uplink;
};

/* Of each uplink of a policy; IPv4, IPv6. */
struct holds {
	char names[SETUP_UPLINKS_MAX][UPLINK_NAME_MAX];
	size_t count;
	struct hold items[SETUP_UPLINKS_MAX][2];
};

/* Start with the state that the previous daemon saved. */
void holds_load(struct holds *holds, const struct policy *policy,
		const struct health *health);
/* Switch to another policy; uplinks keep their state by name. */
void holds_change_policy(struct holds *holds, const struct policy *policy);

/* Give up what is due, before a check. Whether there was anything. */
bool holds_expire(struct holds *holds, uint64_t now_ms);
/* Return when the next hold ends; 0: none runs. */
uint64_t holds_next_ms(const struct holds *holds);

#define HOLDS_TEXT_MAX 16
/* Write the uplink's `hold`: "2s", "1500ms". */
const char *holds_print(const struct uplink *uplink,
			char text[static HOLDS_TEXT_MAX]);

/* Follow what a check found. */
void holds_follow(struct holds *holds, const struct policy *policy,
		  const struct setup_report *report, uint64_t now_ms);
/* Whether nothing waits for the uplink; true before the first check. */
bool holds_is_gone(const struct holds *holds, size_t i, bool v6);
bool holds_is_running(const struct holds *holds, size_t i, bool v6);
/* Whether the hold ended since the last call, and the uplink is not back. */
bool holds_take_expired(struct holds *holds, size_t i, bool v6);
/* Delete the conntrack entries of flows that are given up, and those that
 * stray_nat.h counts; without changes, the latter only if `always`. 0 or
 * -errno. */
int holds_clean_up(struct holds *holds, const struct policy *policy,
		   const struct setup_report *report, bool always,
		   struct stray_counts *ret_counts);

#endif
