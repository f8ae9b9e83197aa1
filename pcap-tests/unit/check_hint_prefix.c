/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_hint_prefix.c - first messages with fixed bytes (prefix_tcp.c,
 * prefix_udp.c). */
#include "pcap-tests/unit/try_hint.h"
#include "pcap-tests/unit/unit.h"

extern const struct hint hint_prefix_tcp;
extern const struct hint hint_prefix_udp;

static const struct {
	const struct hint *hint;
	struct hint_row row;
} rows[] = {
	{ &hint_prefix_tcp, { "AMQP 0-9-1", HINT_YES,
	  .app = "amqp",
	  .payload = BYTES("\x41\x4d\x51\x50\x00\x00\x09\x01") } },
	{ &hint_prefix_tcp, { "AMQP 1.0, from the server", HINT_YES,
	  .from_server = true,
	  .app = "amqp",
	  .payload = BYTES("\x41\x4d\x51\x50\x00\x01\x00\x00") } },
	{ &hint_prefix_tcp, { "VNC", HINT_YES,
	  .from_server = true,
	  .app = "vnc",
	  .payload = BYTES("RFB 003.008\n") } },
	{ &hint_prefix_tcp, { "cut", HINT_MORE,
	  .payload = BYTES("RFB 0") } },
	{ &hint_prefix_tcp, { "not VNC", HINT_NO,
	  .payload = BYTES("RFB 103.008\n") } },
	{ &hint_prefix_tcp, { "BGP open", HINT_YES,
	  .app = "bgp",
	  .payload = BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
			"\xff\xff\xff\xff\xff\x00\x1d\x01\x04\xfe\x09"
			"\x00\xb4\xc0\x00\x02\x01\x00") } },
	{ &hint_prefix_tcp, { "BGP, length below the header's", HINT_NO,
	  .payload = BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
			"\xff\xff\xff\xff\xff\x00\x05\x01") } },
	{ &hint_prefix_tcp, { "PPTP", HINT_YES,
	  .app = "pptp",
	  .payload = BYTES("\x00\x9c\x00\x01\x1a\x2b\x3c\x4d\x00\x01\x00"
			"\x00") } },
	{ &hint_prefix_tcp, { "FIX", HINT_YES,
	  .app = "fix",
	  .payload = BYTES("\x38\x3d\x46\x49\x58\x2e\x34\x2e\x32\x01\x39"
			"\x3d\x36\x35\x01") } },
	{ &hint_prefix_tcp, { "AJP request", HINT_YES,
	  .app = "ajp",
	  .payload = BYTES("\x12\x34\x00\x49\x02\x02\x00\x08\x48\x54\x54"
			"\x50\x2f\x31\x2e\x31\x00") } },
	{ &hint_prefix_tcp, { "OPC UA", HINT_YES,
	  .app = "opcua",
	  .payload = BYTES("\x48\x45\x4c\x46\x20\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "OPC UA, length 0", HINT_NO,
	  .payload = BYTES("\x48\x45\x4c\x46\x02\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "EtherNet/IP registers", HINT_YES,
	  .app = "ethernetip",
	  .payload = BYTES("\x65\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x01\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "Bitcoin", HINT_YES,
	  .app = "bitcoin",
	  .payload = BYTES("\xf9\xbe\xb4\xd9\x76\x65\x72\x73\x69\x6f\x6e"
			"\x00\x00\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "ZooKeeper", HINT_YES,
	  .app = "zookeeper",
	  .payload = BYTES("\x00\x00\x00\x2d\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x75\x30\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "NATS", HINT_YES,
	  .from_server = true,
	  .app = "nats",
	  .payload = BYTES("INFO {\"server_id\":\"ND\"") } },
	{ &hint_prefix_tcp, { "STOMP", HINT_YES,
	  .app = "stomp",
	  .payload = BYTES("CONNECT\n"
			"accept-version:1.2\n") } },
	{ &hint_prefix_tcp, { "HTTP CONNECT", HINT_NO,
	  .payload = BYTES("CONNECT a.test:443 HTTP/1.1\r\n") } },
	{ &hint_prefix_tcp, { "Cassandra asks for options", HINT_YES,
	  .app = "cassandra",
	  .payload = BYTES("\x04\x00\x00\x00\x05\x00\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "OpenWire", HINT_YES,
	  .app = "openwire",
	  .payload = BYTES("\x00\x00\x00\xda\x01\x41\x63\x74\x69\x76\x65"
			"\x4d\x51\x00\x00\x00\x0a") } },
	{ &hint_prefix_tcp, { "Oracle", HINT_YES,
	  .app = "oracle",
	  .payload = BYTES("\x00\xd4\x00\x00\x01\x00\x00\x00\x01\x3b\x01"
			"\x2c\x0c\x41\x20\x00") } },
	{ &hint_prefix_tcp, { "MS SQL, before the login", HINT_YES,
	  .app = "mssql",
	  .payload = BYTES("\x12\x01\x00\x2f\x00\x00\x01\x00\x00\x00\x1a"
			"\x00\x06\x01\x00\x20\x00\x01") } },
	{ &hint_prefix_tcp, { "Diameter capabilities", HINT_YES,
	  .app = "diameter",
	  .payload = BYTES("\x01\x00\x00\x9c\x80\x00\x01\x01\x00\x00\x00"
			"\x00\x1f\x1f\x1f\x1f\x2e\x2e\x2e\x2e\x00\x00"
			"\x01\x08\x40\x00\x00\x15") } },
	{ &hint_prefix_tcp, { "SMPP bind and response", HINT_YES,
	  .app = "smpp",
	  .payload = BYTES("\x00\x00\x00\x28\x00\x00\x00\x02\x00\x00\x00"
			"\x00\x00\x00\x00\x01\x61\x61\x61\x61\x61\x61"
			"\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61"
			"\x61\x61\x61\x61\x61\x61\x61"),
	  .opposite = BYTES("\x00\x00\x00\x14\x80\x00\x00\x02\x00\x00\x00"
			"\x00\x00\x00\x00\x01\x61\x61\x61\x61") } },
	{ &hint_prefix_tcp, { "SMPP bind only", HINT_MORE,
	  .payload = BYTES("\x00\x00\x00\x28\x00\x00\x00\x02\x00\x00\x00"
			"\x00\x00\x00\x00\x01\x61\x61\x61\x61\x61\x61"
			"\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61"
			"\x61\x61\x61\x61\x61\x61\x61") } },
	{ &hint_prefix_tcp, { "SMPP bind, another response", HINT_NO,
	  .payload = BYTES("\x00\x00\x00\x28\x00\x00\x00\x02\x00\x00\x00"
			"\x00\x00\x00\x00\x01\x61\x61\x61\x61\x61\x61"
			"\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61\x61"
			"\x61\x61\x61\x61\x61\x61\x61"),
	  .opposite = BYTES("HTTP/1.1 400 Bad Request\r\n") } },
	{ &hint_prefix_tcp, { "OpenFlow, both hellos", HINT_YES,
	  .app = "openflow",
	  .payload = BYTES("\x04\x00\x00\x10\x00\x00\x00\x01\x00\x01\x00"
			"\x08\x00\x00\x00\x10"),
	  .opposite = BYTES("\x04\x00\x00\x10\x00\x00\x00\x07\x00\x01\x00"
			"\x08\x00\x00\x00\x10") } },
	{ &hint_prefix_tcp, { "ISO on TCP is not OpenFlow", HINT_NO,
	  .payload = BYTES("\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00"
			"\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"),
	  .opposite = BYTES("\x03\x00\x00\x16\x11\xd0\x00\x01\x00\x01\x00"
			"\xc0") } },
	{ &hint_prefix_tcp, { "ADS", HINT_YES,
	  .app = "ads",
	  .payload = BYTES("\x00\x00\x20\x00\x00\x00\x05\x0d\x75\x60\x01"
			"\x01\x10\x27\xc0\xa8\x01\x63\x01\x01\x03\x80"
			"\x04\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x05\x00\x00\x00"),
	  .opposite = BYTES("\x00\x00\x28\x00\x00\x00\xc0\xa8\x01\x63\x01"
			"\x01\x03\x80\x05\x0d\x75\x60\x01\x01\x10\x27"
			"\x04\x00\x05\x00\x08\x00\x00\x00\x00\x00\x00"
			"\x00\x05\x00\x00\x00\x00\x00\x00\x00\x02\x01"
			"\x00\x00") } },
	{ &hint_prefix_tcp, { "AFP", HINT_YES,
	  .app = "afp",
	  .payload = BYTES("\x00\x03\x00\x01\x00\x00\x00\x00\x00\x00\x00"
			"\x02\x00\x00\x00\x00\x0f\x00"),
	  .opposite = BYTES("\x01\x03\x00\x01\x00\x00\x00\x00\x00\x00\x00"
			"\x02\x00\x00\x00\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "CORBA", HINT_YES,
	  .app = "corba",
	  .payload = BYTES("\x47\x49\x4f\x50\x01\x02\x00\x00") } },
	{ &hint_prefix_tcp, { "Ceph", HINT_YES,
	  .app = "ceph",
	  .payload = BYTES("ceph v027") } },
	{ &hint_prefix_tcp, { "Checkmk", HINT_YES,
	  .from_server = true,
	  .app = "checkmk",
	  .payload = BYTES("<<<check_mk>>>\n"
			"Version: 2") } },
	{ &hint_prefix_tcp, { "Citrix", HINT_YES,
	  .app = "citrix",
	  .payload = BYTES("\x7f\x7f\x49\x43\x41\x00") } },
	{ &hint_prefix_tcp, { "CVS", HINT_YES,
	  .app = "cvs",
	  .payload = BYTES("BEGIN AUTH REQUEST\n"
			"/cvs\n") } },
	{ &hint_prefix_tcp, { "distcc", HINT_YES,
	  .app = "distcc",
	  .payload = BYTES("DIST00000001ARGC00000008") } },
	{ &hint_prefix_tcp, { "DRDA", HINT_YES,
	  .app = "drda",
	  .payload = BYTES("\x00\x58\xd0\x41\x00\x01\x00\x52\x10\x41") } },
	{ &hint_prefix_tcp, { "eDonkey", HINT_YES,
	  .app = "edonkey",
	  .payload = BYTES("\xe3\x77\x00\x00\x00\x01\x10\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00") } },
	{ &hint_prefix_tcp, { "Elasticsearch", HINT_YES,
	  .app = "elasticsearch",
	  .payload = BYTES("\x45\x53\x00\x00\x00\x34\x00\x00\x00\x00\x00"
			"\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "FastCGI", HINT_YES,
	  .app = "fastcgi",
	  .payload = BYTES("\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x01"
			"\x00\x00\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "Firebird", HINT_YES,
	  .app = "firebird",
	  .payload = BYTES("\x00\x00\x00\x01\x00\x00\x00\x13\x00\x00\x00"
			"\x03\x00\x00\x00\x01") } },
	{ &hint_prefix_tcp, { "Gearman", HINT_YES,
	  .app = "gearman",
	  .payload = BYTES("\x00\x52\x45\x51\x00\x00\x00\x09\x00\x00\x00"
			"\x00") } },
	{ &hint_prefix_tcp, { "Gnutella", HINT_YES,
	  .app = "gnutella",
	  .payload = BYTES("GNUTELLA CONNECT/0.6\r\n") } },
	{ &hint_prefix_tcp, { "H.323 setup", HINT_YES,
	  .app = "h323",
	  .payload = BYTES("\x03\x00\x00\x64\x08\x02\x00\x01\x05\x04\x03"
			"\x88") } },
	{ &hint_prefix_tcp, { "Hadoop", HINT_YES,
	  .app = "hadoop",
	  .payload = BYTES("\x68\x72\x70\x63\x09\x00\x00") } },
	{ &hint_prefix_tcp, { "HL7", HINT_YES,
	  .app = "hl7",
	  .payload = BYTES("\x0b\x4d\x53\x48\x7c\x5e\x7e\x5c\x26\x7c\x41"
			"\x7c\x42") } },
	{ &hint_prefix_tcp, { "iSCSI", HINT_YES,
	  .app = "iscsi",
	  .payload = BYTES("\x43\x87\x00\x00\x00\x00\x01\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x49\x6e\x69\x74\x69\x61\x74"
			"\x6f\x72\x4e\x61\x6d\x65\x3d\x69\x71\x6e\x2e"
			"\x78") } },
	{ &hint_prefix_tcp, { "JDWP", HINT_YES,
	  .app = "jdwp",
	  .payload = BYTES("JDWP-Handshake") } },
	{ &hint_prefix_tcp, { "printer", HINT_YES,
	  .app = "jetdirect",
	  .payload = BYTES("\x1b\x25\x2d\x31\x32\x33\x34\x35\x58\x40\x50"
			"\x4a\x4c\x0d\x0a") } },
	{ &hint_prefix_tcp, { "LDP", HINT_YES,
	  .app = "ldp",
	  .payload = BYTES("\x00\x01\x00\x24\x0a\x00\x00\x06\x00\x00\x02"
			"\x00\x00\x1c") } },
	{ &hint_prefix_tcp, { "libp2p", HINT_YES,
	  .app = "libp2p",
	  .payload = BYTES("\x13\x2f\x6d\x75\x6c\x74\x69\x73\x74\x72\x65"
			"\x61\x6d\x2f\x31\x2e\x30\x2e\x30\x0a") } },
	{ &hint_prefix_tcp, { "Lustre", HINT_YES,
	  .app = "lustre",
	  .payload = BYTES("\x00\x71\xce\xac\x01\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "Monero", HINT_YES,
	  .app = "monero",
	  .payload = BYTES("\x01\x21\x01\x01\x01\x01\x01\x01\x06\x01") } },
	{ &hint_prefix_tcp, { "NBD", HINT_YES,
	  .from_server = true,
	  .app = "nbd",
	  .payload = BYTES("NBDMAGICIHAVEOPT") } },
	{ &hint_prefix_tcp, { "NoMachine", HINT_YES,
	  .app = "nomachine",
	  .payload = BYTES("NXSH-8.10.1\n") } },
	{ &hint_prefix_tcp, { "rsync", HINT_YES,
	  .app = "rsync",
	  .payload = BYTES("@RSYNCD: 31.0\n") } },
	{ &hint_prefix_tcp, { "phone and its manager", HINT_YES,
	  .app = "skinny",
	  .payload = BYTES("\x34\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00"),
	  .opposite = BYTES("\x18\x00\x00\x00\x00\x00\x00\x00\x81\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "SPICE", HINT_YES,
	  .app = "spice",
	  .payload = BYTES("\x52\x45\x44\x51\x02\x00\x00\x00\x02\x00\x00"
			"\x00") } },
	{ &hint_prefix_tcp, { "Subversion", HINT_YES,
	  .from_server = true,
	  .app = "svn",
	  .payload = BYTES("( success ( 2 2 ( ) ( edit-pipeline ) ) ) ") } },
	{ &hint_prefix_tcp, { "OPC UA in an open channel", HINT_YES,
	  .app = "opcua",
	  .payload = BYTES("MSGF\x20\x01\x00\x00\x01\x02\x03\x04") } },
	{ &hint_prefix_tcp, { "C12.22", HINT_YES, .app = "ansi_c1222",
	  .payload = BYTES("\x60\x52\xa2\x0d\x06\x0b\x60\x7c\x86\xf7\x54"
			"\x01\x16\x00") } },
	{ &hint_prefix_tcp, { "FINS", HINT_YES, .app = "fins",
	  .payload = BYTES("FINS\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0") } },
	{ &hint_prefix_tcp, { "TACACS+", HINT_YES,
	  .app = "tacacs",
	  .payload = BYTES("\xc0\x01\x01\x00\x12\x34\x56\x78\x00\x00\x00"
			"\x04\x01\x02\x03\x04"),
	  .opposite = BYTES("\xc0\x01\x02\x00\x12\x34\x56\x78\x00\x00\x00"
			"\x04\x05\x06\x07\x08") } },
	{ &hint_prefix_tcp, { "TACACS+ alone", HINT_MORE,
	  .payload = BYTES("\xc0\x01\x01\x00\x12\x34\x56\x78\x00\x00\x00"
			"\x04\x01\x02\x03\x04") } },
	{ &hint_prefix_tcp, { "Telegram", HINT_YES,
	  .app = "telegram",
	  .payload = BYTES("\xef\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x01") } },
	{ &hint_prefix_tcp, { "WhatsApp", HINT_YES,
	  .app = "whatsapp",
	  .payload = BYTES("\x57\x41\x06\x03\x00\x00\x24") } },
	{ &hint_prefix_tcp, { "WhatsApp with a place", HINT_YES,
	  .app = "whatsapp",
	  .payload = BYTES("\x45\x44\x00\x01\x00\x00\x04\x08\x09") } },
	{ &hint_prefix_tcp, { "World of Warcraft", HINT_YES,
	  .from_server = true,
	  .app = "wow",
	  .payload = BYTES("\x30\x00\x57\x4f\x52\x4c\x44\x20\x4f\x46\x20"
			"\x57\x41\x52\x43\x52\x41\x46\x54\x20\x43\x4f"
			"\x4e\x4e\x45\x43\x54\x49\x4f\x4e\x20\x2d\x20"
			"\x53\x45\x52\x56\x45\x52") } },
	{ &hint_prefix_tcp, { "X11", HINT_YES,
	  .app = "x11",
	  .payload = BYTES("\x6c\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00") } },
	{ &hint_prefix_tcp, { "Z39.50", HINT_YES,
	  .app = "z3950",
	  .payload = BYTES("\xb4\x52\x83\x02\x00\xe0\x84\x03\x00\xe9\xa2") } },
	{ &hint_prefix_tcp, { "Zabbix", HINT_YES,
	  .app = "zabbix",
	  .payload = BYTES("\x5a\x42\x58\x44\x01\x05\x00\x00\x00") } },
	{ &hint_prefix_tcp, { "ZeroMQ", HINT_YES,
	  .app = "zmtp",
	  .payload = BYTES("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03"
			"\x00") } },
	{ &hint_prefix_tcp, { "Debug bridge", HINT_YES,
	  .app = "adb",
	  .payload = BYTES("\x43\x4e\x58\x4e\x00\x00\x00\x01\x00\x00\x10"
			"\x00\x07\x00\x00\x00\x00\x00\x00\x00\xbc\xb1"
			"\xa7\xb1") } },
	{ &hint_prefix_tcp, { "Bolt", HINT_YES,
	  .app = "bolt",
	  .payload = BYTES("\x60\x60\xb0\x17\x00\x00\x01\x04") } },
	{ &hint_prefix_tcp, { "RMI", HINT_YES,
	  .app = "rmi",
	  .payload = BYTES("\x4a\x52\x4d\x49\x00\x02\x4b") } },
	{ &hint_prefix_tcp, { "HART-IP over TCP", HINT_YES,
	  .app = "hart-ip",
	  .payload = BYTES("\x01\x00\x00\x00\x00\x02\x00\x0d\x01\x00\x00"
			"\x75\x30"),
	  .opposite = BYTES("\x01\x01\x00\x00\x00\x02\x00\x0d\x01\x00\x00"
			"\xea\x60") } },
	{ &hint_prefix_tcp, { "TLS", HINT_NO,
	  .payload = BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") } },
	{ &hint_prefix_tcp, { "unknown protocol", HINT_NO,
	  .payload = BYTES("Hello there") } },
	{ &hint_prefix_udp, { "SSDP", HINT_YES,
	  .app = "ssdp",
	  .payload = BYTES("M-SEARCH * HTTP/1.1\r\n"
			"Host:239.255.255.250:1900\r\n") } },
	{ &hint_prefix_udp, { "SSDP cut", HINT_NO,
	  .payload = BYTES("M-SEARCH *") } },
	{ &hint_prefix_udp, { "BACnet", HINT_YES,
	  .app = "bacnet",
	  .payload = BYTES("\x81\x0b\x00\x08\x01\x20\xff\xff") } },
	{ &hint_prefix_udp, { "BACnet of another length", HINT_NO,
	  .payload = BYTES("\x81\x0b\x00\x0c\x01\x20\xff\xff") } },
	{ &hint_prefix_udp, { "BFD once", HINT_MORE,
	  .payload = BYTES("\x20\x40\x03\x18\x00\x00\x00\x01\x00\x00\x00"
			"\x00\x00\x0f\x42\x40\x00\x0f\x42\x40\x00\x07"
			"\xa1\x20") } },
	{ &hint_prefix_udp, { "BFD twice", HINT_YES,
	  .app = "bfd",
	  .payload = BYTES("\x20\xc0\x03\x18\x00\x00\x00\x01\x00\x00\x00"
			"\x01\x00\x0f\x42\x40\x00\x0f\x42\x40\x00\x07"
			"\xa1\x20"),
	  .earlier = {
		{ false, BYTES("\x20\x40\x03\x18\x00\x00\x00\x01\x00\x00\x00"
			"\x00\x00\x0f\x42\x40\x00\x0f\x42\x40\x00\x07"
			"\xa1\x20") },
	  } } },
	{ &hint_prefix_udp, { "Discord", HINT_YES,
	  .app = "discord",
	  .payload = BYTES("\x00\x01\x00\x46\x00\x00\x05\x39\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00") } },
	{ &hint_prefix_udp, { "DLEP", HINT_YES,
	  .app = "dlep",
	  .payload = BYTES("\x44\x4c\x45\x50\x00\x01\x00\x04\x00\x01\x00"
			"\x00") } },
	{ &hint_prefix_udp, { "Dropbox", HINT_YES,
	  .app = "dropbox",
	  .payload = BYTES("{\"host_int\": 1, \"version\": [2, 0]}") } },
	{ &hint_prefix_udp, { "GELF twice", HINT_YES,
	  .app = "gelf",
	  .payload = BYTES("\x1e\x0f\x01\x02\x03\x04\x05\x06\x07\x08\x01"
			"\x02\xaa"),
	  .earlier = {
		{ false, BYTES("\x1e\x0f\x01\x02\x03\x04\x05\x06\x07\x08\x00"
			"\x02\xaa") },
	  } } },
	{ &hint_prefix_udp, { "HART-IP", HINT_YES,
	  .app = "hart-ip",
	  .payload = BYTES("\x01\x00\x00\x00\x00\x02\x00\x0d\x01\x00\x00"
			"\x75\x30") } },
	{ &hint_prefix_udp, { "HSRP 2", HINT_YES,
	  .app = "hsrp",
	  .payload = BYTES("\x01\x28\x02\x00\x05\x04\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
	  .earlier = {
		{ false, BYTES("\x01\x28\x02\x00\x05\x04\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00") },
	  } } },
	{ &hint_prefix_udp, { "HSRP", HINT_YES,
	  .app = "hsrp",
	  .payload = BYTES("\x00\x00\x10\x03\x0a\x78\x01\x00\x63\x69\x73"
			"\x63\x6f\x00\x00\x00\xc0\x00\x02\x01") } },
	{ &hint_prefix_udp, { "IAX2", HINT_YES,
	  .app = "iax2",
	  .payload = BYTES("\x80\x01\x00\x00\x00\x00\x00\x00\x00\x00\x06"
			"\x01\x0b\x02\x00\x02") } },
	{ &hint_prefix_udp, { "IPMI", HINT_YES,
	  .app = "ipmi",
	  .payload = BYTES("\x06\x00\xff\x07\x00\x00\x00\x00\x00\x00\x00"
			"\x00") } },
	{ &hint_prefix_udp, { "KNX", HINT_YES,
	  .app = "knx",
	  .payload = BYTES("\x06\x10\x02\x01\x00\x0e\x08\x01\xc0\xa8\x58"
			"\xe7\xa1\x7f") } },
	{ &hint_prefix_udp, { "L2TP", HINT_YES,
	  .app = "l2tp",
	  .payload = BYTES("\xc8\x02\x00\x14\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x80\x08\x00\x00\x00\x00\x00\x01") } },
	{ &hint_prefix_udp, { "LDP", HINT_YES,
	  .app = "ldp",
	  .payload = BYTES("\x00\x01\x00\x1e\x0a\x00\x00\x06\x00\x00\x01"
			"\x00\x00\x14\x00\x00\x00\x00\x04\x00\x00\x04"
			"\x00\x0f\x00\x00\x04\x01\x00\x04\x0a\x00\x00"
			"\x06") } },
	{ &hint_prefix_udp, { "NAT-PMP, asked", HINT_MORE,
	  .payload = BYTES("\x00\x00") } },
	{ &hint_prefix_udp, { "NAT-PMP, answered", HINT_YES,
	  .from_server = true,
	  .app = "nat-pmp",
	  .payload = BYTES("\x00\x80\x00\x00\x00\x2b\x3a\xdd\x0a\xc9\xd5"
			"\xae"),
	  .earlier = {
		{ false, BYTES("\x00\x00") },
	  } } },
	{ &hint_prefix_udp, { "two zeros and more", HINT_NO,
	  .payload = BYTES("\x00\x00\x00") } },
	{ &hint_prefix_udp, { "PTP", HINT_YES,
	  .app = "ptp",
	  .payload = BYTES("\x0b\x02\x00\x40\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
	  .earlier = {
		{ false, BYTES("\x00\x02\x00\x2c\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00") },
	  } } },
	{ &hint_prefix_udp, { "RakNet", HINT_YES,
	  .app = "raknet",
	  .payload = BYTES("\x05\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd"
			"\xfd\xfd\x12\x34\x56\x78\x0a\x00\x00\x00\x00"
			"\x00\x00\x00\x00") } },
	{ &hint_prefix_udp, { "RakNet ping", HINT_YES,
	  .app = "raknet",
	  .payload = BYTES("\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\xff"
			"\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12"
			"\x34\x56\x78\x00\x00\x00\x00\x00\x00\x00\x00") } },
	{ &hint_prefix_udp, { "RTPS", HINT_YES,
	  .app = "rtps",
	  .payload = BYTES("\x52\x54\x50\x53\x02\x01\x01\x01\x4e\x44\x44"
			"\x53\x50\x49\x4e\x47") } },
	{ &hint_prefix_udp, { "SLP", HINT_YES,
	  .app = "slp",
	  .payload = BYTES("\x02\x01\x00\x00\x1a\x00\x00\x00\x00\x00\x00"
			"\x01\x00\x02\x65\x6e\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00") } },
	{ &hint_prefix_udp, { "SOME/IP discovery", HINT_YES,
	  .app = "someip",
	  .payload = BYTES("\xff\xff\x81\x00\x00\x00\x00\x10\x00\x00\x00"
			"\x01\x01\x01\x02\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00") } },
	{ &hint_prefix_udp, { "Source query", HINT_YES,
	  .app = "source",
	  .payload = BYTES("\xff\xff\xff\xff\x54\x53\x6f\x75\x72\x63\x65"
			"\x20\x45\x6e\x67\x69\x6e\x65\x20\x51\x75\x65"
			"\x72\x79\x00") } },
	{ &hint_prefix_udp, { "Steam", HINT_YES,
	  .app = "steam",
	  .payload = BYTES("\xff\xff\xff\xff\x21\x4c\x5f\xa0\x16\x00\x00"
			"\x00") } },
	{ &hint_prefix_udp, { "Spotify", HINT_YES,
	  .app = "spotify",
	  .payload = BYTES("\x53\x70\x6f\x74\x55\x64\x70\x30\x01\x02") } },
	{ &hint_prefix_udp, { "Syncthing", HINT_YES,
	  .app = "syncthing",
	  .payload = BYTES("\x2e\xa7\xd9\x0b\x0a\x20") } },
	{ &hint_prefix_udp, { "TeamSpeak", HINT_YES,
	  .app = "teamspeak",
	  .payload = BYTES("\x54\x53\x33\x49\x4e\x49\x54\x31\x00\x65\x00"
			"\x00\x88") } },
	{ &hint_prefix_udp, { "Telegram call", HINT_YES,
	  .app = "telegram",
	  .payload = BYTES("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
			"\x01\x01\x01\x01\x01\xff\xff\xff\xff\xff\xff"
			"\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff") } },
	{ &hint_prefix_udp, { "Tuya", HINT_YES,
	  .app = "tuyalp",
	  .payload = BYTES("\x00\x00\x55\xaa\x00\x00\x00\x00\x00\x00\x00"
			"\x00") } },
	{ &hint_prefix_udp, { "Xiaomi", HINT_YES,
	  .app = "xiaomi",
	  .payload = BYTES("\x21\x31\x00\x20\xff\xff\xff\xff\xff\xff\xff"
			"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
			"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") } },
	{ &hint_prefix_udp, { "PFCP heartbeat", HINT_YES,
	  .app = "pfcp",
	  .payload = BYTES("\x20\x01\x00\x0c\x00\x00\x01\x00\x00\x60\x00"
			"\x04\xe0\x00\x00\x00") } },
	{ &hint_prefix_udp, { "DNS", HINT_NO,
	  .payload = BYTES("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00"
			"\x00\x01\x61\x00\x00\x01\x00\x01") } },
	{ &hint_prefix_udp, { "RTP", HINT_NO,
	  .payload = BYTES("\x80\x00\x12\x34\x00\x00\x00\x01\xde\xad\xbe"
			"\xef\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55"
			"\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55") } },
};

START_TEST(row)
{
	try_hint_row(rows[_i].hint, &rows[_i].row);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hint_prefix");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, row, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
