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
#include <sys/socket.h>
#include <unistd.h>

#define IP4_LEN 20
#define IP6_LEN 40
#define TCP_LEN 20
#define TTL 64

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* RFC 1071; all lengths here are even. */
static uint32_t sum_of(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t put_ip4(uint8_t *at, const struct flow_tuple *flow)
{
	at[0] = 0x45;
	put16(at + 2, IP4_LEN + TCP_LEN);
	put16(at + 6, 0x4000);		/* do not fragment */
	at[8] = TTL;
	at[9] = IPPROTO_TCP;
	memcpy(at + 12, flow->dst.bytes + 12, 4);
	memcpy(at + 16, flow->src.bytes + 12, 4);
	put16(at + 10, folded(sum_of(at, IP4_LEN)));
	return IP4_LEN;
}

static size_t put_ip6(uint8_t *at, const struct flow_tuple *flow)
{
	at[0] = 0x60;
	put16(at + 4, TCP_LEN);
	at[6] = IPPROTO_TCP;
	at[7] = TTL;
	memcpy(at + 8, flow->dst.bytes, 16);
	memcpy(at + 24, flow->src.bytes, 16);
	return IP6_LEN;
}

size_t lost_prompt_packet(const struct flow_tuple *flow,
			  uint8_t bytes[static LOST_PROMPT_MAX])
{
	bool v4 = address_is_v4(&flow->src);
	size_t from = v4 ? 12 : 0;
	uint8_t *tcp;
	size_t at;

	memset(bytes, 0, LOST_PROMPT_MAX);
	at = v4 ? put_ip4(bytes, flow) : put_ip6(bytes, flow);
	tcp = bytes + at;
	put16(tcp, flow->dport);
	put16(tcp + 2, flow->sport);
	tcp[12] = TCP_LEN / 4 << 4;
	tcp[13] = TH_SYN | TH_ACK;
	/* With a pseudo header (RFC 9293, 3.1; RFC 8200, 8.1). */
	put16(tcp + 16, folded(sum_of(flow->src.bytes + from, 16 - from) +
			       sum_of(flow->dst.bytes + from, 16 - from) +
			       IPPROTO_TCP + TCP_LEN + sum_of(tcp, TCP_LEN)));
	return at + TCP_LEN;
}

/* IPPROTO_RAW: the packet includes its IP header (raw(7)). */
void lost_prompter_open(struct lost_prompter *prompter)
{
	prompter->fds[0] = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC |
				  SOCK_NONBLOCK, IPPROTO_RAW);
	prompter->fds[1] = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC |
				  SOCK_NONBLOCK, IPPROTO_RAW);
}

void lost_prompter_close(struct lost_prompter *prompter)
{
	for (int v6 = 0; v6 < 2; v6++)
		if (prompter->fds[v6] >= 0)
			close(prompter->fds[v6]);
}

void lost_prompt_send(const struct lost_prompter *prompter,
		      const struct flow_tuple *flow)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	uint8_t bytes[LOST_PROMPT_MAX];
	size_t len = lost_prompt_packet(flow, bytes);

	if (address_is_v4(&flow->src)) {
		to4.sin_addr.s_addr = flow->src.be32[3];
		(void)sendto(prompter->fds[0], bytes, len, 0,
			     (struct sockaddr *)&to4, sizeof(to4));
	} else {
		memcpy(&to6.sin6_addr, flow->src.bytes,
		       sizeof(to6.sin6_addr));
		(void)sendto(prompter->fds[1], bytes, len, 0,
			     (struct sockaddr *)&to6, sizeof(to6));
	}
}
