/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe_socket.c - one attempt of a probe. */
#include "rules/setup/monitor/probe_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX 160
#define ANSWER_MAX 2048

static socklen_t name_of(const struct uplink_probe *spec,
			 struct sockaddr_storage *ret)
{
	uint16_t port = spec->kind == PROBE_PING ? 0 : htons(spec->port);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = port };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = port };

	if (address_is_v4(&spec->target)) {
		memcpy(&in.sin_addr, spec->target.bytes + 12, 4);
		memcpy(ret, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, spec->target.bytes, 16);
	memcpy(ret, &in6, sizeof(in6));
	return sizeof(in6);
}

/* A ping socket where ping_group_range allows it, else a raw socket. */
static int open_ping(struct probe_socket *ps, int family)
{
	int protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

	ps->fd = socket(family, SOCK_DGRAM | flags, protocol);
	ps->is_raw = ps->fd < 0;
	if (ps->is_raw)
		ps->fd = socket(family, SOCK_RAW | flags, protocol);
	return ps->fd < 0 ? -errno : 0;
}

/* RFC 1071. */
static uint16_t checksum(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* An echo request has the same header in RFC 792 and RFC 4443. The kernel fills
 * in the checksum of ICMPv6, and the identifier on ping sockets. */
static int send_ping(struct probe_socket *ps, bool is_v4)
{
	struct icmphdr header = { .type = is_v4 ? ICMP_ECHO :
						  ICMP6_ECHO_REQUEST };
	uint8_t packet[sizeof(header) + 8] = { 0 };

	if (getrandom(&ps->id, sizeof(ps->id), 0) < 0)
		return -errno;
	header.un.echo.id = ps->id;
	header.un.echo.sequence = ps->id;
	memcpy(packet, &header, sizeof(header));
	memcpy(packet + sizeof(header), "waymark", 8);
	if (is_v4) {
		header.checksum = checksum(packet, sizeof(packet));
		memcpy(packet, &header, sizeof(header));
	}
	return send(ps->fd, packet, sizeof(packet), 0) < 0 ? -errno : 0;
}

int probe_socket_open(struct probe_socket *ps, const struct uplink_probe *spec,
		      const char *dev, uint32_t mark)
{
	struct sockaddr_storage name;
	socklen_t len = name_of(spec, &name);
	bool is_v4 = address_is_v4(&spec->target);
	int rc = 0;

	*ps = (struct probe_socket){ .fd = -1 };
	if (spec->kind == PROBE_PING)
		rc = open_ping(ps, name.ss_family);
	else
		ps->fd = socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK |
				SOCK_CLOEXEC, 0);
	if (rc < 0 || ps->fd < 0)
		return rc < 0 ? rc : -errno;
	ps->events = spec->kind == PROBE_PING ? POLLIN : POLLOUT;
	if (setsockopt(ps->fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0 ||
	    setsockopt(ps->fd, SOL_SOCKET, SO_BINDTODEVICE, dev,
		       (socklen_t)strlen(dev) + 1) < 0)
		rc = -errno;
	else if (connect(ps->fd, (struct sockaddr *)&name, len) < 0 &&
		 errno != EINPROGRESS)
		rc = -errno;
	else if (spec->kind == PROBE_PING)
		rc = send_ping(ps, is_v4);
	if (rc < 0)
		probe_socket_close(ps);
	return rc;
}

void probe_socket_close(struct probe_socket *ps)
{
	if (ps->fd >= 0)
		close(ps->fd);
	ps->fd = -1;
}

static int read_ping(const struct probe_socket *ps, bool is_v4)
{
	uint8_t answer[ANSWER_MAX];
	struct icmphdr header;
	ssize_t len = recv(ps->fd, answer, sizeof(answer), 0);
	size_t from = 0;

	if (len < 0)
		return -errno;
	if (is_v4 && ps->is_raw && len > 0)
		from = (size_t)(answer[0] & 0xf) * 4;
	if ((size_t)len < from + sizeof(header))
		return -EAGAIN;
	memcpy(&header, answer + from, sizeof(header));
	if (header.type != (is_v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) ||
	    header.un.echo.sequence != ps->id ||
	    (ps->is_raw && header.un.echo.id != ps->id))
		return -EAGAIN;
	return 0;
}

static int send_request(struct probe_socket *ps,
			const struct uplink_probe *spec)
{
	char text[REQUEST_MAX], host[ADDRESS_TEXT_MAX];
	bool is_v4 = address_is_v4(&spec->target);
	int len;

	address_print(&spec->target, host);
	len = snprintf(text, sizeof(text),
		       "GET / HTTP/1.1\r\nHost: %s%s%s\r\n"
		       "User-Agent: waymark\r\nConnection: close\r\n\r\n",
		       is_v4 ? "" : "[", host, is_v4 ? "" : "]");
	if (send(ps->fd, text, (size_t)len, MSG_NOSIGNAL) < 0)
		return -errno;
	ps->has_asked = true;
	ps->events = POLLIN;
	return -EAGAIN;
}

/* "HTTP/1.1 200": status 2xx and 3xx count as an answer. It may arrive in
 * pieces; what was read does not make the socket ready again. */
static int read_answer(struct probe_socket *ps)
{
	const char *text = ps->answer;
	ssize_t len = recv(ps->fd, ps->answer + ps->answer_len,
			   sizeof(ps->answer) - ps->answer_len, 0);

	if (len <= 0)
		return len < 0 ? -errno : -ECONNRESET;
	ps->answer_len += (size_t)len;
	if (ps->answer_len < sizeof(ps->answer))
		return -EAGAIN;
	return strncmp(text, "HTTP/1.", 7) == 0 && text[8] == ' ' &&
			       (text[9] == '2' || text[9] == '3') ?
		       0 :
		       -EPROTO;
}

int probe_socket_go_on(struct probe_socket *ps, const struct uplink_probe *spec)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (spec->kind == PROBE_PING)
		return read_ping(ps, address_is_v4(&spec->target));
	if (ps->has_asked)
		return read_answer(ps);
	if (getsockopt(ps->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	if (error)
		return -error;
	return spec->kind == PROBE_TCP ? 0 : send_request(ps, spec);
}
