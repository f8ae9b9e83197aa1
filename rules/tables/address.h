/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * address.h - IPv4 and IPv6 addresses, prefixes and ranges in one type.
 * Pure functions over values; any thread may call them.
 */
#ifndef WAYMARK_ADDRESS_H
#define WAYMARK_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Room for any printed address or prefix with its '\0'. */
#define ADDRESS_TEXT_MAX 56

/*
 * 16 bytes in network order. An IPv4 address a.b.c.d is ::ffff:a.b.c.d
 * (RFC 4291, 2.5.5.2), so that both families compare and hash the same way.
 */
struct address {
	union {
		uint8_t bytes[16];
		uint32_t be32[4];
		uint64_t be64[2];
	};
};

/* The addresses whose first `len` bits equal those of `base`; len 0-128, an
 * IPv4 /n has len 96 + n. Bits of `base` past `len` are zero. */
struct prefix {
	struct address base;
	uint8_t len;
};

static inline bool address_is_v4(const struct address *a)
{
	return a->be64[0] == 0 && a->bytes[8] == 0 && a->bytes[9] == 0 &&
	       a->bytes[10] == 0xff && a->bytes[11] == 0xff;
}

static inline bool address_equal(const struct address *a,
				 const struct address *b)
{
	return a->be64[0] == b->be64[0] && a->be64[1] == b->be64[1];
}

/* Convert an IPv4 address in network order, as in struct in_addr. */
static inline struct address address_from_v4(uint32_t be)
{
	struct address a = { .bytes = { [10] = 0xff, [11] = 0xff } };

	a.be32[3] = be;
	return a;
}

/* Convert 16 bytes in network order, as in struct in6_addr. */
static inline struct address address_from_v6(const void *bytes)
{
	struct address a;

	memcpy(a.bytes, bytes, sizeof(a.bytes));
	return a;
}

/*
 * Convert an address of an IPv6 header. A sender may put ::ffff:a.b.c.d there.
 * It is stored as ::fffe:a.b.c.d, which is unassigned, so that it never equals
 * the IPv4 address and matches no list of IPv4 addresses.
 */
static inline struct address address_from_packet6(const void *bytes)
{
	struct address a = address_from_v6(bytes);

	if (address_is_v4(&a))
		a.bytes[11] = 0xfe;
	return a;
}

/*
 * Parse "192.0.2.1" or "2001:db8::1" from `len` characters. 0 or -EINVAL.
 * Octets are decimal without leading zeros, as inet_pton(3) requires.
 */
int address_parse(const char *text, size_t len, struct address *ret);

/*
 * Parse an address, a prefix "a/n" or a range "a-b" into the inclusive range
 * first..last. 0, or -EINVAL with the error and its fix in `why`: "an IPv4
 * prefix length is 0 to 32", "the range ends before it starts", "host bits are
 * set: write 10.1.0.0/16", ...
 */
#define ADDRESS_WHY_MAX 160
int address_range_parse(const char *text, size_t len,
			struct address *ret_first, struct address *ret_last,
			char why[static ADDRESS_WHY_MAX]);

/* Parse one address or prefix; errors as of address_range_parse(). */
int prefix_parse(const char *text, size_t len, struct prefix *ret,
		 char why[static ADDRESS_WHY_MAX]);

/* Compare numerically: -1, 0 or 1. IPv4 sorts as ::ffff:0:0/96. */
int address_compare(const struct address *a, const struct address *b);

/*
 * Split first..last into the fewest prefixes and call `each` for every one in
 * ascending order. Stops at the first nonzero result and returns it.
 */
int address_range_split(const struct address *first, const struct address *last,
			int (*each)(void *ctx, const struct prefix *prefix),
			void *ctx);

/* Return the last address of a prefix. */
struct address prefix_last(const struct prefix *prefix);
bool prefix_contains(const struct prefix *prefix, const struct address *a);

/* Print IPv4 in dotted form and IPv6 according to RFC 5952; a prefix of one
 * address without its length. Returns `text`. */
char *address_print(const struct address *a,
		    char text[static ADDRESS_TEXT_MAX]);
/* Print an address of a packet, undoing address_from_packet6(). */
char *address_print_packet(const struct address *a,
			   char text[static ADDRESS_TEXT_MAX]);
char *prefix_print(const struct prefix *p, char text[static ADDRESS_TEXT_MAX]);

#endif
