/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random_policy.c - generate random policies, see random_policy.h. */
#include "pcap-tests/unit/random_policy.h"
#include "pcap-tests/unit/unit.h"

#include <stdarg.h>
#include <stdbool.h>

#define PICK(words) (words)[below(ROWS(words))]
#define STATEMENTS_MAX 11

static struct random_policy {
	FILE *out;
	uint64_t state;
	bool is_plain;		/* only single blanks */
} random_policy;

static uint64_t draw(void)
{
	/* xorshift64 (Marsaglia, 2003) */
	random_policy.state ^= random_policy.state << 13;
	random_policy.state ^= random_policy.state >> 7;
	random_policy.state ^= random_policy.state << 17;
	return random_policy.state >> 11;
}

static unsigned below(unsigned limit)
{
	return draw() % limit;
}

static void blank(void)
{
	static const char *const blanks[] = {
		" ", "  ", "\t", "\n", "\r\n", " # route x\n", "\n\n   ",
	};

	fputs(random_policy.is_plain ? " " : PICK(blanks), random_policy.out);
}

/* Write a blank and a word. */
static void put(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
static void put(const char *format, ...)
{
	va_list args;

	blank();
	va_start(args, format);
	vfprintf(random_policy.out, format, args);
	va_end(args);
}

static void put_address(void)
{
	switch (below(6)) {
	case 0:
		put("10.%u.%u.%u", below(256), below(256), below(256));
		break;
	case 1:
		put("10.%u.0.0/16", below(256));
		break;
	case 2:
		put("192.0.2.%u-192.0.3.%u", below(256), below(256));
		break;
	case 3:
		put("2001:DB8::%x", below(65536));
		break;
	case 4:
		put("2001:db8:%x::/48", below(65536));
		break;
	default:
		put("%s", below(2) ? "::/0" : "0.0.0.0/0");
		break;
	}
}

static void put_range(unsigned max)
{
	unsigned first = below(max), last = first + below(max - first);

	if (below(2))
		put("%u", first);
	else if (below(2))
		put("0x%x", first);
	else
		put("%u-%u", first, last);
}

static void put_host(void)
{
	static const char *const hosts[] = {
		"example.com", "WWW.Example.NET.", "a", "x--y.z_1.example",
		"\"to\"", "\"file\"", "file.example", "1.2.3.4.example",
	};

	put("%s%s", below(3) == 0 ? "=" : "", PICK(hosts));
}

static void put_port(void)
{
	put_range(65536);
}

static void put_length(void)
{
	put_range(65536);
}

static void put_dscp(void)
{
	static const char *const names[] = { "ef", "CS6", "af11", "be", "le" };

	if (below(2))
		put("%s", PICK(names));
	else
		put("%u", below(64));
}

static void put_tos(void)
{
	static const char *const names[] = {
		"minimize-delay", "minimize-cost", "normal-service",
	};
	unsigned mask = 1 + below(255);

	switch (below(3)) {
	case 0:
		put("%s", PICK(names));
		break;
	case 1:
		put("0x%x", below(256));
		break;
	default:
		put("%u/0x%x", below(256) & mask, mask);
		break;
	}
}

static void put_interface(void)
{
	static const char *const names[] = {
		"eth0", "ppp*", "br-lan.100", "\"in\"", "\"a,b\"", "*",
	};

	put("%s", PICK(names));
}

static void put_app(void)
{
	static const char *const names[] = { "ssh", "smtp", "l2tp", "\"app\"" };

	put("%s", PICK(names));
}

static void put_alpn(void)
{
	static const char *const names[] = {
		"h2", "http/1.1", "\"a b\"", "\"\\\"\\\\\"", "\"not\"", "\"#\"",
	};

	put("%s", PICK(names));
}

static void put_ja4(void)
{
	static const char *const prints[] = {
		"t13d1516h2_8daaf6152771_b186095e22b6",
		"\"q13d0310h3_55b375c5d22e_cd85d2d88918\"",
	};

	put("%s", PICK(prints));
}

static void put_set(void (*one)(void), bool lists)
{
	unsigned count;

	if (below(2)) {
		if (lists && below(4) == 0)
			put("@list_%u", below(9));
		else
			one();
		return;
	}
	put("{");
	for (count = 1 + below(4); count > 0; count--) {
		if (lists && below(4) == 0)
			put("@list_%u", below(9));
		else
			one();
		if (count > 1 || below(2))
			put(",");
	}
	put("}");
}

static void put_protocol(void)
{
	static const char *const ported[] = { "tcp", "udp", "sctp" };
	static const char *const others[] = { "icmp", "gre", "ipv6", "esp" };

	switch (below(4)) {
	case 0:
		put("%s", PICK(others));
		return;
	case 1:
		put("proto");
		put("%u", 200 + below(56));
		return;
	default:
		put("%s", PICK(ported));
	}
	if (below(2)) {
		put("%s", below(2) ? "dport" : "sport");
		put_set(put_port, false);
	}
}

static void put_payload(void)
{
	static const char *const patterns[] = {
		"/^\\x13Bit/", "/a\\/b/", "/\\\\/", "/ \"#{,;=/", "/\\\\\\//",
	};

	put("payload");
	if (below(2))
		put("%s", below(2) ? "client" : "server");
	put("%s", PICK(patterns));
}

static void put_atom(void)
{
	static const struct {
		const char *word;
		void (*one)(void);
		bool lists;
	} atoms[] = {
		{ "sport", put_port, false },	{ "dport", put_port, false },
		{ "from", put_address, true },	{ "to", put_address, true },
		{ "in", put_interface, false },	{ "dscp", put_dscp, false },
		{ "tos", put_tos, false },	{ "length", put_length, false },
		{ "uid", put_length, false },	{ "app", put_app, false },
		{ "host", put_host, true },	{ "alpn", put_alpn, false },
		{ "ja4", put_ja4, false },
	};
	unsigned row = below(ROWS(atoms));

	put("%s", atoms[row].word);
	put_set(atoms[row].one, atoms[row].lists);
}

static void put_condition(unsigned depth);

static void put_factor(unsigned depth)
{
	switch (below(depth > 0 ? 8 : 5)) {
	case 0:
		put("class_%u", below(9));
		break;
	case 1:
		put_protocol();
		/* Without `and`, ports would belong to the protocol, which may
		 * not have any. */
		put("and class_%u", below(9));
		break;
	case 2:
		put_payload();
		break;
	case 3:
	case 4:
		put_atom();
		break;
	case 5:
		put("not");
		put_factor(depth - 1);
		break;
	default:
		put("(");
		put_condition(depth - 1);
		put(")");
		break;
	}
}

static void put_condition(unsigned depth)
{
	static const char *const joins[] = { "and", "or", "", "or not" };
	unsigned count;
	const char *join;

	put_factor(depth);
	for (count = below(4); count > 0; count--) {
		join = PICK(joins);
		if (join[0] != '\0')
			put("%s", join);
		put_factor(depth);
	}
}

static void put_shares(bool has_weights)
{
	unsigned count = 1 + below(4), i;

	put("via");
	put("{");
	for (i = 0; i < count; i++) {
		if (i > 0)
			put(",");
		put("uplink_%u", i);
		if (has_weights && below(2))
			put("%u", 1 + below(60));
	}
	if (below(4) == 0)
		put(",");
	put("}");
	if (has_weights && below(2)) {
		put("by");
		put("source");
	}
}

static void put_outcome(bool is_route)
{
	if (below(4) == 0)
		put("drop");
	else if (below(4) == 0)
		put_shares(is_route);
	else if (below(4) == 0)
		put("via main");
	else
		put("via uplink_%u", below(9));
}

static void put_uplink(void)
{
	unsigned order = below(2), i;

	fprintf(random_policy.out, "uplink uplink_%u", below(9));
	put("{");
	for (i = 0; i < 2; i++)
		if (i == order) {
			put("dev");
			put("eth%u", below(9));
		} else if (below(2)) {
			put("table");
			put("%u", 1000 + below(1000));
			if (below(2))
				put("mail.out");
		}
	if (below(2))
		put("masquerade%s", below(2) ? " ipv4 from 10.0.0.0/8" : "");
	else if (below(2))
		put("npt 2001:db8::/48 from { @list_1, fd00::/8 } snat 1.2.3.4");
	if (below(4) == 0)
		put(below(2) ? "mss auto" : "mss 1400");
	if (below(2))
		put("mark %u", 1 + below(9));
	if (below(2))
		put("via 2001:db8::1");
	if (below(2))
		put("strict");
	if (below(2))
		put("via 192.0.2.1");
	if (below(2))
		put("fallback uplink_%u", below(9));
	if (below(4) == 0)
		put("via auto optional");
	if (below(4) == 0)
		put("probe tcp [::1]:%u every %us down 2", 1 + below(9),
		    1 + below(9));
	put("}");
}

static void put_list_address(void)
{
	if (below(4) == 0)
		put("file \"/lists/a b\\\"\"");
	else
		put_address();
}

static void put_list_host(void)
{
	if (below(4) == 0)
		put("file \"/lists/\\\\\"");
	else
		put_host();
}

static void put_list(void)
{
	bool domains = below(2);
	unsigned count;

	fprintf(random_policy.out, "list %s list_%u", domains ? "domains" :
		"addresses", below(9));
	put("{");
	for (count = below(5); count > 0; count--) {
		domains ? put_list_host() : put_list_address();
		if (count > 1 || below(2))
			put(",");
	}
	put("}");
}

static void put_expect(void)
{
	static const char *const ends[] = {
		"tcp 192.0.2.1 > 192.0.2.2:25", "udp [::1]:5 > [::2]",
		"icmp 192.0.2.1 > 192.0.2.2", "proto 253 ::1 > ::2",
		"tcp 192.0.2.1:0>192.0.2.2",
	};

	if (below(4) == 0) {
		fputs("expect never", random_policy.out);
		put_condition(1);
		put_outcome(false);
		return;
	}
	fprintf(random_policy.out, "expect %s", PICK(ends));
	if (below(2))
		put("host Example.com");
	if (below(2))
		put("tos minimize-delay");
	if (below(2))
		put("alpn \"a b\"");
	if (below(2))
		put("app ssh");
	if (below(2))
		put("in eth0");
	if (below(2))
		put("dscp ef");
	/* At the start of a line `exempt` would be a statement. */
	if (below(4) == 0)
		fputs(" exempt", random_policy.out);
	else
		put_outcome(false);
}

static void put_statement(void)
{
	switch (below(9)) {
	case 0:
		put_uplink();
		break;
	case 1:
		put_list();
		break;
	case 2:
		fprintf(random_policy.out, "exempt %s",
			below(2) ? "from" : "to");
		put_set(put_address, true);
		if (below(2))
			put("by rule");
		break;
	case 3:
	case 4:
		fprintf(random_policy.out, "class class_%u =", below(9));
		put_condition(3);
		break;
	case 5:
	case 6:
		fprintf(random_policy.out, "route");
		put_condition(3);
		put_outcome(true);
		break;
	case 7:
		put_expect();
		break;
	default:
		fprintf(random_policy.out, "default");
		put_outcome(true);
		break;
	}
	fputs(below(2) ? "\n" : " # that was it\n", random_policy.out);
}
void random_policy_seed(uint64_t seed)
{
	random_policy.state = seed;
}

void random_policy_write(FILE *out)
{
	unsigned count;

	random_policy.out = out;
	random_policy.is_plain = below(4) == 0;
	for (count = below(STATEMENTS_MAX + 1); count > 0; count--)
		put_statement();
}
