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

struct probes;

/* "uplink two: IPv4: probe ping 198.51.100.7: no answer, 3 times: down" */
typedef void probe_log(void *ctx, const char *line);

/* Make the probes of a policy, which may be freed then. NULL: out of memory. */
struct probes *probes_new(const struct policy *policy);
void probes_free(struct probes *probes);

size_t probes_count(const struct probes *probes);
/* Fill `fds`, which has room for probes_count() of them; how many there are. */
size_t probes_poll(const struct probes *probes, struct pollfd *fds);
/* Return when probes_run() is due, on the monotonic clock; 0: never. */
uint64_t probes_next_ms(const struct probes *probes);

/* Send due probes and read answers. Whether a probe went down or up. */
bool probes_run(struct probes *probes, uint64_t now_ms, probe_log *told,
		void *ctx);
/* Whether the uplink has probes of this family and all are down. */
bool probes_is_down(const struct probes *probes, size_t uplink, uint8_t family);

/* Return when a probe of this family was last sent and last answered, on the
 * monotonic clock; 0: never, and both 0 where there is none. */
void probes_last(const struct probes *probes, size_t uplink, uint8_t family,
		 uint64_t *ret_asked_ms, uint64_t *ret_answered_ms);

/* Send one probe via `uplink` and wait up to `wait_ms` for the answer. 0, or
 * -errno; -ETIMEDOUT: no answer. */
int probe_once(const struct policy *policy, size_t uplink,
	       const struct uplink_probe *spec, int wait_ms);

#endif
