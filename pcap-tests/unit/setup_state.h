/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup_state.h - the kernel state of a router, for tests of the set-up. */
#ifndef WAYMARK_SETUP_STATE_TEST_H
#define WAYMARK_SETUP_STATE_TEST_H

#include "rules/setup/plan/state.h"

/* lo; eth0, the LAN; eth1 with 203.0.113.2/24 and 2001:db8:f::2/64; ppp0 with
 * 195.96.98.1 to 195.96.98.253; eth3, which is down. The default route of main
 * uses eth1. Free the arrays with state_fini(). */
void setup_state(struct state *state);

/* Compile the valid policy in `text`; the caller frees it. */
struct policy *setup_policy(const char *text);

#endif
