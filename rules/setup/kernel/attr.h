/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attr.h - read values of netlink attributes: mnl_attr_get_*() without the
 * assumption that an attribute has the length of its type. One that is too
 * short reads as 0, "" or NULL.
 */
#ifndef WAYMARK_SETUP_ATTR_H
#define WAYMARK_SETUP_ATTR_H

#include <libmnl/libmnl.h>
#include <stdint.h>
#include <string.h>

/* Its payload of `len` bytes or more; NULL: it is shorter. */
static inline const void *attr_bytes(const struct nlattr *attr, size_t len)
{
	return mnl_attr_get_payload_len(attr) >= len ?
	       mnl_attr_get_payload(attr) : NULL;
}

/* Numbers as they are in the message: of the host, or of the network. */
static inline uint8_t attr_u8(const struct nlattr *attr)
{
	const uint8_t *bytes = attr_bytes(attr, 1);

	return bytes != NULL ? *bytes : 0;
}

static inline uint16_t attr_u16(const struct nlattr *attr)
{
	return attr_bytes(attr, 2) != NULL ? mnl_attr_get_u16(attr) : 0;
}

static inline uint32_t attr_u32(const struct nlattr *attr)
{
	return attr_bytes(attr, 4) != NULL ? mnl_attr_get_u32(attr) : 0;
}

static inline uint64_t attr_u64(const struct nlattr *attr)
{
	return attr_bytes(attr, 8) != NULL ? mnl_attr_get_u64(attr) : 0;
}

/* A text that ends within the attribute. */
static inline const char *attr_text(const struct nlattr *attr)
{
	const char *text = mnl_attr_get_payload(attr);

	return memchr(text, '\0', mnl_attr_get_payload_len(attr)) != NULL ?
	       text : "";
}

#endif
