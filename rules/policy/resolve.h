/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * resolve.h - look up the values of a flow in the sets of a policy. The
 * results go to struct facts.
 */
#ifndef WAYMARK_POLICY_RESOLVE_H
#define WAYMARK_POLICY_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include "rules/policy/facts.h"
#include "rules/tables/address.h"

struct pattern_set;
struct policy;

/* Look up client, server, ports and length. */
void policy_resolve_headers(const struct policy *policy, struct facts *facts);
set_bits policy_resolve_address(const struct policy *policy,
				const struct address *address);
/* The bits of the `uid` conditions that match a local user; 0 for UID_NONE. */
uint16_t policy_resolve_uid(const struct policy *policy, uint32_t uid);
/* A name of `len` bytes as it is in a packet, in any spelling. */
set_bits policy_resolve_host(const struct policy *policy, const char *host,
			     size_t len);
set_bits policy_resolve_interface(const struct policy *policy,
				  const char *name);
/* The bit of an ALPN name; 0 when no condition has it. */
uint32_t policy_resolve_alpn(const struct policy *policy, const char *alpn,
			     size_t len);
/* The bit of a JA4 fingerprint; 0 when no condition has it. */
uint32_t policy_resolve_ja4(const struct policy *policy, const char *ja4);

/* The patterns of all `payload` conditions; NULL when there are none. Pattern n
 * is bit n of facts.patterns_seen. */
const struct pattern_set *policy_patterns(const struct policy *policy);

#endif
