/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * raw_ip.h - build packets and send them by raw sockets: IP headers, checksums,
 * IPPROTO_RAW.
 */
#ifndef WAYMARK_RAW_IP_H
#define WAYMARK_RAW_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tables/address.h"

#define RAW_IP4_LEN 20
#define RAW_IP6_LEN 40
#define RAW_IP_LEN_MAX RAW_IP6_LEN

/* Write a number in network byte order. */
void raw_put16(uint8_t *at, uint32_t value);
void raw_put32(uint8_t *at, uint32_t value);

/* Write the IP header of a packet with `len` bytes of `proto` into zeroed
 * memory; returns the header's length. Both addresses are of one family. */
size_t raw_ip_header(uint8_t *at, const struct address *src,
		     const struct address *dst, uint8_t proto, size_t len);

/* The checksum of RFC 1071 over an even number of bytes; and the same with a
 * pseudo header (RFC 9293, 3.1; RFC 8200, 8.1). */
uint16_t raw_checksum(const uint8_t *bytes, size_t len);
uint16_t raw_ip_checksum(const struct address *src, const struct address *dst,
			 uint8_t proto, const uint8_t *bytes, size_t len);

/* Raw sockets of both families, -1 where there is none. */
struct raw_ip_sockets {
	int fd4, fd6;
};

/* Open both; what they send carries `mark`. False if there is none for IPv4: a
 * host without IPv6 has no IPv6 flows either. */
bool raw_ip_open(struct raw_ip_sockets *sockets, uint32_t mark);
/* Keeps errno. */
void raw_ip_close(struct raw_ip_sockets *sockets);
/* Send a packet that begins with its IP header to `dst`. */
bool raw_ip_send(const struct raw_ip_sockets *sockets,
		 const struct address *dst, const uint8_t *bytes, size_t len);

#endif
