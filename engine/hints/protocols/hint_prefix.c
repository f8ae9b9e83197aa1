/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hint_prefix.c - the rows of prefix.h against a payload. */
#include <assert.h>

#include "engine/hints/prefix.h"

/* No first message of these protocols is longer. */
#define MESSAGE_MAX (UINT32_C(1) << 20)

static enum hint_verdict match_parts(const struct prefix_row *row,
				     struct cursor c)
{
	for (size_t i = 0; i < PREFIX_PARTS; i++) {
		const struct prefix_part *part = &row->parts[i];
		struct cursor rest = c;
		size_t len = part->is.len;

		if (len == 0)
			break;
		cursor_skip(&rest, part->at);
		if (cursor_left(&rest) < len)
			len = cursor_left(&rest);
		if (memcmp(rest.at, part->is.data, len) != 0)
			return HINT_NO;
		if (len < part->is.len)
			return HINT_MORE;
	}
	return HINT_YES;
}

static size_t parts_end(const struct prefix_row *row)
{
	size_t end = 0;

	for (size_t i = 0; i < PREFIX_PARTS; i++)
		if (row->parts[i].is.len != 0)
			end = row->parts[i].at + row->parts[i].is.len;
	return end;
}

/* The length that the message holds; 0 without such a field. */
static int64_t read_length(const struct prefix_length *length, struct cursor *c)
{
	uint32_t value = 0;

	cursor_skip(c, length->at);
	for (uint8_t i = 0; i < length->size; i++) {
		uint8_t byte = cursor_u8(c);

		if (length->is_little)
			value |= (uint32_t)byte << 8 * i;
		else
			value = value << 8 | byte;
	}
	return length->size == 0 ? 0 : (int64_t)value + length->add;
}

/* One row against one message; *ret_len is the message's length, 0 when it
 * holds none. */
static enum hint_verdict match_row(const struct prefix_row *row,
				   struct cursor c, uint8_t transport,
				   size_t *ret_len)
{
	bool is_datagram = transport != IPPROTO_TCP;
	enum hint_verdict verdict = match_parts(row, c);
	size_t left = cursor_left(&c);
	int64_t len;

	if (verdict != HINT_YES)
		return is_datagram ? HINT_NO : verdict;
	len = read_length(&row->length, &c);
	if (c.is_short)
		return is_datagram ? HINT_NO : HINT_MORE;
	if (row->exact != 0 && left != row->exact)
		return HINT_NO;
	*ret_len = 0;
	if (row->length.size == 0)
		return HINT_YES;
	if (len < (int64_t)parts_end(row) || len > MESSAGE_MAX)
		return HINT_NO;
	if (is_datagram && (size_t)len != left)
		return HINT_NO;
	*ret_len = (size_t)len;
	return HINT_YES;
}

/* Whether any row of `app` fits. */
static enum hint_verdict match_app(const struct prefix_table *table,
				   uint8_t app, struct cursor c,
				   uint8_t transport)
{
	enum hint_verdict best = HINT_NO;
	size_t len;

	for (size_t i = 0; i < table->row_count; i++) {
		enum hint_verdict verdict;

		if (table->rows[i].app != app)
			continue;
		verdict = match_row(&table->rows[i], c, transport, &len);
		if (verdict == HINT_YES)
			return HINT_YES;
		if (verdict == HINT_MORE)
			best = HINT_MORE;
	}
	return best;
}

static enum hint_verdict confirm_datagram(const struct prefix_table *table,
					  const struct hint_input *in,
					  const struct prefix_row *row)
{
	struct cursor earlier = in->earlier, datagram;
	bool from_server;

	while (hint_earlier_next(&earlier, &from_server, &datagram))
		if ((!row->answered || from_server != in->from_server) &&
		    match_app(table, row->app, datagram, in->transport) ==
			    HINT_YES)
			return HINT_YES;
	return HINT_MORE;
}

/* The next message of the stream, else the other side's first one. */
static enum hint_verdict confirm_stream(const struct prefix_table *table,
					const struct hint_input *in,
					uint8_t app, size_t len)
{
	struct cursor c = in->payload;

	if (len != 0 && cursor_left(&c) > len) {
		cursor_skip(&c, len);
		return match_app(table, app, c, in->transport);
	}
	if (cursor_left(&in->opposite) > 0)
		return match_app(table, app, in->opposite, in->transport);
	return HINT_MORE;
}

/* From the last row to the first, so that chains have the rows' order. */
void prefix_index(struct prefix_table *table)
{
	assert(table->row_count <= PREFIX_ROWS_MAX);
	memset(table->head, PREFIX_END, sizeof(table->head));
	for (size_t i = table->row_count; i-- > 0;) {
		const struct prefix_part *part = &table->rows[i].parts[0];
		size_t key = part->at != 0 ? PREFIX_ANY :
					     (uint8_t)part->is.data[0];

		table->next[i] = table->head[key];
		table->head[key] = (uint8_t)i;
	}
}

/* All rows of one chain. */
static enum hint_verdict match_chain(const struct prefix_table *table,
				     uint8_t row_number,
				     const struct hint_input *in,
				     struct hint_yield *yield)
{
	enum hint_verdict best = HINT_NO;
	size_t len = 0;

	for (; row_number != PREFIX_END; row_number = table->next[row_number]) {
		const struct prefix_row *row = &table->rows[row_number];
		enum hint_verdict verdict;

		verdict = match_row(row, in->payload, in->transport, &len);
		if (verdict == HINT_YES && row->again)
			verdict = in->transport == IPPROTO_TCP ?
				confirm_stream(table, in, row->app, len) :
				confirm_datagram(table, in, row);
		if (verdict == HINT_YES) {
			yield->app = row->app;
			return HINT_YES;
		}
		if (verdict == HINT_MORE)
			best = HINT_MORE;
	}
	return best;
}

enum hint_verdict prefix_match(const struct prefix_table *table,
			       const struct hint_input *in,
			       struct hint_yield *yield)
{
	struct cursor c = in->payload;
	enum hint_verdict by_byte, by_rest;

	by_byte = match_chain(table, table->head[cursor_u8(&c)], in, yield);
	if (by_byte == HINT_YES)
		return HINT_YES;
	by_rest = match_chain(table, table->head[PREFIX_ANY], in, yield);
	return by_rest == HINT_NO ? by_byte : by_rest;
}
