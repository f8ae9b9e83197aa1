/* SPDX-License-Identifier: GPL-2.0-or-later */
/* records.c - join the ends of flows with what they were, see records.h. */
#include "tools/records.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/client.h"
#include "tools/records_json.h"

#define BUCKET 4
/* Flows of one turn, so that the engine's events are read in between. */
#define ENDED_MAX 400
#define RECEIVE_BYTES (8 << 20)

struct known {
	struct flows_entry key;
	uint64_t number;	/* 0: free; the lowest is the oldest */
	struct records_flow flow;
};

struct records {
	const char *state_dir;
	struct mnl_socket *socket;
	struct flows_marks marks;
	json_t *owned;		/* the marks' */
	struct known *known;
	uint64_t next;
	size_t printed;
	struct records_end ended[ENDED_MAX];
	size_t ended_count;
	uint64_t lost;		/* reports of the kernel, times */
};

/* ---- what flows were ---- */

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from != NULL ? from : "");
}

static struct known *bucket_of(const struct records *records,
			       const struct flows_entry *key)
{
	return &records->known[flows_entry_hash(key) %
			       (RECORDS_FLOWS / BUCKET) * BUCKET];
}

static struct known *find(const struct records *records,
			  const struct flows_entry *key)
{
	struct known *bucket = bucket_of(records, key);

	for (int i = 0; i < BUCKET; i++)
		if (bucket[i].number != 0 &&
		    flows_entry_same(&bucket[i].key, key))
			return &bucket[i];
	return NULL;
}

/* Replace the flow with the same ends, or else the oldest of its bucket. */
static void remember(struct records *records, const struct flows_row *row)
{
	struct known *place = find(records, &row->entry);

	if (place == NULL) {
		place = bucket_of(records, &row->entry);
		for (int i = 1; i < BUCKET; i++)
			if (bucket_of(records, &row->entry)[i].number <
			    place->number)
				place = bucket_of(records, &row->entry) + i;
	}
	place->key = row->entry;
	place->number = ++records->next;
	copy(place->flow.app, sizeof(place->flow.app), row->app);
	copy(place->flow.class, sizeof(place->flow.class), row->class);
	copy(place->flow.evidence, sizeof(place->flow.evidence),
	     row->evidence);
	copy(place->flow.late, sizeof(place->flow.late), row->late);
	copy(place->flow.line, sizeof(place->flow.line), row->line);
	copy(place->flow.host, sizeof(place->flow.host), row->host);
}

/* A new policy may have other uplinks. */
static void refresh_marks(struct records *records)
{
	json_t *data = NULL;

	client_ask("records", records->state_dir,
		   json_pack("{s:s}", "do", "flows"), &data);
	if (data == NULL)
		return;
	json_decref(records->owned);
	records->owned = data;
	flows_marks_read(data, &records->marks);
}

void records_take_event(struct records *records, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	struct flows_row row;

	if (name != NULL && strcmp(name, "reload") == 0)
		refresh_marks(records);
	else if (name != NULL && (strcmp(name, "settled") == 0 ||
				  strcmp(name, "late") == 0) &&
		 flows_row_read(event, &row))
		remember(records, &row);
}

int records_begin(struct records *records)
{
	json_t *next = NULL, *data = NULL, *flow;
	struct flows_row row;
	int status;
	size_t i;

	do {
		json_t *request = json_pack("{s:s, s:b, s:O*}", "do", "flows",
					    "settled", 1, "next", next);

		json_decref(records->owned);
		status = client_ask("records", records->state_dir, request,
				    &data);
		records->owned = data;
		if (data == NULL)
			return EXIT_FAILURE;
		json_array_foreach(json_object_get(data, "flows"), i, flow)
			if (flows_row_read(flow, &row))
				remember(records, &row);
		next = json_object_get(data, "next");
	} while (next != NULL);
	flows_marks_read(data, &records->marks);
	return status;
}

/* ---- flows that end ---- */

static int take_end(const struct nlmsghdr *message, void *data)
{
	struct records *records = data;
	struct records_end *end;

	if (records->ended_count == ENDED_MAX)
		return MNL_CB_OK;
	end = &records->ended[records->ended_count];
	if (flow_entry_read(message, &end->kernel) &&
	    (end->kernel.mark & records->marks.path_mask) != 0) {
		flows_entry_of(&end->kernel, &end->entry);
		records->ended_count++;
	}
	return MNL_CB_OK;
}

static void print(struct records *records, const struct records_end *end,
		  FILE *out)
{
	struct known *known = find(records, &end->entry);
	json_t *record = records_json(end, &records->marks,
				      known != NULL ? &known->flow : NULL);

	json_dumpf(record, out, JSON_COMPACT | JSON_PRESERVE_ORDER |
		   JSON_REAL_PRECISION(15));
	putc('\n', out);
	json_decref(record);
	records->printed++;
	if (known != NULL)
		known->number = 0;
}

static void note_lost(struct records *records)
{
	if (records->lost++ == 0)
		fputs("waymark records: the kernel reports more ends of flows "
		      "than are read; some records are missing\n", stderr);
}

int records_turn(struct records *records, FILE *out)
{
	static char buffer[65536];
	int rc = 0;

	records->ended_count = 0;
	/* Each message has one entry. */
	while (records->ended_count < ENDED_MAX && rc == 0) {
		ssize_t len = recv(mnl_socket_get_fd(records->socket), buffer,
				   sizeof(buffer), MSG_DONTWAIT);

		if (len >= 0)
			mnl_cb_run(buffer, (size_t)len, 0, 0, take_end,
				   records);
		else if (errno == ENOBUFS)
			note_lost(records);
		else if (errno != EINTR)
			rc = -errno;
	}
	for (size_t i = 0; i < records->ended_count; i++)
		print(records, &records->ended[i], out);
	if (rc == 0 || rc == -EAGAIN)
		return 0;
	fprintf(stderr, "waymark records: connection tracking: %s\n",
		strerror(-rc));
	return rc;
}

/* ---- life ---- */

static int listen_to_ends(struct records *records)
{
	int bytes = RECEIVE_BYTES;

	records->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (records->socket == NULL ||
	    mnl_socket_bind(records->socket, NF_NETLINK_CONNTRACK_DESTROY,
			    MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	/* Best effort: without the privilege the default stays. */
	(void)setsockopt(mnl_socket_get_fd(records->socket), SOL_SOCKET,
			 SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return 0;
}

int records_open(const char *state_dir, struct records **ret_records)
{
	struct records *records = calloc(1, sizeof(*records));
	int rc = -ENOMEM;

	if (records != NULL) {
		records->state_dir = state_dir;
		records->known = calloc(RECORDS_FLOWS,
					sizeof(records->known[0]));
	}
	if (records != NULL && records->known != NULL)
		rc = listen_to_ends(records);
	if (rc == 0) {
		*ret_records = records;
		return 0;
	}
	fprintf(stderr, "waymark records: %s%s\n", rc == -ENOMEM ? "" :
		"connection tracking: ", strerror(-rc));
	records_close(records);
	return rc;
}

void records_close(struct records *records)
{
	if (records == NULL)
		return;
	if (records->socket != NULL)
		mnl_socket_close(records->socket);
	json_decref(records->owned);
	free(records->known);
	free(records);
}

int records_fd(const struct records *records)
{
	return mnl_socket_get_fd(records->socket);
}

size_t records_printed(const struct records *records)
{
	return records->printed;
}
