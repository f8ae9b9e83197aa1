/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay_flows.c - keep the latest flows in a window of pointers and earlier
 * ones in a file of records indexed by number. Host names vary in length and
 * are in a second file; records have their offsets.
 */
#include "engine/replay/replay_flows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPILL 256		/* flows that leave the window together */

struct replay_entry {
	struct replay_flow flow;
	size_t number;
	bool has_ended;
	bool has_left;		/* the window */
	/* Flows that left the window before their end: a ring with `late`. */
	struct replay_entry *prev;
	struct replay_entry *next;
	struct replay_entry *chained;
};

struct record {
	struct replay_flow flow;	/* `host` is meaningless */
	uint64_t host_at;
	uint32_t host_len;		/* 0: none */
};

struct replay_flows {
	size_t keep;
	size_t count;
	size_t first;			/* number of the window's first item */
	struct replay_entry **window;	/* room for keep + SPILL */
	struct replay_entry late;
	bool late_is_written;
	int records_fd;			/* -1: not needed yet */
	int hosts_fd;
	uint64_t hosts_end;
	int error;
	struct record *block;		/* SPILL records to write, or read */
	size_t block_first;		/* SIZE_MAX: none was read */
	struct replay_flow shown;
	char host[DOMAIN_MAX + 1];
};

struct replay_flows *replay_flows_new(size_t keep)
{
	struct replay_flows *flows = calloc(1, sizeof(*flows));

	if (flows == NULL)
		return NULL;
	flows->keep = keep;
	flows->late.next = &flows->late;
	flows->late.prev = &flows->late;
	flows->records_fd = -1;
	flows->hosts_fd = -1;
	flows->block_first = SIZE_MAX;
	flows->window = calloc(keep + SPILL, sizeof(struct replay_entry *));
	flows->block = calloc(SPILL, sizeof(struct record));
	if (flows->window == NULL || flows->block == NULL) {
		replay_flows_free(flows);
		return NULL;
	}
	return flows;
}

static void entry_free(struct replay_entry *entry)
{
	free((char *)entry->flow.host);
	free(entry);
}

void replay_flows_free(struct replay_flows *flows)
{
	struct replay_entry *next;

	if (flows == NULL)
		return;
	for (size_t i = flows->first; i < flows->count; i++)
		entry_free(flows->window[i - flows->first]);
	for (struct replay_entry *e = flows->late.next; e != &flows->late;
	     e = next) {
		next = e->next;
		entry_free(e);
	}
	if (flows->records_fd >= 0)
		close(flows->records_fd);
	if (flows->hosts_fd >= 0)
		close(flows->hosts_fd);
	free(flows->block);
	free(flows->window);
	free(flows);
}

/* ---- the files ---- */

static int open_temporary(void)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	fd = open(dir != NULL && dir[0] != '\0' ? dir : "/tmp",
		  O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

static int open_files(struct replay_flows *flows)
{
	if (flows->records_fd < 0)
		flows->records_fd = open_temporary();
	if (flows->records_fd < 0)
		return flows->records_fd;
	if (flows->hosts_fd < 0)
		flows->hosts_fd = open_temporary();
	return flows->hosts_fd < 0 ? flows->hosts_fd : 0;
}

/* After a failed write nothing more is written. */
static void put(struct replay_flows *flows, int fd, const void *bytes,
		size_t len, uint64_t at)
{
	const char *from = bytes;

	while (len > 0 && flows->error == 0) {
		ssize_t written = pwrite(fd, from, len, (off_t)at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			flows->error = written < 0 ? -errno : -EIO;
			return;
		}
		from += written;
		len -= (size_t)written;
		at += (uint64_t)written;
	}
}

static int get(int fd, void *bytes, size_t len, uint64_t at)
{
	char *to = bytes;

	while (len > 0) {
		ssize_t got = pread(fd, to, len, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EIO;
		to += got;
		len -= (size_t)got;
		at += (uint64_t)got;
	}
	return 0;
}

static struct record record_of(struct replay_flows *flows,
			       const struct replay_flow *flow)
{
	struct record record = { .flow = *flow, .host_at = flows->hosts_end };

	if (flow->host != NULL) {
		record.host_len = (uint32_t)strnlen(flow->host, DOMAIN_MAX);
		put(flows, flows->hosts_fd, flow->host, record.host_len,
		    record.host_at);
		flows->hosts_end += record.host_len;
	}
	return record;
}

/* ---- leaving the window ---- */

static void write_late(struct replay_flows *flows,
		       const struct replay_entry *entry)
{
	struct record record = record_of(flows, &entry->flow);

	put(flows, flows->records_fd, &record, sizeof(record),
	    entry->number * sizeof(record));
}

static void leave(struct replay_flows *flows, struct replay_entry *entry)
{
	entry->has_left = true;
	entry->prev = flows->late.prev;
	entry->next = &flows->late;
	entry->prev->next = entry;
	flows->late.prev = entry;
}

/* Move the earliest flows out of the window: write those that have ended, add
 * the others to the ring of late ones. */
static int spill(struct replay_flows *flows)
{
	int rc = open_files(flows);

	if (rc < 0)
		return rc;
	flows->block_first = SIZE_MAX;
	for (size_t i = 0; i < SPILL; i++) {
		struct replay_entry *entry = flows->window[i];

		if (entry->has_ended) {
			flows->block[i] = record_of(flows, &entry->flow);
			entry_free(entry);
			continue;
		}
		memset(&flows->block[i], 0, sizeof(flows->block[i]));
		leave(flows, entry);
	}
	put(flows, flows->records_fd, flows->block,
	    SPILL * sizeof(struct record),
	    flows->first * sizeof(struct record));
	flows->first += SPILL;
	memmove(flows->window, flows->window + SPILL,
		(flows->count - flows->first) * sizeof(flows->window[0]));
	return flows->error;
}

struct replay_entry *replay_entry_new(void)
{
	return calloc(1, sizeof(struct replay_entry));
}

struct replay_flow *replay_entry_flow(struct replay_entry *entry)
{
	return &entry->flow;
}

struct replay_entry *replay_entry_chain(struct replay_entry *entry,
					struct replay_entry *chain)
{
	entry->chained = chain;
	return entry;
}

int replay_flows_add(struct replay_flows *flows, struct replay_entry *entry)
{
	if (flows->error == 0 && flows->count - flows->first ==
				 flows->keep + SPILL)
		flows->error = spill(flows);
	if (flows->error < 0) {
		/* It cannot be read back, but may still be modified. */
		leave(flows, entry);
		return flows->error;
	}
	entry->number = flows->count;
	flows->window[flows->count++ - flows->first] = entry;
	flows->late_is_written = false;
	return 0;
}

static void end(struct replay_flows *flows, struct replay_entry *entry)
{
	entry->has_ended = true;
	if (!entry->has_left)
		return;
	write_late(flows, entry);
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	entry_free(entry);
}

void replay_flows_end(struct replay_flows *flows, struct replay_entry *chain)
{
	struct replay_entry *next;

	for (; chain != NULL; chain = next) {
		next = chain->chained;
		end(flows, chain);
	}
}

/* ---- reading ---- */

size_t replay_flows_count(const struct replay_flows *flows)
{
	return flows->count;
}

int replay_flows_error(const struct replay_flows *flows)
{
	return flows->error;
}

/* Read the block that holds record `i`, after writing the late flows. */
static int read_block(struct replay_flows *flows, size_t i)
{
	size_t first = i - i % SPILL;

	if (!flows->late_is_written) {
		for (struct replay_entry *e = flows->late.next;
		     e != &flows->late; e = e->next)
			write_late(flows, e);
		flows->late_is_written = true;
		flows->block_first = SIZE_MAX;
	}
	if (flows->error < 0 || flows->block_first == first)
		return flows->error;
	flows->error = get(flows->records_fd, flows->block,
			   SPILL * sizeof(struct record),
			   first * sizeof(struct record));
	flows->block_first = flows->error == 0 ? first : SIZE_MAX;
	return flows->error;
}

const struct replay_flow *replay_flows_read(struct replay_flows *flows,
					    size_t i)
{
	const struct record *record;

	if (i >= flows->first)
		return &flows->window[i - flows->first]->flow;
	if (read_block(flows, i) < 0)
		return NULL;
	record = &flows->block[i % SPILL];
	flows->shown = record->flow;
	flows->shown.host = NULL;
	if (record->host_len == 0)
		return &flows->shown;
	flows->error = get(flows->hosts_fd, flows->host, record->host_len,
			   record->host_at);
	if (flows->error < 0)
		return NULL;
	flows->host[record->host_len] = '\0';
	flows->shown.host = flows->host;
	return &flows->shown;
}
