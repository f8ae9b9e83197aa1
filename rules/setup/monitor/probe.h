/*
 * probe.h - is there anything at the other end of an uplink? Each probe of a
 * policy goes by its uplink itself, marked and bound to the device, whatever
 * the tables say meanwhile. One thread; nothing here blocks.
 */
#ifndef WAYMARK_SETUP_PROBE_H
#define WAYMARK_SETUP_PROBE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/policy/policy.h"

struct probes;

/* "uplink two: IPv4: dead: ping 198.51.100.7: no answer, 3 times" */
typedef void probe_told(void *ctx, const char *line);

/* All that the policy names; it may be freed. NULL: out of memory. */
struct probes *probes_new(const struct policy *policy);
void probes_free(struct probes *probes);

size_t probes_count(const struct probes *probes);
/* What to poll: room for probes_count() of them; how many there are. */
size_t probes_poll(const struct probes *probes, struct pollfd *fds);
/* When something is to be done, on the monotonic clock; 0: never. */
uint64_t probes_next_ms(const struct probes *probes);

/* Send what is due, read what came. Whether an uplink died or revived. */
bool probes_run(struct probes *probes, uint64_t now_ms, probe_told *told,
		void *ctx);
/* All probes of this family, of which there are some, fail. */
bool probes_is_down(const struct probes *probes, size_t uplink, uint8_t family);

/* When one of this family was begun last, and answered last, on the monotonic
 * clock; 0: never, *ret_asked_ms as well where there is none. */
void probes_last(const struct probes *probes, size_t uplink, uint8_t family,
		 uint64_t *ret_asked_ms, uint64_t *ret_answered_ms);

/* One probe at once: by `uplink`, until `wait_ms` are over.
 * 0 when it was answered, else -errno. */
int probe_once(const struct policy *policy, size_t uplink,
	       const struct uplink_probe *spec, int wait_ms);

#endif
