/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode.h - decode link layers, IP and transports into a struct packet.
 * Never reads past the end. Truncated or malformed input sets a status; it is
 * never an error. Pure functions; any thread may call them.
 */
#ifndef WAYMARK_DECODE_H
#define WAYMARK_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/packet.h"

/*
 * Decode `pkt->data`, which begins with the IP header. The caller has set the
 * fields that belong to the source. Understands IPv4 with options (RFC 791),
 * IPv6 with hop-by-hop, routing, destination options, fragment, AH and
 * mobility headers (RFC 8200, 4302), TCP, UDP, UDP-Lite, ICMP, ICMPv6, SCTP
 * and DCCP. Any other protocol (GRE, ESP, ...) has no ports, and its payload
 * begins after the IP header.
 *
 * A partly captured datagram (`len` below the header's length) is DECODE_OK
 * if its headers are present; the first 20 bytes of TCP suffice, since
 * options are not read. A length of 0, left by segmentation offload, means
 * all captured bytes. A UDP length beyond the end of IP is DECODE_MALFORMED,
 * as hosts drop such datagrams. A first fragment that ends within its
 * transport header is DECODE_TRUNCATED.
 */
void decode_ip(struct packet *pkt);

/*
 * Decode the packet that an ICMP error quotes. Eight bytes of its transport
 * header are enough for ports (RFC 792); it has no payload.
 */
void decode_quoted(const struct packet *error, struct packet *ret_quoted);

/* Report whether decode_frame() supports this link type (pcap-linktype(7),
 * DLT_*). */
bool decode_knows_link(int dlt);

/*
 * Find the IP header in a captured frame. Skips Ethernet, VLAN and QinQ tags
 * (802.1Q, 802.1ad), MPLS labels (RFC 3032), PPPoE (RFC 2516), PPP and HDLC,
 * Linux cooked v1 and v2, BSD null and loop, raw IP, and the other link types
 * of decode_link.c. Returns DECODE_OK with *ret_offset, or the reason.
 * *ret_vlan is a hash of the VLAN tags, 0 without any; it keeps flows of
 * different VLANs apart.
 */
enum decode_status decode_frame(int dlt, const uint8_t *frame, size_t len,
				size_t *ret_offset, uint32_t *ret_vlan);

/*
 * Open one tunnel layer of `outer`, a decoded packet: GRE (RFC 2784, 2890, and
 * version 1 of PPTP), ERSPAN, IP in IP, 6in4, MPLS in IP, VXLAN (RFC 7348),
 * VXLAN-GPE, Geneve (RFC 8926), GUE, GTP-U or Teredo (RFC 4380). Returns false
 * when `outer` is no tunnel. The caller decodes the inner packet, which
 * inherits time, mark and interface.
 */
bool decode_inner(const struct packet *outer, struct packet *ret_inner);

const char *decode_status_name(enum decode_status status);

#endif
