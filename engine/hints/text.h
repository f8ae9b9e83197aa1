/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - lines and words of text protocols. ASCII case never matters.
 */
#ifndef WAYMARK_TEXT_H
#define WAYMARK_TEXT_H

#include "engine/hints/hint.h"

/* Read and skip the next line, without its line break. False, and nothing is
 * skipped, while the line is incomplete. */
bool text_line(struct cursor *text, struct cursor *ret_line);

/* Match the text's first word: HINT_MORE when the text is too short.
 * With HINT_YES the word is skipped. */
enum hint_verdict text_begins(struct cursor *text, const char *word);

/* The same for any of `words`, which end with NULL. */
enum hint_verdict text_begins_any(struct cursor *text,
				  const char *const words[]);

/* Whether `line` is one of `words`, which end with NULL, alone or followed by
 * a blank. Nothing is skipped. */
bool text_is_command(struct cursor line, const char *const words[]);

/* Whether `needle` is somewhere in `line`. */
bool text_has(struct cursor line, const char *needle);

/* Whether the text has no control characters but blanks and line breaks. */
bool text_is_plain(struct cursor text);

/* Skip blanks. */
void text_skip_blanks(struct cursor *text);

/* Read and skip everything up to the next blank or the end. */
struct cursor text_token(struct cursor *text);

/* Read and skip at most `max` decimal digits; returns their number. */
size_t text_digits(struct cursor *text, size_t max, uint32_t *ret_value);

/*
 * Read what a client sends after the command that starts TLS: the names in the
 * ClientHello go to the yield. Always HINT_YES, since the protocol is known.
 */
enum hint_verdict text_starttls(const struct hint_input *in,
				struct cursor rest, struct hint_yield *yield);

/*
 * Read what a client sends through a proxy that was given an address: the
 * host of a ClientHello or of an HTTP request. Without either, `address` is
 * the host; NULL for none. Always HINT_YES.
 */
enum hint_verdict text_tunnel(const struct hint_input *in, struct cursor rest,
			      const char *address, struct hint_yield *yield);

#endif
