/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ja4.h - the JA4 fingerprint of a ClientHello (FoxIO's description of the
 * format): the ciphers and extensions that a TLS client offers. A pure
 * function; costs two SHA-256, so call it only where it is needed.
 */
#ifndef WAYMARK_JA4_H
#define WAYMARK_JA4_H

#include <stdbool.h>

#include "engine/packet/cursor.h"
#include "engine/hints/hint.h"
#include "rules/policy/facts.h"

/*
 * Compute the fingerprint of the complete body of a ClientHello, from its
 * version on. False when it is malformed or offers too much; then `ret` is not
 * written.
 */
bool ja4_of(struct cursor body, enum hello_kind kind,
	    char ret[static JA4_LEN + 1]);

#endif
