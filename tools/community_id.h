/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * community_id.h - the Community ID of a flow, version 1 with seed 0, by which
 * Zeek, Suricata and others name the same flow. Any thread may call it.
 */
#ifndef WAYMARK_COMMUNITY_ID_H
#define WAYMARK_COMMUNITY_ID_H

#include "tools/traffic/flows_kernel.h"

/* "1:", base64 of a SHA-1, and '\0'. */
#define COMMUNITY_ID_MAX 32

/* NULL for ICMP, whose ID needs type and code, which are not known. */
const char *community_id(const struct flows_entry *entry,
			 char id[static COMMUNITY_ID_MAX]);

#endif
