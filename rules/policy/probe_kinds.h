/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe_kinds.h - the kinds of probes, a row each. To add one, add its enum,
 * its row, and its packets in rules/setup/monitor/probe_socket.c.
 */
#ifndef WAYMARK_PROBE_KINDS_H
#define WAYMARK_PROBE_KINDS_H

#include <stdbool.h>
#include <stdint.h>

enum probe_kind { PROBE_PING, PROBE_TCP, PROBE_HTTP, PROBE_KINDS };

struct probe_kind_row {
	const char *word;
	bool has_port;
	uint16_t default_port;	/* 0 with has_port: a port is required */
	const char *help;
};

/* By enum probe_kind. */
extern const struct probe_kind_row probe_kinds[PROBE_KINDS];

#endif
