/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.c - parse, compare, split and print addresses and prefixes. */
#include "rules/tables/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>

/* An IPv4 address follows the 96 bits of ::ffff:0:0 (RFC 4291, 2.5.5.2). */
#define V4_BITS_BEFORE 96

/* An address as a 128-bit number. */
struct number {
	uint64_t high;
	uint64_t low;
};

static struct number to_number(const struct address *a)
{
	return (struct number){ be64toh(a->be64[0]), be64toh(a->be64[1]) };
}

static struct address from_number(struct number n)
{
	return (struct address){ .be64 = { htobe64(n.high), htobe64(n.low) } };
}

/* Return a mask of the bits after the first `len`. */
static struct number host_bits(unsigned int len)
{
	struct number n = { 0, 0 };

	if (len < 64)
		n.high = UINT64_MAX >> len;
	if (len <= 64)
		n.low = UINT64_MAX;
	else if (len < 128)
		n.low = UINT64_MAX >> (len - 64);
	return n;
}

int address_compare(const struct address *a, const struct address *b)
{
	int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));

	return (order > 0) - (order < 0);
}

struct address prefix_last(const struct prefix *prefix)
{
	struct number n = to_number(&prefix->base);
	struct number host = host_bits(prefix->len);

	n.high |= host.high;
	n.low |= host.low;
	return from_number(n);
}

bool prefix_contains(const struct prefix *prefix, const struct address *a)
{
	struct number n = to_number(a);
	struct number base = to_number(&prefix->base);
	struct number host = host_bits(prefix->len);

	return ((n.high ^ base.high) & ~host.high) == 0 &&
	       ((n.low ^ base.low) & ~host.low) == 0;
}

int address_parse(const char *text, size_t len, struct address *ret)
{
	char copy[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;

	if (len == 0 || len >= sizeof(copy) || memchr(text, '\0', len) != NULL)
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';

	if (memchr(copy, ':', len) != NULL) {
		if (inet_pton(AF_INET6, copy, &v6) != 1)
			return -EINVAL;
		*ret = address_from_v6(&v6);
		return 0;
	}
	if (inet_pton(AF_INET, copy, &v4) != 1)
		return -EINVAL;
	*ret = address_from_v4(v4.s_addr);
	return 0;
}

static int report_error(char why[static ADDRESS_WHY_MAX], const char *text)
{
	snprintf(why, ADDRESS_WHY_MAX, "%s", text);
	return -EINVAL;
}

/* `text` consists of digits and dots, but is not an IPv4 address. */
static int report_v4(const char *text, size_t len,
		     char why[static ADDRESS_WHY_MAX])
{
	unsigned int part[4] = { 0 };
	unsigned int parts = 0;
	bool in_part = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '.') {
			if (!in_part)
				parts = 4;
			in_part = false;
			continue;
		}
		if (!in_part && ++parts > 4)
			break;
		in_part = true;
		part[parts - 1] = part[parts - 1] * 10 +
				  (unsigned int)(text[i] - '0');
		if (part[parts - 1] > 255)
			return report_error(why, "each number of an IPv4 "
					    "address is 0 to 255");
	}
	if (parts == 0 || parts > 4 || !in_part)
		return report_error(why, "an IPv4 address is four numbers "
				    "separated by dots");
	snprintf(why, ADDRESS_WHY_MAX, parts < 4 ?
		 "an IPv4 address is four numbers: write %u.%u.%u.%u" :
		 "leave out the leading zeros: write %u.%u.%u.%u",
		 part[0], part[1], part[2], part[3]);
	return -EINVAL;
}

static int report_address(const char *text, size_t len,
			  char why[static ADDRESS_WHY_MAX])
{
	bool only_digits = true;
	size_t i;

	if (len == 0)
		return report_error(why, "an address is missing here");
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]) && text[i] != '.')
			only_digits = false;
	}
	if (only_digits)
		return report_v4(text, len, why);
	if (memchr(text, '%', len) != NULL)
		return report_error(why, "an address cannot have a zone here: "
				    "remove '%' and what follows it");
	if (memchr(text, '[', len) || memchr(text, ']', len) != NULL)
		return report_error(why, "write the address without brackets "
				    "and port");
	if (memchr(text, ':', len) != NULL)
		return report_error(why, "not an IPv6 address such as "
				    "2001:db8::1");
	return report_error(why, "not an address such as 192.0.2.1 or "
			    "2001:db8::1");
}

static int parse_or_report(const char *text, size_t len, struct address *ret,
			   char why[static ADDRESS_WHY_MAX])
{
	if (address_parse(text, len, ret) == 0)
		return 0;
	return report_address(text, len, why);
}

/* Parse up to three digits; -1 for anything else. */
static int parse_len(const char *text, size_t len)
{
	int n = 0;
	size_t i;

	if (len == 0 || len > 3)
		return -1;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -1;
		n = n * 10 + (text[i] - '0');
	}
	return n;
}

/* `text`, which follows the '/', is not a valid prefix length. */
static int report_len(const char *text, size_t len, bool is_v4_text,
		      char why[static ADDRESS_WHY_MAX])
{
	struct address mask;
	uint32_t host;

	if (is_v4_text && address_parse(text, len, &mask) == 0 &&
	    address_is_v4(&mask)) {
		host = ~ntohl(mask.be32[3]);
		if ((host & (host + 1)) != 0)
			return report_error(why, "the ones of a netmask must "
					    "be contiguous: write a prefix "
					    "length, /0 to /32");
		snprintf(why, ADDRESS_WHY_MAX,
			 "write the netmask as a prefix length: /%d",
			 host == 0 ? 32 : __builtin_clz(host));
		return -EINVAL;
	}
	return report_error(why, is_v4_text ?
			"an IPv4 prefix length is 0 to 32" :
			"an IPv6 prefix length is 0 to 128");
}

/* Parse "a/n", whose '/' is at `slash`. */
static int parse_prefix_at(const char *text, size_t len, size_t slash,
			   struct prefix *ret, char why[static ADDRESS_WHY_MAX])
{
	bool is_v4_text = memchr(text, ':', slash) == NULL;
	int bits = parse_len(text + slash + 1, len - slash - 1);
	char fix[ADDRESS_TEXT_MAX];
	struct prefix prefix;
	struct number base;
	struct number host;
	int rc;

	rc = parse_or_report(text, slash, &prefix.base, why);
	if (rc < 0)
		return rc;
	if (bits < 0 || bits > (is_v4_text ? 32 : 128))
		return report_len(text + slash + 1, len - slash - 1,
				  is_v4_text, why);

	prefix.len = (uint8_t)(bits + (is_v4_text ? V4_BITS_BEFORE : 0));
	base = to_number(&prefix.base);
	host = host_bits(prefix.len);
	if ((base.high & host.high) != 0 || (base.low & host.low) != 0) {
		base.high &= ~host.high;
		base.low &= ~host.low;
		prefix.base = from_number(base);
		snprintf(why, ADDRESS_WHY_MAX, "host bits are set: write %s",
			 prefix_print(&prefix, fix));
		return -EINVAL;
	}
	*ret = prefix;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Parse "a-b", whose '-' is at `dash` and may have blanks around it. */
static int parse_range_at(const char *text, size_t len, size_t dash,
			  struct address *ret_first, struct address *ret_last,
			  char why[static ADDRESS_WHY_MAX])
{
	struct address first;
	struct address last;
	size_t first_len = dash;
	size_t start = dash + 1;
	int rc;

	while (first_len > 0 && is_blank(text[first_len - 1]))
		first_len--;
	while (start < len && is_blank(text[start]))
		start++;
	if (memchr(text, '/', len) != NULL)
		return report_error(why, "a range is two addresses without a "
				    "prefix length");
	rc = parse_or_report(text, first_len, &first, why);
	if (rc < 0)
		return rc;
	rc = parse_or_report(text + start, len - start, &last, why);
	if (rc < 0)
		return rc;
	if (address_is_v4(&first) != address_is_v4(&last))
		return report_error(why, "both addresses of a range must be "
				    "of one family, IPv4 or IPv6");
	if (address_compare(&first, &last) > 0)
		return report_error(why, "the range ends before it starts");
	*ret_first = first;
	*ret_last = last;
	return 0;
}

int address_range_parse(const char *text, size_t len,
			struct address *ret_first, struct address *ret_last,
			char why[static ADDRESS_WHY_MAX])
{
	const char *dash = len > 0 ? memchr(text, '-', len) : NULL;
	struct prefix prefix;
	int rc;

	if (dash != NULL)
		return parse_range_at(text, len, (size_t)(dash - text),
				      ret_first, ret_last, why);
	rc = prefix_parse(text, len, &prefix, why);
	if (rc < 0)
		return rc;
	*ret_first = prefix.base;
	*ret_last = prefix_last(&prefix);
	return 0;
}

int prefix_parse(const char *text, size_t len, struct prefix *ret,
		 char why[static ADDRESS_WHY_MAX])
{
	const char *slash = len > 0 ? memchr(text, '/', len) : NULL;
	struct prefix prefix = { .len = 128 };
	int rc;

	if (slash != NULL)
		return parse_prefix_at(text, len, (size_t)(slash - text), ret,
				       why);
	if (len > 0 && memchr(text, '-', len) != NULL)
		return report_error(why, "expected one address or prefix, not "
				    "a range");
	rc = parse_or_report(text, len, &prefix.base, why);
	if (rc == 0)
		*ret = prefix;
	return rc;
}

/* Return the last address of the largest prefix that starts at `first` and
 * ends at or before `last`. */
static struct number block_end(struct number first, struct number last,
			       uint8_t *ret_len)
{
	struct number end = first;
	unsigned int len = 128;

	while (len > 0) {
		struct number host = host_bits(len - 1);
		struct number wider = { first.high | host.high,
					first.low | host.low };

		if ((first.high & host.high) != 0 ||
		    (first.low & host.low) != 0 || wider.high > last.high ||
		    (wider.high == last.high && wider.low > last.low))
			break;
		end = wider;
		len--;
	}
	*ret_len = (uint8_t)len;
	return end;
}

int address_range_split(const struct address *first, const struct address *last,
			int (*each)(void *ctx, const struct prefix *prefix),
			void *ctx)
{
	struct number at = to_number(first);
	struct number stop = to_number(last);
	struct prefix prefix;
	int rc;

	if (address_compare(first, last) > 0)
		return 0;
	for (;;) {
		struct number end = block_end(at, stop, &prefix.len);

		prefix.base = from_number(at);
		rc = each(ctx, &prefix);
		if (rc != 0)
			return rc;
		if (end.high == stop.high && end.low == stop.low)
			return 0;
		at.low = end.low + 1;
		at.high = end.high + (at.low == 0);
	}
}

/* Find the longest run of two or more zero groups (RFC 5952, 4.2). *ret_len is
 * 0 when there is none. */
static int longest_zeros(const uint16_t group[8], int *ret_len)
{
	int best = 0;
	int i, run = 0;

	*ret_len = 0;
	for (i = 0; i < 8; i++) {
		run = group[i] == 0 ? run + 1 : 0;
		if (run >= 2 && run > *ret_len) {
			*ret_len = run;
			best = i - run + 1;
		}
	}
	return best;
}

static void print_v6(const struct address *a, char *text)
{
	uint16_t group[8];
	int zeros, zeros_len, i;
	char *end = text;

	for (i = 0; i < 8; i++)
		group[i] = (uint16_t)(a->bytes[2 * i] << 8 |
				      a->bytes[2 * i + 1]);
	zeros = longest_zeros(group, &zeros_len);
	for (i = 0; i < 8; i++) {
		if (zeros_len > 0 && i == zeros) {
			end += sprintf(end, "::");
			i += zeros_len - 1;
			continue;
		}
		if (end > text && end[-1] != ':')
			*end++ = ':';
		end += sprintf(end, "%x", group[i]);
	}
}

char *address_print(const struct address *a, char text[static ADDRESS_TEXT_MAX])
{
	if (address_is_v4(a))
		snprintf(text, ADDRESS_TEXT_MAX, "%u.%u.%u.%u", a->bytes[12],
			 a->bytes[13], a->bytes[14], a->bytes[15]);
	else
		print_v6(a, text);
	return text;
}

char *address_print_packet(const struct address *a,
			   char text[static ADDRESS_TEXT_MAX])
{
	struct address mapped = *a;

	mapped.bytes[11] |= 1;
	if (address_is_v4(a) || !address_is_v4(&mapped))
		return address_print(a, text);
	print_v6(&mapped, text);
	return text;
}

char *prefix_print(const struct prefix *p, char text[static ADDRESS_TEXT_MAX])
{
	unsigned int len = p->len;
	size_t used;

	address_print(&p->base, text);
	if (len == 128)
		return text;
	if (address_is_v4(&p->base) && len >= V4_BITS_BEFORE)
		len -= V4_BITS_BEFORE;
	used = strlen(text);
	snprintf(text + used, ADDRESS_TEXT_MAX - used, "/%u", len);
	return text;
}
