/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client_hello.h - the first message of TLS, wherever it travels: in TLS and
 * DTLS records, in QUIC's CRYPTO frames, after STARTTLS. Pure functions.
 */
#ifndef WAYMARK_CLIENT_HELLO_H
#define WAYMARK_CLIENT_HELLO_H

#include "engine/hints/hint.h"

/*
 * Read a handshake message (RFC 8446, 4.1.2) from its type byte on, complete
 * or not. HINT_YES: it is a ClientHello; `yield` has the server name,
 * ALPN, ECH and the hello itself, with `more` and without the hello when the
 * message is not complete. The yield points into `message`.
 */
enum hint_verdict client_hello_message(struct cursor message,
				       struct hint_yield *yield);

/* The same for the body of a DTLS ClientHello, whose header, read before, gives
 * its length `len` (RFC 6347, 4.2.1). */
enum hint_verdict client_hello_dtls(struct cursor body, size_t len,
				    struct hint_yield *yield);

/*
 * The same for a stream of TLS records from its first byte on. A message that
 * is spread over records is joined in `scratch`, of HINT_SCRATCH bytes.
 * `yield` is not touched unless the verdict is HINT_YES.
 */
enum hint_verdict client_hello_stream(struct cursor stream, uint8_t *scratch,
				      struct hint_yield *yield);

#endif
