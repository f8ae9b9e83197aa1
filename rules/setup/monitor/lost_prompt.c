/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost_prompt.c - build and send a SYN to the client of a flow, see
 * lost_prompt.h.
 *
 * SYN and ACK together: conntrack begins no entry with such a packet
 * (tcp_new(), nf_conntrack_proto_tcp.c), which would take the client's answer
 * for a reply and leave it untranslated.
 */
#include "rules/setup/monitor/lost_prompt.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define TCP_LEN 20

size_t lost_prompt_packet(const struct flow_tuple *flow,
			  uint8_t bytes[static LOST_PROMPT_MAX])
{
	uint8_t *tcp;
	size_t at;

	memset(bytes, 0, LOST_PROMPT_MAX);
	at = raw_ip_header(bytes, &flow->dst, &flow->src, IPPROTO_TCP, TCP_LEN);
	tcp = bytes + at;
	raw_put16(tcp, flow->dport);
	raw_put16(tcp + 2, flow->sport);
	tcp[12] = TCP_LEN / 4 << 4;
	tcp[13] = TH_SYN | TH_ACK;
	raw_put16(tcp + 16, raw_ip_checksum(&flow->dst, &flow->src,
					    IPPROTO_TCP, tcp, TCP_LEN));
	return at + TCP_LEN;
}

void lost_prompt_send(const struct raw_ip_sockets *sockets,
		      const struct flow_tuple *flow)
{
	uint8_t bytes[LOST_PROMPT_MAX];
	size_t len = lost_prompt_packet(flow, bytes);

	(void)raw_ip_send(sockets, &flow->src, bytes, len);
}
