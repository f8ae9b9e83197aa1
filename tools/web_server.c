/* SPDX-License-Identifier: GPL-2.0-or-later */
/* web_server.c - answer HTTP requests, see web_server.h. */
#include "tools/web_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/web_assets.h"
#include "tools/web_broker.h"
#include "tools/web_change.h"

#define CONNECTIONS 32
/* Seconds without a byte; a stream of events has a line more often. */
#define SILENT_S 15
#define KEEP_ALIVE_MS 10000
/* Of a connection: request line, headers and the first part of an answer. */
#define MEMORY_BYTES 32768
#define API "/api/"
/* Of what a command prints; the rest is left out. */
#define RESULT_MAX 4096

struct web_server {
	struct MHD_Daemon *daemon;
	const struct web_hosts *hosts;
	unsigned allowed;
	int broker;
	pthread_mutex_t lock;	/* of the broker's socket */
};

/* No other page may embed, read or run anything of this one. */
static const char *const headers[][2] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; "
	  "connect-src 'self'; img-src data:; base-uri 'none'; "
	  "form-action 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

/* Ownership of the response passes. */
static enum MHD_Result reply(struct MHD_Connection *connection, unsigned code,
			     const char *type, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	MHD_add_response_header(response, "Content-Type", type);
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

#define TEXT "text/plain; charset=utf-8"

static struct MHD_Response *response_of(const char *text)
{
	return MHD_create_response_from_buffer(strlen(text),
					       (void *)(uintptr_t)text,
					       MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned code,
			      const char *why)
{
	return reply(connection, code, TEXT, response_of(why));
}

static enum MHD_Result refuse_method(struct MHD_Connection *connection,
				     const char *allowed, const char *why)
{
	struct MHD_Response *response = response_of(why);

	if (response != NULL)
		MHD_add_response_header(response, "Allow", allowed);
	return reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, TEXT, response);
}

/* ---- answers of the broker ---- */

struct stream {
	int fd;
	bool is_events;
};

/* Called by the connection's own thread, which may wait. */
static ssize_t read_stream(void *ctx, uint64_t at, char *text, size_t size)
{
	struct stream *stream = ctx;
	struct pollfd wait = { .fd = stream->fd, .events = POLLIN };
	ssize_t len;

	(void)at;
	if (poll(&wait, 1, KEEP_ALIVE_MS) == 0 && stream->is_events) {
		/* An empty line is no event. */
		text[0] = '\n';
		return 1;
	}
	if (wait.revents == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	len = read(stream->fd, text, size);
	if (len < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return len == 0 ? MHD_CONTENT_READER_END_OF_STREAM : len;
}

static void end_stream(void *ctx)
{
	struct stream *stream = ctx;

	close(stream->fd);
	free(stream);
}

static enum MHD_Result add_option(void *ctx, enum MHD_ValueKind kind,
				  const char *key, const char *value)
{
	struct web_request *request = ctx;
	size_t i = request->count;

	(void)kind;
	if (value == NULL || i == WEB_VALUES ||
	    strlen(key) >= sizeof(request->options[i].name) ||
	    strlen(value) >= WEB_VALUE_MAX) {
		request->count = WEB_VALUES + 1;
		return MHD_NO;
	}
	strcpy(request->options[i].name, key);
	strcpy(request->options[i].value, value);
	request->count++;
	return MHD_YES;
}

static enum MHD_Result answer_stream(struct MHD_Connection *connection,
				     const struct web_request *request, int fd)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	struct MHD_Response *response;

	if (stream == NULL) {
		close(fd);
		return MHD_NO;
	}
	stream->fd = fd;
	stream->is_events = strcmp(request->what, "events") == 0;
	response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, 16384, read_stream, stream, end_stream);
	if (response == NULL)
		end_stream(stream);
	return reply(connection, MHD_HTTP_OK,
		     strcmp(request->what, "policy") == 0 ? TEXT :
		     "application/json", response);
}

static int ask_broker(struct web_server *server,
		      const struct web_request *request)
{
	int fd;

	pthread_mutex_lock(&server->lock);
	fd = web_broker_ask(server->broker, request);
	pthread_mutex_unlock(&server->lock);
	return fd;
}

static enum MHD_Result answer_allowed(const struct web_server *server,
				      struct MHD_Connection *connection)
{
	char text[64];
	int len = snprintf(text, sizeof(text),
			   "{\"uplink\":%s,\"exempt\":%s}\n",
			   server->allowed & WEB_ALLOW_UPLINK ? "true" : "false",
			   server->allowed & WEB_ALLOW_EXEMPT ? "true" : "false");

	return reply(connection, MHD_HTTP_OK, "application/json",
		     MHD_create_response_from_buffer((size_t)len, text,
						     MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result answer_api(struct web_server *server,
				  struct MHD_Connection *connection,
				  const char *what)
{
	struct web_request request = { 0 };
	int fd;

	if (strcmp(what, "allowed") == 0)
		return answer_allowed(server, connection);
	if (strlen(what) >= sizeof(request.what))
		return refuse(connection, MHD_HTTP_NOT_FOUND, "not found\n");
	strcpy(request.what, what);
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND,
				  add_option, &request);
	if (request.count > WEB_VALUES)
		return refuse(connection, MHD_HTTP_BAD_REQUEST,
			      "too many or too long parameters\n");
	fd = ask_broker(server, &request);
	if (fd == -EPERM)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "not found\n");
	if (fd < 0)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "no engine is running\n");
	return answer_stream(connection, &request, fd);
}

/* ---- changes ---- */

/* A change whose body arrives. */
struct change {
	char what[16];		/* part of the path */
	char body[WEB_BODY_MAX];
	size_t len;
	bool is_long;
};

static const char *header_of(struct MHD_Connection *connection,
			     const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result begin_change(struct web_server *server,
				    struct MHD_Connection *connection,
				    const char *what, void **state)
{
	const struct web_headers got = {
		.host = header_of(connection, "Host"),
		.origin = header_of(connection, "Origin"),
		.fetch_site = header_of(connection, "Sec-Fetch-Site"),
		.content_type = header_of(connection, "Content-Type"),
	};
	const char *why;
	unsigned code = web_change_check(server->hosts, &got, &why);
	struct change *change;

	if (code != 0)
		return refuse(connection, code, why);
	change = calloc(1, sizeof(*change));
	if (change == NULL)
		return MHD_NO;
	snprintf(change->what, sizeof(change->what), "%s", what);
	*state = change;
	return MHD_YES;
}

static void add_body(struct change *change, const char *body, size_t len)
{
	change->is_long |= len > sizeof(change->body) - change->len;
	if (change->is_long)
		return;
	memcpy(change->body + change->len, body, len);
	change->len += len;
}

/* Read to the end; the last byte is kept in any case. The length. */
static size_t read_result(int fd, char text[static RESULT_MAX])
{
	size_t len = 0;
	ssize_t more;

	do {
		if (len == RESULT_MAX)
			len--;
		more = read(fd, text + len, RESULT_MAX - len);
		if (more > 0)
			len += (size_t)more;
	} while (more > 0);
	close(fd);
	return len;
}

/* What the command printed; its exit status decides about the code. */
static enum MHD_Result answer_result(struct MHD_Connection *connection, int fd)
{
	char text[RESULT_MAX];
	size_t len = read_result(fd, text);
	/* A command that was ended leaves no status. */
	bool has_status = len > 0 && text[len - 1] >= 0 && text[len - 1] < '\n';

	return reply(connection, has_status && text[len - 1] == EXIT_SUCCESS ?
		     MHD_HTTP_OK : MHD_HTTP_CONFLICT, TEXT,
		     MHD_create_response_from_buffer(len - has_status, text,
						     MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result answer_change(struct web_server *server,
				     struct MHD_Connection *connection,
				     const struct change *change)
{
	const char *token = header_of(connection, WEB_TOKEN_HEADER);
	struct web_request request;
	int fd;

	if (change->is_long)
		return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE,
			      "the body is too long\n");
	if (web_change_read(change->what, change->body, change->len,
			    &request) < 0)
		return refuse(connection, MHD_HTTP_BAD_REQUEST,
			      "this is no change\n");
	if (token != NULL && strlen(token) < WEB_TOKEN_MAX)
		strcpy(request.token, token);
	fd = ask_broker(server, &request);
	if (fd == -EPERM)
		return refuse(connection, MHD_HTTP_FORBIDDEN,
			      "not allowed; see --allow\n");
	if (fd == -EACCES)
		return refuse(connection, MHD_HTTP_FORBIDDEN,
			      "the token is missing or wrong; open the address "
			      "that `waymark web` printed when it started\n");
	if (fd < 0)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "the change was not tried\n");
	return answer_result(connection, fd);
}

static void end_request(void *ctx, struct MHD_Connection *connection,
			void **state, enum MHD_RequestTerminationCode code)
{
	(void)ctx;
	(void)connection;
	(void)code;
	free(*state);
	*state = NULL;
}

/* ---- requests ---- */

static enum MHD_Result answer_get(struct web_server *server,
				  struct MHD_Connection *connection,
				  const char *path)
{
	const char *host = header_of(connection, "Host");
	const struct web_asset *asset;

	if (!web_check_host(server->hosts, host))
		return refuse(connection, MHD_HTTP_MISDIRECTED_REQUEST,
			      "this name is not one of this page; see --host\n");
	asset = web_asset_find(path);
	if (asset != NULL)
		return reply(connection, MHD_HTTP_OK, asset->type,
			     MHD_create_response_from_buffer(
				     asset->size,
				     (void *)(uintptr_t)asset->bytes,
				     MHD_RESPMEM_PERSISTENT));
	if (strncmp(path, API, strlen(API)) != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "not found\n");
	if (!web_check_origin(header_of(connection, "Origin"), host,
			      header_of(connection, "Sec-Fetch-Site")))
		return refuse(connection, MHD_HTTP_FORBIDDEN,
			      "only the page itself may ask\n");
	return answer_api(server, connection, path + strlen(API));
}

/* Called for the headers, then for each part of a body and its end. */
static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection,
			      const char *path, const char *method,
			      const char *version, const char *body,
			      size_t *body_len, void **state)
{
	struct web_server *server = ctx;
	const char *what = strncmp(path, API, strlen(API)) == 0 ?
			   path + strlen(API) : "";
	size_t len = *body_len;

	(void)version;
	*body_len = 0;
	if (*state != NULL && len > 0) {
		add_body(*state, body, len);
		return MHD_YES;
	}
	if (*state != NULL)
		return answer_change(server, connection, *state);
	if (web_change_exists(what))
		return strcmp(method, MHD_HTTP_METHOD_POST) == 0 ?
		       begin_change(server, connection, what, state) :
		       refuse_method(connection, "POST", "a change is a POST\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse_method(connection, "GET, HEAD", "read only\n");
	return answer_get(server, connection, path);
}

struct web_server *web_server_start(int listener, int broker,
				    const struct web_hosts *hosts,
				    unsigned allowed)
{
	struct web_server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	server->hosts = hosts;
	server->allowed = allowed;
	server->broker = broker;
	pthread_mutex_init(&server->lock, NULL);
	server->daemon = MHD_start_daemon(
		MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD
		| MHD_USE_POLL, 0, NULL, NULL, answer, server,
		MHD_OPTION_LISTEN_SOCKET, listener,
		MHD_OPTION_NOTIFY_COMPLETED, end_request, NULL,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES,
		MHD_OPTION_END);
	if (server->daemon != NULL)
		return server;
	free(server);
	return NULL;
}

void web_server_stop(struct web_server *server)
{
	if (server == NULL)
		return;
	MHD_stop_daemon(server->daemon);
	pthread_mutex_destroy(&server->lock);
	free(server);
}
