/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replays.h - helpers of the replay tests: packets from short descriptions,
 * captures of them, and flows as text.
 */
#ifndef WAYMARK_REPLAYS_H
#define WAYMARK_REPLAYS_H

#include <pcap/pcap.h>

#include "engine/replay/replay.h"
#include "packets.h"

#define SYN .flags = TCP_SYN
#define SYNACK .flags = TCP_SYN | TCP_ACK, .back = true
#define ACK .flags = TCP_ACK
#define UDP .proto = IPPROTO_UDP
#define SSH ACK, .back = true, .seq = 1, DATA("SSH-2.0-x\r\n")
#define HTTP ACK, .seq = 1, DATA("GET / HTTP/1.1\r\nHost: Example.com\r\n\r\n")
#define DNS UDP, .dport = 53, DATA("\0\1\1\0\0\1\0\0\0\0\0\0" \
				   "\7example\3com\0\0\1\0\1")

/* A file of raw IP. */
struct capture {
	char path[32];
	pcap_t *pcap;
	pcap_dumper_t *dumper;
};

/* The caller unlinks `path`. */
void replays_open(struct capture *capture);
void replays_add(struct capture *capture, uint32_t ms, const uint8_t *bytes,
		 size_t len);
void replays_close(struct capture *capture);

/* Compile `text` after two lines that define uplink a and uplink m, which
 * masquerades. */
struct policy *replays_policy(const char *text);

/*
 * Print a flow: client port > server port, application, host, class, line,
 * first path > latest path, late, packets, settled, queued; "drop".
 */
void replays_print_flow(FILE *out, const struct policy *policy,
			const struct replay_flow *flow);
/* Assert that the flows, printed, are `want`. */
void replays_assert_flows(const struct replay *replay,
			  const struct policy *policy, const char *want,
			  const char *what);

#endif
