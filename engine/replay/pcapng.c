/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pcapng.c - read pcapng files block by block. Section numbers below refer to
 * draft-ietf-opsawg-pcapng.
 */
#include "engine/replay/pcapng.h"

#include <errno.h>
#include <pcap/dlt.h>
#include <stdlib.h>

#include "engine/packet/cursor.h"

#define BLOCK_SECTION 0x0a0d0d0a	/* 4.1, a palindrome */
#define BLOCK_INTERFACE 1		/* 4.2 */
#define BLOCK_OLD_PACKET 2		/* appendix A */
#define BLOCK_SIMPLE_PACKET 3		/* 4.4 */
#define BLOCK_PACKET 6			/* 4.3 */
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define BLOCK_MIN 12			/* type, length, length again */
#define BLOCK_MAX (16u << 20)		/* libpcap's limit */
#define INTERFACES_MAX 4096
#define OPTION_TSRESOL 9		/* 4.2 */
#define OPTION_TSOFFSET 14
#define LINKTYPE_RAW 101		/* DLT_RAW in files */
#define SECOND_NS 1000000000u

struct interface {
	int dlt;
	uint32_t snap_len;	/* 0: unlimited */
	uint64_t ticks_per_s;
	int64_t offset_s;
};

struct pcapng {
	FILE *file;
	bool is_big;		/* byte order of the section */
	bool has_section;
	uint8_t *block;
	size_t block_room;
	struct interface *interfaces;
	size_t interface_count;
	size_t interface_room;
};

struct pcapng *pcapng_new(FILE *file)
{
	struct pcapng *reader = calloc(1, sizeof(*reader));

	if (reader != NULL)
		reader->file = file;
	return reader;
}

void pcapng_free(struct pcapng *reader)
{
	if (reader == NULL)
		return;
	free(reader->block);
	free(reader->interfaces);
	free(reader);
}

int pcapng_link(const struct pcapng *reader, size_t index)
{
	if (index >= reader->interface_count)
		return -1;
	return reader->interfaces[index].dlt;
}

static uint16_t get16(const struct pcapng *r, struct cursor *c)
{
	return r->is_big ? cursor_be16(c) : cursor_le16(c);
}

static uint32_t get32(const struct pcapng *r, struct cursor *c)
{
	return r->is_big ? cursor_be32(c) : cursor_le32(c);
}

static uint64_t get64(const struct pcapng *r, struct cursor *c)
{
	uint64_t first = get32(r, c);
	uint64_t second = get32(r, c);

	return r->is_big ? first << 32 | second : second << 32 | first;
}

/* 4.2: the highest bit selects a power of two instead of ten. Returns 0 when
 * the resolution exceeds 64 bits. */
static uint64_t ticks_of(uint8_t resolution)
{
	uint64_t ticks = 1;
	unsigned int power = resolution & 0x7f;

	if ((resolution & 0x80) != 0)
		return power < 64 ? ticks << power : 0;
	if (power > 19)
		return 0;
	while (power-- > 0)
		ticks *= 10;
	return ticks;
}

static void interface_options(const struct pcapng *r, struct cursor c,
			      struct interface *interface)
{
	while (cursor_left(&c) >= 4) {
		uint16_t code = get16(r, &c);
		uint16_t len = get16(r, &c);
		struct cursor value = cursor_take(&c, len);

		if (code == 0 || value.is_short)
			break;
		if (code == OPTION_TSRESOL && len >= 1)
			interface->ticks_per_s = ticks_of(cursor_u8(&value));
		else if (code == OPTION_TSOFFSET && len >= 8)
			interface->offset_s = (int64_t)get64(r, &value);
		cursor_skip(&c, -(size_t)len & 3);
	}
}

static int add_interface(struct pcapng *r, struct cursor c, const char **why)
{
	struct interface interface = { .ticks_per_s = 1000000 };
	struct interface *more;
	size_t room;

	interface.dlt = get16(r, &c);
	cursor_skip(&c, 2);
	interface.snap_len = get32(r, &c);
	if (c.is_short || r->interface_count == INTERFACES_MAX) {
		*why = c.is_short ? "an interface block is too short" :
				    "too many interfaces";
		return -EIO;
	}
	if (interface.dlt == LINKTYPE_RAW)
		interface.dlt = DLT_RAW;
	interface_options(r, c, &interface);
	if (r->interface_count == r->interface_room) {
		room = r->interface_room > 0 ? 2 * r->interface_room : 8;
		more = realloc(r->interfaces, room * sizeof(*more));
		if (more == NULL) {
			*why = "out of memory";
			return -ENOMEM;
		}
		r->interfaces = more;
		r->interface_room = room;
	}
	r->interfaces[r->interface_count++] = interface;
	return 0;
}

static uint64_t time_of(const struct interface *interface, uint64_t ticks)
{
	uint64_t unit = interface->ticks_per_s;
	uint64_t offset = (uint64_t)interface->offset_s * SECOND_NS;

	if (unit == 0)
		return offset;
	if (SECOND_NS % unit == 0)
		return ticks * (SECOND_NS / unit) + offset;
	return ticks / unit * SECOND_NS + offset +
	       (uint64_t)((unsigned __int128)(ticks % unit) * SECOND_NS / unit);
}

/* 4.3, and appendix A, which has a count of drops after the number of the
 * interface. */
static int packet(const struct pcapng *r, struct cursor c, bool is_old,
		  struct pcapng_frame *ret, const char **why)
{
	uint32_t index = is_old ? get16(r, &c) : get32(r, &c);
	uint64_t ticks;

	if (is_old)
		cursor_skip(&c, 2);
	ticks = (uint64_t)get32(r, &c) << 32;
	ticks |= get32(r, &c);
	ret->len = get32(r, &c);
	ret->wire_len = get32(r, &c);
	ret->data = cursor_bytes(&c, ret->len);
	if (ret->data == NULL) {
		*why = "a packet is longer than its block";
		return -EIO;
	}
	if (index >= r->interface_count) {
		*why = "a packet refers to an undefined interface";
		return -EIO;
	}
	ret->dlt = r->interfaces[index].dlt;
	ret->has_time = true;
	ret->time_ns = time_of(&r->interfaces[index], ticks);
	return 1;
}

/* 4.4: belongs to the first interface; has no timestamp or captured length. */
static int simple_packet(const struct pcapng *r, struct cursor c,
			 struct pcapng_frame *ret, const char **why)
{
	size_t len;

	ret->wire_len = get32(r, &c);
	if (c.is_short || r->interface_count == 0) {
		*why = "a packet refers to an undefined interface";
		return -EIO;
	}
	len = cursor_left(&c);
	if (len > ret->wire_len)
		len = ret->wire_len;
	if (r->interfaces[0].snap_len != 0 && len > r->interfaces[0].snap_len)
		len = r->interfaces[0].snap_len;
	ret->len = (uint32_t)len;
	ret->data = cursor_bytes(&c, len);
	ret->dlt = r->interfaces[0].dlt;
	ret->has_time = false;
	ret->time_ns = 0;
	return 1;
}

/* Read `len` bytes to offset `at` of the block. */
static int fill(struct pcapng *r, size_t at, size_t len, const char **why)
{
	if (fread(r->block + at, 1, len, r->file) == len)
		return 0;
	*why = ferror(r->file) ? "read error" : "the file ends within a block";
	return -EIO;
}

static int make_room(struct pcapng *r, size_t len, const char **why)
{
	uint8_t *block;

	if (len <= r->block_room)
		return 0;
	len = (len + 65535) & ~(size_t)65535;
	block = realloc(r->block, len);
	if (block == NULL) {
		*why = "out of memory";
		return -ENOMEM;
	}
	r->block = block;
	r->block_room = len;
	return 0;
}

/* The byte order mark of a section follows the length that needs it (4.1). */
static int begin_section(struct pcapng *r, size_t *got, const char **why)
{
	struct cursor magic;
	int rc;

	rc = fill(r, *got, 4, why);
	if (rc < 0)
		return rc;
	magic = cursor_of(r->block + *got, 4);
	*got += 4;
	switch (cursor_be32(&magic)) {
	case BYTE_ORDER_MAGIC:
		r->is_big = true;
		break;
	case 0x4d3c2b1a:
		r->is_big = false;
		break;
	default:
		*why = "a section header has an invalid byte order mark";
		return -EIO;
	}
	r->has_section = true;
	r->interface_count = 0;
	return 0;
}

/* Read the next block: 1 with its type and body, 0 at the end, or -errno. */
static int next_block(struct pcapng *r, uint32_t *ret_type,
		      struct cursor *ret_body, const char **why)
{
	struct cursor head;
	size_t got, len;
	int rc;

	rc = make_room(r, BLOCK_MIN, why);
	if (rc < 0)
		return rc;
	got = fread(r->block, 1, 8, r->file);
	if (got == 0 && !ferror(r->file))
		return 0;
	if (got < 8)
		return fill(r, got, 8 - got, why);
	head = cursor_of(r->block, 8);
	*ret_type = get32(r, &head);
	if (*ret_type == BLOCK_SECTION) {
		rc = begin_section(r, &got, why);
		if (rc < 0)
			return rc;
		head = cursor_of(r->block + 4, 4);
	}
	len = get32(r, &head);
	if (!r->has_section || len < BLOCK_MIN || len > BLOCK_MAX ||
	    len % 4 != 0) {
		*why = "a block has an invalid length";
		return -EIO;
	}
	rc = make_room(r, len, why);
	if (rc == 0)
		rc = fill(r, got, len - got, why);
	if (rc < 0)
		return rc;
	*ret_body = cursor_of(r->block + 8, len - BLOCK_MIN);
	return 1;
}

int pcapng_next(struct pcapng *reader, struct pcapng_frame *ret_frame,
		const char **ret_why)
{
	struct cursor body;
	uint32_t type;
	int rc;

	for (;;) {
		rc = next_block(reader, &type, &body, ret_why);
		if (rc <= 0)
			return rc;
		switch (type) {
		case BLOCK_INTERFACE:
			rc = add_interface(reader, body, ret_why);
			if (rc < 0)
				return rc;
			break;
		case BLOCK_PACKET:
		case BLOCK_OLD_PACKET:
			return packet(reader, body, type == BLOCK_OLD_PACKET,
				      ret_frame, ret_why);
		case BLOCK_SIMPLE_PACKET:
			return simple_packet(reader, body, ret_frame, ret_why);
		}
	}
}
