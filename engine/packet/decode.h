/*
 * decode.h - from bytes to a struct packet: link layers, IP, transports.
 * Never reads past the end; what is cut short or absurd gets a status, never
 * an error. Pure functions, for any thread.
 */
#ifndef WAYMARK_DECODE_H
#define WAYMARK_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"

/*
 * Decode `pkt->data` from its IP header on; the fields that the source sets
 * must be set. IPv4 with options (RFC 791), IPv6 with hop-by-hop, routing,
 * destination options, fragment, AH and mobility headers (RFC 8200, 4302),
 * TCP, UDP, UDP-Lite, ICMP, ICMPv6, SCTP, DCCP; GRE, ESP and the rest have
 * no ports and the payload that follows IP. A datagram that was captured in
 * part (`len` less than the header says) is DECODE_OK as long as its headers
 * are there; of TCP the first 20 bytes, since options are not read. A length
 * of 0, as segmentation offload leaves it, stands for all that is there.
 * A UDP length past the end of IP is DECODE_ABSURD, as hosts drop it. A first
 * fragment that ends within its transport header is DECODE_CUT.
 */
void decode_ip(struct packet *pkt);

/*
 * As decode_ip(), for what an ICMP error quotes: its first eight bytes of
 * transport are enough for ports (RFC 792); there is no payload.
 */
void decode_quoted(const struct packet *error, struct packet *ret_quoted);

/* Whether decode_frame() knows this link type (pcap-linktype(7), DLT_*). */
bool decode_knows_link(int dlt);

/*
 * Where in a captured frame IP begins: passes over Ethernet, VLAN and QinQ
 * tags (802.1Q, 802.1ad), MPLS labels (RFC 3032), PPPoE (RFC 2516), PPP and
 * HDLC, Linux cooked v1 and v2, BSD null and loop, raw IP, and the other link
 * types of decode_link.c. Returns DECODE_OK with *ret_offset, or the reason.
 * `vlan` is a running hash of the tags passed, 0 without: flows of two VLANs
 * do not mix in a capture.
 */
enum decode_status decode_frame(int dlt, const uint8_t *frame, size_t len,
				size_t *ret_offset, uint32_t *ret_vlan);

/*
 * One step into a tunnel: the packet inside GRE (RFC 2784, 2890, and PPTP's
 * version 1), ERSPAN, IP in IP, 6in4, MPLS in IP, VXLAN (RFC 7348), Geneve
 * (RFC 8926), GTP-U or Teredo (RFC 4380).
 * false when `outer`, decoded, carries none. The inner packet is not yet
 * decoded; it has the time, mark and interface of the outer one.
 */
bool decode_inner(const struct packet *outer, struct packet *ret_inner);

const char *decode_status_name(enum decode_status status);

#endif
