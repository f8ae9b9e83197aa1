/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conditions.c - the table of conditions. */
#include "rules/policy/conditions.h"

#include <stdio.h>

#include "rules/policy/facts.h"

const struct condition_row condition_rows[ATOM_KINDS] = {
	[ATOM_PROTO] = {
		.word = "proto",
		.syntax = "tcp, udp, icmp, ... or proto NUMBER",
		.help = "IP protocol",
		.values = VALUES_PROTOCOL, .test = TEST_BYTES,
		.node = NODE_PROTO, .share = 64, .field = OFFLOAD_PROTO,
		.in_ip_rule = true,
	},
	[ATOM_SPORT] = {
		.word = "sport",
		.syntax = "sport PORTS",
		.help = "source port of the client",
		.values = VALUES_PORT, .test = TEST_NUMBERS,
		.node = NODE_SPORT, .share = 4, .field = OFFLOAD_SPORT,
		.in_ip_rule = true,
	},
	[ATOM_DPORT] = {
		.word = "dport",
		.syntax = "dport PORTS",
		.help = "destination port, after destination NAT",
		.values = VALUES_PORT, .test = TEST_NUMBERS,
		.node = NODE_DPORT, .share = 1, .field = OFFLOAD_DPORT,
		.in_ip_rule = true,
	},
	[ATOM_FROM] = {
		.word = "from",
		.syntax = "from ADDRESSES",
		.help = "address of the client",
		.values = VALUES_ADDRESS, .test = TEST_ADDRESSES,
		.node = NODE_FROM, .share = 2, .field = OFFLOAD_FROM,
		.in_ip_rule = true,
	},
	[ATOM_TO] = {
		.word = "to",
		.syntax = "to ADDRESSES",
		.help = "address of the server",
		.values = VALUES_ADDRESS, .test = TEST_ADDRESSES,
		.node = NODE_TO, .share = 1, .field = OFFLOAD_TO,
		.in_ip_rule = true,
	},
	[ATOM_HOST] = {
		.word = "host",
		.syntax = "host NAMES",
		.help = "host name of TLS, QUIC or HTTP, or below it",
		.values = VALUES_HOST, .test = TEST_DOMAINS, .node = NODE_HOST,
		.fact = FACT_HOST, .share = 4, .field = OFFLOAD_FIELDS,
		.in_expect = true,
	},
	[ATOM_APP] = {
		.word = "app",
		.syntax = "app NAMES",
		.help = "application, see 'waymark hints'",
		.values = VALUES_APP, .test = TEST_APPS, .node = NODE_APP,
		.fact = FACT_APP, .share = 6, .field = OFFLOAD_FIELDS,
		.in_expect = true,
	},
	[ATOM_ALPN] = {
		.word = "alpn",
		.syntax = "alpn NAMES",
		.help = "protocol that the TLS client offers",
		.values = VALUES_ALPN, .test = TEST_BITS, .node = NODE_ALPN,
		.fact = FACT_ALPN, .share = 8, .field = OFFLOAD_FIELDS,
		.in_expect = true,
	},
	[ATOM_JA4] = {
		.word = "ja4",
		.syntax = "ja4 FINGERPRINTS",
		.help = "fingerprint of the TLS client",
		.values = VALUES_JA4, .test = TEST_BITS, .node = NODE_JA4,
		.fact = FACT_JA4, .share = 6, .field = OFFLOAD_FIELDS,
		.in_expect = true,
	},
	[ATOM_ECH] = {
		.word = "ech",
		.syntax = "ech",
		.help = "Encrypted Client Hello is offered",
		.values = VALUES_NONE, .test = TEST_NONE, .node = NODE_ECH,
		.fact = FACT_ECH, .share = 8, .field = OFFLOAD_FIELDS,
		.in_expect = true,
	},
	[ATOM_IN] = {
		.word = "in",
		.syntax = "in INTERFACES",
		.help = "interface on which the flow arrives",
		.values = VALUES_INTERFACE, .test = TEST_INTERFACES,
		.node = NODE_IN, .share = 32, .field = OFFLOAD_IN,
		.in_ip_rule = true, .in_expect = true,
	},
	[ATOM_DSCP] = {
		.word = "dscp",
		.syntax = "dscp NAMES",
		.help = "DSCP of the first packet",
		.values = VALUES_DSCP, .test = TEST_BYTES, .node = NODE_TOS,
		.share = 4, .field = OFFLOAD_TOS, .in_expect = true,
	},
	[ATOM_TOS] = {
		.word = "tos",
		.syntax = "tos NAMES",
		.help = "TOS byte or traffic class",
		.values = VALUES_TOS, .test = TEST_BYTES, .node = NODE_TOS,
		.share = 4, .field = OFFLOAD_TOS, .in_expect = true,
	},
	[ATOM_LENGTH] = {
		.word = "length",
		.syntax = "length RANGES",
		.help = "IP length of the first packet",
		.values = VALUES_LENGTH, .test = TEST_NUMBERS,
		.node = NODE_LENGTH, .share = 32, .field = OFFLOAD_LENGTH,
		.in_expect = true,
	},
	[ATOM_UID] = {
		.word = "uid",
		.syntax = "uid RANGES",
		.help = "owner of a local socket",
		.values = VALUES_USER, .test = TEST_USERS, .node = NODE_UID,
		.share = 4, .field = OFFLOAD_UID, .in_ip_rule = true,
		.in_expect = true,
	},
	[ATOM_PAYLOAD] = {
		.word = "payload",
		.syntax = "payload [client | server] /RE/",
		.help = "regular expression on the payload",
		.values = VALUES_PATTERN, .test = TEST_PATTERN,
		.node = NODE_PAYLOAD, .fact = FACT_PAYLOAD, .share = 6,
		.field = OFFLOAD_FIELDS,
	},
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
