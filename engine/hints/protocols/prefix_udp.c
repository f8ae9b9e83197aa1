/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prefix_udp.c - protocols over UDP that begin with fixed bytes, or hold the
 * length of the datagram at a fixed place.
 */
#include <pthread.h>

#include "engine/hints/prefix.h"

#define APPS(APP)							\
	APP(BFD, "bfd", "infra", "BFD: liveness of a path")		\
	APP(C1222, "ansi_c1222", "industrial", "ANSI C12.22: meters")	\
	APP(CORBA, "corba", "infra", "CORBA's GIOP")			\
	APP(DISCORD, "discord", "voip", "Discord's voice, its discovery") \
	APP(DLEP, "dlep", "infra", "DLEP, between routers and modems")	\
	APP(DROPBOX, "dropbox", "local", "Dropbox in the local network") \
	APP(ETHERNETIP, "ethernetip", "industrial", "EtherNet/IP")	\
	APP(GELF, "gelf", "infra", "GELF logs in chunks")		\
	APP(HARTIP, "hart-ip", "industrial", "HART-IP")			\
	APP(HSRP, "hsrp", "infra", "HSRP")				\
	APP(IAX2, "iax2", "voip", "Asterisk's IAX2")			\
	APP(IPMI, "ipmi", "infra", "IPMI and ASF")			\
	APP(KNX, "knx", "industrial", "KNXnet/IP")			\
	APP(L2TP, "l2tp", "vpn", "L2TP")				\
	APP(LDP, "ldp", "infra", "MPLS label distribution")		\
	APP(NATPMP, "nat-pmp", "local", "NAT-PMP and PCP")		\
	APP(PFCP, "pfcp", "infra", "PFCP, within mobile networks")	\
	APP(PTP, "ptp", "infra", "PTP: precise time")			\
	APP(RAKNET, "raknet", "game", "RakNet: Minecraft Bedrock, Roblox") \
	APP(RIPEATLAS, "ripeatlas", "infra", "RIPE Atlas probes")	\
	APP(ROUGHTIME, "roughtime", "infra", "Roughtime")		\
	APP(RTPS, "rtps", "infra", "RTPS: DDS, ROS")			\
	APP(SAMP, "samp", "game", "San Andreas Multiplayer")		\
	APP(SLP, "slp", "local", "service location")			\
	APP(SOMEIP, "someip", "industrial", "SOME/IP, within cars")	\
	APP(SOURCE, "source", "game", "queries of Source and Quake games") \
	APP(SPOTIFY, "spotify", "local", "Spotify in the local network") \
	APP(SSDP, "ssdp", "local", "SSDP: UPnP's discovery")		\
	APP(STEAM, "steam", "game", "Steam")				\
	APP(SYNCTHING, "syncthing", "local", "Syncthing's discovery")	\
	APP(TEAMSPEAK, "teamspeak", "voip", "TeamSpeak 3")		\
	APP(TELEGRAM, "telegram", "chat", "Telegram, undisguised")	\
	APP(TIVOCONNECT, "tivoconnect", "local", "TiVo's discovery")	\
	APP(TUYA, "tuyalp", "local", "Tuya's devices")			\
	APP(XIAOMI, "xiaomi", "local", "Xiaomi's devices")

#define APP(id, name, family, about) id,
enum { BACNET, APPS(APP) };
#undef APP

#define APP(id, name, family, about) { name, family, about },
static const struct hint_app apps[] = { APPS(APP) { 0 } };
#undef APP

#define RAKNET_MAGIC \
	"\0\xff\xff\0\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"
#define EIGHT_ZEROS "\0\0\0\0\0\0\0\0"
#define TWELVE_ONES "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static const struct prefix_row rows[] = {
	/* BVLC with an NPDU behind it: to one, to all, forwarded. */
	{ .app = BACNET, .parts = { AT(0, "\x81\x0a"), AT(4, "\1") },
	  .length = BE16(2, 0) },
	{ .app = BACNET, .parts = { AT(0, "\x81\x0b"), AT(4, "\1") },
	  .length = BE16(2, 0) },
	{ .app = BACNET, .parts = { AT(0, "\x81\x09"), AT(4, "\1") },
	  .length = BE16(2, 0) },
	{ .app = BACNET, .parts = { AT(0, "\x81\4"), AT(10, "\1") },
	  .length = BE16(2, 0) },
	{ .app = BACNET, .parts = { AT(0, "\x81\5\0\x06") },
	  .length = BE16(2, 0) },
	{ .app = BACNET, .parts = { AT(0, "\x81\0\0\x06\0") },
	  .length = BE16(2, 0) },
	/* RFC 5880, 4.1: version 1, no diagnostic. */
	{ .app = BFD, .parts = { AT(0, "\x20"), AT(3, "\x18") },
	  .length = U8(3, 0), .exact = 24, .again = true },
	{ .app = C1222, .parts = { AT(0, "\x60"), AT(2, "\xa2"),
	  AT(6, "\x60\x7c\x86\xf7\x54\1\x16") } },
	{ .app = CORBA, .parts = { AT(0, "MIOP\x10") } },
	{ .app = CORBA, .parts = { AT(0, "GIOP\1") } },
	/* Discord's documents: 70 bytes, an answer to be filled in. */
	{ .app = DISCORD, .parts = { AT(0, "\0\1\0\x46"),
	  AT(8, EIGHT_ZEROS EIGHT_ZEROS) }, .length = BE16(2, 4) },
	{ .app = DLEP, .parts = { AT(0, "DLEP\0\1") } },
	{ .app = DLEP, .parts = { AT(0, "DLEP\0\2") } },
	{ .app = DROPBOX, .parts = { AT(0, "{\"host_int\": ") } },
	{ .app = DROPBOX,
	  .parts = { AT(0, "{\"version\": [2, 0], \"port\": ") } },
	{ .app = DROPBOX, .parts = { AT(0, "{\"namespaces\": [") } },
	/* List identity, as a question and answered. */
	{ .app = ETHERNETIP, .parts = { AT(0, "\x63\0"), AT(4, EIGHT_ZEROS),
	  AT(20, "\0\0\0\0") }, .length = LE16(2, 24) },
	{ .app = ETHERNETIP, .parts = { AT(0, "\4\0"), AT(4, EIGHT_ZEROS),
	  AT(20, "\0\0\0\0") }, .length = LE16(2, 24) },
	/* A chunk with the number 0 of at most 128; the identifier between. */
	{ .app = GELF, .parts = { AT(0, "\x1e\x0f") }, .again = true },
	/* Version 1: open a session, keep it, pass a PDU through. */
	{ .app = HARTIP, .parts = { AT(0, "\1\0\0\0"), AT(6, "\0\x0d") },
	  .length = BE16(6, 0) },
	{ .app = HARTIP, .parts = { AT(0, "\1\1\0\0"), AT(6, "\0\x0d") },
	  .length = BE16(6, 0) },
	{ .app = HARTIP, .parts = { AT(0, "\1\0\3\0"), AT(6, "\0") },
	  .length = BE16(6, 0), .again = true },
	{ .app = HARTIP, .parts = { AT(0, "\1\1\3\0"), AT(6, "\0") },
	  .length = BE16(6, 0), .again = true },
	/* Cisco's default password (RFC 2281, 5.1); version 2 has a TLV. */
	{ .app = HSRP, .parts = { AT(0, "\0"), AT(7, "\0cisco\0\0\0") } },
	{ .app = HSRP, .parts = { AT(0, "\2\4\0\0\0\1") }, .exact = 6,
	  .again = true },
	{ .app = HSRP, .parts = { AT(0, "\1\x28\2"), AT(42, "\3\x08") },
	  .exact = 52 },
	{ .app = HSRP, .parts = { AT(0, "\1\x28\2"), AT(42, "\4\x1c") },
	  .exact = 72 },
	{ .app = HSRP, .parts = { AT(0, "\1\x28\2"), AT(5, "\4") },
	  .again = true },
	{ .app = HSRP, .parts = { AT(0, "\1\x28\2"), AT(5, "\6") },
	  .again = true },
	/* RFC 5456, 8.6: a new call names its version first. */
	{ .app = IAX2, .parts = { AT(8, "\0\0\x06\1\x0b\2\0\2") } },
	{ .app = IPMI, .parts = { AT(0, "\x06\0\xff\x07\0\0\0\0\0") } },
	{ .app = IPMI, .parts = { AT(0, "\x06\0\xff\x06\0\0\x11\xbe") } },
	{ .app = KNX, .parts = { AT(0, "\x06\x10\2") }, .length = BE16(4, 0) },
	{ .app = KNX, .parts = { AT(0, "\x06\x10\3") }, .length = BE16(4, 0) },
	{ .app = KNX, .parts = { AT(0, "\x06\x10\4") }, .length = BE16(4, 0) },
	{ .app = KNX, .parts = { AT(0, "\x06\x10\5") }, .length = BE16(4, 0) },
	{ .app = KNX, .parts = { AT(0, "\x06\x10\x09") },
	  .length = BE16(4, 0) },
	/* RFC 2661, 3.1 and 4.1: a control message begins with its type. */
	{ .app = L2TP, .parts = { AT(0, "\xc8\2"),
	  AT(12, "\x80\x08\0\0\0\0\0") }, .length = BE16(2, 0) },
	{ .app = L2TP, .parts = { AT(0, "\xc8\3"),
	  AT(12, "\x80\x08\0\0\0\0\0") }, .length = BE16(2, 0) },
	/* RFC 5036, 3.5: version 1, a hello. */
	{ .app = LDP, .parts = { AT(0, "\0\1\0"), AT(8, "\0\0\1\0\0") },
	  .length = BE16(2, 4) },
	/* RFC 6886, 3.2 and 3.3; PCP (RFC 6887, 7.1). */
	{ .app = NATPMP, .parts = { AT(0, "\0\x80\0\0") }, .exact = 12,
	  .again = true, .answered = true },
	{ .app = NATPMP, .parts = { AT(0, "\0\0") }, .exact = 2, .again = true,
	  .answered = true },
	{ .app = NATPMP, .parts = { AT(0, "\0\1\0\0"), AT(8, "\0\0") },
	  .exact = 12, .again = true, .answered = true },
	{ .app = NATPMP, .parts = { AT(0, "\0\2\0\0"), AT(8, "\0\0") },
	  .exact = 12, .again = true, .answered = true },
	{ .app = NATPMP, .parts = { AT(0, "\0\x81\0\0") }, .exact = 16,
	  .again = true, .answered = true },
	{ .app = NATPMP, .parts = { AT(0, "\0\x82\0\0") }, .exact = 16,
	  .again = true, .answered = true },
	{ .app = NATPMP, .parts = { AT(0, "\2\1\0\0"),
	  AT(8, EIGHT_ZEROS "\0\0\xff\xff") } },
	/* 3GPP TS 29.244, 7.2.2: with a session and without. */
	{ .app = PFCP, .parts = { AT(0, "\x21") }, .length = BE16(2, 4),
	  .again = true },
	{ .app = PFCP, .parts = { AT(0, "\x20"), AT(8, "\0\x60\0\4") },
	  .length = BE16(2, 4) },
	{ .app = PFCP, .parts = { AT(0, "\x20"), AT(8, "\0\x3c\0\5") },
	  .length = BE16(2, 4) },
	/* IEEE 1588, 13.3: version 2, and bytes without use. */
	{ .app = PTP, .parts = { AT(0, "\0\2\0"), AT(16, "\0\0\0\0") },
	  .again = true },
	{ .app = PTP, .parts = { AT(0, "\1\2\0"), AT(16, "\0\0\0\0") },
	  .again = true },
	{ .app = PTP, .parts = { AT(0, "\2\2\0"), AT(16, "\0\0\0\0") },
	  .again = true },
	{ .app = PTP, .parts = { AT(0, "\x08\2\0"), AT(16, "\0\0\0\0") },
	  .again = true },
	{ .app = PTP, .parts = { AT(0, "\x09\2\0"), AT(16, "\0\0\0\0") },
	  .again = true },
	{ .app = PTP, .parts = { AT(0, "\x0b\2\0"), AT(16, "\0\0\0\0") },
	  .again = true },
	{ .app = PTP, .parts = { AT(0, "\x0c\2\0"), AT(16, "\0\0\0\0") },
	  .again = true },
	{ .app = PTP, .parts = { AT(0, "\x0d\2\0"), AT(16, "\0\0\0\0") },
	  .again = true },
	{ .app = RAKNET, .parts = { AT(1, RAKNET_MAGIC) } },
	{ .app = RAKNET, .parts = { AT(0, "\1"), AT(9, RAKNET_MAGIC) } },
	{ .app = RAKNET, .parts = { AT(0, "\2"), AT(9, RAKNET_MAGIC) } },
	{ .app = RAKNET, .parts = { AT(0, "\x1c"), AT(17, RAKNET_MAGIC) } },
	{ .app = RIPEATLAS, .parts = { AT(0, "MGLNDD_") } },
	{ .app = ROUGHTIME, .parts = { AT(0, "ROUGHTIM") } },
	{ .app = ROUGHTIME,
	  .parts = { AT(0, "\2\0\0\0\x40\0\0\0NONCPAD\xff") } },
	{ .app = RTPS, .parts = { AT(0, "RTPS\1") } },
	{ .app = RTPS, .parts = { AT(0, "RTPS\2") } },
	{ .app = SAMP, .parts = { AT(0, "SAMP") }, .exact = 11 },
	/* RFC 2608, 8: version 2, in English; RFC 2165, 4: version 1. */
	{ .app = SLP, .parts = { AT(0, "\2"), AT(7, "\0\0\0"),
	  AT(12, "\0\2en") }, .length = BE24(2, 0) },
	{ .app = SLP, .parts = { AT(0, "\1"), AT(5, "\0en") },
	  .length = BE16(2, 0) },
	/* Service discovery; then requests and answers of version 1. */
	{ .app = SOMEIP, .parts = { AT(0, "\xff\xff\x81\0"), AT(12, "\1") },
	  .length = BE32(4, 8) },
	{ .app = SOMEIP, .parts = { AT(4, "\0\0"), AT(12, "\1"),
	  AT(14, "\0\0") }, .length = BE32(4, 8), .again = true },
	{ .app = SOMEIP, .parts = { AT(4, "\0\0"), AT(12, "\1"),
	  AT(14, "\2\0") }, .length = BE32(4, 8), .again = true },
	{ .app = SOMEIP, .parts = { AT(4, "\0\0"), AT(12, "\1"),
	  AT(14, "\x80\0") }, .length = BE32(4, 8), .again = true },
	{ .app = SOURCE,
	  .parts = { AT(0, "\xff\xff\xff\xffTSource Engine Query\0") } },
	{ .app = SOURCE, .parts = { AT(0, "\xff\xff\xff\xffgetinfo") } },
	{ .app = SOURCE, .parts = { AT(0, "\xff\xff\xff\xffgetstatus") } },
	{ .app = SOURCE, .parts = { AT(0, "\xff\xff\xff\xffgetservers") } },
	{ .app = SOURCE, .parts = { AT(0, "\xff\xff\xff\xffgetchallenge") } },
	{ .app = SOURCE, .parts = { AT(0, "\xff\xff\xff\xff" "connect ") } },
	{ .app = SPOTIFY, .parts = { AT(0, "SpotUdp0") } },
	{ .app = SSDP, .parts = { AT(0, "M-SEARCH * HTTP/1.") } },
	{ .app = SSDP, .parts = { AT(0, "NOTIFY * HTTP/1.") } },
	{ .app = SSDP, .parts = { AT(0, "HTTP/1.1 200 OK\r\n") } },
	{ .app = STEAM,
	  .parts = { AT(0, "\xff\xff\xff\xff\x21\x4c\x5f\xa0") } },
	{ .app = STEAM, .parts = { AT(0, "VS01") }, .length = LE16(4, 36) },
	{ .app = STEAM, .parts = { AT(1, "\x81sdping") } },
	/* The magic of its local discovery. */
	{ .app = SYNCTHING, .parts = { AT(0, "\x2e\xa7\xd9\x0b") } },
	{ .app = TEAMSPEAK, .parts = { AT(0, "TS3INIT1") } },
	/* A call's relay is asked who asks, behind the call's tag. */
	{ .app = TELEGRAM,
	  .parts = { AT(16, TWELVE_ONES "\xfe\xff\xff\xff") } },
	{ .app = TIVOCONNECT, .parts = { AT(0, "TiVoConnect=1\n") } },
	{ .app = TUYA, .parts = { AT(0, "\0\0\x55\xaa\0\0\0\0") } },
	{ .app = TUYA, .parts = { AT(0, "\0\0\x66\x99\0\0") } },
	{ .app = XIAOMI, .parts = { AT(0, "\x21\x31"), AT(4, "\0\0\0\0") },
	  .length = BE16(2, 0) },
	{ .app = XIAOMI, .parts = { AT(0, "\x21\x31"),
	  AT(4, "\xff\xff\xff\xff") }, .length = BE16(2, 0) },
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

static enum hint_verdict prefix_udp_match(const struct hint_input *in,
					  struct hint_yield *yield)
{
	pthread_once(&once, build);
	return prefix_match(&table, in, yield);
}

const struct hint hint_prefix_udp = {
	.name = "bacnet",
	.family = "industrial",
	.about = "BACnet/IP",
	.also = apps,
	.transport = IPPROTO_UDP,
	.match = prefix_udp_match,
};
