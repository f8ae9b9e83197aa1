/*
 * check_ast_print.c - the canonical form reads as what was written: rows, and
 * policies put together at random, blanks and comments between all words.
 */
#include "pcap-tests/unit/unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules/ast.h"

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define PICK(words) (words)[below(ROWS(words))]
#define POLICIES 300

/* A policy as it is written, from numbers that come the same every time. */
struct author {
	FILE *out;
	uint64_t state;
	bool is_plain;		/* single blanks only */
};

static struct author author;

static uint64_t draw(void)
{
	/* xorshift64 (Marsaglia, 2003) */
	author.state ^= author.state << 13;
	author.state ^= author.state >> 7;
	author.state ^= author.state << 17;
	return author.state >> 11;
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

	fputs(author.is_plain ? " " : PICK(blanks), author.out);
}

/* One word or sign; a blank stands before it. */
static void say(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	va_list args;

	blank();
	va_start(args, format);
	vfprintf(author.out, format, args);
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

static void say_range(unsigned most)
{
	unsigned first = below(most), last = first + below(most - first);

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

	fprintf(author.out, "uplink uplink_%u", below(9));
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
		say("otherwise uplink_%u", below(9));
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

	fprintf(author.out, "list %s list_%u", domains ? "domains" :
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

	fprintf(author.out, "expect %s", PICK(ends));
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
		fputs(" exempt", author.out);
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
		fprintf(author.out, "exempt %s", below(2) ? "from" : "to");
		say_set(say_address, true);
		if (below(2))
			say("by rule");
		break;
	case 3:
	case 4:
		fprintf(author.out, "class class_%u =", below(9));
		say_condition(3);
		break;
	case 5:
	case 6:
		fprintf(author.out, "route");
		say_condition(3);
		say_outcome(true);
		break;
	case 7:
		say_expect();
		break;
	default:
		fprintf(author.out, "default");
		say_outcome(true);
		break;
	}
	fputs(below(2) ? "\n" : " # that was it\n", author.out);
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_values(const struct ast_value *a, const struct ast_value *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (a->kind != b->kind || a->exact != b->exact ||
		    !same_text(a->text, b->text) || a->first != b->first ||
		    a->last != b->last ||
		    !address_equal(&a->first_addr, &b->first_addr) ||
		    !address_equal(&a->last_addr, &b->last_addr))
			return false;
	return a == b;
}

static bool same_condition(const struct ast_condition *a,
			   const struct ast_condition *b)
{
	const struct ast_condition *c, *d;

	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || a->atom != b->atom || a->side != b->side ||
	    !same_text(a->name, b->name) || !same_values(a->values, b->values))
		return false;
	for (c = a->children, d = b->children; c != NULL && d != NULL;
	     c = c->next, d = d->next)
		if (!same_condition(c, d))
			return false;
	return c == d;
}

/* The parts with a depth; the flat ones show in the text. */
static bool same_statement(const struct ast_statement *a,
			   const struct ast_statement *b)
{
	if (a->kind != b->kind || !same_text(a->name.text, b->name.text))
		return false;
	switch (a->kind) {
	case STATEMENT_CLASS:
		return same_condition(a->class_condition, b->class_condition);
	case STATEMENT_ROUTE:
		return same_condition(a->route.condition, b->route.condition);
	case STATEMENT_LIST:
		return same_values(a->list.values, b->list.values);
	case STATEMENT_EXEMPT:
		return same_values(a->exempt.values, b->exempt.values);
	default:
		return true;
	}
}

static bool same_tree(const struct ast *a, const struct ast *b)
{
	const struct ast_statement *s = ast_statements(a);
	const struct ast_statement *t = ast_statements(b);

	for (; s != NULL && t != NULL; s = s->next, t = t->next)
		if (!same_statement(s, t))
			return false;
	return s == t;
}

static struct ast *parse(const char *text, size_t len)
{
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("p", text, len, diag);

	if (diag_errors(diag) > 0) {
		fputs(text, stderr);
		diag_print(diag, stderr);
	}
	ck_assert_uint_eq(diag_errors(diag), 0);
	diag_free(diag);
	return ast;
}

/* Print what `text` says, read that, print it again. */
static void check_round(const char *text, size_t len)
{
	static char once[1 << 18], again[1 << 18];
	struct ast *first = parse(text, len), *second;
	FILE *out = fmemopen(once, sizeof(once), "w");

	ast_print(first, out);
	fclose(out);
	second = parse(once, strlen(once));
	out = fmemopen(again, sizeof(again), "w");
	ast_print(second, out);
	fclose(out);
	ck_assert_str_eq(once, again);
	ck_assert_msg(same_tree(first, second), "%s\n--\n%s", text, once);
	ast_free(first);
	ast_free(second);
}

START_TEST(random_policies)
{
	static char text[1 << 17];
	unsigned i, j, count;

	author.state = 0x9e3779b97f4a7c15 + _i;
	for (i = 0; i < POLICIES; i++) {
		author.out = fmemopen(text, sizeof(text), "w");
		author.is_plain = below(4) == 0;
		count = below(12);
		for (j = 0; j < count; j++)
			say_statement();
		fclose(author.out);
		check_round(text, strlen(text));
	}
}
END_TEST

static const char *const rows[] = {
	"marks mask 0x00ff0000\nqueues 0-3 otherwise drop\nlate keep\n",
	"inspect seconds 3 bytes 512k packets 2\n",
	"class a = not (tcp dport 1 dport 2) not (tcp and icmp)\n",
	"class a = (tcp) dport 1\nclass b = not (tcp) dport 1\n",
	"class a = (tcp or udp) dport 1\n",
	"class a = (tcp and dport 1) or (udp sport 2 and dport 3)\n",
	"class a = proto 0 proto 255 proto 17 dport 53\n",
	"class a = host \"via\" in \"and\" app \"or\"\n",
	"class a = alpn { \"\\\\\", \"/x\", \"!\", \"&&\", \"=\", \"@\" }\n",
	"class a = from ::ffff:10.0.0.0/104 to ::-::2\n",
	"route tcp via { a 3, b 1 } by source late keep\n",
	"default via { a, main, b }\n",
	"expect tcp 192.0.2.1 > 192.0.2.2 via { a, b }\n",
};

START_TEST(row)
{
	check_round(rows[_i], strlen(rows[_i]));
}
END_TEST

/* As deep as may be: the canonical form is no deeper. */
START_TEST(deepest)
{
	char text[4000] = "class a = ";
	int i;

	for (i = 0; i < 200; i++)
		strcat(text, "not ");
	strcat(text, "tcp dport 25");
	check_round(text, strlen(text));
	strcpy(text, "class a = b ");
	for (i = 0; i < 200; i++)
		strcat(text, i % 2 ? "and (c " : "or (d ");
	for (i = 0; i < 200; i++)
		strcat(text, ")");
	check_round(text, strlen(text));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ast_print");
	TCase *tcase = tcase_create("ast_print");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, row, 0, ROWS(rows));
	tcase_add_test(tcase, deepest);
	tcase_add_loop_test(tcase, random_policies, 1, 9);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
