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
#include <time.h>

#include "rules/parse/keywords.h"
#include "tools/client.h"
#include "tools/community_id.h"
#include "tools/flows_list.h"

#define BUCKET 4
/* Flows of one turn, so that the engine's events are read in between. */
#define ENDED_MAX 400
#define RECEIVE_BYTES (8 << 20)
#define TEXT_MAX 40

struct known {
	struct flows_entry key;
	uint64_t number;	/* 0: free; the lowest is the oldest */
	char app[TEXT_MAX], class[TEXT_MAX], evidence[8], late[8];
	char line[96];
	char host[256];
};

struct records {
	const char *state_dir;
	struct mnl_socket *socket;
	struct flows_marks marks;
	json_t *owned;		/* the marks' */
	struct known *known;
	uint64_t next;
	size_t printed;
	struct flows_entry ended[ENDED_MAX];
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
	copy(place->app, sizeof(place->app), row->app);
	copy(place->class, sizeof(place->class), row->class);
	copy(place->evidence, sizeof(place->evidence), row->evidence);
	copy(place->late, sizeof(place->late), row->late);
	copy(place->line, sizeof(place->line), row->line);
	copy(place->host, sizeof(place->host), row->host);
}

void records_take_event(struct records *records, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	struct flows_row row;

	if (name != NULL &&
	    (strcmp(name, "settled") == 0 || strcmp(name, "late") == 0) &&
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
	struct flow_entry entry;

	if (flow_entry_read(message, &entry) &&
	    (entry.mark & records->marks.path_mask) != 0 &&
	    records->ended_count < ENDED_MAX)
		flows_entry_of(&entry,
			       &records->ended[records->ended_count++]);
	return MNL_CB_OK;
}

static json_t *number_or_null(bool is_known, uint64_t number)
{
	return is_known ? json_integer((json_int_t)number) : json_null();
}

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static double seconds_of(uint64_t ns)
{
	return (double)(ns / 1000000) / 1000;
}

static json_t *record_json(const struct records *records,
			   const struct flows_entry *entry,
			   const struct known *known)
{
	char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX], proto[8];
	char id[COMMUNITY_ID_MAX];
	const char *name = keywords_of(keywords_protocol, entry->proto);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(proto, sizeof(proto), "%u", entry->proto);
	return json_pack(
		"{s:o, s:f, s:s, s:s, s:i, s:s, s:i, s:s?, s:s?, s:s?, s:s?, "
		"s:s?, s:s?, s:s?, s:b, s:o, s:o, s:s?}",
		"start", entry->start_ns != 0 ?
		json_real(seconds_of(entry->start_ns)) : json_null(),
		"end", (double)now.tv_sec + (double)(now.tv_nsec / 1000000) /
			       1000,
		"proto", name != NULL ? name : proto,
		"src", address_print_packet(&entry->client, client),
		"sport", entry->sport,
		"dst", address_print_packet(&entry->server, server),
		"dport", entry->dport,
		"host", known != NULL ? or_null(known->host) : NULL,
		"app", known != NULL ? or_null(known->app) : NULL,
		"class", known != NULL ? or_null(known->class) : NULL,
		"route", known != NULL ? or_null(known->line) : NULL,
		"uplink", flows_marks_uplink(&records->marks, entry->mark),
		"evidence", known != NULL ? or_null(known->evidence) : NULL,
		"late", known != NULL ? or_null(known->late) : NULL,
		"settled", (entry->mark & records->marks.settled) != 0,
		"bytes", number_or_null(entry->is_counted, entry->bytes),
		"packets", number_or_null(entry->is_counted, entry->packets),
		"community_id", community_id(entry, id));
}

static void print(struct records *records, const struct flows_entry *entry,
		  FILE *out)
{
	struct known *known = find(records, entry);
	json_t *record = record_json(records, entry, known);

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
