/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * defrag.c - reassemble fragments in slots of fixed size, one for each
 * incomplete datagram, with the received parts as a sorted list of ranges.
 */
#include "engine/packet/defrag.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/packet/decode.h"

#define DATAGRAM_MAX 65535
/* Room for IPv6 with extension headers; IPv4 with options needs 60. */
#define HEADER_MAX 256
/* Fragments in ascending or descending order form one range; each gap adds
 * one. */
#define RANGES_MAX 32
#define TIMEOUT_NS 30000000000u		/* ipfrag_time (ip-sysctl) */

struct key {
	struct address src;
	struct address dst;
	uint32_t id;
	uint8_t family;
	uint8_t proto;		/* 0 for IPv6: only in the first fragment */
	uint8_t zero[2];
};

struct range {
	uint32_t start;
	uint32_t end;
};

struct datagram {
	struct key key;
	bool is_used;
	bool is_dropped;	/* keeps its slot until it times out */
	uint64_t started_ns;
	uint64_t number;	/* serial number: the lowest is the oldest */
	uint32_t header_len;	/* 0: first fragment missing */
	uint32_t data_len;	/* 0: last fragment missing */
	size_t range_count;
	struct range ranges[RANGES_MAX];
	uint8_t *buffer;	/* the header ends at HEADER_MAX, then data */
};

struct defrag {
	size_t capacity;
	uint64_t started;
	struct datagram *datagrams;
	uint8_t *buffers;
};

struct defrag *defrag_new(size_t datagrams)
{
	struct defrag *defrag = calloc(1, sizeof(*defrag));
	size_t room = HEADER_MAX + DATAGRAM_MAX;
	size_t i;

	if (defrag == NULL)
		return NULL;
	defrag->capacity = datagrams > 0 ? datagrams : 1;
	defrag->datagrams = calloc(defrag->capacity,
				   sizeof(*defrag->datagrams));
	/* Unused pages are never touched and cost no memory. */
	defrag->buffers = calloc(defrag->capacity, room);
	if (defrag->datagrams == NULL || defrag->buffers == NULL) {
		defrag_free(defrag);
		return NULL;
	}
	for (i = 0; i < defrag->capacity; i++)
		defrag->datagrams[i].buffer = defrag->buffers + i * room;
	return defrag;
}

void defrag_free(struct defrag *defrag)
{
	if (defrag == NULL)
		return;
	free(defrag->datagrams);
	free(defrag->buffers);
	free(defrag);
}

/* The protocol is part of the key in RFC 791, 3.2, but not in RFC 8200, 4.5. */
static struct key key_of(const struct packet *pkt)
{
	struct key key;

	memset(&key, 0, sizeof(key));
	key.src = pkt->src;
	key.dst = pkt->dst;
	key.id = pkt->fragment_id;
	key.family = pkt->family;
	if (pkt->family == 4)
		key.proto = pkt->proto;
	return key;
}

/* Return the slot of this key, or initialize an empty one or that of the
 * oldest datagram. */
static struct datagram *find(struct defrag *defrag, const struct key *key,
			     uint64_t now_ns)
{
	struct datagram *best = &defrag->datagrams[0];
	size_t i;

	for (i = 0; i < defrag->capacity; i++) {
		struct datagram *d = &defrag->datagrams[i];

		if (d->is_used && now_ns > d->started_ns + TIMEOUT_NS)
			d->is_used = false;
		if (d->is_used && memcmp(&d->key, key, sizeof(*key)) == 0)
			return d;
		if (best->is_used && (!d->is_used || d->number < best->number))
			best = d;
	}
	best->key = *key;
	best->is_used = true;
	best->is_dropped = false;
	best->started_ns = now_ns;
	best->number = ++defrag->started;
	best->header_len = 0;
	best->data_len = 0;
	best->range_count = 0;
	return best;
}

static uint8_t *data_of(const struct datagram *d)
{
	return d->buffer + HEADER_MAX;
}

/* Copy the bytes of `part` that no range holds yet. */
static void copy_new(struct datagram *d, struct range part,
		     const uint8_t *bytes)
{
	uint32_t at = part.start;
	size_t i;

	for (i = 0; i < d->range_count && at < part.end; i++) {
		const struct range *r = &d->ranges[i];

		if (r->end <= at)
			continue;
		if (r->start >= part.end)
			break;
		if (r->start > at)
			memcpy(data_of(d) + at, bytes + (at - part.start),
			       r->start - at);
		at = r->end;
	}
	if (at < part.end)
		memcpy(data_of(d) + at, bytes + (at - part.start),
		       part.end - at);
}

/* Merge `part` with the ranges it touches. false: too many gaps. */
static bool join(struct datagram *d, struct range part)
{
	struct range *r = d->ranges;
	size_t first = 0, last;

	while (first < d->range_count && r[first].end < part.start)
		first++;
	for (last = first; last < d->range_count && r[last].start <= part.end;
	     last++) {
		if (r[last].start < part.start)
			part.start = r[last].start;
		if (r[last].end > part.end)
			part.end = r[last].end;
	}
	if (first == last && d->range_count == RANGES_MAX)
		return false;
	memmove(&r[first + 1], &r[last],
		(d->range_count - last) * sizeof(r[0]));
	r[first] = part;
	d->range_count = d->range_count - (last - first) + 1;
	return true;
}

enum overlap { OVERLAP_NONE, OVERLAP_PART, OVERLAP_WHOLE };

static enum overlap overlap(const struct datagram *d, struct range part)
{
	size_t i;

	for (i = 0; i < d->range_count; i++) {
		const struct range *r = &d->ranges[i];

		if (r->start <= part.start && part.end <= r->end)
			return OVERLAP_WHOLE;
		if (r->start < part.end && part.start < r->end)
			return OVERLAP_PART;
	}
	return OVERLAP_NONE;
}

/* Return the range that the fragment covers. false: it is truncated, or its
 * length is no multiple of 8 (RFC 8200, 4.5; IPv4 hosts ignore the rest). */
static bool part_of(const struct packet *pkt, struct range *ret_part)
{
	uint32_t len;

	if (pkt->len < pkt->ip_len || pkt->ip_len <= pkt->header_len)
		return false;
	len = pkt->ip_len - pkt->header_len;
	if (pkt->more_fragments && (len & 7) != 0) {
		if (pkt->family == 6)
			return false;
		len &= ~7u;
	}
	ret_part->start = pkt->fragment_offset;
	ret_part->end = pkt->fragment_offset + len;
	return len > 0 && ret_part->end <= DATAGRAM_MAX;
}

/* Record where the datagram ends. false: fragments contradict each other. */
static bool set_end(struct datagram *d, const struct packet *pkt,
		    struct range part)
{
	uint32_t reached = 0;

	if (d->range_count > 0)
		reached = d->ranges[d->range_count - 1].end;
	if (d->data_len != 0) {
		if (part.end > d->data_len)
			return false;
		return pkt->more_fragments || part.end == d->data_len;
	}
	if (!pkt->more_fragments) {
		if (reached > part.end)
			return false;
		d->data_len = part.end;
	}
	return true;
}

static bool set_header(struct datagram *d, const struct packet *pkt)
{
	if (pkt->header_len > HEADER_MAX)
		return false;
	d->header_len = pkt->header_len;
	memcpy(d->buffer + HEADER_MAX - d->header_len, pkt->data,
	       d->header_len);
	return true;
}

/* Add the fragment. false: the datagram is invalid. */
static bool add(struct datagram *d, const struct packet *pkt,
		struct range part)
{
	if (!set_end(d, pkt, part))
		return false;
	switch (overlap(d, part)) {
	case OVERLAP_WHOLE:
		return true;
	case OVERLAP_PART:
		if (pkt->family == 6)
			return false;	/* RFC 5722, 4 */
		break;
	case OVERLAP_NONE:
		break;
	}
	if (part.start == 0 && d->header_len == 0 && !set_header(d, pkt))
		return false;
	copy_new(d, part, pkt->data + pkt->header_len);
	return join(d, part);
}

static bool is_complete(const struct datagram *d)
{
	return d->data_len != 0 && d->header_len != 0 && d->range_count == 1 &&
	       d->ranges[0].start == 0 && d->ranges[0].end == d->data_len;
}

static void put_be16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Set the header's length to that of the datagram. IPv6 keeps its fragment
 * header, the last one copied, as "atomic" (RFC 6946). false: too long. */
static bool finish(const struct datagram *d, struct packet *ret_packet)
{
	uint8_t *ip = d->buffer + HEADER_MAX - d->header_len;
	uint32_t len = d->header_len + d->data_len;

	if (d->key.family == 4) {
		if (len > DATAGRAM_MAX)
			return false;
		put_be16(ip + 2, len);
		put_be16(ip + 6, 0);
	} else {
		if (len - 40 > DATAGRAM_MAX)
			return false;
		put_be16(ip + 4, len - 40);
		put_be16(data_of(d) - 6, 0);
	}
	ret_packet->data = ip;
	ret_packet->len = len;
	return true;
}

bool defrag_take(struct defrag *defrag, const struct packet *fragment,
		 struct packet *ret_packet)
{
	struct packet pkt;
	struct datagram *d;
	struct range part;
	struct key key;

	if (!fragment->is_fragment || fragment->status == DECODE_MALFORMED ||
	    !part_of(fragment, &part))
		return false;
	key = key_of(fragment);
	d = find(defrag, &key, fragment->time_ns);
	if (d->is_dropped)
		return false;
	if (!add(d, fragment, part)) {
		d->is_dropped = true;
		return false;
	}
	if (!is_complete(d))
		return false;
	d->is_used = false;
	pkt = (struct packet){
		.mark = fragment->mark,
		.ifindex = fragment->ifindex,
		.has_uid = fragment->has_uid,
		.uid = fragment->uid,
		.hwaddr = fragment->hwaddr,
		.time_ns = fragment->time_ns,
	};
	if (!finish(d, &pkt))
		return false;
	decode_ip(&pkt);
	*ret_packet = pkt;
	return true;
}
