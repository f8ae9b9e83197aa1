/* SPDX-License-Identifier: GPL-2.0-or-later */
/* raw_ip.c - build packets and send them, see raw_ip.h. */
#include "rules/tables/raw_ip.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TTL 64

void raw_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void raw_put32(uint8_t *at, uint32_t value)
{
	raw_put16(at, value >> 16);
	raw_put16(at + 2, value & 0xffff);
}

static uint32_t sum_of(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint16_t raw_checksum(const uint8_t *bytes, size_t len)
{
	return folded(sum_of(bytes, len));
}

uint16_t raw_ip_checksum(const struct address *src, const struct address *dst,
			 uint8_t proto, const uint8_t *bytes, size_t len)
{
	size_t from = address_is_v4(src) ? 12 : 0;

	return folded(sum_of(src->bytes + from, 16 - from) +
		      sum_of(dst->bytes + from, 16 - from) + proto +
		      (uint32_t)len + sum_of(bytes, len));
}

size_t raw_ip_header(uint8_t *at, const struct address *src,
		     const struct address *dst, uint8_t proto, size_t len)
{
	if (!address_is_v4(src)) {
		at[0] = 0x60;
		raw_put16(at + 4, (uint32_t)len);
		at[6] = proto;
		at[7] = TTL;
		memcpy(at + 8, src->bytes, 16);
		memcpy(at + 24, dst->bytes, 16);
		return RAW_IP6_LEN;
	}
	at[0] = 0x45;
	raw_put16(at + 2, (uint32_t)(RAW_IP4_LEN + len));
	raw_put16(at + 6, 0x4000);	/* do not fragment */
	at[8] = TTL;
	at[9] = proto;
	memcpy(at + 12, src->bytes + 12, 4);
	memcpy(at + 16, dst->bytes + 12, 4);
	raw_put16(at + 10, raw_checksum(at, RAW_IP4_LEN));
	return RAW_IP4_LEN;
}

/* ---- sending ---- */

static int open_raw(int family, uint32_t mark)
{
	/* IPPROTO_RAW: the packet includes its IP header (raw(7)). */
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IPPROTO_RAW);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark,
				 sizeof(mark)) == 0)
		return fd;
	close(fd);
	return -1;
}

bool raw_ip_open(struct raw_ip_sockets *sockets, uint32_t mark)
{
	sockets->fd4 = open_raw(AF_INET, mark);
	sockets->fd6 = open_raw(AF_INET6, mark);
	return sockets->fd4 >= 0;
}

void raw_ip_close(struct raw_ip_sockets *sockets)
{
	int saved = errno;

	if (sockets->fd4 >= 0)
		close(sockets->fd4);
	if (sockets->fd6 >= 0)
		close(sockets->fd6);
	sockets->fd4 = sockets->fd6 = -1;
	errno = saved;
}

bool raw_ip_send(const struct raw_ip_sockets *sockets,
		 const struct address *dst, const uint8_t *bytes, size_t len)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };

	if (address_is_v4(dst)) {
		to4.sin_addr.s_addr = dst->be32[3];
		return sendto(sockets->fd4, bytes, len, 0,
			      (struct sockaddr *)&to4, sizeof(to4)) >= 0;
	}
	memcpy(&to6.sin6_addr, dst->bytes, sizeof(to6.sin6_addr));
	return sendto(sockets->fd6, bytes, len, 0, (struct sockaddr *)&to6,
		      sizeof(to6)) >= 0;
}
