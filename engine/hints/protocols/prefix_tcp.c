/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefix_tcp.c - protocols over TCP that begin with fixed bytes. The
 * sources are the protocols' own documents, named where the bytes are not
 * plain words.
 */
#include <pthread.h>

#include "engine/hints/prefix.h"

#define APPS(APP)							\
	APP(ADS, "ads", "industrial", "Beckhoff ADS")			\
	APP(AFP, "afp", "fileshare", "Apple's file sharing")		\
	APP(AJP, "ajp", "infra", "AJP, from a web server to Tomcat")	\
	APP(AMQP, "amqp", "infra", "AMQP, both kinds")			\
	APP(BGP, "bgp", "infra", "BGP")					\
	APP(BITCOIN, "bitcoin", "p2p", "Bitcoin's peers")		\
	APP(BOLT, "bolt", "database", "Neo4j")				\
	APP(C1222, "ansi_c1222", "industrial", "ANSI C12.22: meters")	\
	APP(CASSANDRA, "cassandra", "database", "Cassandra")		\
	APP(CEPH, "ceph", "fileshare", "Ceph")				\
	APP(CHECKMK, "checkmk", "infra", "Checkmk's agent")		\
	APP(CITRIX, "citrix", "remote", "Citrix ICA")			\
	APP(CORBA, "corba", "infra", "CORBA's GIOP")			\
	APP(CVS, "cvs", "fileshare", "CVS")				\
	APP(DIAMETER, "diameter", "infra", "Diameter")			\
	APP(DISTCC, "distcc", "infra", "distcc")			\
	APP(DRDA, "drda", "database", "DB2 and Derby")			\
	APP(EDONKEY, "edonkey", "p2p", "eDonkey's peers")		\
	APP(ELASTICSEARCH, "elasticsearch", "database",			\
	    "between nodes of Elasticsearch")				\
	APP(ETHERNETIP, "ethernetip", "industrial", "EtherNet/IP")	\
	APP(FASTCGI, "fastcgi", "infra", "FastCGI")			\
	APP(FINS, "fins", "industrial", "Omron FINS")			\
	APP(FIREBIRD, "firebird", "database", "Firebird")		\
	APP(FIX, "fix", "infra", "FIX, between traders")		\
	APP(GEARMAN, "gearman", "infra", "Gearman")			\
	APP(GNUTELLA, "gnutella", "p2p", "Gnutella's peers")		\
	APP(H323, "h323", "voip", "H.323's call signalling")		\
	APP(HARTIP, "hart-ip", "industrial", "HART-IP")			\
	APP(HADOOP, "hadoop", "database", "Hadoop's RPC")		\
	APP(HL7, "hl7", "infra", "HL7, between hospital systems")	\
	APP(IBMMQ, "ibmmq", "infra", "IBM MQ")				\
	APP(ISCSI, "iscsi", "fileshare", "iSCSI")			\
	APP(JDWP, "jdwp", "infra", "Java's debuggers")			\
	APP(JETDIRECT, "jetdirect", "local", "raw printing")		\
	APP(KNX, "knx", "industrial", "KNXnet/IP")			\
	APP(KISMET, "kismet", "infra", "Kismet")			\
	APP(LDP, "ldp", "infra", "MPLS label distribution")		\
	APP(LIBP2P, "libp2p", "p2p", "libp2p, IPFS")			\
	APP(LUSTRE, "lustre", "fileshare", "Lustre")			\
	APP(MONERO, "monero", "p2p", "Monero's peers")			\
	APP(MSSQL, "mssql", "database", "TDS: MS SQL Server, Sybase")	\
	APP(MUNIN, "munin", "infra", "Munin's nodes")			\
	APP(NANO, "nano", "p2p", "Nano's peers")			\
	APP(NATS, "nats", "infra", "NATS")				\
	APP(NBD, "nbd", "fileshare", "network block devices")		\
	APP(NOMACHINE, "nomachine", "remote", "NoMachine")		\
	APP(OPCUA, "opcua", "industrial", "OPC UA")			\
	APP(OPENFLOW, "openflow", "infra", "OpenFlow")			\
	APP(OPENWIRE, "openwire", "infra", "ActiveMQ's OpenWire")	\
	APP(ORACLE, "oracle", "database", "Oracle's TNS")		\
	APP(PPTP, "pptp", "vpn", "PPTP's control connection")		\
	APP(RADMIN, "radmin", "remote", "Radmin")			\
	APP(RMI, "rmi", "infra", "Java's remote calls")			\
	APP(RSYNC, "rsync", "fileshare", "rsync's daemon")		\
	APP(SKINNY, "skinny", "voip", "Cisco's phones")			\
	APP(SMPP, "smpp", "infra", "SMPP: short messages")		\
	APP(SPICE, "spice", "remote", "SPICE")				\
	APP(SPLUNK, "splunk", "infra", "Splunk's forwarders")		\
	APP(STOMP, "stomp", "infra", "STOMP")				\
	APP(SVN, "svn", "fileshare", "Subversion")			\
	APP(TACACS, "tacacs", "infra", "TACACS+")			\
	APP(TEAMVIEWER, "teamviewer", "remote", "TeamViewer")		\
	APP(TELEGRAM, "telegram", "chat", "Telegram, undisguised")	\
	APP(VNC, "vnc", "remote", "VNC's RFB")				\
	APP(WHATSAPP, "whatsapp", "chat", "WhatsApp")			\
	APP(WOW, "wow", "game", "World of Warcraft")			\
	APP(X11, "x11", "remote", "X11")				\
	APP(Z3950, "z3950", "infra", "Z39.50, between libraries")	\
	APP(ZABBIX, "zabbix", "infra", "Zabbix")			\
	APP(ZMTP, "zmtp", "infra", "ZeroMQ")				\
	APP(ZOOKEEPER, "zookeeper", "database", "ZooKeeper")

#define APP(id, name, family, about) id,
enum { ADB, APPS(APP) };
#undef APP

#define APP(id, name, family, about) { name, family, about },
static const struct hint_app apps[] = { APPS(APP) { 0 } };
#undef APP

static const struct prefix_row rows[] = {
	{ .app = ADB, .parts = { AT(0, "CNXN\0"),
	  AT(20, "\xbc\xb1\xa7\xb1") } },
	/* AMS/TCP: request or response, command and length. */
	{ .app = ADS, .parts = { AT(0, "\0\0"), AT(4, "\0\0"),
	  AT(23, "\0\x04\0") }, .length = LE32(26, 38), .again = true },
	{ .app = ADS, .parts = { AT(0, "\0\0"), AT(4, "\0\0"),
	  AT(23, "\0\x05\0") }, .length = LE32(26, 38), .again = true },
	/* DSI: open a session, get the status, send a command; no offset. */
	{ .app = AFP, .parts = { AT(0, "\0\x04"), AT(4, "\0\0\0\0\0\0\0"),
	  AT(12, "\0\0\0\0") }, .length = BE32(8, 16), .again = true },
	{ .app = AFP, .parts = { AT(0, "\1\x04"), AT(4, "\0\0\0\0\0\0\0"),
	  AT(12, "\0\0\0\0") }, .length = BE32(8, 16), .again = true },
	{ .app = AFP, .parts = { AT(0, "\0\x03"), AT(4, "\0\0\0\0\0\0\0"),
	  AT(12, "\0\0\0\0") }, .length = BE32(8, 16), .again = true },
	{ .app = AFP, .parts = { AT(0, "\1\x03"), AT(4, "\0\0\0\0\0\0"),
	  AT(12, "\0\0\0\0") }, .length = BE32(8, 16), .again = true },
	{ .app = AFP, .parts = { AT(0, "\0\x02"), AT(4, "\0\0\0\0\0\0"),
	  AT(12, "\0\0\0\0") }, .length = BE32(8, 16), .again = true },
	{ .app = AFP, .parts = { AT(0, "\1\x02"), AT(8, "\0\0"),
	  AT(12, "\0\0\0\0") }, .length = BE32(8, 16), .again = true },
	{ .app = AJP, .parts = { AT(0, "\x12\x34"), AT(4, "\2"),
	  AT(6, "\0\x08HTTP/1.") }, .length = BE16(2, 4) },
	{ .app = AJP, .parts = { AT(0, "\x12\x34\0\1\x0a") } },
	{ .app = AMQP, .parts = { AT(0, "AMQP\0") } },
	{ .app = AMQP, .parts = { AT(0, "AMQP\1\1") } },
	{ .app = AMQP, .parts = { AT(0, "AMQP\2\1") } },
	{ .app = AMQP, .parts = { AT(0, "AMQP\3\1") } },
	{ .app = BGP,
	  .parts = { AT(0, "\xff\xff\xff\xff\xff\xff\xff\xff"
			 "\xff\xff\xff\xff\xff\xff\xff\xff") },
	  .length = BE16(16, 0) },
	{ .app = BITCOIN, .parts = { AT(0, "\xf9\xbe\xb4\xd9version\0") } },
	{ .app = BITCOIN, .parts = { AT(0, "\x0b\x11\x09\x07version\0") } },
	{ .app = BITCOIN, .parts = { AT(0, "\x0a\3\xcf\x40version\0") } },
	{ .app = BITCOIN, .parts = { AT(0, "\xfa\xbf\xb5\xdaversion\0") } },
	{ .app = BOLT, .parts = { AT(0, "\x60\x60\xb0\x17\0\0") } },
	{ .app = C1222, .parts = { AT(0, "\x60"), AT(2, "\xa2"),
	  AT(6, "\x60\x7c\x86\xf7\x54\1\x16") } },
	/* OPTIONS without a body, STARTUP with a word of eleven letters. */
	{ .app = CASSANDRA, .parts = { AT(0, "\3\0"), AT(4, "\5\0\0\0\0") } },
	{ .app = CASSANDRA, .parts = { AT(0, "\4\0"), AT(4, "\5\0\0\0\0") } },
	{ .app = CASSANDRA, .parts = { AT(0, "\5\0"), AT(4, "\5\0\0\0\0") } },
	{ .app = CASSANDRA, .parts = { AT(0, "\x42\0"), AT(4, "\5\0\0\0\0") } },
	{ .app = CASSANDRA, .parts = { AT(0, "\3\0"), AT(4, "\1\0\0"),
	  AT(11, "\0\x0b") }, .length = BE32(5, 9) },
	{ .app = CASSANDRA, .parts = { AT(0, "\4\0"), AT(4, "\1\0\0"),
	  AT(11, "\0\x0b") }, .length = BE32(5, 9) },
	{ .app = CASSANDRA, .parts = { AT(0, "\5\0"), AT(4, "\1\0\0"),
	  AT(11, "\0\x0b") }, .length = BE32(5, 9) },
	{ .app = CEPH, .parts = { AT(0, "ceph v") } },
	{ .app = CHECKMK, .parts = { AT(0, "<<<check_mk>>>") } },
	{ .app = CITRIX, .parts = { AT(0, "\x7f\x7fICA\0") } },
	{ .app = CORBA, .parts = { AT(0, "GIOP\1") } },
	{ .app = CVS, .parts = { AT(0, "BEGIN AUTH REQUEST\n") } },
	{ .app = CVS, .parts = { AT(0, "BEGIN VERIFICATION REQUEST\n") } },
	/* RFC 6733, 8.8: the session comes first; 5.3: the origin does. */
	{ .app = DIAMETER, .parts = { AT(0, "\1\0"), AT(5, "\0"),
	  AT(20, "\0\0\1\x07\x40\0") }, .length = BE24(1, 0) },
	{ .app = DIAMETER, .parts = { AT(0, "\1\0"), AT(5, "\0"),
	  AT(20, "\0\0\1\x08\x40\0") }, .length = BE24(1, 0) },
	{ .app = DIAMETER, .parts = { AT(0, "\1\0"), AT(5, "\0\1"),
	  AT(20, "\0\0\1\x0c\x40\0") }, .length = BE24(1, 0) },
	{ .app = DISTCC, .parts = { AT(0, "DIST0000000") } },
	{ .app = DRDA, .parts = { AT(2, "\xd0\x41\0\1"), AT(8, "\x10\x41") } },
	{ .app = DRDA, .parts = { AT(2, "\xd0\1\0\1"), AT(8, "\x10\x41") } },
	{ .app = EDONKEY, .parts = { AT(0, "\xe3"), AT(3, "\0\0\1\x10") } },
	{ .app = ELASTICSEARCH, .parts = { AT(0, "ES\0\0"), AT(6, "\0\0\0\0") },
	  .length = BE32(2, 6) },
	/* Register a session; then data within one. */
	{ .app = ETHERNETIP, .parts = { AT(0, "\x65\0\x04\0"),
	  AT(8, "\0\0\0\0"), AT(20, "\0\0\0\0\1\0\0\0") } },
	{ .app = ETHERNETIP, .parts = { AT(0, "\x6f\0"), AT(8, "\0\0\0\0"),
	  AT(20, "\0\0\0\0\0\0\0\0") }, .length = LE16(2, 24) },
	{ .app = ETHERNETIP, .parts = { AT(0, "\x70\0"), AT(8, "\0\0\0\0"),
	  AT(20, "\0\0\0\0\0\0\0\0") }, .length = LE16(2, 24) },
	{ .app = FASTCGI, .parts = { AT(0, "\1\1"), AT(4, "\0\x08\0\0\0\1"),
	  AT(11, "\0\0\0\0\0") } },
	/* The length does not count itself and the magic. */
	{ .app = FINS, .parts = { AT(0, "FINS\0\0"), AT(8, "\0\0\0") },
	  .length = BE32(4, 8) },
	{ .app = FIREBIRD, .parts = { AT(0, "\0\0\0\1\0\0\0\x13\0\0\0") } },
	{ .app = FIX, .parts = { AT(0, "8=FIX.4.") } },
	{ .app = FIX, .parts = { AT(0, "8=FIX.5.") } },
	{ .app = FIX, .parts = { AT(0, "8=FIXT.1.1\1" "9=") } },
	{ .app = FIX, .parts = { AT(0, "8=O\1" "9=") } },
	{ .app = GEARMAN, .parts = { AT(0, "\0REQ\0\0\0") } },
	{ .app = GEARMAN, .parts = { AT(0, "\0RES\0\0\0") } },
	{ .app = GNUTELLA, .parts = { AT(0, "GNUTELLA CONNECT/0.") } },
	{ .app = GNUTELLA, .parts = { AT(0, "GNUTELLA/0.6 200") } },
	/* TPKT around Q.931: setup, call proceeding, alerting, connect. */
	{ .app = H323, .parts = { AT(0, "\3\0"), AT(4, "\x08\2"),
	  AT(8, "\5\4") }, .length = BE16(2, 0) },
	{ .app = H323, .parts = { AT(0, "\3\0"), AT(4, "\x08\2"),
	  AT(8, "\2\x7e") }, .length = BE16(2, 0) },
	{ .app = H323, .parts = { AT(0, "\3\0"), AT(4, "\x08\2"),
	  AT(8, "\1\x7e") }, .length = BE16(2, 0) },
	{ .app = HADOOP, .parts = { AT(0, "hrpc\x09") } },
	{ .app = HL7, .parts = { AT(0, "\x0bMSH|") } },
	{ .app = IBMMQ, .parts = { AT(0, "TSH "), AT(8, "\1") } },
	{ .app = IBMMQ, .parts = { AT(0, "TSH "), AT(8, "\2") } },
	/* RFC 7143, 11.12: login at once, with text behind 48 bytes. */
	{ .app = ISCSI, .parts = { AT(0, "\x43"), AT(4, "\0\0"),
	  AT(48, "InitiatorName=") } },
	{ .app = JDWP, .parts = { AT(0, "JDWP-Handshake") } },
	{ .app = JETDIRECT, .parts = { AT(0, "\x1b%-12345X") } },
	{ .app = KISMET, .parts = { AT(0, "*KISMET: ") } },
	{ .app = HARTIP, .parts = { AT(0, "\1\0\0\0"), AT(6, "\0\x0d") },
	  .length = BE16(6, 0), .again = true },
	{ .app = HARTIP, .parts = { AT(0, "\1\1\0"), AT(6, "\0\x0d") },
	  .length = BE16(6, 0), .again = true },
	{ .app = KNX, .parts = { AT(0, "\x06\x10\4") }, .length = BE16(4, 0),
	  .again = true },
	/* RFC 5036, 3.5: version 1, an initialization. */
	{ .app = LDP, .parts = { AT(0, "\0\1\0"), AT(8, "\0\0\2\0\0") },
	  .length = BE16(2, 4) },
	{ .app = LIBP2P, .parts = { AT(0, "\x13/multistream/1.0.0\n") } },
	/* LNet's magic of a connection, least significant byte first. */
	{ .app = LUSTRE, .parts = { AT(0, "\0\x71\xce\xac\1\0\0\0") } },
	{ .app = MONERO, .parts = { AT(0, "\1\x21\1\1\1\1\1\1") } },
	/* MS-TDS, 2.2: PRELOGIN and the answer to it, a login, a query. */
	{ .app = MSSQL, .parts = { AT(0, "\x12\1"), AT(4, "\0\0"),
	  AT(8, "\0\0") }, .length = BE16(2, 0) },
	{ .app = MSSQL, .parts = { AT(0, "\4\1"), AT(4, "\0"), AT(8, "\0\0") },
	  .length = BE16(2, 0), .again = true },
	{ .app = MSSQL, .parts = { AT(0, "\4\1"), AT(4, "\0") },
	  .length = BE16(2, 0), .again = true },
	{ .app = MSSQL, .parts = { AT(0, "\x10\1"), AT(4, "\0\0"),
	  AT(10, "\0\0") }, .length = BE16(2, 0), .again = true },
	{ .app = MSSQL, .parts = { AT(0, "\1\1"), AT(4, "\0\0"),
	  AT(8, "\x16\0\0\0\x12") }, .length = BE16(2, 0) },
	{ .app = MSSQL, .parts = { AT(0, "\3\1"), AT(4, "\0\0"),
	  AT(8, "\x16\0\0\0\x12") }, .length = BE16(2, 0) },
	{ .app = MSSQL, .parts = { AT(0, "\3\x09"), AT(4, "\0\0"),
	  AT(8, "\x16\0\0\0\x12") }, .length = BE16(2, 0) },
	{ .app = MSSQL, .parts = { AT(0, "\2\0\2\0\0\0") },
	  .length = BE16(2, 0), .again = true },
	{ .app = MSSQL, .parts = { AT(0, "\2\1"), AT(4, "\0\0") },
	  .length = BE16(2, 0), .again = true },
	{ .app = MUNIN, .parts = { AT(0, "# munin node at ") } },
	{ .app = NANO, .parts = { AT(0, "RC"), AT(7, "\0") }, .again = true },
	{ .app = NATS, .parts = { AT(0, "INFO {\"") } },
	{ .app = NATS, .parts = { AT(0, "INFO { ") } },
	{ .app = NATS, .parts = { AT(0, "CONNECT {") } },
	{ .app = NBD, .parts = { AT(0, "NBDMAGIC") } },
	{ .app = NOMACHINE, .parts = { AT(0, "NXSH-") } },
	{ .app = NOMACHINE, .parts = { AT(0, "NXD-") } },
	{ .app = OPCUA, .parts = { AT(0, "HELF") }, .length = LE32(4, 0) },
	{ .app = OPCUA, .parts = { AT(0, "ACKF") }, .length = LE32(4, 0) },
	/* OPC 10000-6, 7.1.2: errors, reverse hello, and chunks of a channel
	 * that is open. */
	{ .app = OPCUA, .parts = { AT(0, "ERRF"), AT(6, "\0\0") },
	  .length = LE32(4, 0) },
	{ .app = OPCUA, .parts = { AT(0, "RHEF"), AT(6, "\0\0") },
	  .length = LE32(4, 0) },
	{ .app = OPCUA, .parts = { AT(0, "OPNF"), AT(6, "\0\0") },
	  .length = LE32(4, 0) },
	{ .app = OPCUA, .parts = { AT(0, "MSGF"), AT(7, "\0") },
	  .length = LE32(4, 0) },
	{ .app = OPCUA, .parts = { AT(0, "MSGC"), AT(7, "\0") },
	  .length = LE32(4, 0) },
	{ .app = OPCUA, .parts = { AT(0, "CLOF"), AT(6, "\0\0") },
	  .length = LE32(4, 0) },
	{ .app = OPENFLOW, .parts = { AT(0, "\1\0\0\x08") },
	  .length = BE16(2, 0), .again = true },
	{ .app = OPENFLOW, .parts = { AT(0, "\4\0\0"), AT(8, "\0\1\0\x08") },
	  .length = BE16(2, 0), .again = true },
	{ .app = OPENFLOW, .parts = { AT(0, "\5\0\0"), AT(8, "\0\1\0\x08") },
	  .length = BE16(2, 0), .again = true },
	{ .app = OPENFLOW, .parts = { AT(0, "\6\0\0"), AT(8, "\0\1\0\x08") },
	  .length = BE16(2, 0), .again = true },
	{ .app = OPENWIRE, .parts = { AT(0, "\0\0"), AT(4, "\1" "ActiveMQ") } },
	/* Connect: no checksums, a version 3xx that knows 300. */
	{ .app = ORACLE, .parts = { AT(2, "\0\0\1"), AT(6, "\0\0\1"),
	  AT(10, "\1\x2c") }, .length = BE16(0, 0) },
	/* RFC 2637, 2: the magic cookie. */
	{ .app = PPTP, .parts = { AT(0, "\0\x9c\0\1\x1a\x2b\x3c\x4d") } },
	{ .app = RADMIN, .parts = { AT(0, "\1\0\0\0\1\0\0\0\x08\x08") } },
	{ .app = RMI, .parts = { AT(0, "JRMI\0") } },
	{ .app = RSYNC, .parts = { AT(0, "@RSYNCD: ") } },
	/* A station registers, or asks for a token to; the answers. */
	{ .app = SKINNY, .parts = { AT(2, "\0\0\0\0\0\0\1\0\0\0") },
	  .length = LE32(0, 8), .again = true },
	{ .app = SKINNY, .parts = { AT(2, "\0\0"), AT(5, "\0\0\0\1\0\0\0") },
	  .length = LE32(0, 8), .again = true },
	{ .app = SKINNY, .parts = { AT(2, "\0\0"), AT(5, "\0\0\0\2\0\0\0") },
	  .length = LE32(0, 8), .again = true },
	{ .app = SKINNY, .parts = { AT(2, "\0\0"), AT(5, "\0\0\0\x29\0\0\0") },
	  .length = LE32(0, 8), .again = true },
	{ .app = SKINNY, .parts = { AT(2, "\0\0"), AT(5, "\0\0\0\x81\0\0\0") },
	  .length = LE32(0, 8), .again = true },
	{ .app = SKINNY, .parts = { AT(2, "\0\0"), AT(5, "\0\0\0\x9a\0\0\0") },
	  .length = LE32(0, 8), .again = true },
	/* SMPP 3.4, 5.1.2: a bind of each kind, and the answers. */
	{ .app = SMPP, .parts = { AT(0, "\0\0"), AT(4, "\0\0\0\1\0\0\0\0") },
	  .length = BE32(0, 0), .again = true },
	{ .app = SMPP, .parts = { AT(0, "\0\0"), AT(4, "\0\0\0\2\0\0\0\0") },
	  .length = BE32(0, 0), .again = true },
	{ .app = SMPP, .parts = { AT(0, "\0\0"), AT(4, "\0\0\0\x09\0\0\0\0") },
	  .length = BE32(0, 0), .again = true },
	{ .app = SMPP, .parts = { AT(0, "\0\0"), AT(4, "\x80\0\0\1\0\0\0") },
	  .length = BE32(0, 0), .again = true },
	{ .app = SMPP, .parts = { AT(0, "\0\0"), AT(4, "\x80\0\0\2\0\0\0") },
	  .length = BE32(0, 0), .again = true },
	{ .app = SMPP, .parts = { AT(0, "\0\0"), AT(4, "\x80\0\0\x09\0\0\0") },
	  .length = BE32(0, 0), .again = true },
	{ .app = SPICE, .parts = { AT(0, "REDQ\2\0\0\0") } },
	{ .app = SPLUNK, .parts = { AT(0, "--splunk-cooked-mode-v") } },
	{ .app = STOMP, .parts = { AT(0, "STOMP\n") } },
	{ .app = STOMP, .parts = { AT(0, "STOMP\r\n") } },
	{ .app = STOMP, .parts = { AT(0, "CONNECT\n") } },
	{ .app = STOMP, .parts = { AT(0, "CONNECT\r\n") } },
	{ .app = STOMP, .parts = { AT(0, "CONNECTED\n") } },
	{ .app = SVN, .parts = { AT(0, "( success ( ") } },
	/* RFC 8907, 4.1: packet 1 asks, packet 2 answers. */
	{ .app = TACACS, .parts = { AT(0, "\xc0\1\1"), AT(8, "\0\0") },
	  .length = BE32(8, 12), .again = true },
	{ .app = TACACS, .parts = { AT(0, "\xc0\2\1"), AT(8, "\0\0") },
	  .length = BE32(8, 12), .again = true },
	{ .app = TACACS, .parts = { AT(0, "\xc0\3\1"), AT(8, "\0\0") },
	  .length = BE32(8, 12), .again = true },
	{ .app = TACACS, .parts = { AT(0, "\xc1\1\1"), AT(8, "\0\0") },
	  .length = BE32(8, 12), .again = true },
	{ .app = TACACS, .parts = { AT(0, "\xc0\1\2"), AT(8, "\0\0") },
	  .length = BE32(8, 12), .again = true },
	{ .app = TACACS, .parts = { AT(0, "\xc0\2\2"), AT(8, "\0\0") },
	  .length = BE32(8, 12), .again = true },
	{ .app = TACACS, .parts = { AT(0, "\xc0\3\2"), AT(8, "\0\0") },
	  .length = BE32(8, 12), .again = true },
	{ .app = TACACS, .parts = { AT(0, "\xc1\1\2"), AT(8, "\0\0") },
	  .length = BE32(8, 12), .again = true },
	{ .app = TEAMVIEWER, .parts = { AT(0, "\x17\x24\x0a\x20\0") } },
	/* MTProto's transports, then a message that has no key yet. */
	{ .app = TELEGRAM, .parts = { AT(0, "\xee\xee\xee\xee"),
	  AT(6, "\0\0\0\0\0\0\0\0\0\0") } },
	{ .app = TELEGRAM, .parts = { AT(0, "\xdd\xdd\xdd\xdd"),
	  AT(6, "\0\0\0\0\0\0\0\0\0\0") } },
	{ .app = TELEGRAM, .parts = { AT(0, "\xef\x0a\0\0\0\0\0\0\0\0") } },
	{ .app = VNC, .parts = { AT(0, "RFB 00"), AT(7, ".00"),
	  AT(11, "\n") } },
	{ .app = WHATSAPP, .parts = { AT(0, "WA\x06\3\0") } },
	{ .app = WHATSAPP, .parts = { AT(0, "WA\x05\2\0") } },
	{ .app = WHATSAPP, .parts = { AT(0, "WA\4\0\0") } },
	{ .app = WHATSAPP, .parts = { AT(0, "ED\0\1\0\0") } },
	{ .app = WOW, .parts = { AT(0, "0\0WORLD OF WARCRAFT CONNECTION") } },
	{ .app = X11, .parts = { AT(0, "l\0\x0b\0\0\0") } },
	{ .app = X11, .parts = { AT(0, "B\0\0\x0b\0\0") } },
	/* BER: the request to open and its answer. */
	{ .app = Z3950, .parts = { AT(0, "\xb4"), AT(2, "\x83\2"),
	  AT(6, "\x84") } },
	{ .app = Z3950, .parts = { AT(0, "\xb5"), AT(2, "\x83\2"),
	  AT(6, "\x84") } },
	{ .app = ZABBIX, .parts = { AT(0, "ZBXD\1") } },
	{ .app = ZABBIX, .parts = { AT(0, "ZBXD\3") } },
	{ .app = ZMTP, .parts = { AT(0, "\xff\0\0\0\0\0\0\0"),
	  AT(9, "\x7f") } },
	/* A request to connect, with a password of 16 bytes. */
	{ .app = ZOOKEEPER, .parts = { AT(0, "\0\0\0\x2c\0\0\0\0"),
	  AT(28, "\0\0\0\x10") } },
	{ .app = ZOOKEEPER, .parts = { AT(0, "\0\0\0\x2d\0\0\0\0"),
	  AT(28, "\0\0\0\x10") } },
};

/* Indexed once, by the first caller, then only read. */
static struct prefix_table table = {
	.rows = rows,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
	prefix_index(&table);
}

static enum hint_verdict prefix_tcp_match(const struct hint_input *in,
					  struct hint_yield *yield)
{
	pthread_once(&once, build);
	return prefix_match(&table, in, yield);
}

const struct hint hint_prefix_tcp = {
	.name = "adb",
	.family = "remote",
	.about = "Android's debug bridge",
	.also = apps,
	.transport = IPPROTO_TCP,
	.match = prefix_tcp_match,
};
