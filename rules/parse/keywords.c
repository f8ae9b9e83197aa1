/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keywords.c - names of numbers, and the nearest keyword to a misspelt one. */
#include "rules/parse/keywords.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

/* Missing in netinet/in.h (IANA protocol numbers). */
#define PROTOCOL_OSPF 89
#define PROTOCOL_VRRP 112
#define PROTOCOL_L2TP 115

/* A longer word is no misspelt keyword. */
#define NEAREST_LEN_MAX 40

const struct keyword keywords_protocol[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "udplite", IPPROTO_UDPLITE },
	{ "sctp", IPPROTO_SCTP },
	{ "dccp", IPPROTO_DCCP },
	{ "icmp", IPPROTO_ICMP },
	{ "icmpv6", IPPROTO_ICMPV6 },
	{ "igmp", IPPROTO_IGMP },
	{ "gre", IPPROTO_GRE },
	{ "esp", IPPROTO_ESP },
	{ "ah", IPPROTO_AH },
	{ "ipip", IPPROTO_IPIP },
	{ "ipv6", IPPROTO_IPV6 },
	{ "l2tp", PROTOCOL_L2TP },
	{ "ospf", PROTOCOL_OSPF },
	{ "vrrp", PROTOCOL_VRRP },
	{ "pim", IPPROTO_PIM },
	{ NULL, 0 },
};

const struct keyword keywords_dscp[] = {
	{ "cs0", 0 },	{ "cs1", 8 },	{ "cs2", 16 },	{ "cs3", 24 },
	{ "cs4", 32 },	{ "cs5", 40 },	{ "cs6", 48 },	{ "cs7", 56 },
	{ "af11", 10 },	{ "af12", 12 },	{ "af13", 14 },
	{ "af21", 18 },	{ "af22", 20 },	{ "af23", 22 },
	{ "af31", 26 },	{ "af32", 28 },	{ "af33", 30 },
	{ "af41", 34 },	{ "af42", 36 },	{ "af43", 38 },
	{ "ef", 46 },	{ "va", 44 },	{ "le", 1 },
	{ "df", 0 },	{ "be", 0 },
	{ NULL, 0 },
};

const struct keyword keywords_tos[] = {
	{ "minimize-delay", 0x10 },
	{ "maximize-throughput", 0x08 },
	{ "maximize-reliability", 0x04 },
	{ "minimize-cost", 0x02 },
	{ "normal-service", 0x00 },
	{ NULL, 0 },
};

bool keywords_has_ports(uint32_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
	       protocol == IPPROTO_UDPLITE || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP;
}

bool keywords_find(const struct keyword *table, const char *name, size_t len,
		   uint32_t *ret_value)
{
	for (; table->name != NULL; table++)
		if (strncasecmp(table->name, name, len) == 0 &&
		    table->name[len] == '\0') {
			*ret_value = table->value;
			return true;
		}
	return false;
}

const char *keywords_of(const struct keyword *table, uint32_t value)
{
	for (; table->name != NULL; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

static unsigned char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Count the insertions, deletions, replacements and swaps of neighbours that
 * turn `a` into `b` (optimal string alignment), ignoring case.
 */
static unsigned distance(const char *a, size_t a_len, const char *b,
			 size_t b_len)
{
	unsigned rows[3][NEAREST_LEN_MAX + 1];
	unsigned *prev = rows[0], *above = rows[1], *row = rows[2], *spare;
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		above[j] = j;
	for (i = 1; i <= a_len; i++) {
		row[0] = i;
		for (j = 1; j <= b_len; j++) {
			bool same = lower(a[i - 1]) == lower(b[j - 1]);

			row[j] = min(min(above[j], row[j - 1]) + 1,
				     above[j - 1] + !same);
			if (i > 1 && j > 1 &&
			    lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				row[j] = min(row[j], prev[j - 2] + 1);
		}
		spare = prev;
		prev = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

/* About one mistake in three characters; none in a word of one. */
static unsigned tolerance(size_t len)
{
	return len < 2 ? 0 : min((len + 1) / 3, 3);
}

/* Words that iptables, nft, ip and tcpdump use for the same. */
static const struct {
	const char *word;
	const char *ours;
} synonyms[] = {
	{ "src", "from" }, { "saddr", "from" }, { "source", "from" },
	{ "dst", "to" }, { "daddr", "to" }, { "destination", "to" },
	{ "port", "dport" }, { "iif", "in" }, { "iifname", "in" },
	{ "interface", "in" }, { "interface", "dev" }, { "device", "dev" },
	{ "gateway", "via" }, { "gw", "via" }, { "nexthop", "via" },
	{ "nat", "masquerade" },
	{ "protocol", "proto" }, { "domain", "host" }, { "sni", "host" },
	{ "application", "app" }, { "skuid", "uid" }, { "user", "uid" },
	{ "reject", "drop" }, { "deny", "drop" }, { "block", "drop" },
	{ "through", "via" }, { "use", "via" }, { "lookup", "via" },
	{ "client", "source" },
};

static bool is_synonym(const char *word, size_t len, const char *ours)
{
	for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
		if (strcmp(synonyms[i].ours, ours) == 0 &&
		    strlen(synonyms[i].word) == len &&
		    strncasecmp(synonyms[i].word, word, len) == 0)
			return true;
	return false;
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
	size_t len = strlen(candidate);
	unsigned edits;

	if (is_synonym(nearest->word, nearest->word_len, candidate)) {
		nearest->best = candidate;
		nearest->best_distance = 0;
		return;
	}
	if (len > NEAREST_LEN_MAX || nearest->word_len > NEAREST_LEN_MAX)
		return;
	edits = distance(nearest->word, nearest->word_len, candidate, len);
	if (edits > tolerance(nearest->word_len) ||
	    (nearest->best != NULL && edits >= nearest->best_distance))
		return;
	nearest->best = candidate;
	nearest->best_distance = edits;
}

void nearest_offer_table(struct nearest *nearest,
			 const struct keyword *table)
{
	for (; table->name != NULL; table++)
		nearest_offer(nearest, table->name);
}
