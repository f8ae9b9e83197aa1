/* SPDX-License-Identifier: GPL-2.0-or-later */
/* community_id.c - the Community ID of a flow, see community_id.h. */
#include "tools/community_id.h"

#include <netinet/in.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdbool.h>
#include <string.h>

static size_t put_address(uint8_t *to, const struct address *address)
{
	size_t skip = address_is_v4(address) ? 12 : 0;

	memcpy(to, address->bytes + skip, 16 - skip);
	return 16 - skip;
}

static size_t put_port(uint8_t *to, uint16_t port)
{
	to[0] = (uint8_t)(port >> 8);
	to[1] = (uint8_t)port;
	return 2;
}

/* The smaller end comes first, so that both directions have the same ID. */
static bool is_in_order(const struct flows_entry *entry)
{
	int order = memcmp(entry->client.bytes, entry->server.bytes, 16);

	return order < 0 || (order == 0 && entry->sport <= entry->dport);
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP;
}

/* Seed, addresses, protocol, padding, ports. */
static size_t put_flow(uint8_t *to, const struct flows_entry *entry)
{
	bool in_order = is_in_order(entry);
	size_t len = put_port(to, 0);

	len += put_address(to + len, in_order ? &entry->client :
						&entry->server);
	len += put_address(to + len, in_order ? &entry->server :
						&entry->client);
	to[len++] = entry->proto;
	to[len++] = 0;
	if (!has_ports(entry->proto))
		return len;
	len += put_port(to + len, in_order ? entry->sport : entry->dport);
	return len + put_port(to + len, in_order ? entry->dport : entry->sport);
}

const char *community_id(const struct flows_entry *entry,
			 char id[static COMMUNITY_ID_MAX])
{
	uint8_t flow[64], digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha1;

	if (entry->proto == IPPROTO_ICMP || entry->proto == IPPROTO_ICMPV6)
		return NULL;
	sha1_init(&sha1);
	sha1_update(&sha1, put_flow(flow, entry), flow);
	sha1_digest(&sha1, sizeof(digest), digest);
	memcpy(id, "1:", 2);
	base64_encode_raw(id + 2, sizeof(digest), digest);
	id[2 + BASE64_ENCODE_RAW_LENGTH(sizeof(digest))] = '\0';
	return id;
}
