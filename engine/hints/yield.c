/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yield.c - shared by match functions: pass on a host or ALPN name, and
 * walk through the earlier datagrams.
 */
#include <string.h>

#include "engine/hints/hint.h"

/*
 * "[2001:db8::1]:443" and "example.org:8080" name a host and a port. More
 * than one colon without brackets is an IPv6 address and has no port.
 */
static void cut_port(const uint8_t **host, size_t *len)
{
	const uint8_t *text = *host, *end;

	if (*len > 0 && text[0] == '[') {
		end = memchr(text, ']', *len);
		if (end == NULL) {
			*len = 0;
			return;
		}
		*host = text + 1;
		*len = (size_t)(end - text) - 1;
		return;
	}
	end = memchr(text, ':', *len);
	if (end != NULL && memchr(end + 1, ':',
				  *len - (size_t)(end + 1 - text)) == NULL)
		*len = (size_t)(end - text);
}

void hint_yield_host(struct hint_yield *yield, const void *host, size_t len)
{
	const uint8_t *text = host;

	if (text == NULL || len == 0)
		return;
	cut_port(&text, &len);
	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len == 0 || len > DOMAIN_MAX)
		return;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] == 0x7f)
			return;
	memcpy(yield->host, text, len);
	yield->host[len] = '\0';
	yield->host_len = (uint8_t)len;
}

void hint_yield_alpn(struct hint_yield *yield, const uint8_t *name, size_t len)
{
	if (len == 0 || len > UINT8_MAX || yield->alpn_count == HINT_ALPN_MAX)
		return;
	yield->alpn[yield->alpn_count].name = name;
	yield->alpn[yield->alpn_count].len = (uint8_t)len;
	yield->alpn_count++;
}

bool hint_earlier_next(struct cursor *earlier, bool *ret_from_server,
		       struct cursor *ret_datagram)
{
	uint8_t from_server = cursor_u8(earlier);
	struct cursor datagram = cursor_take(earlier, cursor_be16(earlier));

	if (earlier->is_short)
		return false;
	*ret_from_server = from_server != 0;
	*ret_datagram = datagram;
	return true;
}
