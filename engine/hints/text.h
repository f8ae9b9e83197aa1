/*
 * text.h - for protocols that speak in lines. ASCII case never matters.
 */
#ifndef WAYMARK_TEXT_H
#define WAYMARK_TEXT_H

#include "engine/hints/hint.h"

/* The next line without its line break, which is passed over; false, and
 * nothing passed over, when no break has come yet. */
bool text_line(struct cursor *text, struct cursor *ret_line);

/* Whether the text begins with `word`: HINT_MORE when it is too short to tell.
 * With HINT_YES the word is passed over. */
enum hint_verdict text_begins(struct cursor *text, const char *word);

/* The same for any of `words`, which end with NULL. */
enum hint_verdict text_begins_any(struct cursor *text,
				  const char *const words[]);

/* Whether `line` is one of `words`, alone or followed by a blank, which end
 * with NULL. Nothing is passed over. */
bool text_is_command(struct cursor line, const char *const words[]);

/* Whether `needle` is somewhere in `line`. */
bool text_has(struct cursor line, const char *needle);

/* Whether all of it can be shown: no control characters but blanks and line
 * breaks. */
bool text_is_plain(struct cursor text);

/* Pass over blanks. */
void text_skip_blanks(struct cursor *text);

/* Up to the next blank or the end, which is not passed over. */
struct cursor text_token(struct cursor *text);

/* Pass over decimal digits, at most `most`; how many there were. */
size_t text_digits(struct cursor *text, size_t max, uint32_t *ret_value);

/*
 * What a client says after the command that starts TLS: the ClientHello's
 * names go to the yield. Always HINT_YES, since the protocol is known.
 */
enum hint_verdict text_starttls(const struct hint_input *in,
				struct cursor rest, struct hint_yield *yield);

#endif
