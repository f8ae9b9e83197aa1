/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_parser_errors.c - the error messages of the parser. */
#include "pcap-tests/unit/unit.h"

#include <string.h>

#include "pcap-tests/unit/printed.h"

#define JA4 "t13d1516h2_8daaf6152771_b186095e22b6"
#define FIX "'waymark replay --json' prints the fingerprints in a capture"

/* One mistake each: the first line of the error and its fix. */
static const struct {
	const char *text;
	const char *want;
	const char *fix;	/* NULL: none */
} bad[] = {
	{ "expect never", "1:13: error: expected 'via UPLINK', 'drop' or "
	  "'exempt', but the text ends", NULL },
	{ "expect never tcp", "1:17: error: expected 'via UPLINK', 'drop' "
	  "or 'exempt', but the text ends", NULL },
	{ "rout mail via a", "1:1: error: expected a statement, not 'rout'",
	  "did you mean 'route'?" },
	{ "@vip", "1:1: error: expected a statement, not '@vip'", NULL },
	{ "default via a\nrute b via c", "2:1: error: expected a statement, "
	  "not 'rute'", "did you mean 'route'?" },
	{ "class a = tcp\nclas b = udp", "2:1: error: expected a statement, "
	  "not 'clas'", "did you mean 'class'?" },
	{ "class a = tcp\nuplnk b { dev c }", "2:1: error: expected a "
	  "statement, not 'uplnk'", "did you mean 'uplink'?" },
	{ "route a via b route c via d", "1:15: error: a statement starts "
	  "on a new line", "insert a line break" },
	{ "default via a;", "1:14: error: expected the end of the statement, "
	  "not ';'", "leave out the ';'" },
	{ "default via { }", "1:15: error: expected an uplink, not '}'", NULL },
	{ "default via { a, drop }", "1:18: error: 'drop' cannot be one of "
	"several uplinks",
	  "write a separate route for the flows to drop" },
	{ "default via { a 3, a 1 }", "1:20: error: 'a' is given twice",
	  "write it once, with its total weight" },
	{ "default via { main, a, main }", "1:24: error: 'main' is given "
	  "twice", "write it once, with its total weight" },
	{ "default via { a 0, b 1 }", "1:17: error: '0' is not a weight (1 to "
	  "256)", NULL },
	{ "default via { a 257, b 1 }", "1:17: error: '257' is not a weight",
	  NULL },
	{ "default via { a 200, b 57 }", "1:13: error: the sum of the "
	  "weights exceeds 256", "divide them all by the same number" },
	{ "default via { a 3 b 1 }", "1:19: error: expected a weight, ',' or "
	  "'}', not 'b'", NULL },
	{ "default via { a 3, b 1", "1:13: error: this '{' is not closed",
	  NULL },
	{ "default via { a, b } by client", "1:25: error: expected 'source', "
	  "not 'client'", "did you mean 'source'?" },
	{ "route per packet dscp ef via { a, b }", "1:30: error: a route "
	  "per packet has one uplink",
	  "name one uplink: only flows can be balanced" },
	{ "expect tcp 192.0.2.1 > 192.0.2.2 via { a 3, b }", "1:42: error: "
	  "an expect line lists the uplinks that are accepted",
	  "leave out the weight" },
	{ "expect tcp 192.0.2.1 > 192.0.2.2 via { a, b } by source", "1:47: "
	  "error: expected the end of the statement, not 'by'", NULL },
	{ "marks 0x7f", "1:7: error: expected 'mask', not '0x7f'", NULL },
	{ "marks mask", "1:11: error: expected a mask of mark bits, but the "
	  "text ends", NULL },
	{ "marks mask 0", "1:12: error: '0' is not a mask of mark bits (0x1 "
	  "to 0xffffffff)", NULL },
	{ "marks mask 0x100000000", "1:12: error: '0x100000000' is not", NULL },
	{ "marks mask 99999999999999999999999", "1:12: error: '99999", NULL },
	{ "queues 0 coalesce 200", "1:19: error: expected a time, as in 200us",
	  NULL },
	{ "queues 0 coalesce 2us", "1:19: error: '2' is not a number of micro",
	  NULL },
	{ "queues 0 coalesce 1001us", "1:19: error: '1001' is not a number of",
	  NULL },
	{ "queues 0 per-client 500", "1:21: error: expected a rate, as in "
	  "500/s, or 'off'", NULL },
	{ "queues 0 per-client 5/s", "1:21: error: '5' is not a number of "
	  "flows per second (10 to 1000000)", NULL },
	{ "queues 65536", "1:8: error: '65536' is not a queue number or a "
	  "range of them (0 to 65535)", NULL },
	{ "queues 3-1", "1:8: error: the range ends before it starts",
	  "write 1-3" },
	{ "queues -1", "1:8: error: '-1' is not a queue number", NULL },
	{ "queues 1-2-3", "1:8: error: '1-2-3' is not", NULL },
	{ "queues 0 fail", "1:10: error: expected 'fail-open' or",
	  NULL },
	{ "queues 0 fail-close", "1:10: error: expected 'fail-open' or "
	  "'fail-closed', not 'fail-close'", "did you mean 'fail-closed'?" },
	{ "inspect", "1:8: error: expected 'packets', 'bytes', 'seconds' or "
	  "'memory', "
	  "but the text ends", NULL },
	{ "inspect packets 1 packets 2", "1:19: error: 'packets' is given "
	  "twice", NULL },
	{ "inspect bytes 17m", "1:15: error: '17m' is not a number of bytes",
	  NULL },
	{ "inspect bytes k", "1:15: error: 'k' is not a number", NULL },
	{ "inspect memory 1000k", "1:16: error: '1000k' is not bytes of "
	  "memory, like 64m (1048576 to 1099511627776)", NULL },
	{ "inspect memory 2m memory 2m", "1:19: error: 'memory' is given "
	  "twice", NULL },
	{ "inspect packets 0", "1:17: error: '0' is not", NULL },
	{ "on", "1:3: error: expected 'budget-spent', 'stream-reclaimed', "
	  "'flow-evicted', 'queue-overflow' or 'undecoded', but the text "
	  "ends", NULL },
	{ "on flow-evict drop", "1:4: error: expected 'budget-spent'",
	  "did you mean 'flow-evicted'?" },
	{ "on undecoded", "1:13: error: expected 'pass', 'drop' or 'main', "
	  "but the text ends", NULL },
	{ "on undecoded deny", "1:14: error: expected 'pass', 'drop' or "
	  "'main', not 'deny'", "did you mean 'drop'?" },
	{ "on undecoded drop main", "1:19: error:", NULL },
	{ "kernel-routes", "1:14: error: expected 'on' or 'off', but the text "
	  "ends", NULL },
	{ "kernel-routes offf", "1:15: error: expected 'on' or 'off', not "
	  "'offf'", "did you mean 'off'?" },
	{ "own-table", "1:10: error: expected 'on' or 'off', but the text "
	  "ends", NULL },
	{ "own-table no", "1:11: error: expected 'on' or 'off', not 'no'",
	  "did you mean 'on'?" },
	{ "route per paket tcp drop", "1:11: error: expected 'packet', not "
	  "'paket'", "did you mean 'packet'?" },
	{ "route tcp drop except", "1:22: error: expected", NULL },
	{ "default drop except 192.0.2.1", "1:14: error: ", NULL },
	{ "learn hosts", "1:7: error: expected 'dns', 'servers', "
	  "'min-confidence', 'ttl' or 'from', not 'hosts'", NULL },
	{ "learn dns", "1:10: error: expected 'on' or 'off'", NULL },
	{ "learn dns on dns off", "1:14: error: 'dns' is given twice",
	  NULL },
	{ "learn min-confidence 101", "1:22: error: ", NULL },
	{ "resolve", "1:8: error: expected 'ttl', 'grace', "
	  "'private-domain' or 'via'", NULL },
	{ "resolve via", "1:12: error: ", NULL },
	{ "resolve via main via main", "1:18: error: 'via' is given twice",
	  NULL },
	{ "resolve private-domain @a", "1:24: error: 'private-domain' takes "
	  "neither lists nor '='",
	  "write the names of the domains, such as { example.net }" },
	{ "resolve private-domain =a.example", "1:24: error: 'private-domain' "
	  "takes neither",
	  "write the names of the domains, such as { example.net }" },
	{ "resolve private-domain a.example private-domain b.example",
	  "1:34: error: ", NULL },
	{ "resolve ttl 0-9", "1:13: error: ", NULL },
	{ "resolve ttl 9-3", "1:13: error: the range ends before it starts",
	  "write 3-9" },
	{ "resolve grace 1 grace 2", "1:17: error: ", NULL },
	{ "exempt to 192.168.1.300", "1:11: error: '192.168.1.300': each "
	  "number of an IPv4 address is 0 to 255", NULL },
	{ "route to vip via main", "1:10: error: 'vip': not an address: "
	  "write '@vip' for a list", NULL },
	{ "exempt to nas.example:80", "1:11: error: 'nas.example:80': write "
	  "the name without a port", NULL },
	{ "learn ttl 9-3", "1:11: error: the range ends before it starts",
	  "write 3-9" },
	{ "learn ttl 0-604801", "1:11: error: ", NULL },
	{ "uplink a { dev a late soon }", "1:23: error: expected 'keep', "
	  "'move' or 'reset', not 'soon'", NULL },
	{ "uplink a { dev a hold 1s hold 2s }",
	  "1:26: error: 'hold' is given twice", NULL },
	{ "uplink a { dev a failback keep failback keep }",
	  "1:32: error: 'failback' is given twice", NULL },
	{ "uplink a { dev a failback stay }",
	  "1:27: error: expected 'keep', 'move' or 'reset'", NULL },
	{ "uplink a { dev a hold 5 }", "1:23: error: expected a time in s or ms",
	  "write 5s" },
	{ "uplink a { dev a late keep late move }",
	  "1:28: error: 'late' is given twice", NULL },
	{ "route tcp drop late keep", "1:16: error: a statement starts",
	  "insert a line break" },
	{ "late kep", "1:6: error: expected 'keep', 'move' or 'reset', "
	  "not 'kep'", "did you mean 'keep'?" },
	{ "uplink { dev a }", "1:8: error: expected the name of an uplink, "
	  "not '{'", NULL },
	{ "uplink route { dev a }", "1:8: error: expected the name of an "
	  "uplink, but 'route' is a reserved word",
	  "choose another name" },
	{ "uplink main { dev a }", "1:8: error: expected the name of an "
	  "uplink, but 'main' is", "choose another name" },
	{ "uplink 1a { dev a }", "1:8: error: '1a' is not a name",
	  "starts with a letter" },
	{ "uplink a { via 192.0.2.1 }", "1:8: error: uplink 'a' has no "
	  "device", "write { dev INTERFACE ... }" },
	{ "uplink a { dev b dev c }", "1:18: error: 'dev' is given twice",
	  NULL },
	{ "uplink a { dev abcdefghijklmnop }", "1:16: error: the name of an "
	  "interface has at most 15 characters", NULL },
	{ "uplink a { dev b via auto via auto }", "1:31: error: 'auto' is "
	  "given twice", NULL },
	{ "uplink a { dev b probe pong 192.0.2.1 }", "1:24: error: expected "
	  "'ping', 'tcp' or 'http', not 'pong'", "did you mean 'ping'?" },
	{ "uplink a { dev b probe tcp 192.0.2.1 }", "1:28: error: a tcp probe "
	  "needs a port", "write ADDRESS:PORT" },
	{ "uplink a { dev b probe ping 192.0.2.1:5 }", "1:39: error: this "
	  "protocol has no ports", NULL },
	{ "uplink a { dev b probe ping example.com }", "1:29: error: "
	  "'example.com' is not an address", NULL },
	{ "uplink a { dev b probe ping ::1 every 5 }", "1:39: error: expected "
	  "a time in s or ms, such as 5s or 500ms, not '5'", "write 5s" },
	{ "uplink a { dev b probe ping ::1 every 0s }", "1:39: error: '0' is "
	  "not a number of seconds (1 to 3600)", NULL },
	{ "uplink a { dev b probe ping ::1 up 0 }", "1:36: error: '0' is not "
	  "a number of probes (1 to 100)", NULL },
	{ "uplink a { dev b probe ping ::1 up 1 up 2 }", "1:38: error: 'up' "
	  "is given twice", NULL },
	{ "uplink a { dev b/c }", "1:16: error: this cannot be the name of "
	  "an interface", NULL },
	{ "uplink a { dev ppp* }", "1:16: error: a pattern is not allowed "
	  "here", NULL },
	{ "uplink a { dev b via 192.0.2.1 via 192.0.2.2 }", "1:36: error: "
	  "this uplink already has an IPv4 gateway", NULL },
	{ "uplink a { dev b via 192.0.2.0/24 }", "1:22: error: '192.0.2.0/24' "
	  "is not the address of a gateway", NULL },
	{ "uplink a { dev b table 254 }", "1:24: error: table 254 is "
	  "reserved by the kernel", "use 1 to 252 or" },
	{ "uplink a { dev b table 5 local }", "1:26: error: 'local' is the "
	  "name of a table of the kernel", NULL },
	{ "uplink a { dev b masqerade }", "1:18: error: expected an option of "
	  "the uplink or '}', not 'masqerade'", "did you mean 'masquerade'?" },
	{ "uplink a { dev b masquerade snat 192.0.2.9 }", "1:34: error: this "
	  "uplink already translates IPv4", "'masquerade ipv4' and" },
	{ "uplink a { dev b npt 2001:db8::/48 masquerade }", "1:36: error: "
	  "this uplink already translates IPv6", "'masquerade ipv4' and" },
	{ "uplink a { dev b masquerade masquerade }", "1:29: error: "
	  "'masquerade' is given twice", NULL },
	{ "uplink a { dev b masquerade from }", "1:34: error: expected an "
	  "address", NULL },
	{ "uplink a { dev b snat 192.0.2.0/24 }", "1:23: error: this cannot "
	  "be the source of packets", "write one unicast address" },
	{ "uplink a { dev b snat 224.0.0.1 }", "1:23: error: this cannot be "
	  "the source of packets", "write one unicast address" },
	{ "uplink a { dev b snat x }", "1:23: error: 'x': ", NULL },
	{ "uplink a { dev b snat strict }", "1:23: error: expected the source "
	  "address, not", NULL },
	{ "uplink a { dev b npt 192.0.2.0/24 }", "1:22: error: 'npt' needs an "
	  "IPv6 prefix of 1 to 127 bits", "write the prefix that" },
	{ "uplink a { dev b npt 2001:db8::1 }", "1:22: error: 'npt' needs an "
	  "IPv6 prefix", "write the prefix that" },
	{ "uplink a { dev b npt 2001:db8::1/64 }", "1:22: error: "
	  "'2001:db8::1/64': host bits are set", NULL },
	{ "uplink a { dev b mss 100 }", "1:22: error: '100' is not 'auto' "
	  "or a segment size", NULL },
	{ "uplink a { dev b mss auto mss 1400 }", "1:27: error: 'mss' is "
	  "given twice", NULL },
	{ "uplink a { dev b\nroute c via a", "1:10: error: this '{' is not "
	  "closed", NULL },
	{ "uplink a { dev b", "1:10: error: this '{' is not closed", NULL },
	{ "list address a { }", "1:6: error: expected 'addresses' or "
	  "'domains', not 'address'", "did you mean 'addresses'?" },
	{ "list addresses a { 192.0.2.1 192.0.2.2 }", "1:30: error: expected "
	  "',' or '}', not '192.0.2.2'", NULL },
	{ "list addresses a { 192.0.2.256 }", "1:20: error: '192.0.2.256'",
	  NULL },
	{ "list addresses a { @b }", "1:20: error: only 'from', 'to' and "
	  "'host' accept a list", NULL },
	{ "list addresses a { ,192.0.2.1 }", "1:20: error: expected an "
	  "address", NULL },
	{ "list addresses a { file b }", "1:25: error: expected a path in "
	  "quotes, not 'b'", NULL },
	{ "list addresses a { 192.0.2.1,\nroute b via c", "1:18: error: "
	  "this '{' is not closed", NULL },
	{ "list domains a { b; c }", "1:19: error: expected ',' or '}', not "
	  "';'", "write ','" },
	{ "route a, b via c", "1:8: error: expected a condition, not ','",
	  "write 'or' or 'and' between conditions" },
	{ "list domains a { a..b }", "1:18: error: 'a..b': ", NULL },
	{ "list domains a { *.b }", "1:18: error: '*.b': ",
	  "leave out the '*.'" },
	{ "exempt form 192.0.2.1", "1:8: error: expected 'from' or 'to', not "
	  "'form'", "did you mean 'from'?" },
	{ "exempt from { }", "1:15: error: expected an address, prefix, "
	  "range, host name or @LIST, not '}'", NULL },
	{ "exempt to 192.0.2.1 by", "1:23: error: expected 'rule', but the "
	  "text ends", NULL },
	{ "class a tcp", "1:9: error: expected '=' after the name, not 'tcp'",
	  NULL },
	{ "class a == tcp", "1:10: error: expected a condition, not '='",
	  "write a single =" },
	{ "class a =", "1:10: error: expected a condition, but the text ends",
	  NULL },
	{ "class a =\nroute b via c", "1:10: error: expected a condition, but "
	  "the statement ends", NULL },
	{ "class a = tcp && udp", "1:15: error: expected a condition",
	  "write 'and'" },
	{ "class a = tcp || udp", "1:15: error: expected a condition",
	  "write 'or'" },
	{ "class a = !tcp", "1:11: error: expected a condition",
	  "write 'not'" },
	{ "class a = TCP", "1:11: error: keywords are in lower case",
	  "write 'tcp'" },
	{ "class a = tcp dprot 25", "1:15: error: expected a condition, not "
	  "'dprot'", "did you mean 'dport'?" },
	{ "class a = b and", "1:16: error: expected a condition, but the text "
	  "ends", NULL },
	{ "class a = b or or c", "1:16: error: expected a condition, not "
	  "'or'", NULL },
	{ "class a = (b", "1:11: error: this '(' is not closed", NULL },
	{ "class a = b)", "1:12: error: expected the end of the statement, "
	  "not ')'", NULL },
	{ "class a = (tcp dport { 25\nclass b = c", "1:22: error: this '{' "
	  "is not closed", NULL },
	{ "class a = b via c", "1:13: error: a class has only a condition, "
	  "no uplink", "write a route for the class" },
	{ "class a = \"b\"", "1:11: error: expected a condition, not '\"b\"'",
	  NULL },
	{ "class a = \"b", "1:11: error: this string is not closed", NULL },
	{ "class a = @b", "1:11: error: expected a condition, not '@b'", NULL },
	{ "class a = 25", "1:11: error: expected a condition, not '25'",
	  "a condition is one of: proto, sport, dport, from, to, " },
	{ "class a = tcp dport", "1:20: error: expected a port or a range of "
	  "ports, but the text ends", NULL },
	{ "class a = tcp dport and udp", "1:21: error: expected a port or a "
	  "range of ports, not 'and'", NULL },
	{ "class a = tcp dport = 25", "1:21: error: expected a port or a range "
	  "of ports, not '='", "leave out the '='" },
	{ "class a = tcp dport smtp", "1:21: error: ports are numbers, not "
	  "'smtp'", "write 25" },
	{ "class a = tcp dport nosuchservice", "1:21: error: 'nosuchservice' "
	  "is not a port", NULL },
	{ "class a = tcp dport 65536", "1:21: error: '65536' is not a port or "
	  "a range of ports (0 to 65535)", NULL },
	{ "class a = tcp dport 1024:65535", "1:21: error: a range is written "
	  "with '-'", "write 1024-65535" },
	{ "class a = tcp dport 25, 26", "1:23: error: expected a condition",
	  "write several values in braces: { a, b }" },
	{ "class a = tcp dport @b", "1:21: error: only 'from', 'to' and "
	  "'host' accept a list", NULL },
	{ "class a = icmp dport 25", "1:16: error: this protocol has no "
	  "ports", NULL },
	{ "class a = proto 256", "1:17: error: '256' is not a protocol number "
	  "(0 to 255)", NULL },
	{ "class a = dscp eff", "1:16: error: expected a DSCP name or number, "
	  "not 'eff'", "did you mean 'ef'?" },
	{ "class a = dscp 64", "1:16: error: '64' is not a DSCP name or "
	  "number (0 to 63)", NULL },
	{ "class a = tos minimise-delay", "1:15: error: expected a TOS name, "
	  "value or value/mask", "did you mean 'minimize-delay'?" },
	{ "class a = tos 0x10/0x01", "1:15: error: this value has bits "
	  "outside its mask", NULL },
	{ "class a = tos 0x10/0x100", "1:20: error: '0x100' is not a TOS mask "
	  "(0x1 to 0xff)", NULL },
	{ "class a = tos 0x100", "1:15: error: '0x100' is not a TOS", NULL },
	{ "class a = length 70000", "1:18: error: '70000' is not a length",
	  NULL },
	{ "class a = uid 4294967295", "1:15: error: '4294967295' is not a "
	  "user number", NULL },
	{ "class a = in e*h", "1:14: error: '*' is allowed only at the end",
	  NULL },
	{ "class a = app and", "1:15: error: expected an application, not "
	  "'and'", NULL },
	{ "class a = app \"\"", "1:15: error: expected an application, not an "
	  "empty string", NULL },
	{ "class a = app b/c", "1:15: error: this is not the name of an "
	  "application", "'waymark hints' lists them" },
	{ "class a = host = b.c", "1:18: error: expected a host name right "
	  "after the '='", NULL },
	{ "class a = host https://b.c/", "1:16: error: 'https://b.c/': ",
	  "write only the host name" },
	{ "class a = host @route", "1:16: error: expected the name of a list, "
	  "but 'route' is", "choose another name" },
	{ "class a = payload \"b\"", "1:19: error: expected a pattern between "
	  "slashes, /like this/", NULL },
	{ "class a = payload /b", "1:19: error: this pattern is not closed",
	  NULL },
	{ "class a = payload //", "1:19: error: this pattern is empty", NULL },
	{ "route via a", "1:7: error: a route needs a condition",
	  "write 'default via UPLINK' for all other flows" },
	{ "route a", "1:8: error: expected 'via UPLINK' or 'drop', but the "
	  "text ends", NULL },
	{ "route a\nroute b via c", "1:8: error: expected 'via UPLINK' or "
	  "'drop', but the statement ends", NULL },
	{ "route mail vai cheap", "1:12: error: expected 'via UPLINK' or "
	  "'drop', not 'vai'", "did you mean 'via'?" },
	{ "route a via", "1:12: error: expected an uplink, but the text ends",
	  NULL },
	{ "route a via \"b\"", "1:13: error: expected an uplink",
	  "write the name without quotes and without '@'" },
	{ "route a via drop", "1:13: error: expected an uplink, but 'drop' "
	  "is a reserved word", "choose another name" },
	{ "route a exempt", "1:9: error: a route cannot exempt",
	  "write 'exempt from ...'" },
	{ "route a drop drop", "1:14: error: expected the end of the "
	  "statement, not 'drop'", NULL },
	{ "default main", "1:9: error: expected 'via UPLINK' or 'drop', not "
	  "'main'", NULL },
	{ "expect 192.0.2.1 > 192.0.2.2 drop", "1:8: error: expected a "
	  "protocol, not '192.0.2.1'", NULL },
	{ "expect tpc 192.0.2.1 > 192.0.2.2 drop", "1:8: error: expected a "
	  "protocol, not 'tpc'", "did you mean 'tcp'?" },
	{ "expect tcp 192.0.2.1 192.0.2.2 drop", "1:22: error: expected '>' "
	  "and the server's address, not '192.0.2.2'", NULL },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:70000 drop", "1:34: error: "
	  "'70000' is not a port (0 to 65535)", NULL },
	{ "expect tcp 192.0.2.1 > 192.0.2.2: drop", "1:34: error: '' is not a "
	  "port", NULL },
	{ "expect tcp 192.0.2.1 > 2001:db8::1 drop", "1:24: error: client "
	  "and server must both have an IPv4", NULL },
	{ "expect icmp 192.0.2.1 > 192.0.2.2:25 drop", "1:35: error: this "
	  "protocol has no ports", NULL },
	{ "expect tcp a.b > 192.0.2.2:25 drop", "1:12: error: 'a.b' is not an "
	  "address", NULL },
	{ "expect tcp : > 192.0.2.2:25 drop", "1:12: error: ':' is not an "
	  "address", NULL },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:25 hots a via b", "1:37: error: "
	  "expected 'via UPLINK', 'drop', 'exempt', 'first', 'late' or a "
	  "property of the flow, not 'hots'", "did you mean 'host'?" },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:25 app a app b via c", "1:43: "
	  "error: 'app' is given twice", NULL },
	{ "route proto tcp dport 25 via a", "1:7: error: 'proto' is followed "
	  "by a number", "leave out 'proto'" },
	{ "route tcp dport 25 use a", "1:20: error: expected 'via UPLINK' or "
	  "'drop', not 'use'", "did you mean 'via'?" },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:25", "1:36: error: expected "
	  "'via UPLINK', 'drop', 'exempt', 'first', 'late' or a property", NULL },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:25 exempt late keep", "1:37: "
	  "error: the main table routes all packets of an exempt flow",
	  "write 'exempt' alone" },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:25 first exempt", "1:37: error: "
	  "the main table routes all packets of an exempt flow",
	  "write 'exempt' alone" },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:25 first late keep", "1:43: "
	  "error: expected 'via UPLINK', 'drop' or 'exempt', not 'late'", NULL },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:25 via a late later", "1:48: "
	  "error: expected 'keep', 'move' or 'reset', not 'later'", NULL },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:25 ech ech via c", "1:41: "
	  "error: 'ech' is given twice", NULL },
	{ "expect tcp 192.0.2.1 > 192.0.2.2:25 ja4 " JA4 " ja4 " JA4 " drop",
	  "1:78: error: 'ja4' is given twice", NULL },
	{ "class a = ja4", "1:14: error: expected a JA4 fingerprint, but "
	  "the text ends", NULL },
	{ "class a = ja4 t13d", "1:15: error: this is not a JA4 fingerprint",
	  FIX },
	{ "class a = ja4 " JA4 "0", "1:15: error: this is not a JA4 "
	  "fingerprint", FIX },
	{ "class a = ja4 " "t13d1516h2_8DAAf6152771_b186095e22b6", "1:15: "
	  "error: this is not a JA4 fingerprint", FIX },
	{ "class a = ja4 " "x13d1516h2_8daaf6152771_b186095e22b6", "1:15: "
	  "error: this is not a JA4 fingerprint", FIX },
	{ "class a = ja4 @b", "1:15: error: only 'from', 'to' and 'host' "
	  "accept a list", NULL },
	{ "route mac 02:00:5e:00:53:01 via a", "1:7: error: there is no "
	  "condition 'mac'", "a condition is one of: proto, sport" },
	{ "route country { NL, BE } via a", "1:7: error: there is no condition "
	  "'country'", "a condition is one of: proto, sport" },
	{ "route tcp time 22:00-06:00 drop", "1:11: error: there is no "
	  "condition 'time'", "a condition is one of: proto, sport" },
	{ "route form 192.0.2.1 via a", "1:7: error: expected a condition, not "
	  "'form'", "did you mean 'from'?" },
	{ "route tcp via 198.51.101.1", "1:15: error: expected the name of an "
	  "uplink, not the address of a gateway",
	  "uplink NAME { dev INTERFACE via 198.51.101.1 }" },
	{ "default via { a, 2001:db8::1 }", "1:18: error: expected the name of "
	  "an uplink", "via 2001:db8::1 }" },
	{ "default via { a 75%, b x% }", "1:24: error: 'x' is not a weight",
	  NULL },
	{ "uplink a { dev b probe ping ::1 every 5min }", "1:39: error: "
	  "expected a time in s or ms, such as 5s or 500ms, not '5min'",
	  "write 300s" },
	{ "uplink a { dev b probe ping ::1 every 2h }", "1:39: error: expected "
	  "a time in s or ms", NULL },
	{ "route -p tcp --dport 25 via a", "1:7: error: expected a condition, "
	  "not '-p'", "write: tcp dport 25" },
	{ "class a = -p udp -m udp -s 10.0.0.0/8 --sport 53 # dns",
	  "1:11: error: expected a condition, not '-p'",
	  "write: udp from 10.0.0.0/8 sport 53\n" },
	{ "exempt tcp dport 22 # ssh", "1:8: error: an exemption has only "
	  "addresses: expected 'from' or 'to', not 'tcp'",
	  "write: route tcp dport 22 via main\n" },
	{ "class a = host /video/", "1:16: error: '/video/': ", "a host is a "
	  "name, not a pattern" },
	{ "include a", "1:9: error: expected a path in quotes, not 'a'",
	  NULL },
	{ "include \"/nothing/there\"", "1:9: error: cannot read "
	  "'/nothing/there': No such file or directory", NULL },
	{ "include \"/\"", "1:9: error: cannot read '/': it is a directory",
	  NULL },
	{ "a\x01\nb\x02\nc\x03", "1:2: error: a policy cannot have the "
	  "control character 0x01", "is this a text file?" },
};

START_TEST(refuses)
{
	struct diag *diag = diag_new();
	struct ast *ast = ast_parse("p", bad[_i].text, strlen(bad[_i].text),
				    diag);
	const char *got = printed_diag(diag);
	char want[200];

	snprintf(want, sizeof(want), "p:%s", bad[_i].want);
	ck_assert_msg(diag_errors(diag) == 1, "%s\n%s", bad[_i].text, got);
	ck_assert_msg(strncmp(got, want, strlen(want)) == 0, "got\n%swant\n%s",
		      got, want);
	got = strchr(got, '^');
	got += strspn(got, "^~");
	if (bad[_i].fix == NULL)
		ck_assert_str_eq(got, "\n");
	else
		ck_assert_msg(strstr(got, bad[_i].fix) != NULL,
			      "got%swant %s", got, bad[_i].fix);
	ck_assert_ptr_nonnull(ast);
	ast_free(ast);
	diag_free(diag);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parser_errors");
	TCase *tcase = tcase_create("parser_errors");

	tcase_add_loop_test(tcase, refuses, 0, ROWS(bad));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
