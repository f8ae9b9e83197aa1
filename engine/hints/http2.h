/* http2.h - the host of a connection that speaks HTTP/2 from its first byte. */
#ifndef WAYMARK_HTTP2_H
#define WAYMARK_HTTP2_H

#include "engine/hints/hint.h"

/*
 * `frames` is what follows the preface. Yields the authority of the first
 * request, or `more` while its header has not come. `scratch` as in the hint's
 * input.
 */
void http2_host(struct cursor frames, uint8_t *scratch,
		struct hint_yield *yield);

#endif
