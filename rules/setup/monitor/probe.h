/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe.h - health checks of uplinks. Each probe of a policy is sent via its
 * uplink, marked and bound to the device, whether or not the uplink's table
 * leads elsewhere at the time. One thread; no call blocks.
 */
#ifndef WAYMARK_SETUP_PROBE_H
#define WAYMARK_SETUP_PROBE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy/policy.h"
#include "rules/util/log.h"

struct probes;

/*
 * Make the probes of a policy, which may be freed then. Uplinks take over the
 * results that `old`, which may be NULL, has for their names. NULL: out of
 * memory.
 */
struct probes *probes_new(const struct policy *policy,
			  const struct probes *old);
void probes_free(struct probes *probes);

size_t probes_count(const struct probes *probes);
/* Fill `fds`, which has room for probes_count() of them; how many there are. */
size_t probes_poll(const struct probes *probes, struct pollfd *fds);
/* Return when probes_run() is due, on the monotonic clock; 0: never. */
uint64_t probes_next_ms(const struct probes *probes);

/* What else could carry traffic, IPv4 and IPv6. */
struct probe_paths {
	const bool (*works)[2];	/* of each uplink: its link and gateway */
	bool main[2];		/* main has a default via another device */
};

/*
 * Send due probes and read answers. Whether an uplink went down or up.
 *
 * An uplink goes down when all its probes of a family fail, and another path
 * is known to work: an uplink that answers, or one without probes. If no path
 * answers, the targets are at fault or failover would not help, so that all
 * uplinks stay as they are. Each change is logged: "uplink two: IPv4: probe
 * ping 198.51.100.7: no answer, 3 times: down".
 */
bool probes_run(struct probes *probes, const struct probe_paths *paths,
		uint64_t now_ms, log_sink *log, void *ctx);
/* Whether the uplink is down in this family. */
bool probes_is_down(const struct probes *probes, size_t uplink, uint8_t family);
/* Whether its probes fail, but no other uplink is known to answer. */
bool probes_is_kept(const struct probes *probes, size_t uplink, uint8_t family);
/* Set the result that an earlier process saved. */
void probes_set_down(struct probes *probes, size_t uplink, uint8_t family);

/* Return when a probe of this family was last sent and last answered, on the
 * monotonic clock; 0: never, and both 0 where there is none. */
void probes_last(const struct probes *probes, size_t uplink, uint8_t family,
		 uint64_t *ret_asked_ms, uint64_t *ret_answered_ms);

/* Send one probe via `uplink` and wait up to `wait_ms` for the answer. 0, or
 * -errno; -ETIMEDOUT: no answer. */
int probe_once(const struct policy *policy, size_t uplink,
	       const struct uplink_probe *spec, int wait_ms);

#endif
