/*
 * ja4.h - the JA4 fingerprint of a ClientHello, by FoxIO's description of the
 * format: what a TLS client offers, told apart from whom it calls. A pure
 * function; costs two SHA-256, so it is asked for only where it is needed.
 */
#ifndef WAYMARK_JA4_H
#define WAYMARK_JA4_H

#include <stdbool.h>

#include "engine/packet/cursor.h"
#include "engine/hints/hint.h"
#include "rules/policy/facts.h"

/*
 * Of the whole body of a ClientHello, from its version on. False when it is
 * malformed, or offers more than anyone does; then `ret` is not touched.
 */
bool ja4_of(struct cursor body, enum hello_kind kind,
	    char ret[static JA4_LEN + 1]);

#endif
