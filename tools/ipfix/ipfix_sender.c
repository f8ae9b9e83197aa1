/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipfix_sender.c - send without waiting, see ipfix_sender.h. */
#include "tools/ipfix/ipfix_sender.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_USUAL "4739"
#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 60000
/* Between messages about the same failure. */
#define QUIET_MS 60000
/* What the kernel holds is lost with a connection, without a trace. */
#define SEND_BYTES (128 << 10)
/* Headers of IPv6 and UDP. */
#define HEADER_BYTES 48

/* ---- the collector's name ---- */

static bool report_error(const char *collector, const char *why)
{
	fprintf(stderr, "waymark records: --ipfix %s: %s\n", collector, why);
	return false;
}

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT. */
static bool split(const char *text, char host[static 256],
		  const char **ret_port)
{
	const char *end, *rest;

	if (text[0] == '[') {
		end = strchr(++text, ']');
		if (end == NULL)
			return false;
		rest = end + 1;
	} else {
		end = text + strcspn(text, ":");
		rest = end;
	}
	if (end == text || end - text > 255 || (rest[0] != '\0' &&
						rest[0] != ':'))
		return false;
	snprintf(host, 256, "%.*s", (int)(end - text), text);
	*ret_port = rest[0] == ':' ? rest + 1 : PORT_USUAL;
	return (*ret_port)[0] != '\0' &&
	       (*ret_port)[strspn(*ret_port, "0123456789")] == '\0';
}

static bool resolve(struct ipfix_sender *sender, const char *collector)
{
	const struct addrinfo hints = {
		.ai_socktype = sender->is_udp ? SOCK_DGRAM : SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	char host[256];
	const char *port;
	int rc;

	if (!split(collector + strlen("tcp://"), host, &port))
		return report_error(collector, "not tcp://HOST[:PORT] or "
				"udp://HOST[:PORT]; an IPv6 address is "
				"written in brackets");
	rc = getaddrinfo(host, port, &hints, &sender->addresses);
	if (rc != 0)
		return report_error(collector, gai_strerror(rc));
	sender->address = sender->addresses;
	return true;
}

bool ipfix_sender_init(struct ipfix_sender *sender, const char *collector)
{
	*sender = (struct ipfix_sender){
		.name = collector, .fd = -1, .backoff_ms = BACKOFF_MIN_MS,
		.is_udp = strncmp(collector, "udp://", 6) == 0,
	};
	if (!sender->is_udp && strncmp(collector, "tcp://", 6) != 0)
		return report_error(collector, "begins with neither tcp:// nor "
				"udp://");
	return resolve(sender, collector);
}

void ipfix_sender_fini(struct ipfix_sender *sender)
{
	if (sender->fd >= 0)
		close(sender->fd);
	if (sender->addresses != NULL)
		freeaddrinfo(sender->addresses);
}

/* ---- connections ---- */

static void give_up_message(struct ipfix_sender *sender)
{
	sender->lost += sender->records;
	sender->records = 0;
	sender->len = 0;
	sender->sent = 0;
}

/* Report it once a minute, and again after it was reachable. */
static void report_failure(struct ipfix_sender *sender, int error,
			   uint64_t now_ms)
{
	if (now_ms < sender->quiet_until_ms)
		return;
	fprintf(stderr, "waymark records: collector %s: %s; trying again\n",
		sender->name, strerror(error));
	sender->quiet_until_ms = now_ms + QUIET_MS;
}

/* Try the next address, after all of them later. */
static void disconnect(struct ipfix_sender *sender, int error,
		       uint64_t now_ms)
{
	report_failure(sender, error, now_ms);
	give_up_message(sender);
	if (sender->fd >= 0)
		close(sender->fd);
	sender->fd = -1;
	sender->is_connected = false;
	sender->retry_ms = now_ms;
	sender->address = sender->address->ai_next;
	if (sender->address != NULL)
		return;
	sender->address = sender->addresses;
	sender->retry_ms += sender->backoff_ms;
	if (sender->backoff_ms < BACKOFF_MAX_MS)
		sender->backoff_ms *= 2;
}

/* The back-off ends with the first message that is sent: a proxy may accept
 * connections for a collector that is gone. */
static void note_connected(struct ipfix_sender *sender)
{
	sender->is_connected = true;
	sender->is_fresh = true;
	/* Over UDP, this shows nothing. */
	if (sender->is_udp)
		return;
	if (sender->quiet_until_ms != 0)
		fprintf(stderr, "waymark records: collector %s: connected\n",
			sender->name);
	sender->quiet_until_ms = 0;
}

static void connect_now(struct ipfix_sender *sender, uint64_t now_ms)
{
	const struct addrinfo *to = sender->address;
	const int bytes = SEND_BYTES;

	sender->fd = socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK |
			    SOCK_CLOEXEC, to->ai_protocol);
	if (sender->fd < 0) {
		disconnect(sender, errno, now_ms);
		return;
	}
	setsockopt(sender->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	if (connect(sender->fd, to->ai_addr, to->ai_addrlen) == 0)
		note_connected(sender);
	else if (errno != EINPROGRESS)
		disconnect(sender, errno, now_ms);
}

static void finish_connecting(struct ipfix_sender *sender, uint64_t now_ms)
{
	struct pollfd fd = { .fd = sender->fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&fd, 1, 0) <= 0)
		return;
	getsockopt(sender->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0)
		disconnect(sender, error, now_ms);
	else
		note_connected(sender);
}

/* A collector sends nothing: RFC 7011, 10.4. 0 is the end of the connection. */
static void read_peer(struct ipfix_sender *sender, uint64_t now_ms)
{
	char ignored[512];
	ssize_t got = recv(sender->fd, ignored, sizeof(ignored), MSG_DONTWAIT);

	if (got == 0)
		disconnect(sender, ECONNRESET, now_ms);
	else if (got < 0 && errno != EAGAIN && errno != EINTR)
		disconnect(sender, errno, now_ms);
}

/* ---- messages ---- */

static void note_sent(struct ipfix_sender *sender)
{
	sender->last_records = sender->records;
	sender->records = 0;
	sender->len = 0;
	sender->sent = 0;
	sender->backoff_ms = BACKOFF_MIN_MS;
}

static void send_stream(struct ipfix_sender *sender, uint64_t now_ms)
{
	ssize_t sent = send(sender->fd, sender->message + sender->sent,
			    sender->len - sender->sent, MSG_NOSIGNAL);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		disconnect(sender, errno, now_ms);
	if (sent < 0)
		return;
	sender->sent += (size_t)sent;
	if (sender->sent == sender->len)
		note_sent(sender);
}

/* The datagram before was refused, as an ICMP message shows. A collector that
 * begins later needs the templates: a session begins. */
static void note_refused(struct ipfix_sender *sender, uint64_t now_ms)
{
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(sender->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == 0)
		return;
	sender->lost += sender->last_records;
	sender->last_records = 0;
	disconnect(sender, error, now_ms);
}

static void send_datagram(struct ipfix_sender *sender, uint64_t now_ms)
{
	ssize_t sent = send(sender->fd, sender->message, sender->len,
			    MSG_NOSIGNAL);

	if (sent >= 0) {
		note_sent(sender);
	} else if (errno != EAGAIN && errno != EINTR) {
		report_failure(sender, errno, now_ms);
		give_up_message(sender);
	}
}

void ipfix_sender_turn(struct ipfix_sender *sender, uint64_t now_ms)
{
	if (sender->fd < 0 && now_ms >= sender->retry_ms)
		connect_now(sender, now_ms);
	else if (sender->fd >= 0 && !sender->is_connected)
		finish_connecting(sender, now_ms);
	if (sender->is_connected && sender->is_udp)
		note_refused(sender, now_ms);
	else if (sender->is_connected)
		read_peer(sender, now_ms);
	if (!sender->is_connected || sender->len == 0)
		return;
	if (sender->is_udp)
		send_datagram(sender, now_ms);
	else
		send_stream(sender, now_ms);
}

struct pollfd ipfix_sender_poll(const struct ipfix_sender *sender)
{
	bool waits = !sender->is_connected || sender->len != 0;

	return (struct pollfd){
		.fd = sender->fd,
		.events = (short)((sender->is_udp ? 0 : POLLIN) |
				  (waits ? POLLOUT : 0)),
	};
}

/* Of the route's MTU, which the kernel knows: RFC 7011, 10.3.3. */
static size_t datagram_size(const struct ipfix_sender *sender)
{
	bool is_v6 = sender->address->ai_family == AF_INET6;
	socklen_t len = sizeof(int);
	int mtu = 0;

	if (getsockopt(sender->fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		       is_v6 ? IPV6_MTU : IP_MTU, &mtu, &len) < 0 ||
	    mtu < IPFIX_MESSAGE_MIN + HEADER_BYTES)
		return IPFIX_MESSAGE_MIN;
	return mtu > 1500 ? 1500 - HEADER_BYTES : (size_t)mtu - HEADER_BYTES;
}

bool ipfix_sender_take_fresh(struct ipfix_sender *sender, size_t *ret_size)
{
	if (!sender->is_fresh)
		return false;
	sender->is_fresh = false;
	*ret_size = sender->is_udp ? datagram_size(sender) : IPFIX_MESSAGE_MAX;
	return true;
}

bool ipfix_sender_is_ready(const struct ipfix_sender *sender)
{
	return sender->is_connected && sender->len == 0;
}

void ipfix_sender_put(struct ipfix_sender *sender, const uint8_t *message,
		      size_t len, size_t records)
{
	memcpy(sender->message, message, len);
	sender->len = len;
	sender->sent = 0;
	sender->records = records;
}
