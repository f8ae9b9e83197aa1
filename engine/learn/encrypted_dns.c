/* SPDX-License-Identifier: GPL-2.0-or-later */
/* encrypted_dns.c - recognise DoT and DoQ by port, DoH by well-known names. */
#include "engine/learn/encrypted_dns.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define PORT_DNS_OVER_TLS 853	/* and over QUIC (RFC 9250, 4.1.1) */
#define PORT_HTTPS 443

/* Names published by their operators; names below them match, too. */
static const char *const resolvers[] = {
	"dns.google", "dns.google.com", "dns64.dns.google",
	"cloudflare-dns.com", "one.one.one.one", "dns.quad9.net",
	"dns9.quad9.net", "dns10.quad9.net", "dns11.quad9.net",
	"doh.opendns.com", "doh.familyshield.opendns.com", "dns.umbrella.com",
	"dns.adguard-dns.com", "dns.adguard.com", "dns.nextdns.io",
	"freedns.controld.com", "dns.controld.com", "doh.cleanbrowsing.org",
	"doh.mullvad.net", "dns.mullvad.net", "doh.dns.sb", "doh.libredns.gr",
	"dns.switch.ch", "doh.xfinity.com", "doh.dns.apple.com",
	"dns.alidns.com", "doh.pub", "odvr.nic.cz", "ordns.he.net",
	"dns.digitale-gesellschaft.ch", "doh.applied-privacy.net",
	"unfiltered.joindns4.eu", "protective.joindns4.eu", "dns0.eu",
};

static bool is_below(const char *host, const char *name)
{
	size_t host_len = strlen(host), len = strlen(name);

	return host_len >= len && strcmp(host + host_len - len, name) == 0 &&
	       (host_len == len || host[host_len - len - 1] == '.');
}

enum encrypted_dns encrypted_dns_of(uint8_t proto, uint16_t dport,
				    const char *host)
{
	if (dport == PORT_DNS_OVER_TLS && proto == IPPROTO_TCP)
		return ENCRYPTED_DNS_TLS;
	if (dport == PORT_DNS_OVER_TLS && proto == IPPROTO_UDP)
		return ENCRYPTED_DNS_QUIC;
	if (dport != PORT_HTTPS || host[0] == '\0')
		return ENCRYPTED_DNS_NONE;
	for (size_t i = 0; i < sizeof(resolvers) / sizeof(resolvers[0]); i++)
		if (is_below(host, resolvers[i]))
			return ENCRYPTED_DNS_HTTPS;
	return ENCRYPTED_DNS_NONE;
}

const char *encrypted_dns_name(enum encrypted_dns kind)
{
	static const char *const names[ENCRYPTED_DNS_KINDS] = {
		[ENCRYPTED_DNS_TLS] = "DoT",
		[ENCRYPTED_DNS_QUIC] = "DoQ",
		[ENCRYPTED_DNS_HTTPS] = "DoH",
	};

	return names[kind];
}
