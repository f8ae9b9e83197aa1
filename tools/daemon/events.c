/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events.c - rings of events, see events.h. */
#include "tools/daemon/events.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256
#define FLOW_EVENTS 2048

struct line {
	uint16_t len;
	char text[EVENTS_LINE_MAX];
};

struct ring {
	struct line *lines;
	size_t size;
	uint64_t next;		/* number of the next event */
};

struct events {
	pthread_mutex_t lock;	/* of the rings */
	int fd;
	struct ring events;
	struct ring flows;
};

struct events *events_new(void)
{
	struct events *events = calloc(1, sizeof(*events));

	if (events == NULL)
		return NULL;
	pthread_mutex_init(&events->lock, NULL);
	events->events.size = EVENTS;
	events->events.lines = calloc(EVENTS, sizeof(struct line));
	events->flows.size = FLOW_EVENTS;
	events->flows.lines = calloc(FLOW_EVENTS, sizeof(struct line));
	events->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (events->events.lines != NULL && events->flows.lines != NULL &&
	    events->fd >= 0)
		return events;
	events_free(events);
	return NULL;
}

void events_free(struct events *events)
{
	if (events == NULL)
		return;
	if (events->fd >= 0)
		close(events->fd);
	free(events->events.lines);
	free(events->flows.lines);
	pthread_mutex_destroy(&events->lock);
	free(events);
}

int events_fd(const struct events *events)
{
	return events != NULL ? events->fd : -1;
}

void events_drain(struct events *events)
{
	eventfd_t value;

	if (events != NULL)
		eventfd_read(events->fd, &value);
}

/* ---- lines ---- */

/* RFC 3339 with milliseconds. */
static void print_time(char text[static 40])
{
	struct timespec now;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(text, 40, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, 40 - len, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

static size_t print(const json_t *event, char *text)
{
	size_t len = json_dumpb(event, text, EVENTS_LINE_MAX - 1,
				JSON_COMPACT | JSON_PRESERVE_ORDER);

	if (len == 0 || len >= EVENTS_LINE_MAX)
		return 0;
	text[len] = '\n';
	return len + 1;
}

static void make_line(const char *name, json_t *data, struct line *line)
{
	json_t *event;
	char time[40];

	print_time(time);
	event = json_pack("{s:s, s:s}", "time", time, "event", name);
	json_object_update(event, data);
	line->len = (uint16_t)print(event, line->text);
	if (line->len == 0) {
		json_object_del(event, "message");
		line->len = (uint16_t)print(event, line->text);
	}
	json_decref(event);
}

static void put(struct events *events, struct ring *ring,
		const struct line *line)
{
	pthread_mutex_lock(&events->lock);
	ring->lines[ring->next++ % ring->size] = *line;
	pthread_mutex_unlock(&events->lock);
}

void events_emit(struct events *events, const char *name, json_t *data)
{
	struct line line;

	if (events != NULL) {
		make_line(name, data, &line);
		put(events, &events->events, &line);
		eventfd_write(events->fd, 1);
	}
	json_decref(data);
}

void events_emit_flow(struct events *events, const char *name, json_t *data)
{
	struct line line;

	make_line(name, data, &line);
	put(events, &events->flows, &line);
	json_decref(data);
}

/* ---- subscribers ---- */

void events_subscribe(struct events *events, bool with_flows,
		      struct events_cursor *cursor)
{
	pthread_mutex_lock(&events->lock);
	*cursor = (struct events_cursor){
		.next = events->events.next,
		.next_flow = events->flows.next,
		.with_flows = with_flows,
	};
	pthread_mutex_unlock(&events->lock);
}

static size_t print_gap(uint64_t count, char *text)
{
	json_t *data = json_pack("{s:I}", "count", (json_int_t)count);
	struct line line;

	make_line("lost", data, &line);
	json_decref(data);
	memcpy(text, line.text, line.len);
	return line.len;
}

static size_t read_ring(const struct ring *ring, uint64_t *next, char *buffer,
			size_t size)
{
	size_t len = 0;

	if (ring->next - *next > ring->size) {
		len = print_gap(ring->next - ring->size - *next, buffer);
		*next = ring->next - ring->size;
	}
	while (*next != ring->next) {
		const struct line *line = &ring->lines[*next % ring->size];

		if (size - len < line->len)
			break;
		memcpy(buffer + len, line->text, line->len);
		len += line->len;
		(*next)++;
	}
	return len;
}

size_t events_read(struct events *events, struct events_cursor *cursor,
		   char *buffer, size_t size)
{
	size_t len;

	pthread_mutex_lock(&events->lock);
	len = read_ring(&events->events, &cursor->next, buffer, size);
	if (cursor->with_flows && size - len >= EVENTS_LINE_MAX)
		len += read_ring(&events->flows, &cursor->next_flow,
				 buffer + len, size - len);
	pthread_mutex_unlock(&events->lock);
	return len;
}
