/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http2.h - the host of a connection that begins with HTTP/2. */
#ifndef WAYMARK_HTTP2_H
#define WAYMARK_HTTP2_H

#include "engine/hints/hint.h"

/*
 * Yield the authority of the first request, or `more` while its header is
 * incomplete. `frames` follow the preface; `scratch` is that of the hint's
 * input.
 */
void http2_host(struct cursor frames, uint8_t *scratch,
		struct hint_yield *yield);

#endif
