/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_payload.c - keep TCP segments without payload out of the queues.
 *
 * A flow under inspection queues its first packet, and later those that carry
 * payload. SYN-ACK, acknowledgements, FIN and RST add nothing to the decision:
 * they pass with the provisional path of their flow. Of a TLS connection the
 * engine receives the SYN and the ClientHello, instead of four packets.
 *
 * nftables cannot subtract, so the length of the packet selects the chain for
 * the data offset (RFC 9293, 3.1) that leaves no payload. Packets with IP
 * options or extension headers are queued. Probes of a keep-alive that carry one
 * byte are payload.
 *
 * replay_kernel_passes() does the same for replay.
 */
#include "rules/setup/ruleset/ruleset_payload.h"

#include <inttypes.h>
#include <string.h>

#include "rules/setup/plan/plan.h"

#define NO_PAYLOAD "no_payload"
#define DOFF "doff_"		/* and the data offset, in words */
#define DOFF_MIN 5
#define DOFF_MAX 15
#define IPV4_HEADER 20		/* `ip length` includes it, `ip6 length` not */

static void write_map(const char *test, unsigned int header, FILE *out)
{
	fprintf(out, "\t\t%s vmap {", test);
	for (unsigned int doff = DOFF_MIN; doff <= DOFF_MAX; doff++)
		fprintf(out, "%s %u : goto " DOFF "%u",
			doff > DOFF_MIN ? "," : "", header + 4 * doff, doff);
	fputs(" }\n", out);
}

/* DNS over TCP is learned from only after the client has acknowledged the
 * server's SYN, so all of it is queued. */
void ruleset_payload_write(const struct plan *plan, FILE *out)
{
	fputs("\tchain " NO_PAYLOAD " {\n", out);
	if (plan->inspects_dns)
		fputs("\t\ttcp dport 53 goto inspect\n"
		      "\t\ttcp sport 53 goto inspect\n", out);
	write_map("ip hdrlength 5 ip length", IPV4_HEADER, out);
	write_map("ip6 nexthdr tcp ip6 length", 0, out);
	fputs("\t\tgoto inspect\n"
	      "\t}\n\n", out);
	for (unsigned int doff = DOFF_MIN; doff <= DOFF_MAX; doff++)
		fprintf(out,
			"\tchain " DOFF "%u {\n"
			"\t\ttcp doff %u accept\n"
			"\t\tgoto inspect\n"
			"\t}\n\n", doff, doff);
}

/* Without a path, which is missing while the map that restores it is replaced,
 * only the engine may let a packet pass. */
void ruleset_payload_write_jump(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\tmeta l4proto tcp meta mark & 0x%08" PRIx32 " != 0 "
		"goto " NO_PAYLOAD "\n", plan->mask & ~plan->settled);
}

bool ruleset_payload_is_chain(const char *name)
{
	char known[16];

	if (strcmp(name, NO_PAYLOAD) == 0)
		return true;
	for (unsigned int doff = DOFF_MIN; doff <= DOFF_MAX; doff++) {
		snprintf(known, sizeof(known), DOFF "%u", doff);
		if (strcmp(name, known) == 0)
			return true;
	}
	return false;
}
