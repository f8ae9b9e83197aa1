/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conditions.c - the table of conditions. */
#include "rules/policy/conditions.h"

#include <stdio.h>

#include "rules/policy/facts.h"

const struct condition_row condition_rows[ATOM_KINDS] = {
	[ATOM_PROTO] = { .word = "proto", .values = VALUES_PROTOCOL,
			 .test = TEST_BYTES, .node = NODE_PROTO, .share = 64,
			 .field = OFFLOAD_PROTO, .in_ip_rule = true },
	[ATOM_SPORT] = { .word = "sport", .values = VALUES_PORT,
			 .test = TEST_NUMBERS, .node = NODE_SPORT, .share = 4,
			 .field = OFFLOAD_SPORT, .in_ip_rule = true },
	[ATOM_DPORT] = { .word = "dport", .values = VALUES_PORT,
			 .test = TEST_NUMBERS, .node = NODE_DPORT, .share = 1,
			 .field = OFFLOAD_DPORT, .in_ip_rule = true },
	[ATOM_FROM] = { .word = "from", .values = VALUES_ADDRESS,
			.test = TEST_ADDRESSES, .node = NODE_FROM, .share = 2,
			.field = OFFLOAD_FROM, .in_ip_rule = true },
	[ATOM_TO] = { .word = "to", .values = VALUES_ADDRESS,
		      .test = TEST_ADDRESSES, .node = NODE_TO, .share = 1,
		      .field = OFFLOAD_TO, .in_ip_rule = true },
	[ATOM_HOST] = { .word = "host", .values = VALUES_HOST,
			.test = TEST_DOMAINS, .node = NODE_HOST,
			.fact = FACT_HOST, .share = 4,
			.field = OFFLOAD_FIELDS, .in_expect = true },
	[ATOM_APP] = { .word = "app", .values = VALUES_APP,
		       .test = TEST_APPS, .node = NODE_APP, .fact = FACT_APP,
		       .share = 6, .field = OFFLOAD_FIELDS,
		       .in_expect = true },
	[ATOM_ALPN] = { .word = "alpn", .values = VALUES_ALPN,
			.test = TEST_BITS, .node = NODE_ALPN,
			.fact = FACT_ALPN, .share = 8,
			.field = OFFLOAD_FIELDS, .in_expect = true },
	[ATOM_JA4] = { .word = "ja4", .values = VALUES_JA4, .test = TEST_BITS,
		       .node = NODE_JA4, .fact = FACT_JA4, .share = 6,
		       .field = OFFLOAD_FIELDS, .in_expect = true },
	[ATOM_ECH] = { .word = "ech", .values = VALUES_NONE,
		       .test = TEST_NONE, .node = NODE_ECH, .fact = FACT_ECH,
		       .share = 8, .field = OFFLOAD_FIELDS,
		       .in_expect = true },
	[ATOM_IN] = { .word = "in", .values = VALUES_INTERFACE,
		      .test = TEST_INTERFACES, .node = NODE_IN, .share = 32,
		      .field = OFFLOAD_IN, .in_ip_rule = true,
		      .in_expect = true },
	[ATOM_DSCP] = { .word = "dscp", .values = VALUES_DSCP,
			.test = TEST_BYTES, .node = NODE_TOS, .share = 4,
			.field = OFFLOAD_TOS, .in_expect = true },
	[ATOM_TOS] = { .word = "tos", .values = VALUES_TOS,
		       .test = TEST_BYTES, .node = NODE_TOS, .share = 4,
		       .field = OFFLOAD_TOS, .in_expect = true },
	[ATOM_LENGTH] = { .word = "length", .values = VALUES_LENGTH,
			  .test = TEST_NUMBERS, .node = NODE_LENGTH,
			  .share = 32, .field = OFFLOAD_LENGTH,
			  .in_expect = true },
	[ATOM_UID] = { .word = "uid", .values = VALUES_USER,
		       .test = TEST_USERS, .node = NODE_UID, .share = 4,
		       .field = OFFLOAD_UID, .in_ip_rule = true,
		       .in_expect = true },
	[ATOM_PAYLOAD] = { .word = "payload", .values = VALUES_PATTERN,
			   .test = TEST_PATTERN, .node = NODE_PAYLOAD,
			   .fact = FACT_PAYLOAD, .share = 6,
			   .field = OFFLOAD_FIELDS },
};

const struct condition_row *condition_row_of(enum node_kind node)
{
	for (int i = 0; i < ATOM_KINDS; i++)
		if (condition_rows[i].node == node)
			return &condition_rows[i];
	return NULL;
}

const struct condition_row *condition_row_of_field(enum offload_field field)
{
	for (int i = 0; i < ATOM_KINDS; i++)
		if (condition_rows[i].field == field)
			return &condition_rows[i];
	return NULL;
}

const char *condition_words(char text[CONDITIONS_TEXT_MAX])
{
	size_t used = 0;

	for (int i = 0; i < ATOM_KINDS && used < CONDITIONS_TEXT_MAX; i++)
		used += (size_t)snprintf(text + used,
					 CONDITIONS_TEXT_MAX - used, "%s%s",
					 i == 0 ? "" : ", ",
					 condition_rows[i].word);
	return text;
}
