/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipfix_record.c - read and queue flows that have ended, see ipfix_record.h. */
#include "tools/ipfix/ipfix_record.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/parse/keywords.h"

struct ipfix_queue {
	size_t first, count, capacity;
	struct ipfix_record items[];
};

/* ---- a line of JSON ---- */

static void copy_text(const json_t *object, const char *key, char *to,
		      size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(to, size, "%s", text != NULL ? text : "");
}

static uint64_t number_at(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}

/* Seconds since 1970, with a fraction. */
static uint64_t ms_at(const json_t *object, const char *key)
{
	double seconds = json_number_value(json_object_get(object, key));

	return seconds > 0 ? (uint64_t)(seconds * 1000 + 0.5) : 0;
}

static bool read_address(const json_t *object, const char *key,
			 struct address *ret)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL && address_parse(text, strlen(text), ret) == 0;
}

static bool read_end(const json_t *object, const char *address_key,
		     const char *port_key, struct address *address,
		     uint16_t *port)
{
	*port = (uint16_t)number_at(object, port_key);
	return read_address(object, address_key, address);
}

/* A protocol without a name is printed as its number. */
static uint8_t read_proto(const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "proto"));
	uint32_t number;

	if (name == NULL)
		return 0;
	if (keywords_find(keywords_protocol, name, strlen(name), &number))
		return (uint8_t)number;
	return (uint8_t)strtoul(name, NULL, 10);
}

static uint8_t read_end_reason(const json_t *object)
{
	static const struct { const char *name; uint8_t reason; } reasons[] = {
		{ "closed", IPFIX_END_DETECTED }, { "idle", IPFIX_END_IDLE },
		{ "deleted", IPFIX_END_FORCED },
	};
	const char *name = json_string_value(json_object_get(object,
							     "end_reason"));

	for (size_t i = 0; name != NULL &&
			   i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].name, name) == 0)
			return reasons[i].reason;
	return 0;
}

static void read_counters(const json_t *object, struct ipfix_record *ret)
{
	ret->is_counted = json_is_integer(json_object_get(object,
							  "bytes_sent"));
	ret->octets = number_at(object, "bytes_sent");
	ret->packets = number_at(object, "packets_sent");
	ret->reverse_octets = number_at(object, "bytes_received");
	ret->reverse_packets = number_at(object, "packets_received");
}

static bool read_object(const json_t *object, struct ipfix_record *ret)
{
	*ret = (struct ipfix_record){
		.start_ms = ms_at(object, "start"),
		.end_ms = ms_at(object, "end"),
		.proto = read_proto(object),
		.end_reason = read_end_reason(object),
	};
	read_counters(object, ret);
	copy_text(object, "in", ret->ingress, sizeof(ret->ingress));
	copy_text(object, "out", ret->egress, sizeof(ret->egress));
	copy_text(object, "uplink", ret->uplink, sizeof(ret->uplink));
	copy_text(object, "app", ret->app, sizeof(ret->app));
	copy_text(object, "host", ret->host, sizeof(ret->host));
	return read_end(object, "src", "sport", &ret->src, &ret->sport) &&
	       read_end(object, "orig_dst", "orig_dport", &ret->dst,
			&ret->dport) &&
	       read_end(object, "nat_src", "nat_sport", &ret->nat_src,
			&ret->nat_sport) &&
	       read_end(object, "dst", "dport", &ret->nat_dst,
			&ret->nat_dport);
}

bool ipfix_record_parse(const char *line, size_t len, struct ipfix_record *ret)
{
	json_t *object = json_loadb(line, len, 0, NULL);
	bool is_record = object != NULL && read_object(object, ret);

	json_decref(object);
	return is_record;
}

/* ---- the queue ---- */

struct ipfix_queue *ipfix_queue_new(size_t capacity)
{
	struct ipfix_queue *queue = calloc(1, sizeof(*queue) +
		capacity * sizeof(queue->items[0]));

	if (queue != NULL)
		queue->capacity = capacity;
	return queue;
}

void ipfix_queue_free(struct ipfix_queue *queue)
{
	free(queue);
}

bool ipfix_queue_add(struct ipfix_queue *queue,
		     const struct ipfix_record *record)
{
	if (queue->count == queue->capacity)
		return false;
	queue->items[(queue->first + queue->count++) % queue->capacity] =
		*record;
	return true;
}

const struct ipfix_record *ipfix_queue_first(const struct ipfix_queue *queue)
{
	return queue->count != 0 ? &queue->items[queue->first] : NULL;
}

void ipfix_queue_remove_first(struct ipfix_queue *queue)
{
	queue->first = (queue->first + 1) % queue->capacity;
	queue->count--;
}

size_t ipfix_queue_count(const struct ipfix_queue *queue)
{
	return queue->count;
}
