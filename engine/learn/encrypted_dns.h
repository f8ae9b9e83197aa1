/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * encrypted_dns.h - recognise encrypted DNS, from which nothing can be learned.
 * Pure functions; any thread may call them.
 */
#ifndef WAYMARK_ENCRYPTED_DNS_H
#define WAYMARK_ENCRYPTED_DNS_H

#include <stdint.h>

enum encrypted_dns {
	ENCRYPTED_DNS_NONE,
	ENCRYPTED_DNS_TLS,	/* DoT, RFC 7858 */
	ENCRYPTED_DNS_QUIC,	/* DoQ, RFC 9250 */
	ENCRYPTED_DNS_HTTPS,	/* DoH, RFC 8484: by resolver names */
	ENCRYPTED_DNS_KINDS,
};

/* `host` is canonical, "" when unknown. */
enum encrypted_dns encrypted_dns_of(uint8_t proto, uint16_t dport,
				    const char *host);
/* "DoT", "DoQ", "DoH"; NULL for none. */
const char *encrypted_dns_name(enum encrypted_dns kind);

#endif
