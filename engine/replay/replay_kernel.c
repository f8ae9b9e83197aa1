/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay_kernel.c - evaluate the kernel's rules for one packet. */
#include "engine/replay/replay_kernel.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "rules/offload/offload.h"

#define PORT_DNS 53
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_DOFF_AT 12		/* RFC 9293, 3.1: the high four bits, in words */
#define TCP_DOFF_MIN 5

struct replay_kernel {
	const struct policy *policy;
	struct offload *offload;
	set_bits in_sets;
};

struct replay_kernel *replay_kernel_new(const struct policy *policy,
					const char *interface)
{
	struct replay_kernel *kernel = calloc(1, sizeof(*kernel));

	if (kernel == NULL)
		return NULL;
	kernel->policy = policy;
	if (interface != NULL)
		kernel->in_sets = policy_resolve_interface(policy, interface);
	if (offload_make(policy, &kernel->offload) < 0) {
		free(kernel);
		return NULL;
	}
	return kernel;
}

void replay_kernel_free(struct replay_kernel *kernel)
{
	if (kernel == NULL)
		return;
	offload_free(kernel->offload);
	free(kernel);
}

/* The sender is the client: replies never reach these rules. */
static struct facts facts_of(const struct replay_kernel *kernel,
			     const struct packet *pkt)
{
	bool has_payload = pkt->proto == IPPROTO_TCP ||
			   pkt->proto == IPPROTO_UDP ||
			   pkt->proto == IPPROTO_SCTP;
	struct facts facts = {
		.client = pkt->src,
		.server = pkt->dst,
		.sport = pkt->sport,
		.dport = pkt->dport,
		.has_ports = pkt->has_ports,
		.proto = pkt->proto,
		.tos = pkt->tos,
		.length = pkt->ip_len > UINT16_MAX ? UINT16_MAX
						   : (uint16_t)pkt->ip_len,
		.known = has_payload ? 0 : FACT_ALL,
		.in_sets = kernel->in_sets,
	};

	policy_resolve_headers(kernel->policy, &facts);
	return facts;
}

/* The chain `new_flow` queues DNS: the engine learns from the answers. */
static bool is_dns(const struct replay_kernel *kernel,
		   const struct packet *pkt)
{
	return pkt->dport == PORT_DNS && policy_inspects_dns(kernel->policy) &&
	       (pkt->proto == IPPROTO_TCP || pkt->proto == IPPROTO_UDP);
}

bool replay_kernel_settles(const struct replay_kernel *kernel,
			   const struct packet *pkt, struct facts *ret_facts,
			   struct decision *ret_decision)
{
	struct facts facts = facts_of(kernel, pkt);

	if (is_dns(kernel, pkt) ||
	    offload_flow(kernel->offload, &facts).verdict == OFFLOAD_QUEUE)
		return false;
	decide(kernel->policy, &facts, ret_decision);
	*ret_facts = facts;
	return true;
}

/* The chain `no_payload`. */
bool replay_kernel_passes(const struct replay_kernel *kernel,
			  const struct packet *pkt)
{
	uint32_t header = pkt->family == 6 ? IPV6_HEADER : IPV4_HEADER;
	uint32_t doff;

	if (pkt->proto != IPPROTO_TCP || pkt->header_len != header ||
	    pkt->len <= header + TCP_DOFF_AT)
		return false;
	if ((pkt->dport == PORT_DNS || pkt->sport == PORT_DNS) &&
	    policy_inspects_dns(kernel->policy))
		return false;
	doff = pkt->data[header + TCP_DOFF_AT] >> 4;
	return doff >= TCP_DOFF_MIN && pkt->ip_len == header + 4 * doff;
}

uint8_t replay_kernel_packet(const struct replay_kernel *kernel,
			     const struct packet *pkt)
{
	struct facts facts;

	if (policy_packet_routes(kernel->policy) == 0)
		return 0;
	facts = facts_of(kernel, pkt);
	return offload_packet(kernel->offload, &facts);
}
