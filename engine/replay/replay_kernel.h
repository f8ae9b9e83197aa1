/*
 * replay_kernel.h - what the kernel decides by headers, played for replay:
 * routes that need no look at payload, and those `per packet`.
 */
#ifndef WAYMARK_REPLAY_KERNEL_H
#define WAYMARK_REPLAY_KERNEL_H

#include <stdbool.h>

#include "engine/flow/decide.h"
#include "engine/packet/packet.h"
#include "rules/policy/policy.h"

struct replay_kernel;

/* The kernel's part of `policy`, which is borrowed; packets arrive by
 * `interface`, which may be NULL. NULL when out of memory. */
struct replay_kernel *replay_kernel_new(const struct policy *policy,
					const char *interface);
void replay_kernel_free(struct replay_kernel *kernel);

/* Whether the first packet of a flow settles it; then its facts, and what is
 * decided. */
bool replay_kernel_settles(const struct replay_kernel *kernel,
			   const struct packet *pkt, struct facts *ret_facts,
			   struct decision *ret_decision);

/* The path of a client's packet by the `per packet` routes; 0: its flow's. */
uint8_t replay_kernel_packet(const struct replay_kernel *kernel,
			     const struct packet *pkt);

#endif
