/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_encrypted_dns.c - which flows are recognized as encrypted DNS. */
#include <netinet/in.h>

#include "engine/learn/encrypted_dns.h"
#include "unit.h"

static const struct {
	const char *name;
	enum encrypted_dns want;
	uint8_t proto;
	uint16_t dport;
	const char *host;
} rows[] = {
	{ "DoT", ENCRYPTED_DNS_TLS, IPPROTO_TCP, 853, "" },
	{ "DoT, by host name", ENCRYPTED_DNS_TLS, IPPROTO_TCP, 853,
	  "dns.google" },
	{ "DoQ", ENCRYPTED_DNS_QUIC, IPPROTO_UDP, 853, "" },
	{ "DoH", ENCRYPTED_DNS_HTTPS, IPPROTO_TCP, 443, "dns.google" },
	{ "DoH by QUIC", ENCRYPTED_DNS_HTTPS, IPPROTO_UDP, 443, "dns.google" },
	{ "DoH, a subdomain", ENCRYPTED_DNS_HTTPS, IPPROTO_TCP, 443,
	  "abc123.dns.nextdns.io" },
	{ "a name with the same suffix but no label boundary",
	  ENCRYPTED_DNS_NONE, IPPROTO_TCP, 443, "notdns.google" },
	{ "the parent domain", ENCRYPTED_DNS_NONE, IPPROTO_TCP, 443, "google" },
	{ "another domain", ENCRYPTED_DNS_NONE, IPPROTO_TCP, 443,
	  "www.example.com" },
	{ "no name", ENCRYPTED_DNS_NONE, IPPROTO_TCP, 443, "" },
	{ "on another port", ENCRYPTED_DNS_NONE, IPPROTO_TCP, 80,
	  "dns.google" },
	{ "plain DNS", ENCRYPTED_DNS_NONE, IPPROTO_UDP, 53, "dns.google" },
	{ "another protocol", ENCRYPTED_DNS_NONE, IPPROTO_SCTP, 853, "" },
};

START_TEST(kind)
{
	ck_assert_msg(encrypted_dns_of(rows[_i].proto, rows[_i].dport,
				       rows[_i].host) == rows[_i].want,
		      "%s", rows[_i].name);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(encrypted_dns_name(ENCRYPTED_DNS_TLS), "DoT");
	ck_assert_str_eq(encrypted_dns_name(ENCRYPTED_DNS_QUIC), "DoQ");
	ck_assert_str_eq(encrypted_dns_name(ENCRYPTED_DNS_HTTPS), "DoH");
	ck_assert_ptr_null(encrypted_dns_name(ENCRYPTED_DNS_NONE));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("encrypted_dns");
	TCase *tcase = tcase_create("encrypted_dns");

	tcase_add_loop_test(tcase, kind, 0, ROWS(rows));
	tcase_add_test(tcase, names);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
