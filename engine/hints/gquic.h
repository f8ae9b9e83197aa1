/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gquic.h - the hello of Google's QUIC, which did not use TLS.
 */
#ifndef WAYMARK_GQUIC_H
#define WAYMARK_GQUIC_H

#include "engine/hints/hint.h"

/*
 * Find the client's hello in the frames of a packet, and its server name.
 * Always HINT_YES, since the packet is known; `more` without a hello.
 */
enum hint_verdict gquic_hello(struct cursor frames, struct hint_yield *yield);

#endif
