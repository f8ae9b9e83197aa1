/* random_policy.c - policies put together at random, see author.h. */
#include "pcap-tests/unit/random_policy.h"
#include "pcap-tests/unit/unit.h"

#include <stdarg.h>
#include <stdbool.h>

#define PICK(words) (words)[below(ROWS(words))]
#define STATEMENTS_MAX 11

static struct random_policy {
	FILE *out;
	uint64_t state;
	bool is_plain;		/* single blanks only */
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

/* One word or sign; a blank stands before it. */
static void say(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	va_list args;

	blank();
	va_start(args, format);
	vfprintf(random_policy.out, format, args);
	va_end(args);
}

static void say_address(void)
{
	switch (below(6)) {
	case 0:
		say("10.%u.%u.%u", below(256), below(256), below(256));
		break;
	case 1:
		say("10.%u.0.0/16", below(256));
		break;
	case 2:
		say("192.0.2.%u-192.0.3.%u", below(256), below(256));
		break;
	case 3:
		say("2001:DB8::%x", below(65536));
		break;
	case 4:
		say("2001:db8:%x::/48", below(65536));
		break;
	default:
		say("%s", below(2) ? "::/0" : "0.0.0.0/0");
		break;
	}
}

static void say_range(unsigned max)
{
	unsigned first = below(max), last = first + below(max - first);

	if (below(2))
		say("%u", first);
	else if (below(2))
		say("0x%x", first);
	else
		say("%u-%u", first, last);
}

static void say_host(void)
{
	static const char *const hosts[] = {
		"example.com", "WWW.Example.NET.", "a", "x--y.z_1.example",
		"\"to\"", "\"file\"", "file.example", "1.2.3.4.example",
	};

	say("%s%s", below(3) == 0 ? "=" : "", PICK(hosts));
}

static void say_port(void)
{
	say_range(65536);
}

static void say_length(void)
{
	say_range(65536);
}

static void say_dscp(void)
{
	static const char *const names[] = { "ef", "CS6", "af11", "be", "le" };

	if (below(2))
		say("%s", PICK(names));
	else
		say("%u", below(64));
}

static void say_tos(void)
{
	static const char *const names[] = {
		"minimize-delay", "minimize-cost", "normal-service",
	};
	unsigned mask = 1 + below(255);

	switch (below(3)) {
	case 0:
		say("%s", PICK(names));
		break;
	case 1:
		say("0x%x", below(256));
		break;
	default:
		say("%u/0x%x", below(256) & mask, mask);
		break;
	}
}

static void say_interface(void)
{
	static const char *const names[] = {
		"eth0", "ppp*", "br-lan.100", "\"in\"", "\"a,b\"", "*",
	};

	say("%s", PICK(names));
}

static void say_app(void)
{
	static const char *const names[] = { "ssh", "smtp", "l2tp", "\"app\"" };

	say("%s", PICK(names));
}

static void say_alpn(void)
{
	static const char *const names[] = {
		"h2", "http/1.1", "\"a b\"", "\"\\\"\\\\\"", "\"not\"", "\"#\"",
	};

	say("%s", PICK(names));
}

static void say_ja4(void)
{
	static const char *const prints[] = {
		"t13d1516h2_8daaf6152771_b186095e22b6",
		"\"q13d0310h3_55b375c5d22e_cd85d2d88918\"",
	};

	say("%s", PICK(prints));
}

static void say_set(void (*one)(void), bool lists)
{
	unsigned count;

	if (below(2)) {
		if (lists && below(4) == 0)
			say("@list_%u", below(9));
		else
			one();
		return;
	}
	say("{");
	for (count = 1 + below(4); count > 0; count--) {
		if (lists && below(4) == 0)
			say("@list_%u", below(9));
		else
			one();
		if (count > 1 || below(2))
			say(",");
	}
	say("}");
}

static void say_protocol(void)
{
	static const char *const ported[] = { "tcp", "udp", "sctp" };
	static const char *const others[] = { "icmp", "gre", "ipv6", "esp" };

	switch (below(4)) {
	case 0:
		say("%s", PICK(others));
		return;
	case 1:
		say("proto");
		say("%u", 200 + below(56));
		return;
	default:
		say("%s", PICK(ported));
	}
	if (below(2)) {
		say("%s", below(2) ? "dport" : "sport");
		say_set(say_port, false);
	}
}

static void say_payload(void)
{
	static const char *const patterns[] = {
		"/^\\x13Bit/", "/a\\/b/", "/\\\\/", "/ \"#{,;=/", "/\\\\\\//",
	};

	say("payload");
	if (below(2))
		say("%s", below(2) ? "client" : "server");
	say("%s", PICK(patterns));
}

static void say_atom(void)
{
	static const struct {
		const char *word;
		void (*one)(void);
		bool lists;
	} atoms[] = {
		{ "sport", say_port, false },	{ "dport", say_port, false },
		{ "from", say_address, true },	{ "to", say_address, true },
		{ "in", say_interface, false },	{ "dscp", say_dscp, false },
		{ "tos", say_tos, false },	{ "length", say_length, false },
		{ "uid", say_length, false },	{ "app", say_app, false },
		{ "host", say_host, true },	{ "alpn", say_alpn, false },
		{ "ja4", say_ja4, false },
	};
	unsigned row = below(ROWS(atoms));

	say("%s", atoms[row].word);
	say_set(atoms[row].one, atoms[row].lists);
}

static void say_condition(unsigned depth);

static void say_factor(unsigned depth)
{
	switch (below(depth > 0 ? 8 : 5)) {
	case 0:
		say("class_%u", below(9));
		break;
	case 1:
		say_protocol();
		/* Ports would be its own, and not each protocol has them. */
		say("and class_%u", below(9));
		break;
	case 2:
		say_payload();
		break;
	case 3:
	case 4:
		say_atom();
		break;
	case 5:
		say("not");
		say_factor(depth - 1);
		break;
	default:
		say("(");
		say_condition(depth - 1);
		say(")");
		break;
	}
}

static void say_condition(unsigned depth)
{
	static const char *const joins[] = { "and", "or", "", "or not" };
	unsigned count;
	const char *join;

	say_factor(depth);
	for (count = below(4); count > 0; count--) {
		join = PICK(joins);
		if (join[0] != '\0')
			say("%s", join);
		say_factor(depth);
	}
}

static void say_shares(bool has_weights)
{
	unsigned count = 1 + below(4), i;

	say("via");
	say("{");
	for (i = 0; i < count; i++) {
		if (i > 0)
			say(",");
		say("uplink_%u", i);
		if (has_weights && below(2))
			say("%u", 1 + below(60));
	}
	if (below(4) == 0)
		say(",");
	say("}");
	if (has_weights && below(2)) {
		say("by");
		say("source");
	}
}

static void say_outcome(bool is_route)
{
	if (below(4) == 0)
		say("drop");
	else if (below(4) == 0)
		say_shares(is_route);
	else if (below(4) == 0)
		say("via main");
	else
		say("via uplink_%u", below(9));
}

static void say_uplink(void)
{
	unsigned order = below(2), i;

	fprintf(random_policy.out, "uplink uplink_%u", below(9));
	say("{");
	for (i = 0; i < 2; i++)
		if (i == order) {
			say("dev");
			say("eth%u", below(9));
		} else if (below(2)) {
			say("table");
			say("%u", 1000 + below(1000));
			if (below(2))
				say("mail.out");
		}
	if (below(2))
		say("masquerade");
	if (below(2))
		say("mark %u", 1 + below(9));
	if (below(2))
		say("via 2001:db8::1");
	if (below(2))
		say("strict");
	if (below(2))
		say("via 192.0.2.1");
	if (below(2))
		say("fallback uplink_%u", below(9));
	if (below(4) == 0)
		say("via auto optional");
	if (below(4) == 0)
		say("probe tcp [::1]:%u every %us down 2", 1 + below(9),
		    1 + below(9));
	say("}");
}

static void say_list_address(void)
{
	if (below(4) == 0)
		say("file \"/lists/a b\\\"\"");
	else
		say_address();
}

static void say_list_host(void)
{
	if (below(4) == 0)
		say("file \"/lists/\\\\\"");
	else
		say_host();
}

static void say_list(void)
{
	bool domains = below(2);
	unsigned count;

	fprintf(random_policy.out, "list %s list_%u", domains ? "domains" :
		"addresses", below(9));
	say("{");
	for (count = below(5); count > 0; count--) {
		domains ? say_list_host() : say_list_address();
		if (count > 1 || below(2))
			say(",");
	}
	say("}");
}

static void say_expect(void)
{
	static const char *const ends[] = {
		"tcp 192.0.2.1 > 192.0.2.2:25", "udp [::1]:5 > [::2]",
		"icmp 192.0.2.1 > 192.0.2.2", "proto 253 ::1 > ::2",
		"tcp 192.0.2.1:0>192.0.2.2",
	};

	fprintf(random_policy.out, "expect %s", PICK(ends));
	if (below(2))
		say("host Example.com");
	if (below(2))
		say("tos minimize-delay");
	if (below(2))
		say("alpn \"a b\"");
	if (below(2))
		say("app ssh");
	if (below(2))
		say("in eth0");
	if (below(2))
		say("dscp ef");
	/* At the start of a line it would be a statement. */
	if (below(4) == 0)
		fputs(" exempt", random_policy.out);
	else
		say_outcome(false);
}

static void say_statement(void)
{
	switch (below(9)) {
	case 0:
		say_uplink();
		break;
	case 1:
		say_list();
		break;
	case 2:
		fprintf(random_policy.out, "exempt %s", below(2) ? "from" : "to");
		say_set(say_address, true);
		if (below(2))
			say("by rule");
		break;
	case 3:
	case 4:
		fprintf(random_policy.out, "class class_%u =", below(9));
		say_condition(3);
		break;
	case 5:
	case 6:
		fprintf(random_policy.out, "route");
		say_condition(3);
		say_outcome(true);
		break;
	case 7:
		say_expect();
		break;
	default:
		fprintf(random_policy.out, "default");
		say_outcome(true);
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
		say_statement();
}
