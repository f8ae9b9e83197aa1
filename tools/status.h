/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - print the JSON object that an engine sends for `status`: as
 * tables, and in the Prometheus text format. Any thread may call these.
 */
#ifndef WAYMARK_STATUS_H
#define WAYMARK_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Return the number at `path`, such as "counts.packets", or 0. */
uint64_t status_number(const json_t *status, const char *path);

/* Whether the probes of all uplinks fail in a family, so that the daemon keeps
 * what is in use. */
bool status_all_fail(const json_t *status, bool is_v6);
#define STATUS_ALL_FAIL "the probes of all uplinks fail: uplinks and flows " \
	"stay as they are"

void status_print(const json_t *status, FILE *out);
/* Print the state of each uplink in a line. */
void status_print_uplinks(const json_t *status, FILE *out);
/* Print rates in one line: all packets, those queued, and the bytes that each
 * uplink carries of settled flows. `prev` is the status `seconds` ago. */
void status_print_rates(const json_t *status, const json_t *prev,
			double seconds, FILE *out);
/* Version 0.0.4 of the text format. */
void status_print_metrics(const json_t *status, FILE *out);

#endif
