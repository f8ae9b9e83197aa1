/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_web.c - send arbitrary bytes to the server of the page, on a connection
 * of their own. The broker is replaced: it requires that whatever is asked is
 * well formed, and that a change has the token and an origin. */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/web_change.h"
#include "tools/web_server.h"

/* Digits of which none is likely to be found by chance. */
#define TOKEN "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
#define ANSWER_MS 20000
#define ANSWER_MAX 262144

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct web_hosts no_hosts;
/* Of one connection at a time. */
static const uint8_t *input;
static size_t input_len;

/* HTTP has names of hosts, fields and types in any case. */
static bool has(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i + len <= input_len; i++)
		if (strncasecmp((const char *)input + i, text, len) == 0)
			return true;
	return false;
}

static int pipe_of(const char *text, size_t len)
{
	int fds[2];

	if (pipe(fds) < 0)
		return -errno;
	assert(write(fds[1], text, len) == (ssize_t)len);
	close(fds[1]);
	return fds[0];
}

/* In the place of tools/web_broker.c. */
int web_broker_ask(int fd, const struct web_request *request)
{
	static const char token[WEB_TOKEN_MAX] = TOKEN;
	static const char answer[] = "uplink one: down\n";
	const char *words[WEB_WORDS];
	int rc;

	(void)fd;
	assert(memchr(request->what, '\0', sizeof(request->what)) != NULL);
	assert(request->count <= WEB_VALUES);
	if (!request->is_change)
		return strcmp(request->what, "reload") == 0 ? -EPERM :
		       pipe_of("{}\n", 3);
	assert(web_change_words(request, words) > 0);
	rc = web_change_permit(request, WEB_ALLOW_UPLINK, token);
	assert(rc != 0 || (has(TOKEN) && has("POST") && has("localhost") &&
			   has("application")));
	/* With its NUL, which is the exit status. */
	return rc < 0 ? rc : pipe_of(answer, sizeof(answer));
}

/* An abstract socket that the kernel names. */
static socklen_t start(struct sockaddr_un *address)
{
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t len = sizeof(*address);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	assert(bind(listener, (struct sockaddr *)address,
		    sizeof(sa_family_t)) == 0);
	assert(listen(listener, 8) == 0);
	assert(getsockname(listener, (struct sockaddr *)address, &len) == 0);
	assert(web_server_start(listener, -1, &no_hosts,
				WEB_ALLOW_UPLINK) != NULL);
	return len;
}

static size_t read_all(int fd, char *text, size_t size)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t more;

	do {
		assert(poll(&wait, 1, ANSWER_MS) == 1);
		more = recv(fd, text + len, size - len, 0);
		if (more > 0)
			len += (size_t)more;
	} while (more > 0 && len < size);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[ANSWER_MAX];
	static struct sockaddr_un address;
	static socklen_t address_len;
	size_t len;
	int fd;

	if (address_len == 0)
		address_len = start(&address);
	input = data;
	input_len = size;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert(connect(fd, (struct sockaddr *)&address, address_len) == 0);
	while (size > 0) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent < 0)
			break;
		data += sent;
		size -= (size_t)sent;
	}
	shutdown(fd, SHUT_WR);
	len = read_all(fd, text, sizeof(text));
	assert(len == 0 || (len > 9 && memcmp(text, "HTTP/1.", 7) == 0));
	assert(memmem(text, len, "Access-Control-Allow", 20) == NULL);
	close(fd);
	return 0;
}
