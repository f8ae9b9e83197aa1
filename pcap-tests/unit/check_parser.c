/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_parser.c - valid policies and their syntax tree. */
#include "pcap-tests/unit/unit.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pcap-tests/unit/printed.h"

/* Valid policies and their canonical form; NULL: the same with a newline. */
static const struct {
	const char *text;
	const char *want;
} good[] = {
	{ "", "" },
	{ "# nothing\n", "" },
	{ "\xef\xbb\xbf" "default via main\r\n", "default via main\n" },
	{ "marks mask 0x7f000000", NULL },
	{ "marks mask 16711680", "marks mask 0x00ff0000\n" },
	{ "queues 0", NULL },
	{ "queues 0-3", NULL },
	{ "queues 4-4 fail-open", "queues 4 fail-open\n" },
	{ "queues 65535 fail-closed", NULL },
	{ "queues 0-1 coalesce 200us", NULL },
	{ "queues 0 per-client 500/s", NULL },
	{ "queues 0-1 coalesce 200us per-client off fail-open", NULL },
	{ "queues 0-1 coalesce 1000us fail-closed", NULL },
	{ "queues 0 coalesce 10us fail-open", NULL },
	{ "strict first", NULL },
	{ "on budget-spent drop", NULL },
	{ "on queue-overflow pass\non undecoded main", NULL },
	{ "inspect packets 12 bytes 16k seconds 5", NULL },
	{ "inspect packets 12 bytes 16k seconds 5 memory 64m", NULL },
	{ "inspect memory 16777216 bytes 1000",
	  "inspect bytes 1000 memory 16m\n" },
	{ "inspect seconds 5 packets 12", "inspect packets 12 seconds 5\n" },
	{ "inspect bytes 2048", "inspect bytes 2k\n" },
	{ "inspect bytes 1M", "inspect bytes 1m\n" },
	{ "inspect bytes 1000", NULL },
	{ "late keep", NULL },
	{ "late move", NULL },
	{ "kernel-routes on", NULL },
	{ "kernel-routes off", NULL },
	{ "own-table on", NULL },
	{ "own-table off", NULL },
	{ "route per packet dscp ef via a", NULL },
	{ "route per packet (tcp or udp) length 0-99 drop",
	  "route per packet (tcp or udp) and length 0-99 drop\n" },
	{ "route tcp dport 25 via a except @vip", NULL },
	{ "route tcp via a except {\n192.0.2.1, 10.0.0.0/8\n}",
	  "route tcp via a except { 192.0.2.1, 10.0.0.0/8 }\n" },
	{ "route per packet tos 0x10 drop except 192.0.2.1", NULL },
	{ "late reset", NULL },
	{ "learn dns on", NULL },
	{ "learn servers off dns off", "learn dns off servers off\n" },
	{ "learn dns on servers on min-confidence 70 ttl 30-600 "
	  "from { 192.0.2.1, 2001:db8::/32, @resolvers }", NULL },
	{ "learn ttl 60-60", "learn ttl 60\n" },
	{ "resolve grace 0 ttl 60-60", "resolve ttl 60 grace 0\n" },
	{ "resolve via vpn ttl 5", "resolve ttl 5 via vpn\n" },
	{ "resolve via main", NULL },
	{ "resolve private-domain Example.NET", "resolve private-domain "
	  "example.net\n" },
	{ "resolve private-domain { example.net, nas.example } grace 9",
	  "resolve grace 9 private-domain { example.net, nas.example }\n" },
	{ "exempt to { NAS.Example., printer. } by rule",
	  "exempt to { nas.example, printer. } by rule\n" },
	{ "learn from { 192.0.2.1 }\nlearn min-confidence 1",
	  "learn from 192.0.2.1\nlearn min-confidence 1\n" },
	{ "uplink a { late reset dev eth0 }",
	  "uplink a { dev eth0 late reset }\n" },
	{ "uplink a { dev eth0 fallback b late keep }", NULL },
	{ "uplink a {\n\tlate keep\n\tdev eth0\n}",
	  "uplink a { dev eth0 late keep }\n" },
	{ "uplink a { dev b fallback c hold 1500ms }", NULL },
	{ "uplink a { hold 3000ms dev b }", "uplink a { dev b hold 3s }\n" },
	{ "uplink a { dev b hold 0s }", NULL },
	{ "uplink a { dev b failback move late keep fallback c }",
	  "uplink a { dev b fallback c failback move late keep }\n" },
	{ "uplink a { dev b failback keep }", NULL },
	{ "uplink a { dev b failback reset }", NULL },
	{ "route tcp via a late move", NULL },
	{ "default via main late keep", NULL },
	{ "route tcp via a\nlate move", NULL },
	{ "uplink a { dev eth0 }", NULL },
	{ "uplink a\n{\n\tstrict\n\tvia 2001:db8::1\n\tdev \"eth0\"\n}",
	  "uplink a { dev eth0 via 2001:db8::1 strict }\n" },
	{ "uplink a { dev ppp0 via 192.0.2.1 via fe80::1 table 201 mail.out "
	  "mark 1 masquerade strict fallback main }", NULL },
	{ "uplink a { fallback b dev eth0 table 4294967295 masquerade }",
	  "uplink a { dev eth0 table 4294967295 masquerade fallback b }\n" },
	{ "uplink a { dev ppp0 via auto optional }", NULL },
	{ "uplink a { optional via auto dev ppp0 via 192.0.2.1 table 5 }",
	  "uplink a { dev ppp0 via 192.0.2.1 via auto table 5 optional }\n" },
	{ "uplink a { dev b masquerade ipv4 from { @lan, 10.0.0.0/8 } "
	  "masquerade ipv6 from fd00::/8 }", NULL },
	{ "uplink a { dev b mss auto npt 2001:db8:f1::/48\nfrom fd00::/8 snat "
	  "203.0.113.9 }", "uplink a { dev b snat 203.0.113.9 npt "
	  "2001:db8:f1::/48 from fd00::/8 mss auto }\n" },
	{ "uplink a { dev b masquerade from lan.example }", NULL },
	{ "uplink a { dev b snat 2001:db8::9 masquerade ipv4 mss 1400 }",
	  "uplink a { dev b masquerade ipv4 snat 2001:db8::9 mss 1400 }\n" },
	{ "uplink a { on-lan dev lan0 via 192.0.2.80 }",
	  "uplink a { dev lan0 via 192.0.2.80 on-lan }\n" },
	{ "uplink a { dev b probe ping 192.0.2.7 }", NULL },
	{ "uplink a { dev b probe tcp [2001:db8::7]:443 every 500ms up 1 "
	  "down 4 probe http 192.0.2.7 down 2 probe http 192.0.2.7:81 }",
	  NULL },
	{ "uplink a { probe ping ::1 up 2 every 5000ms table 9 dev b }",
	  "uplink a { dev b table 9 probe ping ::1 every 5s up 2 }\n" },
	{ "list addresses a { }", NULL },
	{ "list addresses a { 192.0.2.1, 10.0.0.0/8, }",
	  "list addresses a { 192.0.2.1, 10.0.0.0/8 }\n" },
	{ "list addresses a { 10.0.0.1-10.0.0.9, 10.0.0.0-10.0.0.255, ::/0 }",
	  "list addresses a { 10.0.0.1-10.0.0.9, 10.0.0.0/24, ::/0 }\n" },
	{ "list addresses a { file \"/etc/a \\\"b\\\\c\" }", NULL },
	{ "list domains a { Example.COM., =www.example.net, \"file\" }",
	  "list domains a { example.com, =www.example.net, \"file\" }\n" },
	{ "list domains a {\n\troute,\n\tlist\n}",
	  "list domains a { route, list }\n" },
	{ "exempt from 192.0.2.1", NULL },
	{ "exempt to { @vip, ::1 } by rule", NULL },
	{ "exempt to { @vip }", "exempt to @vip\n" },
	{ "class a = tcp", NULL },
	{ "class a = tcp dport { 25, 465, 587, } or app { smtp }",
	  "class a = tcp dport { 25, 465, 587 } or app smtp\n" },
	{ "class a = tcp sport 1024-65535 dport 0", NULL },
	{ "class a = tcp and dport 25", "class a = tcp dport 25\n" },
	{ "class a = icmp and dport 25", NULL },
	{ "class a = proto 6 dport 25", "class a = tcp dport 25\n" },
	{ "class a = proto 253", NULL },
	{ "class a = b c and d", "class a = b and c and d\n" },
	{ "class a = b or c d or e", "class a = b or (c and d) or e\n" },
	{ "class a = (b or c) d", "class a = (b or c) and d\n" },
	{ "class a = ((b and c) and d)", "class a = b and c and d\n" },
	{ "class a = (b or c) or d", "class a = b or c or d\n" },
	{ "class a = not b c", "class a = not b and c\n" },
	{ "class a = not (b c)", "class a = not (b and c)\n" },
	{ "class a = not tcp dport 25", NULL },
	{ "class a = not (tcp) dport 25", "class a = not tcp and dport 25\n" },
	{ "class a = not not b", NULL },
	{ "class a = not (b or c)", NULL },
	{ "class a = from 10.0.0.0/8 to @b", "class a = from 10.0.0.0/8 and "
	  "to @b\n" },
	{ "class a = in { eth0, ppp*, \"to\" }", NULL },
	{ "class a = dscp { ef, CS6, 0x0a, 63 }",
	  "class a = dscp { ef, cs6, 10, 63 }\n" },
	{ "class a = tos { minimize-delay, 16, 0x01, 0x10/0x1c, 0x10/0xfc }",
	  "class a = tos { minimize-delay, 0x10, 0x01, 0x10/0x1c, 0x10 }\n" },
	{ "class a = length 0-100 uid 1000", "class a = length 0-100 and uid "
	  "1000\n" },
	{ "class a = alpn { h2, \"http/1.1\", \"and\", \"a b\" }",
	  "class a = alpn { h2, http/1.1, \"and\", \"a b\" }\n" },
	{ "class a = ech or not ech b", "class a = ech or (not ech and b)\n" },
	{ "default via { a 75%, b 25% }", "default via { a 75, b 25 }\n" },
	{ "expect tcp fd10::2 > [2001:db8::1]:25 drop", NULL },
	{ "class a = ja4 \"t13d1516h2_8daaf6152771_b186095e22b6\"",
	  "class a = ja4 t13d1516h2_8daaf6152771_b186095e22b6\n" },
	{ "class a = ja4 { tb0d990000_000000000000_000000000000, "
	  "q13d0310h3_55b375c5d22e_cd85d2d88918 } ech",
	  "class a = ja4 { tb0d990000_000000000000_000000000000, "
	  "q13d0310h3_55b375c5d22e_cd85d2d88918 } and ech\n" },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:443 ech ja4 "
	  "t13d1516h2_8daaf6152771_b186095e22b6 drop",
	  "expect tcp 192.0.2.1 > 192.0.2.2:443 ja4 "
	  "t13d1516h2_8daaf6152771_b186095e22b6 ech drop\n" },
	{ "class a = host { =Example.com, @b, youtube.com }",
	  "class a = host { =example.com, @b, youtube.com }\n" },
	{ "class a = payload /^\\x13Bit \"#{,/", NULL },
	{ "class a = payload client /a\\/b\\\\/ or payload server /\\//",
	  NULL },
	{ "class a = tcp\n\tdport 25\n\n\tor udp # both\n",
	  "class a = tcp dport 25 or udp\n" },
	{ "class a = (b\n or\n c)\nroute a drop",
	  "class a = b or c\nroute a drop\n" },
	{ "route tcp dport 25 via cheap", NULL },
	{ "route a from @vip via main", "route a and from @vip via main\n" },
	{ "route\na\nvia\nb\ndefault\ndrop", "route a via b\ndefault drop\n" },
	{ "default via main", NULL },
	{ "expect tcp 192.0.2.1 > 198.51.100.7:25 via cheap", NULL },
	{ "expect udp 192.0.2.1:40000>198.51.100.7:25 drop",
	  "expect udp 192.0.2.1:40000 > 198.51.100.7:25 drop\n" },
	{ "expect tcp [2001:db8::1]:1 > [2001:DB8::2]:443 exempt",
	  "expect tcp [2001:db8::1]:1 > [2001:db8::2]:443 exempt\n" },
	{ "expect icmpv6 [::1] > 2001:db8::5 via main",
	  "expect icmpv6 ::1 > 2001:db8::5 via main\n" },
	{ "expect proto 253 192.0.2.1 > 192.0.2.2 via main", NULL },
	{ "expect udp 192.0.2.1 > 192.0.2.2:443 host R1.Example.com app quic "
	  "alpn h3 in eth0 dscp ef tos minimize-delay length 1200 via b",
	  "expect udp 192.0.2.1 > 192.0.2.2:443 host r1.example.com app quic "
	  "alpn h3 in eth0 dscp 46 tos 16 length 1200 via b\n" },
};

START_TEST(accepts)
{
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("p", good[_i].text, strlen(good[_i].text),
				    diag);
	char want[1000];

	snprintf(want, sizeof(want), "%s\n", good[_i].text);
	ck_assert_msg(diag_errors(diag) == 0, "%s\n%s", good[_i].text,
		      printed_diag(diag));
	ck_assert_str_eq(printed_ast(ast),
			 good[_i].want != NULL ? good[_i].want : want);
	ast_free(ast);
	diag_free(diag);
}
END_TEST

/* TOS values and the masks they are compared under. */
static const struct {
	const char *text;
	uint32_t value, mask;
} tos[] = {
	{ "minimize-delay", 0x10, 0x1c },
	{ "maximize-throughput", 0x08, 0x1c },
	{ "maximize-reliability", 0x04, 0x1c },
	{ "minimize-cost", 0x02, 0x1e },
	{ "normal-service", 0x00, 0x1c },
	{ "0xb8", 0xb8, 0xfc },
	{ "0", 0x00, 0xfc },
	{ "0xb9", 0xb9, 0xff },
	{ "0x10/0x10", 0x10, 0x10 },
};

START_TEST(tos_mask)
{
	struct diag *diag = diag_new();
	char text[60];
	struct ast *ast;
	const struct ast_value *value;

	snprintf(text, sizeof(text), "class a = tos %s", tos[_i].text);
	ast = ast_parse("p", text, strlen(text), diag);
	value = ast_statements(ast)->class_condition->values;
	ck_assert_uint_eq(value->first, tos[_i].value);
	ck_assert_uint_eq(value->last, tos[_i].mask);
	ast_free(ast);
	diag_free(diag);
}
END_TEST

START_TEST(pattern_bytes)
{
	static const char text[] = "class a = payload client /a\\/b\\x00\\\\/";
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("p", text, strlen(text), diag);
	const struct ast_condition *c = ast_statements(ast)->class_condition;

	ck_assert_str_eq(c->values->text, "a/b\\x00\\\\");
	ck_assert_int_eq(c->side, PAYLOAD_CLIENT);
	ast_free(ast);
	diag_free(diag);
}
END_TEST

/* Nest parentheses and `not` up to the limit, and one deeper. */
START_TEST(nesting)
{
	static const char *const opens[] = { "(", "not ", "not (" };
	static const int weights[] = { 1, 1, 2 };
	int max = 200 / weights[_i / 2] + _i % 2, i;
	struct diag *diag = diag_new();
	char text[4000] = "class a = ";
	struct ast *ast;

	for (i = 0; i < max; i++)
		strcat(text, opens[_i / 2]);
	strcat(text, "b");
	for (i = 0; i < max && strchr(opens[_i / 2], '(') != NULL; i++)
		strcat(text, ")");
	ast = ast_parse("p", text, strlen(text), diag);
	ck_assert_uint_eq(diag_errors(diag), _i % 2);
	if (_i % 2)
		ck_assert_ptr_nonnull(strstr(printed_diag(diag),
					     "nested too deeply"));
	ast_free(ast);
	diag_free(diag);
}
END_TEST

/* Files that include each other, in a temporary directory. */
static char dir[] = "/tmp/check_parser.XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void enter_dir(void)
{
	char path[100];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sub", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void leave_dir(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static struct ast *load(const char *name, struct diag *diag)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return ast_load(path, diag);
}

START_TEST(includes)
{
	struct diag *diag = diag_new();
	struct ast *ast;
	char want[400];

	write_file("a", "route b via c\ninclude \"sub/b\"\ndefault drop\n");
	write_file("sub/b", "include \"c\"\nlist domains d { file \"e\" }\n");
	write_file("sub/c", "route f drop");
	ast = load("a", diag);
	ck_assert_uint_eq(diag_errors(diag), 0);
	snprintf(want, sizeof(want), "route b via c\nroute f drop\n"
		 "list domains d { file \"%s/sub/e\" }\ndefault drop\n",
		 dir);
	ck_assert_str_eq(printed_ast(ast), want);
	ast_free(ast);
	diag_free(diag);
}
END_TEST

/* An error in an included file is reported with that file's name. */
START_TEST(included_error)
{
	struct diag *diag = diag_new();
	struct ast *ast;
	char want[100];

	write_file("a", "include \"b\"\nroute c\n");
	write_file("b", "\nroute d\n");
	ast = load("a", diag);
	ck_assert_uint_eq(diag_errors(diag), 2);
	snprintf(want, sizeof(want), "%s/b:2:8: error", dir);
	ck_assert_ptr_nonnull(strstr(printed_diag(diag), want));
	snprintf(want, sizeof(want), "%s/a:2:8: error", dir);
	ck_assert_ptr_nonnull(strstr(printed_diag(diag), want));
	ast_free(ast);
	diag_free(diag);
}
END_TEST

static const struct {
	const char *a, *b, *want;
} circles[] = {
	{ "include \"a\"", "", "a:1:9: error: " },
	{ "include \"b\"", "include \"a\"", "b:1:9: error: " },
	{ "include \"b\"", "include \"sub/../b\"", "b:1:9: error: " },
};

START_TEST(circle)
{
	struct diag *diag = diag_new();
	struct ast *ast;

	write_file("a", circles[_i].a);
	write_file("b", circles[_i].b);
	ast = load("a", diag);
	ck_assert_uint_eq(diag_errors(diag), 1);
	ck_assert_ptr_nonnull(strstr(printed_diag(diag), circles[_i].want));
	ck_assert_ptr_nonnull(strstr(printed_diag(diag), "includes itself"));
	ast_free(ast);
	diag_free(diag);
}
END_TEST

/* Each file includes the next one twice: the number of files is limited. */
START_TEST(many_includes)
{
	struct diag *diag = diag_new();
	struct ast *ast;
	char name[10], text[100];
	int i;

	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		snprintf(text, sizeof(text), "include \"f%d\"\n"
			 "include \"f%d\"\n", i + 1, i + 1);
		write_file(name, text);
	}
	ast = load("f0", diag);
	ck_assert_uint_gt(diag_errors(diag), 0);
	ck_assert_ptr_nonnull(strstr(printed_diag(diag), "too many files"));
	ast_free(ast);
	diag_free(diag);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parser");
	TCase *tcase = tcase_create("parser");
	TCase *files = tcase_create("files");

	tcase_add_loop_test(tcase, accepts, 0, ROWS(good));
	tcase_add_loop_test(tcase, tos_mask, 0, ROWS(tos));
	tcase_add_test(tcase, pattern_bytes);
	tcase_add_loop_test(tcase, nesting, 0, 6);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(files, enter_dir, leave_dir);
	tcase_add_test(files, includes);
	tcase_add_test(files, included_error);
	tcase_add_loop_test(files, circle, 0, ROWS(circles));
	tcase_add_test(files, many_includes);
	suite_add_tcase(suite, files);
	return unit_run(suite);
}
