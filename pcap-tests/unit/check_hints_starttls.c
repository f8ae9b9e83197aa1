/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hints_starttls.c - TLS after STARTTLS, CONNECT, SOCKS or PROXY: the
 * host is the one in the ClientHello. */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_ftp, hint_haproxy, hint_http, hint_imap,
	hint_irc, hint_ldap_tcp, hint_managesieve, hint_mssql, hint_mysql,
	hint_nntp, hint_pop3, hint_postgresql, hint_rdp, hint_smtp, hint_socks;

#define LDAP_STARTTLS "\x30\x1d\2\1\1\x77\x18\x80\x16" \
	"1.3.6.1.4.1.1466.20037"
#define LDAP_ROOT "\x30\x25\2\1\1\x63\x20\4\0\x0a\1\0\x0a\1\0\2\1\0\2\1\0" \
	"\1\1\0\x87\x0bobjectclass\x30\0"
#define LDAP_ANSWER "\x30\x0c\2\1\1\x78\7\x0a\1\0\4\0\4\0"
#define LDAP_DONE "\x30\x0c\2\1\1\x65\7\x0a\1\0\4\0\4\0"
/* Version, encryption, end; then the version and "encrypt all". */
#define TDS_PRELOGIN "\x12\1\0\x1a\0\0\1\0" \
	"\0\0\x0b\0\6\1\0\x11\0\1\xff" "\x10\0\0\0\0\0" "\1"
#define TDS_HELLO "\x12\1\0\x4d\0\0\2\0" MX_HELLO
#define MYSQL_SSL "\x20\0\0\1\x85\xae\x3f\x20\0\0\0\1\x21" \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define RDP_REQUEST "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0"
#define SIEVE "\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK\r\n"
#define SOCKS5 "\5\1\0" "\5\1\0\1\xc6\x33\x64\7\1\xbb"
#define V2 "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" \
	"\xc0\0\2\x09\xc6\x33\x64\7\x9c\x40\1\xbb"
#define MX .host = "mx.test"

static const struct {
	const struct hint *hint;
	struct hint_row row;
} rows[] = {
	{ &hint_smtp, { "SMTP", HINT_YES, MX,
	  .payload = BYTES("EHLO a\r\nSTARTTLS\r\n" MX_HELLO) } },
	{ &hint_imap, { "IMAP", HINT_YES, MX,
	  .payload = BYTES("1 ID NIL\r\n2 STARTTLS\r\n" MX_HELLO) } },
	{ &hint_pop3, { "POP3 after the list of mechanisms", HINT_YES, MX,
	  .opposite = BYTES("+OK\r\n"),
	  .payload = BYTES("AUTH\r\nCAPA\r\nSTLS\r\n" MX_HELLO) } },
	{ &hint_ftp, { "FTP", HINT_YES, MX,
	  .opposite = BYTES("220 ready\r\n"),
	  .payload = BYTES("AUTH TLS\r\n" MX_HELLO) } },
	{ &hint_ftp, { "FTP after its features", HINT_YES, MX,
	  .payload = BYTES("FEAT\r\nAUTH TLS\r\n" MX_HELLO) } },
	{ &hint_ftp, { "FTP, the second AUTH accepted", HINT_YES, MX,
	  .opposite = BYTES("220 ready\r\n504 no\r\n234 go\r\n"),
	  .payload = BYTES("AUTH SSL\r\nAUTH TLS\r\n" MX_HELLO) } },
	{ &hint_ftp, { "FTP without its greeting", HINT_YES, MX,
	  .payload = BYTES("AUTH TLS\r\n" MX_HELLO) } },
	{ &hint_ftp, { "FTP, AUTH refused", HINT_YES,
	  .opposite = BYTES("220 ready\r\n504 no\r\n"),
	  .payload = BYTES("AUTH TLS\r\nUSER a\r\n") } },
	{ &hint_ftp, { "FTP features", HINT_YES, .more = true,
	  .payload = BYTES("FEAT\r\n") } },
	{ &hint_ldap_tcp, { "LDAP", HINT_YES, MX,
	  .payload = BYTES(LDAP_STARTTLS MX_HELLO) } },
	{ &hint_ldap_tcp, { "LDAP, answered", HINT_YES, .more = true,
	  .from_server = true, .opposite = BYTES(LDAP_STARTTLS),
	  .payload = BYTES(LDAP_ANSWER) } },
	{ &hint_ldap_tcp, { "LDAP, only the response", HINT_YES, .more = true,
	  .from_server = true, .payload = BYTES(LDAP_ANSWER) } },
	{ &hint_ldap_tcp, { "LDAP after the root DSE", HINT_YES, MX,
	  .payload = BYTES(LDAP_ROOT LDAP_STARTTLS MX_HELLO) } },
	{ &hint_ldap_tcp, { "LDAP, the root DSE found", HINT_YES, .more = true,
	  .from_server = true, .opposite = BYTES(LDAP_ROOT),
	  .payload = BYTES(LDAP_DONE) } },
	{ &hint_ldap_tcp, { "LDAP, another search", HINT_YES,
	  .from_server = true,
	  .payload = BYTES(LDAP_DONE) } },
	{ &hint_nntp, { "NNTP", HINT_YES, MX,
	  .opposite = BYTES("200 ready\r\n"),
	  .payload = BYTES("CAPABILITIES\r\nSTARTTLS\r\n" MX_HELLO) } },
	{ &hint_nntp, { "NNTP, only the greeting", HINT_MORE,
	  .from_server = true, .payload = BYTES("200 ready\r\n") } },
	{ &hint_nntp, { "NNTP, a greeting and a command", HINT_YES,
	  .more = true, .opposite = BYTES("200 ready\r\n"),
	  .payload = BYTES("MODE READER\r\n") } },
	{ &hint_nntp, { "NNTP, a greeting and a group", HINT_YES,
	  .opposite = BYTES("200 ready\r\n"),
	  .payload = BYTES("GROUP misc.test\r\n") } },
	{ &hint_nntp, { "NNTP, unknown arguments", HINT_MORE,
	  .payload = BYTES("GROUP misc.test\r\n") } },
	{ &hint_nntp, { "NNTP, two replies", HINT_YES, .more = true,
	  .from_server = true,
	  .payload = BYTES("200 ready\r\n211 5 1 5 misc.test\r\n") } },
	{ &hint_managesieve, { "ManageSieve", HINT_YES, MX,
	  .opposite = BYTES(SIEVE),
	  .payload = BYTES("STARTTLS\r\n" MX_HELLO) } },
	{ &hint_managesieve, { "ManageSieve, capabilities", HINT_YES,
	  .from_server = true, .more = true,
	  .payload = BYTES("\"SASL\" \"PLAIN\"\r\n"
			   "\"SIEVE\" \"fileinto\"\r\n") } },
	{ &hint_managesieve, { "ManageSieve, login", HINT_YES,
	  .opposite = BYTES(SIEVE),
	  .payload = BYTES("AUTHENTICATE \"PLAIN\" \"eA==\"\r\n") } },
	{ &hint_managesieve, { "STARTTLS alone", HINT_MORE,
	  .payload = BYTES("STARTTLS\r\n") } },
	{ &hint_managesieve, { "other words in quotes", HINT_NO,
	  .from_server = true, .payload = BYTES("\"HELLO\" \"x\"\r\n") } },
	{ &hint_irc, { "IRC", HINT_YES, MX,
	  .payload = BYTES("CAP LS 302\r\nSTARTTLS\r\n" MX_HELLO) } },
	{ &hint_irc, { "IRC without capabilities", HINT_YES, MX,
	  .opposite = BYTES(":irc.test NOTICE * :looking up\r\n"),
	  .payload = BYTES("STARTTLS\r\n" MX_HELLO) } },
	{ &hint_irc, { "IRC, TLS accepted", HINT_YES, MX,
	  .opposite = BYTES(":irc.test 670 * :go\r\n"),
	  .payload = BYTES("STARTTLS\r\n" MX_HELLO) } },
	{ &hint_irc, { "IRC, registered", HINT_YES, .from_server = true,
	  .payload = BYTES(":irc.test 001 a :welcome\r\n") } },
	{ &hint_mssql, { "TDS", HINT_YES, MX,
	  .payload = BYTES(TDS_PRELOGIN TDS_HELLO) } },
	{ &hint_mssql, { "TDS, the hello in two packets", HINT_YES, MX,
	  .payload = BYTES(TDS_PRELOGIN "\x12\0\0\x0a\0\0\2\0" "\x16\3"
			   "\x12\1\0\x4b\0\0\3\0" "\1\0\x40\1\0\0\x3c\3\3"
			   "................................"
			   "\0\0\2\x13\1\1\0\0\x11\0\0\0\x0c\0\x0a\0\0\7"
			   "mx.test\x12") } },
	{ &hint_mssql, { "TDS, before the server's answer", HINT_YES,
	  .more = true, .payload = BYTES(TDS_PRELOGIN) } },
	{ &hint_mssql, { "TDS, a login without TLS", HINT_YES,
	  .payload = BYTES(TDS_PRELOGIN "\x10\1\0\x0c\0\0\1\0abcd") } },
	{ &hint_mssql, { "TDS, a version of another size", HINT_NO,
	  .payload = BYTES("\x12\1\0\x1a\0\0\1\0"
			   "\0\0\x0b\0\7\1\0\x11\0\1\xff"
			   "\x10\0\0\0\0\0\1") } },
	{ &hint_mssql, { "TDS, a version beyond the end", HINT_NO,
	  .payload = BYTES("\x12\1\0\x1a\0\0\1\0"
			   "\0\0\x20\0\6\1\0\x11\0\1\xff"
			   "\x10\0\0\0\0\0\1") } },
	{ &hint_mysql, { "MySQL", HINT_YES, MX,
	  .payload = BYTES(MYSQL_SSL MX_HELLO) } },
	{ &hint_mysql, { "MySQL, TLS requested", HINT_YES, .more = true,
	  .payload = BYTES(MYSQL_SSL) } },
	{ &hint_mysql, { "MySQL, not all zeros", HINT_NO,
	  .payload = BYTES("\x20\0\0\1\x85\xae\x3f\x20\0\0\0\1\x21"
			   "\0\0\0\0\0\0\0\1\0\0\0"
			   "\0\0\0\0\0\0\0\0\0\0\0\0") } },
	{ &hint_mysql, { "MySQL, a login without TLS", HINT_YES,
	  .payload = BYTES("\x40\0\0\1\x85\xa6\x3f\x20\0\0\0\1\x21"
			   "\0\0\0\0\0\0\0\0\0\0\0"
			   "\0\0\0\0\0\0\0\0\0\0\0\0" "a\0") } },
	{ &hint_mysql, { "MySQL, an error as greeting", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x2d\0\0\0\xff\x6a\4Host '192.0.2.9' is not "
			   "allowed to connect") } },
	{ &hint_mysql, { "MySQL, an error with a state", HINT_YES,
	  .from_server = true,
	  .payload = BYTES("\x1c\0\0\0\xff\x10\4#08004Too many connection") } },
	{ &hint_mysql, { "an error without text", HINT_NO,
	  .from_server = true,
	  .payload = BYTES("\x0b\0\0\0\xff\x6a\4\1\2\3\4\5\6\7\x08") } },
	{ &hint_postgresql, { "PostgreSQL", HINT_YES, MX,
	  .payload = BYTES("\0\0\0\x08\4\xd2\x16\x2f" MX_HELLO) } },
	{ &hint_postgresql, { "PostgreSQL, GSSAPI refused", HINT_YES, MX,
	  .payload = BYTES("\0\0\0\x08\4\xd2\x16\x30"
			   "\0\0\0\x08\4\xd2\x16\x2f" MX_HELLO) } },
	{ &hint_postgresql, { "PostgreSQL, TLS refused", HINT_YES,
	  .payload = BYTES("\0\0\0\x08\4\xd2\x16\x2f"
			   "\0\0\0\x1d\0\3\0\0user\0me\0") } },
	{ &hint_rdp, { "RDP", HINT_YES, MX,
	  .payload = BYTES(RDP_REQUEST MX_HELLO) } },
	{ &hint_rdp, { "RDP without TLS", HINT_YES,
	  .payload = BYTES(RDP_REQUEST "\3\0\1\x94\2\xf0\x80\x7f") } },
	{ &hint_rdp, { "RDP, TLS refused", HINT_YES, .from_server = true,
	  .payload = BYTES("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0"
			   "\3\0\x08\0\5\0\0\0") } },
	{ &hint_http, { "CONNECT to an address", HINT_YES, MX,
	  .payload = BYTES("CONNECT 198.51.100.7:443 HTTP/1.1\r\n"
			   "Host: 198.51.100.7:443\r\n\r\n" MX_HELLO) } },
	{ &hint_http, { "CONNECT to an IPv6 address", HINT_YES, MX,
	  .payload = BYTES("CONNECT [2001:db8::7]:443 HTTP/1.1\r\n\r\n"
			   MX_HELLO) } },
	{ &hint_http, { "CONNECT to an address, nothing after it", HINT_YES,
			.more = true,
	  .payload = BYTES("CONNECT 198.51.100.7:443 HTTP/1.1\r\n\r\n") } },
	{ &hint_http, { "CONNECT to an address, HTTP", HINT_YES,
	  .host = "www.test",
	  .payload = BYTES("CONNECT 198.51.100.7:80 HTTP/1.1\r\n\r\n"
			   "GET / HTTP/1.1\r\nHost: www.test\r\n\r\n") } },
	{ &hint_http, { "CONNECT to an address, SSH", HINT_YES,
	  .host = "198.51.100.7",
	  .payload = BYTES("CONNECT 198.51.100.7:22 HTTP/1.1\r\n\r\n"
			   "SSH-2.0-x\r\n") } },
	{ &hint_http, { "CONNECT within CONNECT", HINT_YES,
	  .host = "198.51.100.8",
	  .payload = BYTES("CONNECT 198.51.100.7:80 HTTP/1.1\r\n\r\n"
			   "CONNECT 198.51.100.8:80 HTTP/1.1\r\n\r\n"
			   MX_HELLO) } },
	{ &hint_socks, { "SOCKS 5 to an address", HINT_YES, MX,
	  .opposite = BYTES("\5\0\5\0\0\1\0\0\0\0\0\0"),
	  .payload = BYTES(SOCKS5 MX_HELLO) } },
	{ &hint_socks, { "SOCKS 5 to an IPv6 address", HINT_YES, MX,
	  .opposite = BYTES("\5\0"),
	  .payload = BYTES("\5\1\0" "\5\1\0\4"
			   "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\7\1\xbb"
			   MX_HELLO) } },
	{ &hint_socks, { "SOCKS 5, granted", HINT_YES, .more = true,
	  .from_server = true, .opposite = BYTES(SOCKS5),
	  .payload = BYTES("\5\0\5\0\0\1\0\0\0\0\0\0") } },
	{ &hint_socks, { "SOCKS 5, HTTP", HINT_YES, .host = "www.test",
	  .opposite = BYTES("\5\0"),
	  .payload = BYTES(SOCKS5 "GET / HTTP/1.1\r\n"
			   "Host: www.test\r\n\r\n") } },
	{ &hint_socks, { "SOCKS 4 to an address", HINT_YES, MX, .app = "socks4",
	  .opposite = BYTES("\0\x5a\0\0\0\0\0\0"),
	  .payload = BYTES("\4\1\1\xbb\xc6\x33\x64\7me\0" MX_HELLO) } },
	{ &hint_haproxy, { "PROXY version 1", HINT_YES, MX,
	  .payload = BYTES("PROXY TCP4 192.0.2.9 198.51.100.7 40000 443\r\n"
			   MX_HELLO) } },
	{ &hint_haproxy, { "PROXY version 2", HINT_YES, MX,
	  .payload = BYTES(V2 MX_HELLO) } },
	{ &hint_haproxy, { "PROXY, HTTP", HINT_YES, .host = "www.test",
	  .payload = BYTES("PROXY UNKNOWN\r\n"
			   "GET / HTTP/1.1\r\nHost: www.test\r\n\r\n") } },
	{ &hint_haproxy, { "PROXY, nothing after it", HINT_YES, .more = true,
	  .payload = BYTES("PROXY TCP6 2001:db8::9 "
			   "2001:db8::7 4000 25\r\n") } },
	{ &hint_haproxy, { "PROXY, SMTP", HINT_YES,
	  .payload = BYTES(V2 "EHLO a\r\n") } },
	{ &hint_haproxy, { "PROXY in binary, another version", HINT_NO,
	  .payload = BYTES("\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c") } },
	{ &hint_haproxy, { "PROXY of another kind", HINT_NO,
	  .payload = BYTES("PROXY SCTP ") } },
};

START_TEST(row)
{
	try_hint_row(rows[_i].hint, &rows[_i].row);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hints_starttls");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
