/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domain.c - convert host names to their canonical form. */
#include <errno.h>
#include <idn2.h>
#include <string.h>

#include "rules/tables/domain_table.h"

/* RFC 1035, 2.3.4 */
#define LABEL_MAX 63

/* A UTF-8 character takes up to 4 bytes. */
#define UTF8_MAX (4 * DOMAIN_MAX)

static int refuse(const char *why, const char **ret_why)
{
	*ret_why = why;
	return -EINVAL;
}

/* Explain why a host name cannot contain `c`. */
static const char *why_not(char c)
{
	switch (c) {
	case ' ':
	case '\t':
		return "a host name cannot contain spaces";
	case '/':
		return "this looks like a URL: write its host name only";
	case ':':
		return "write the host name without a port";
	case '@':
		return "write the host name only, without '@' and what "
		       "precedes it";
	case '*':
		return "a host name cannot have wildcards: example.com also "
		       "matches its subdomains";
	default:
		return "a host name consists of letters, digits, '-', '_' and "
		       "dots";
	}
}

/* Explain the notations of other programs' lists; NULL: none of them. */
static const char *why_not_text(const char *text, size_t len)
{
	size_t i;

	if (len == 0 || (len == 1 && text[0] == '.'))
		return "a host name is missing";
	if (len > 2 && text[0] == '*' && text[1] == '.')
		return "write example.com, not *.example.com: it also matches "
		       "subdomains";
	if (len > 1 && text[0] == '.' && text[1] != '.')
		return "write example.com, not .example.com: it also matches "
		       "subdomains";
	for (i = 0; i + 2 < len; i++) {
		if (memcmp(text + i, "://", 3) == 0)
			return why_not('/');
	}
	return NULL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_';
}

/*
 * Labels that begin with "xn--" are not validated: a sender may use any
 * spelling, and a list must be able to match it.
 */
static int ascii_canonical(const char *text, size_t len,
			   char ret[static DOMAIN_MAX + 1],
			   const char **ret_why)
{
	size_t label_len = 0;
	size_t i;

	if (len > 0 && text[len - 1] == '.')
		len--;
	for (i = 0; i < len; i++) {
		char c = lower(text[i]);

		if (c == '.' && label_len == 0)
			return refuse("empty label: remove the extra dot",
				      ret_why);
		label_len = c == '.' ? 0 : label_len + 1;
		if (c != '.' && !is_host_char(c))
			return refuse(why_not(c), ret_why);
		if (label_len > LABEL_MAX)
			return refuse("a label is at most 63 characters long",
				      ret_why);
		if (i == DOMAIN_MAX)
			return refuse("a host name is at most 253 characters "
				      "long", ret_why);
		ret[i] = c;
	}
	if (label_len == 0)
		return refuse("empty label: remove the extra dot", ret_why);
	ret[len] = '\0';
	return (int)len;
}

static const char *why_not_idna(int rc)
{
	switch (rc) {
	case IDN2_ENCODING_ERROR:
		return "not valid UTF-8";
	case IDN2_TOO_BIG_LABEL:
		return "a label is at most 63 characters long, as an A-label";
	case IDN2_TOO_BIG_DOMAIN:
		return "a host name is at most 253 characters long, as "
		       "A-labels";
	default:
		return "IDNA does not allow these characters in a host name";
	}
}

static int idna_canonical(const char *text, size_t len,
			  char ret[static DOMAIN_MAX + 1],
			  const char **ret_why)
{
	uint8_t copy[UTF8_MAX + 1];
	uint8_t *ascii = NULL;
	int rc;

	if (len > UTF8_MAX)
		return refuse("a host name is at most 253 characters long",
			      ret_why);
	if (memchr(text, '\0', len) != NULL)
		return refuse(why_not('\0'), ret_why);
	memcpy(copy, text, len);
	copy[len] = '\0';
	rc = idn2_lookup_u8(copy, &ascii, IDN2_NFC_INPUT |
			    IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		return refuse(why_not_idna(rc), ret_why);
	rc = ascii_canonical((char *)ascii, strlen((char *)ascii), ret,
			     ret_why);
	idn2_free(ascii);
	return rc;
}

int domain_canonical(const char *text, size_t len,
		     char ret[static DOMAIN_MAX + 1], const char **ret_why)
{
	const char *why = why_not_text(text, len);
	size_t i;

	if (why != NULL)
		return refuse(why, ret_why);
	for (i = 0; i < len; i++) {
		if ((unsigned char)text[i] >= 0x80)
			return idna_canonical(text, len, ret, ret_why);
	}
	return ascii_canonical(text, len, ret, ret_why);
}
