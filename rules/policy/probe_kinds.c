/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe_kinds.c - the table of probe kinds. */
#include "rules/policy/probe_kinds.h"

const struct probe_kind_row probe_kinds[PROBE_KINDS] = {
	[PROBE_PING] = { "ping", false, 0, "ICMP echo request" },
	[PROBE_TCP] = { "tcp", true, 0, "TCP connection to a port" },
	[PROBE_HTTP] = { "http", true, 80, "HTTP request, any status" },
};
