/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint.h - match a flow's payload against one protocol.
 *
 * A hint is a file protocols/hint_NAME.c that defines one `const struct hint` and
 * a row in registry.c. Match functions are pure: they read payload through
 * cursors, write the yield, keep nothing, allocate nothing. README.md in this
 * directory shows how to add one.
 */
#ifndef WAYMARK_HINT_H
#define WAYMARK_HINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/packet/cursor.h"
#include "rules/tables/domain_table.h"
#include "rules/policy/policy.h"

enum hint_verdict {
	HINT_NO,		/* never: not asked again on this side */
	HINT_MORE,		/* undecided: ask again with more */
	HINT_YES,		/* certain: this protocol */
};

/* Which sides' payload a hint can read. */
enum hint_sides { HINT_CLIENT = 1, HINT_SERVER = 2, HINT_EITHER = 3 };

/*
 * The input of a match function. For TCP `payload` is the stream of one
 * side from its first byte, without holes. For UDP it is the latest
 * datagram; `earlier` holds those before it, of both
 * sides, that some hint asked to keep by HINT_MORE or by `more`
 * (hint_earlier_next()).
 */
struct hint_input {
	struct cursor payload;
	struct cursor opposite;	/* TCP: the other side's stream; else empty */
	struct cursor earlier;
	bool from_server;
	uint8_t transport;	/* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	uint16_t sport;		/* the client's, host order */
	uint16_t dport;		/* the server's */
	uint8_t *scratch;	/* HINT_SCRATCH bytes for decrypted or joined
				 * payload; a yield may point into it */
};

#define HINT_SCRATCH ((size_t)32 * 1024)
#define HINT_ALPN_MAX 8

/* Over what a ClientHello came. */
enum hello_kind { HELLO_NONE, HELLO_TLS, HELLO_DTLS, HELLO_QUIC };

/*
 * The output of a match function beside its verdict; cleared by the caller.
 * `more` with HINT_YES: the application is certain, but the host or ALPN may
 * still come; the same hint is then asked again with more payload of either
 * of its sides. Without `more`, what is not in the yield is known to be absent.
 */
struct hint_yield {
	bool more;
	uint8_t app;		/* 0: the hint's own name; n: also[n - 1] */
	uint8_t host_len;
	uint8_t alpn_count;
	bool ech;		/* encrypted_client_hello, outer form */
	uint8_t ech_config;	/* then its config_id */
	uint8_t hello_kind;	/* enum hello_kind: a ClientHello is whole */
	struct cursor hello;	/* then its body, from the version on */
	char host[DOMAIN_MAX + 1];	/* as received, not canonical; no port */
	struct {
		const uint8_t *name;
		uint8_t len;
	} alpn[HINT_ALPN_MAX];
};

struct hint_app {
	const char *name;	/* a word for `app` conditions */
	const char *family;	/* "mail", "vpn", ...; NULL for none */
	const char *about;	/* a line for `waymark hints` */
};

struct bytes {
	const char *data;
	size_t len;
};
#define BYTES(literal) { literal, sizeof(literal) - 1 }

#define HINT_PORTS_MAX 8
#define HINT_TESTS_MAX 2

/* A required byte: under `mask` it is one of `is`. */
struct hint_test {
	uint8_t at;
	uint8_t mask;
	struct bytes is;
};

struct hint {
	const char *name;
	const char *family;
	const char *about;
	const struct hint_app *also;	/* ends with a NULL name; may be NULL */
	bool covers_also;		/* its name covers those, too */
	uint8_t transport;
	uint8_t sides;			/* HINT_CLIENT ...; 0 is HINT_EITHER */
	bool yields_host;
	bool yields_alpn;
	/* Server ports where it is asked first. Never evidence. */
	uint16_t ports[HINT_PORTS_MAX];
	/* These save the call. The bytes that a payload can begin with, on
	 * any side that it reads; none: any byte. */
	struct bytes first;
	/* For UDP: other bytes of a side's first datagram. */
	struct hint_test tests[HINT_TESTS_MAX];
	/* The minimum length of payload, for UDP; 0 is 1. */
	uint16_t min;
	enum hint_verdict (*match)(const struct hint_input *in,
				   struct hint_yield *yield);
};

/* Copy a host name from a packet to the yield, unless it is too long, empty or
 * has control characters or blanks. A ":port" and the
 * brackets of an IPv6 address are removed. */
void hint_yield_host(struct hint_yield *yield, const void *host, size_t len);
void hint_yield_alpn(struct hint_yield *yield, const uint8_t *name, size_t len);

/* Read the next of the earlier datagrams; false at the end. Each is kept as a
 * byte (1: from the server), its length (big-endian, two bytes) and its bytes. */
bool hint_earlier_next(struct cursor *earlier, bool *ret_from_server,
		       struct cursor *ret_datagram);

/*
 * Keep-alives that precede a protocol's first message. Blank: a few line
 * breaks or zeros, or the single 0xff of RFC 3948, 2.3; a datagram of these
 * belongs to no protocol. Keep-alive: also a STUN request (RFC 3489, RFC 5626,
 * 3.5.2), which may be the protocol, but need not.
 */
bool hint_is_blank(struct cursor payload);
bool hint_is_keep_alive(uint8_t transport, struct cursor payload);

/* ---- the registry ---- */

/* The maximum number of hints; that of applications is APP_MAX. */
#define HINTS_MAX 128

/* A set of hints: bit n is hint n of the registry. */
struct hint_set {
	uint64_t bits[HINTS_MAX / 64];
};

/* In the order in which they are asked when nothing suggests another. */
size_t hints_count(void);
const struct hint *hints_at(size_t i);

/* The application of `hint` and a yield's `app`: 1 and up. */
uint16_t hints_app(size_t hint, uint8_t app);
/* "tls"; NULL for APP_NONE. */
const char *hints_app_name(uint16_t app);
/* APP_NONE when there is none of that name. */
uint16_t hints_app_find(const char *name);

/* The hints to ask about a side's first payload, which is not empty: those of
 * this transport that read this side and allow its bytes and length. */
struct hint_set hints_candidates(uint8_t transport, bool from_server,
				 struct cursor payload);
/* Whether any hint of this transport reads this side. */
bool hints_read(uint8_t transport, bool from_server);
/* The hint to ask first for this server port; -1 for none. */
int hints_preferred(uint8_t transport, uint16_t dport);

/* The words for `app` conditions: all applications and families. */
const struct vocabulary *hints_vocabulary(void);

#endif
