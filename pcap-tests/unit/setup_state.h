/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setup_state.h - a router for the tests of set-up: what its kernel has.
 */
#ifndef WAYMARK_SETUP_STATE_TEST_H
#define WAYMARK_SETUP_STATE_TEST_H

#include "rules/setup/plan/state.h"

/*
 * lo; eth0, the LAN; eth1 with 203.0.113.2/24 and 2001:db8:f::2/64; ppp0 with
 * 195.96.98.1 to 195.96.98.253; eth3, which is down. Main's default goes by
 * eth1. The arrays are the caller's to free, with state_fini().
 */
void setup_state(struct state *state);

/* The policy in `text`, which must be good; the caller frees it. */
struct policy *setup_policy(const char *text);

#endif
