/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz_control.c - clients of the control socket: requests that are cut,
 * late, too long or binary, and streams that begin and end at any time. Input:
 * records of an operation with the client in its upper bits, and for a request
 * its length in two bytes and the bytes. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/control.h"
#include "engine/packet/cursor.h"

#define CLIENTS (CONTROL_CLIENTS + 2)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/waymark-fuzz.XXXXXX";
static struct control *control;
static int clients[CLIENTS];
static int streams;
static uint64_t now_ms;

static char *answer(void *ctx, const char *line, size_t len, size_t *ret_len)
{
	char *text;

	(void)ctx;
	assert(len <= CONTROL_REQUEST_MAX);
	assert(line[len] == '\0' && memchr(line, '\n', len) == NULL);
	if (len > 0 && line[0] == 'n')
		return NULL;
	text = malloc(len + 1);
	memcpy(text, line, len + 1);
	*ret_len = len;
	return text;
}

static bool begin(void *ctx, const char *line, size_t len, void *state)
{
	(void)ctx;
	if (len == 0 || line[0] != 's')
		return false;
	memset(state, 's', CONTROL_STREAM_STATE);
	streams++;
	assert(streams <= CONTROL_STREAMS);
	return true;
}

static size_t more(void *ctx, void *state, char *text, size_t size)
{
	(void)ctx;
	assert(((const char *)state)[CONTROL_STREAM_STATE - 1] == 's');
	memset(text, '.', size);
	return size / 2;
}

static void end(void *ctx, void *state)
{
	(void)ctx;
	assert(((const char *)state)[0] == 's');
	streams--;
}

static void clean_up(void)
{
	control_close(control);
	rmdir(dir);
}

static void start(void)
{
	static const struct control_stream stream = { begin, more, end };

	assert(mkdtemp(dir) != NULL);
	assert(control_open(dir, answer, NULL, &control) == 0);
	control_set_stream(control, &stream);
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i] = -1;
	atexit(clean_up);
}

static void turn(void)
{
	control_turn(control, now_ms);
}

static void leave(int *client)
{
	if (*client >= 0)
		close(*client);
	*client = -1;
}

static void send_bytes(int client, struct cursor *input)
{
	size_t len = cursor_be16(input);

	if (len > cursor_left(input))
		len = cursor_left(input);
	if (client >= 0)
		(void)send(client, input->at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	input->at += len;
}

static void receive(int client)
{
	char text[512];

	if (client >= 0)
		(void)recv(client, text, sizeof(text), MSG_DONTWAIT);
}

static void step(struct cursor *input)
{
	uint8_t operation = cursor_u8(input);
	int *client = &clients[(operation >> 3) % CLIENTS];

	switch (operation % 8) {
	case 0:
		leave(client);
		break;
	case 1:
		now_ms += (operation >> 3) * 500u;
		break;
	case 2:
		receive(*client);
		break;
	case 3:
		if (*client >= 0)
			shutdown(*client, SHUT_WR);
		break;
	default:
		if (*client < 0)
			*client = control_connect(dir);
		send_bytes(*client, input);
		break;
	}
	turn();
	assert(control_wait_ms(control, now_ms) >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor input = cursor_of(data, size);

	if (control == NULL)
		start();
	while (cursor_left(&input) > 0)
		step(&input);
	for (size_t i = 0; i < CLIENTS; i++)
		leave(&clients[i]);
	/* A client that left is noticed when it is written to, or by time. */
	for (int i = 0; i < 4; i++) {
		now_ms += CONTROL_ANSWER_MS;
		turn();
	}
	assert(streams == 0);
	return 0;
}
