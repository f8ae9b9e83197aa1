/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_kernel.h - a model of the kernel's rules for replay: header-only
 * routes and `per packet` routes.
 */
#ifndef WAYMARK_REPLAY_KERNEL_H
#define WAYMARK_REPLAY_KERNEL_H

#include <stdbool.h>

#include "engine/flow/decide.h"
#include "engine/packet/packet.h"
#include "rules/policy/policy.h"

struct replay_kernel;

/* Create the rules of `policy`, which is borrowed. Packets arrive on
 * `interface`; NULL: unknown. NULL when out of memory. */
struct replay_kernel *replay_kernel_new(const struct policy *policy,
					const char *interface);
void replay_kernel_free(struct replay_kernel *kernel);

/* Test whether the kernel settles a flow with its first packet; if so, return
 * the flow's facts and the decision. */
bool replay_kernel_settles(const struct replay_kernel *kernel,
			   const struct packet *pkt, struct facts *ret_facts,
			   struct decision *ret_decision);

/* Whether a packet of a provisional flow is not queued, because it is a TCP
 * segment without payload. */
bool replay_kernel_passes(const struct replay_kernel *kernel,
			  const struct packet *pkt);

/* Return the path of a client's packet by `per packet` routes; 0: the path of
 * its flow. */
uint8_t replay_kernel_packet(const struct replay_kernel *kernel,
			     const struct packet *pkt);

#endif
