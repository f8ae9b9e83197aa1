/*
 * gquic.h - the hello of Google's own QUIC, before it took up TLS.
 */
#ifndef WAYMARK_GQUIC_H
#define WAYMARK_GQUIC_H

#include "engine/hints/hint.h"

/*
 * Find the client's hello in the frames of a packet, and its server name.
 * Always HINT_YES, since the packet is known; without a hello, `more`.
 */
enum hint_verdict gquic_hello(struct cursor frames, struct hint_yield *yield);

#endif
